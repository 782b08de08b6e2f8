// What the grid is drawn with: cells, icons, shares, and the figures above it.

const MINUS = "−";

export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

// Shares come in parts per million.
export function share(ppm, signed = false) {
  if (ppm === null || ppm === undefined) return "–";
  const text = `${(Math.abs(ppm) / 10000).toFixed(1)}%`;
  if (text === "0.0%") return text;
  return ppm < 0 ? MINUS + text : signed ? `+${text}` : text;
}

export const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

export function nameCell(row) {
  const cell = element("th", "sticky-name");
  cell.scope = "row";
  const named = element("span", "named");
  if (row.name) {
    const tile = element("span", row.tile, row.initials);
    tile.setAttribute("aria-hidden", "true");
    const link = element("a", "", row.name);
    link.href = row.link;
    link.tabIndex = -1;
    const text = element("span");
    text.append(link);
    named.append(tile, text);
  } else {
    named.append(element("span", "muted", "–"));
  }
  cell.append(named);
  return cell;
}

export function checkCell(row, told) {
  const cell = element("td");
  if (!told.text) return cell;
  cell.title = told.text;
  const line = element("span", "check-words");
  if (told.kind === "warning") {
    const status = element("span", "status status--warning");
    status.append(icon("late"), told.text);
    line.append(status);
  } else {
    line.append(element("span", told.kind, told.text));
  }
  if (told.may) {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = row.accept;
    box.dataset.accept = "";
    label.append(box, "Take it");
    line.append(label);
  }
  cell.append(line);
  return cell;
}

const byId = (id) => document.getElementById(id);

export function tellPrices(rows, changed) {
  const moves = changed.filter((row) => row.typed.price !== undefined && Number.isInteger(row.figures?.change)).map((row) => row.figures.change);
  const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
  byId("figure-average").textContent = moves.length ? share(mean(moves), true) : "–";
  const ends = () => `smallest ${share(Math.min(...moves), true)}, largest ${share(Math.max(...moves), true)}`;
  byId("figure-range").textContent = moves.length ? ends() : "";
  const known = rows.filter((row) => Number.isInteger(row.figures?.before));
  const moved = new Set(changed);
  const before = known.length ? share(mean(known.map((row) => row.figures.before))) : "–";
  const after = known.length ? share(mean(known.map((row) => (moved.has(row) ? (row.figures.after ?? row.figures.before) : row.figures.before)))) : "–";
  const figure = byId("figure-margin");
  figure.replaceChildren(...(before === after ? [after] : [element("span", "was-figure", before), ` ${after}`]));
  byId("figure-margin-note").textContent = known.length ? `average of ${count(known.length, "product", "products")} with a cost` : "";
}

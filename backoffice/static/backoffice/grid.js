// The grid: cells by keyboard, blocks pasted from a spreadsheet, each change checked by the server while one goes on, one Apply.
import { checkCell, count, element, nameCell, share, tellPrices } from "./grid-drawing.js";
import { standing, typedIn, words } from "./grid-standing.js";
import { headOf, parsed } from "./spreadsheet.js";

const start = JSON.parse(document.getElementById("grid-start").textContent);
const by = (id) => document.getElementById(id);
const grid = by("grid");
const body = grid.tBodies[0];
const csrf = by("grid-csrf").elements.csrfmiddlewaretoken.value;

const LABELS = Object.fromEntries(start.columns.map((column) => [column.name, column.label]));
const VIEWS = { prices: ["price"], details: start.columns.map((column) => column.name).filter((name) => name !== "price") };
const NUMBERS = new Set(["price", "cost", "net_content", "gtin"]);
const MOST = 2000;
const WAIT = 200;

let rows = [];
let view = "prices";
let shown = "all";
let wanted = "";
let visible = [];
let active = null; // {row, column: place among the editable columns}
let anchor = null; // where a range of rows began
let editing = null;
let pasted = false;
let leaving = false;
const steps = [];

/* Rows and what they stand at */

function rowOf(verdict) {
  return { ...verdict, typed: {}, accept: false, dirty: false, cell: {} };
}

const columns = () => VIEWS[view];
/* Drawing */

function drawHead() {
  const names = view === "prices" ? ["Cost", "Price now", "New price", "Change", "Margin now", "New margin", "Per kg or l"] : columns().map((name) => LABELS[name]);
  const head = element("tr");
  const add = (text, className = "") => {
    const cell = element("th", className, text);
    cell.scope = "col";
    head.append(cell);
  };
  add("#", "row-number");
  add("Product", "sticky-name");
  add("SKU");
  for (const [place, name] of names.entries()) add(name, view === "prices" || NUMBERS.has(columns()[place]) ? "number" : "");
  add("Check");
  grid.tHead.replaceChildren(head);
  grid.classList.toggle("grid-table--details", view === "details");
}

function editCell(row, column) {
  const cell = element("td", `cell-edit${NUMBERS.has(column) ? " number" : ""}`);
  cell.dataset.column = column;
  cell.tabIndex = -1;
  row.cell[column] = cell;
  paint(row, column);
  return cell;
}

function paint(row, column) {
  const cell = row.cell[column];
  const told = row.cells[column];
  const typed = row.typed[column];
  cell.classList.remove("cell-changed", "cell-refused", "cell-warning", "same");
  if (typed === undefined) {
    cell.textContent = told?.now ?? "";
    cell.classList.add("same");
    return;
  }
  const state = row.dirty ? "" : (told?.state ?? "refused");
  cell.textContent = state === "changed" || state === "same" ? told.after : typed;
  const kinds = { changed: "cell-changed", refused: "cell-refused", doubtful: "cell-warning", same: "same" };
  if (kinds[state]) cell.classList.add(kinds[state]);
}

function skuCell(row) {
  const cell = element("td", "cell-sku muted", row.sku);
  cell.title = row.sku;
  return cell;
}

function draw(row) {
  const tr = row.tr ?? (row.tr = element("tr"));
  const number = element("td", "row-number number", String(rows.indexOf(row) + 1));
  const cells = [number, nameCell(row), skuCell(row)];
  if (view === "prices") {
    const figures = row.typed.price !== undefined && !row.dirty ? row.figures : row.figures && { ...row.figures, change: 0, after: row.figures.before };
    const refused = row.cells.price?.state === "refused" && !row.cells.price.may;
    const told = refused ? null : figures;
    const change = element("td", `number${told?.change ? "" : " muted"}`, share(told?.change, true));
    const margin = element("td", `number${told?.after < 0 ? " bad" : Number.isInteger(told?.after) ? "" : " muted"}`, share(told?.after));
    const now = element("td", "number", row.cells.price?.now || "–");
    cells.push(element("td", "number muted", row.cost || "–"), now, editCell(row, "price"), change);
    cells.push(element("td", "number muted", share(row.figures?.before)), margin, element("td", "number muted", told?.unit || "–"));
  } else {
    cells.push(...columns().map((column) => editCell(row, column)));
  }
  cells.push(checkCell(row, words(row, columns(), LABELS)));
  // The focus stays with the active cell. Asked of its row alone: the question makes the browser lay the page out.
  const held = active?.row === row && tr.contains(document.activeElement) && document.activeElement.closest(".cell-edit");
  tr.replaceChildren(...cells);
  if (held) cellAt(active).focus({ preventScroll: true });
}

function drawAll() {
  // Out of sight while they are drawn: hundreds of rows in one stroke.
  body.replaceChildren();
  drawHead();
  for (const row of rows) draw(row);
  narrow();
}

// Which rows are seen: by tab and by what is looked for.
function narrow() {
  const needle = wanted.toLowerCase();
  const fits = (row) => (shown === "all" || standing(row) === shown) && (!needle || `${row.name} ${row.sku}`.toLowerCase().includes(needle));
  visible = rows.filter(fits);
  body.replaceChildren(...visible.map((row) => row.tr));
  by("grid-empty").hidden = rows.length > 0;
  by("grid-nothing").hidden = rows.length === 0 || visible.length > 0;
  grid.hidden = visible.length === 0;
  if (active && !visible.includes(active.row)) active = null;
  mark();
  tell();
}

function onlyPrices(list) {
  return list.every((row) => typedIn(row).every((column) => column === "price" || row.cells[column]?.state === "same"));
}

// Figures, tabs and the bar.
function tell() {
  const at = { changed: [], look: [], same: [] };
  for (const row of rows) at[standing(row)].push(row);
  const { changed, look, same } = at;
  by("grid-title").textContent = rows.length ? `Edit ${view === "prices" ? count(rows.length, "price", "prices") : count(rows.length, "row", "rows")}` : "Edit in grid";
  by("grid-note").textContent = pasted ? "Pasted from a spreadsheet, matched by SKU" : "";
  by("figure-changed").textContent = changed.length.toLocaleString("en");
  by("figure-same").textContent = rows.length ? `${same.length.toLocaleString("en")} ${same.length === 1 ? "stays as it is" : "stay as they are"}` : "";
  by("figure-look").textContent = look.length.toLocaleString("en");
  by("figure-look").classList.toggle("warn", look.length > 0);
  by("figure-look-note").textContent = look.length ? "they are left out until fixed" : "";
  tellPrices(rows, changed);
  const counts = { all: rows.length, changed: changed.length, look: look.length, same: same.length };
  for (const button of document.querySelectorAll("[data-show]")) button.querySelector("span").textContent = counts[button.dataset.show].toLocaleString("en");
  const touched = changed.length + look.length > 0 || same.some((row) => typedIn(row).length > 0);
  by("grid-bar").hidden = !touched;
  by("unsaved").textContent = count(changed.length, "unsaved change", "unsaved changes");
  by("unsaved-note").textContent = look.length ? `${count(look.length, "row needs", "rows need")} a look and ${look.length === 1 ? "is" : "are"} left out` : "";
  const button = by("apply");
  button.disabled = changed.length === 0;
  button.textContent = `Apply ${onlyPrices(changed) ? count(changed.length, "price", "prices") : count(changed.length, "row", "rows")}`;
  const last = steps.at(-1);
  by("undo-step").disabled = !last;
  by("undo-word").textContent = last ? `Undo ${last.word}` : "Undo";
}

/* The active cell */

function cellAt(place) {
  return place?.row.cell[columns()[place.column]];
}

function range() {
  if (!active) return [];
  const from = visible.indexOf(anchor ?? active.row);
  const to = visible.indexOf(active.row);
  return visible.slice(Math.min(from, to), Math.max(from, to) + 1);
}

function mark() {
  for (const cell of body.querySelectorAll(".cell-active, .cell-chosen")) cell.classList.remove("cell-active", "cell-chosen");
  if (!active) {
    const first = visible[0]?.cell[columns()[0]];
    if (first) first.tabIndex = 0;
    return;
  }
  if (anchor) for (const row of range()) row.cell[columns()[active.column]].classList.add("cell-chosen");
  const cell = cellAt(active);
  cell.classList.add("cell-active");
  cell.tabIndex = 0;
}

function go(row, column, { extend = false, focus = true } = {}) {
  if (!row) return;
  const before = cellAt(active);
  if (before) before.tabIndex = -1;
  anchor = extend ? (anchor ?? active?.row ?? row) : null;
  active = { row, column };
  const cell = cellAt(active);
  cell.tabIndex = 0;
  if (focus) cell.focus({ preventScroll: false });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  mark();
}

function step(down, right, options) {
  if (!active) return go(visible[0], 0);
  const place = visible.indexOf(active.row) + down;
  const column = Math.min(Math.max(active.column + right, 0), columns().length - 1);
  return go(visible[Math.min(Math.max(place, 0), visible.length - 1)], column, options);
}

// Tab goes through the cells of a row, then to the next row; past the last cell it leaves the grid.
function tab(back) {
  let column = active.column + (back ? -1 : 1);
  let place = visible.indexOf(active.row);
  if (column < 0 || column >= columns().length) {
    place += back ? -1 : 1;
    column = back ? columns().length - 1 : 0;
  }
  if (!visible[place]) return false;
  go(visible[place], column);
  return true;
}

/* Changing */

function remember(word, list, added = []) {
  steps.push({ word, before: list.map((row) => ({ row, typed: { ...row.typed }, accept: row.accept })), added, pasted });
  if (steps.length > 100) steps.shift();
}

function set(row, column, text) {
  if (text === "" || text === row.cells[column]?.now) delete row.typed[column];
  else row.typed[column] = text;
  // What was said yes to was another value.
  row.accept = false;
  row.dirty = true;
}

function changed(list) {
  for (const row of list) draw(row);
  mark();
  tell();
  checkSoon();
}

function undoStep() {
  const last = steps.pop();
  if (!last) return;
  for (const { row, typed, accept } of last.before) Object.assign(row, { typed, accept, dirty: true });
  const away = new Set(last.added);
  if (away.size) rows = rows.filter((row) => !away.has(row));
  pasted = last.pasted;
  for (const row of rows) draw(row);
  narrow();
  checkSoon();
}

function edit(text) {
  const cell = cellAt(active);
  if (!cell || active.row.local) return;
  const { row, column } = active;
  const name = columns()[column];
  const input = element("input");
  input.value = text ?? row.typed[name] ?? row.cells[name]?.now ?? "";
  input.setAttribute("aria-label", `${LABELS[name]}, ${row.name || row.sku}`);
  input.inputMode = NUMBERS.has(name) ? "decimal" : "text";
  editing = { row, name, input };
  cell.replaceChildren(input);
  input.focus();
  if (text === undefined) input.select();
  input.addEventListener("blur", () => editing?.input === input && finish(true));
}

function finish(keep) {
  const { row, name, input } = editing;
  editing = null;
  const was = row.typed[name] ?? row.cells[name]?.now ?? "";
  if (keep && input.value !== was) {
    remember("edit", [row]);
    set(row, name, input.value);
    changed([row]);
  } else {
    paint(row, name);
  }
}

function fillDown() {
  const name = columns()[active.column];
  let list = range();
  if (list.length === 1) {
    const above = visible[visible.indexOf(active.row) - 1];
    if (!above) return;
    list = [above, active.row];
  }
  const text = list[0].typed[name] ?? list[0].cells[name]?.now ?? "";
  const below = list.slice(1).filter((row) => !row.local);
  remember("fill", below);
  for (const row of below) set(row, name, text);
  changed(below);
}

/* Pasting */

function paste(text) {
  let lines = parsed(text);
  if (!lines.length) return;
  const known = new Map(rows.filter((row) => !row.local).map((row) => [row.sku, row]));
  const head = headOf(lines[0], known);
  if (head) lines = lines.slice(1);
  const first = head ? head.indexOf("sku") : 0;
  const wide = lines.some((line) => line.length > 1);
  const matches = lines.filter((line) => known.has(line[0])).length;
  const bySku = head ? first >= 0 : !rows.length || (wide && (view === "prices" || matches * 2 >= lines.length));
  if (bySku) pasteBySku(lines, head ?? ["sku", ...columns().slice(view === "prices" ? 0 : (active?.column ?? 0))], Math.max(first, 0), known);
  else pasteHere(lines, head?.filter(Boolean));
}

function pasteBySku(lines, names, first, known) {
  const fresh = [];
  const touched = [];
  const seen = new Set();
  for (const line of lines.slice(0, MOST)) {
    const sku = line[first] ?? "";
    const again = seen.has(sku);
    let row = again ? undefined : known.get(sku);
    if (!row) {
      row = rowOf({ sku, name: "", link: "", tile: "", initials: "", cost: "", words: again ? "This SKU stands above already" : "", cells: {}, figures: null });
      row.local = again;
      fresh.push(row);
    } else {
      touched.push(row);
    }
    row.coming = Object.fromEntries(names.map((name, place) => [name, line[place]]).filter(([name, text]) => name && name !== "sku" && text));
    seen.add(sku);
  }
  remember("paste", touched, fresh);
  rows.push(...fresh);
  pasted = true;
  for (const row of [...touched, ...fresh]) {
    for (const [name, text] of Object.entries(row.coming)) set(row, name, text);
    row.dirty = !row.local;
    delete row.coming;
    draw(row);
  }
  showColumns(names);
  narrow();
  if (!active) go(visible[0], 0, { focus: document.activeElement === document.body || grid.contains(document.activeElement) });
  checkSoon(0);
}

// A head may bring columns that are not in sight.
function showColumns(names) {
  if (names.some((name) => name && name !== "sku" && !columns().includes(name)) && !names.some((name) => columns().includes(name))) look("details");
}

function pasteHere(lines, names) {
  if (!active) go(visible[0], 0);
  if (!active) return;
  const from = visible.indexOf(active.row);
  const list = visible.slice(from, from + lines.length);
  const into = names ?? columns().slice(active.column);
  remember("paste", list);
  for (const [place, row] of list.entries()) {
    if (row.local) continue;
    for (const [number, text] of lines[place].entries()) if (into[number]) set(row, into[number], text);
  }
  changed(list);
}

/* Checking */

let timer = 0;
let asking = Promise.resolve();

async function ask(address, list, more = {}) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, Accept: "application/json" },
    body: JSON.stringify({ rows: list, ...more }),
  });
  const told = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
  if (!answer.ok) throw Object.assign(new Error(told.message ?? "The shop did not answer. Your changes are still here; try again."), { told });
  return told;
}

function checkSoon(wait = WAIT) {
  clearTimeout(timer);
  timer = setTimeout(checkNow, wait);
}

function checkNow() {
  clearTimeout(timer);
  asking = asking.then(checkDirty);
  return asking;
}

async function checkDirty() {
  const list = rows.filter((row) => row.dirty && !row.local);
  if (!list.length) return;
  const sent = list.map((row) => JSON.stringify(row.typed));
  try {
    const { rows: verdicts } = await ask(start.check, list.map((row) => ({ sku: row.sku, fields: row.typed })));
    trouble("");
    for (const [place, row] of list.entries()) {
      if (sent[place] !== JSON.stringify(row.typed)) continue; // Typed on meanwhile: the next check tells.
      Object.assign(row, verdicts[place], { dirty: false });
      if (editing?.row !== row) draw(row);
    }
    if (shown === "all") {
      mark();
      tell();
    } else {
      narrow();
    }
  } catch (error) {
    trouble(error.told ? error.message : "The check did not come back: you may be offline. Your changes are still here.");
  }
}

function trouble(text) {
  const box = by("grid-trouble");
  box.hidden = !text;
  box.querySelector("div").textContent = text;
}

async function apply() {
  const button = by("apply");
  button.disabled = true;
  await checkNow();
  const list = rows.filter((row) => standing(row) === "changed");
  const asked = list.map((row) => {
    const names = typedIn(row).filter((name) => row.cells[name].state !== "same");
    const take = (text) => Object.fromEntries(names.map((name) => [name, text(name)]));
    return { sku: row.sku, fields: take((name) => row.typed[name]), seen: take((name) => row.cells[name].now), accept: row.accept };
  });
  try {
    // What needs a look was pasted or typed by somebody: it stays here until it is put right or discarded.
    const left = rows.filter((row) => standing(row) === "look");
    const told = await ask(start.apply, asked, { stay: left.length > 0 });
    if (left.length) return stay(told, left);
    leaving = true;
    location.assign(told.link);
  } catch (error) {
    for (const row of list) row.dirty = true;
    await checkNow();
    trouble(error.message);
    tell();
  }
}

function stay(told, left) {
  rows = left;
  steps.length = 0;
  active = anchor = null;
  const box = by("grid-done");
  box.hidden = false;
  const undo = element("a", "", "Undo");
  undo.href = told.undo;
  box.querySelector("div").replaceChildren(`${told.told} `, undo, ` ${count(left.length, "row needs a look and stands", "rows need a look and stand")} below.`);
  trouble("");
  show("all");
  drawAll();
  tell();
  if (visible.length) go(visible[0], 0);
}

/* What people do */

function look(name) {
  if (editing) finish(true);
  view = name;
  active = anchor = null;
  for (const button of document.querySelectorAll("[data-columns]")) button.toggleAttribute("aria-current", button.dataset.columns === name);
  document.querySelector(`[data-columns=${name}]`).setAttribute("aria-current", "true");
  for (const row of rows) row.cell = {};
  drawAll();
}

function show(name) {
  shown = name;
  for (const button of document.querySelectorAll("[data-show]")) button.removeAttribute("aria-current");
  document.querySelector(`[data-show=${name}]`).setAttribute("aria-current", "true");
  narrow();
}

const KEYS = {
  ArrowUp: (event) => step(-1, 0, { extend: event.shiftKey }),
  ArrowDown: (event) => step(1, 0, { extend: event.shiftKey }),
  ArrowLeft: () => step(0, -1),
  ArrowRight: () => step(0, 1),
  PageUp: () => step(-15, 0),
  PageDown: () => step(15, 0),
  Home: () => step(-visible.length, 0),
  End: () => step(visible.length, 0),
  Enter: () => edit(),
  F2: () => edit(),
  Escape: () => go(active.row, active.column),
  Delete: () => empty(),
  Backspace: () => empty(),
};

// Nothing typed is: as it was.
function empty() {
  const list = range();
  remember("edit", list);
  for (const row of list) {
    delete row.typed[columns()[active.column]];
    Object.assign(row, { accept: false, dirty: !row.local });
  }
  changed(list);
}

function keyWhileEditing(event) {
  if (event.key === "Escape") {
    finish(false);
    go(active.row, active.column);
  } else if (event.key === "Enter") {
    finish(true);
    step(event.shiftKey ? -1 : 1, 0);
  } else if (event.key === "Tab") {
    finish(true);
    if (!tab(event.shiftKey)) return;
  } else {
    return;
  }
  event.preventDefault();
}

grid.addEventListener("keydown", (event) => {
  if (editing) return keyWhileEditing(event);
  if (!active || !event.target.closest(".cell-edit")) return undefined;
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === "d") fillDown();
  else if (event.key === "Tab") {
    if (!tab(event.shiftKey)) return undefined;
  } else if (!command && !event.altKey && KEYS[event.key]) KEYS[event.key](event);
  else if (!command && !event.altKey && event.key.length === 1) edit(event.key);
  else return undefined;
  event.preventDefault();
  return undefined;
});

document.addEventListener("keydown", (event) => {
  const inField = event.target.closest("input, textarea, select, dialog");
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z" && !inField) {
    undoStep();
    event.preventDefault();
  }
});

body.addEventListener("mousedown", (event) => {
  const cell = event.target.closest(".cell-edit");
  if (!cell || event.target.tagName === "INPUT") return;
  if (editing) finish(true);
  const row = rows.find((one) => one.tr === cell.parentNode);
  go(row, columns().indexOf(cell.dataset.column), { extend: event.shiftKey });
  event.preventDefault();
});
body.addEventListener("dblclick", (event) => event.target.closest(".cell-edit") && !editing && active && edit());
body.addEventListener("focusin", (event) => {
  const cell = event.target.closest(".cell-edit");
  if (!cell || editing || cell === cellAt(active)) return;
  go(rows.find((one) => one.tr === cell.parentNode), columns().indexOf(cell.dataset.column), { focus: false });
});
body.addEventListener("change", (event) => {
  if (!("accept" in event.target.dataset)) return;
  const row = rows.find((one) => one.tr === event.target.closest("tr"));
  row.accept = event.target.checked;
  tell();
});

document.addEventListener("paste", (event) => {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const inGrid = editing && event.target === editing.input;
  if (event.target.closest?.("input, textarea") && !(inGrid && /[\t\n]/.test(text.trim()))) return;
  event.preventDefault();
  if (inGrid) finish(false);
  paste(text);
});
document.addEventListener("copy", (event) => {
  if (!active || editing || event.target.closest?.("input, textarea") || !getSelection().isCollapsed) return;
  const name = columns()[active.column];
  event.clipboardData.setData("text/plain", range().map((row) => row.typed[name] ?? row.cells[name]?.now ?? "").join("\n"));
  event.preventDefault();
});

const dialog = by("paste-dialog");
for (const id of ["paste-open", "paste-open-empty"])
  by(id).addEventListener("click", () => {
    by("paste-text").value = "";
    dialog.showModal();
  });
dialog.addEventListener("close", () => {
  if (dialog.returnValue === "take") paste(by("paste-text").value);
  dialog.returnValue = "";
});

by("undo-step").addEventListener("click", undoStep);
by("apply").addEventListener("click", apply);
by("discard").addEventListener("click", () => {
  remember("discard", rows);
  for (const row of rows) Object.assign(row, { typed: {}, accept: false, dirty: !row.local });
  changed(rows);
  narrow();
});
by("show-all").addEventListener("click", () => {
  by("grid-find").value = wanted = "";
  show("all");
});
by("grid-find").addEventListener("input", (event) => {
  wanted = event.target.value.trim();
  narrow();
});
for (const button of document.querySelectorAll("[data-show]")) button.addEventListener("click", () => show(button.dataset.show));
for (const button of document.querySelectorAll("[data-columns]")) button.addEventListener("click", () => look(button.dataset.columns));
addEventListener("beforeunload", (event) => {
  if (!leaving && rows.some((row) => typedIn(row).length)) event.preventDefault();
});

rows = start.rows.map(rowOf);
drawAll();
if (rows.length) go(visible[0], 0);

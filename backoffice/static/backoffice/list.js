// A list by keyboard and for many rows: choosing, columns, row height. Links, filters and forms work without it.
const form = document.getElementById("changelist-form");
const bar = form?.querySelector(".action-bar");
const boxes = [...document.querySelectorAll(".action-select")];
const rows = [...document.querySelectorAll("#result_list tbody tr")];
const all = document.getElementById("action-toggle");
const beyond = document.getElementById("select-beyond");
const across = form?.querySelector("[name=select_across]");
const keys = document.getElementById("keys");
const table = document.getElementById("result_list");

// What somebody prefers stays in their browser; a browser that keeps nothing shows the list as it comes.
function remembered(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}
function remember(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // Private windows may refuse.
  }
}

/* Choosing */

let last = -1;

function show() {
  const chosen = boxes.filter((box) => box.checked).length;
  const full = boxes.length > 0 && chosen === boxes.length;
  for (const box of boxes) box.closest("tr").classList.toggle("is-selected", box.checked);
  if (all) {
    all.checked = full;
    all.indeterminate = chosen > 0 && !full;
  }
  if (!bar) return;
  if (!full && across) across.value = "0";
  const everything = across?.value === "1";
  bar.hidden = chosen === 0;
  if (beyond) beyond.hidden = !full || everything;
  document.getElementById("selected-count").textContent = everything ? Number(beyond.dataset.count).toLocaleString("en") : String(chosen);
}

function choose(checked) {
  if (across) across.value = "0";
  for (const box of boxes) box.checked = checked;
  last = -1;
  show();
}

// With Shift everything between the row chosen before and this one.
function pick(index, checked, range) {
  const [from, to] = range && last >= 0 ? [Math.min(last, index), Math.max(last, index)] : [index, index];
  for (const box of boxes.slice(from, to + 1)) box.checked = checked;
  last = index;
  show();
}

boxes.forEach((box, index) => box.addEventListener("click", (event) => pick(index, box.checked, event.shiftKey)));
all?.addEventListener("change", () => choose(all.checked));
document.getElementById("clear-selection")?.addEventListener("click", () => choose(false));
beyond?.addEventListener("click", () => {
  across.value = "1";
  show();
});
// Enter in the field of an action does that action, not the first one of the form.
form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.dataset.enter) return;
  event.preventDefault();
  form.querySelector(`button[value="${event.target.dataset.enter}"]`)?.click();
});

/* Keys */

const single = document.getElementById("single-keys");
if (single) {
  single.checked = remembered("single-keys") !== false;
  single.addEventListener("change", () => remember("single-keys", single.checked));
}

// Also for those who have switched the keys off, and want them back.
const opener = document.getElementById("show-keys");
if (opener && keys) {
  opener.hidden = false;
  opener.addEventListener("click", () => keys.showModal());
}

let at = -1;

function go(step) {
  if (rows.length === 0) return;
  at = Math.min(rows.length - 1, Math.max(0, at + step));
  const row = rows[at];
  const link = row.querySelector("th a, td a");
  if (link) link.focus();
  row.scrollIntoView({ block: "nearest" });
}
table?.addEventListener("focusin", (event) => {
  const row = event.target.closest("tbody tr");
  if (row) at = rows.indexOf(row);
});

const DOES = {
  "/": () => document.getElementById("searchbar")?.focus(),
  j: () => go(1),
  k: () => go(-1),
  x: (event) => boxes[at] && pick(at, !boxes[at].checked, event.shiftKey),
  e: () => !bar?.hidden && form.querySelector("[data-key=E]")?.click(),
  "?": () => keys?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if (event.key === "Escape") {
    const open = document.querySelector(".menu-fold[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    } else choose(false);
    return;
  }
  const does = DOES[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!does || (single && !single.checked)) return;
  event.preventDefault();
  does(event);
});

/* One menu at a time, closed by a click elsewhere */

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu-fold[open]")) if (!menu.contains(event.target)) menu.open = false;
});

/* Columns and row height */

const tools = document.querySelector(".list-tools");
if (tools && table) {
  tools.hidden = false;
  const name = `columns:${form.dataset.list}`;
  const heads = [...table.querySelectorAll("thead th[data-column]")].slice(1);
  const wanted = remembered(name) ?? {};
  const panel = tools.querySelector(".menu-panel");
  const put = (column, shown) => {
    for (const cell of table.querySelectorAll(`[data-column="${column}"]`)) cell.hidden = !shown;
  };
  for (const head of heads) {
    const column = head.dataset.column;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: wanted[column] ?? !head.hidden });
    const label = document.createElement("label");
    label.className = "choice";
    label.append(box, head.textContent.trim());
    panel.append(label);
    put(column, box.checked);
    box.addEventListener("change", () => {
      put(column, box.checked);
      remember(name, { ...remembered(name), [column]: box.checked });
    });
  }
  const born = table.classList.contains("table--compact") ? "compact" : "normal";
  const density = (height) => {
    table.classList.toggle("table--compact", height === "compact");
    for (const button of tools.querySelectorAll("[data-density]")) button.setAttribute("aria-pressed", String(button.dataset.density === height));
  };
  density(remembered("row-height") ?? born);
  for (const button of tools.querySelectorAll("[data-density]"))
    button.addEventListener("click", () => {
      density(button.dataset.density);
      remember("row-height", button.dataset.density);
    });
}

show();

// Beside a wide table the filters stand open; above a narrow one they fold away.
const fold = document.querySelector(".facets-fold");
const narrow = window.matchMedia("(max-width: 1279px)");
const fit = () => fold?.toggleAttribute("open", !narrow.matches);
narrow.addEventListener("change", fit);
fit();

// Rows that are added, moved and taken out, and parts of the page that belong to one kind only. Without it three empty rows stand ready.
const tables = document.querySelectorAll("[data-rows]");
const template = document.getElementById("row");

// One empty row is enough where more can be added.
if (template) for (const row of [...tables[0].rows].filter((row) => ![...row.querySelectorAll(".input")].some((one) => one.value)).slice(1)) row.remove();
for (const tool of document.querySelectorAll(".row-tools .button-row, [data-row=add]")) tool.hidden = false;

function moved(button) {
  const row = button.closest("tr");
  const other = button.dataset.row === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (button.dataset.row === "up") other.before(row);
  else other.after(row);
  button.focus();
}

function removed(button) {
  const row = button.closest("tr");
  const next = (row.nextElementSibling || row.previousElementSibling)?.querySelector("[data-row=remove]");
  row.remove();
  (next || document.querySelector("[data-row=add]") || document.querySelector("[name=add]"))?.focus();
}

function added() {
  const row = template.content.querySelector("tr").cloneNode(true);
  for (const tools of row.querySelectorAll(".button-row")) tools.hidden = false;
  tables[0].append(row);
  row.querySelector("select, input:not([type=hidden])").focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-row]");
  if (!button || button.tagName !== "BUTTON") return;
  if (button.dataset.row === "add") added();
  else if (button.dataset.row === "remove") removed(button);
  else moved(button);
});

const kind = document.querySelector(".structure-form select[name=kind]");
function shown() {
  for (const part of document.querySelectorAll("[data-kind]")) part.hidden = !part.dataset.kind.split(" ").includes(kind.value);
}
if (kind) {
  kind.addEventListener("change", shown);
  shown();
}
document.querySelector(".structure-form [aria-invalid=true]")?.focus();

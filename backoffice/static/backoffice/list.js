// Selecting rows in a list, and "/" to reach its search field. Everything else works without it.
const bar = document.querySelector(".action-bar");
const boxes = [...document.querySelectorAll(".action-select")];
const all = document.getElementById("action-toggle");

function show() {
  const chosen = boxes.filter((box) => box.checked);
  for (const box of boxes) box.closest("tr").classList.toggle("is-selected", box.checked);
  if (all) {
    all.checked = boxes.length > 0 && chosen.length === boxes.length;
    all.indeterminate = chosen.length > 0 && !all.checked;
  }
  if (!bar) return;
  bar.hidden = chosen.length === 0;
  document.getElementById("selected-count").textContent = String(chosen.length);
}

function choose(checked) {
  for (const box of boxes) box.checked = checked;
  show();
}

for (const box of boxes) box.addEventListener("change", show);
all?.addEventListener("change", () => choose(all.checked));
document.getElementById("clear-selection")?.addEventListener("click", () => choose(false));

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && !typing) choose(false);
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  document.getElementById("searchbar")?.focus();
});

show();

// Beside a wide table the filters stand open; above a narrow one they fold away.
const fold = document.querySelector(".facets-fold");
const narrow = window.matchMedia("(max-width: 1399px)");
const fit = () => fold?.toggleAttribute("open", !narrow.matches);
narrow.addEventListener("change", fit);
fit();

// Goods are scanned one after another: Enter goes on to the next row, and the same code again counts its row up.
const form = document.querySelector(".goods-form");
const code = (row) => row.querySelector("[name=row-code]");
const rows = () => [...form.querySelectorAll("[data-rows] tr")];

function counted(row, into) {
  const quantity = into.querySelector("[name=row-quantity]");
  const before = quantity.value.trim() || "1";
  if (!/^\d+$/.test(before)) return false;
  quantity.value = String(Number(before) + 1);
  for (const input of row.querySelectorAll("input")) input.value = "";
  return true;
}

function next(row) {
  let after = row.nextElementSibling;
  if (!after) {
    document.querySelector("[data-row=add]").click();
    after = row.parentElement.lastElementChild;
  }
  code(after).focus();
}

function entered(input) {
  const row = input.closest("tr");
  const typed = code(row).value.trim();
  if (!typed) return;
  const same = input === code(row) && rows().find((other) => other !== row && code(other).value.trim() === typed);
  if (same && counted(row, same)) code(row).focus();
  else next(row);
}

form?.addEventListener("keydown", (event) => {
  const input = event.target;
  if (event.key !== "Enter" || event.isComposing || input.tagName !== "INPUT" || !input.closest("[data-rows]")) return;
  event.preventDefault();
  entered(input);
});
const first = form?.querySelector("#f-item");
if (first && !first.value) first.focus();
else if (form && !form.querySelector("[aria-invalid=true]")) (rows().map(code).find((input) => !input.value) || code(rows()[0])).focus();
// Unfold writes the name of a chosen file into a text field beside it; there is none here, and the browser shows the name itself.
document.addEventListener("change", (event) => event.target.type === "file" && event.stopPropagation(), true);

// Chosen prices are counted; a page of stickers prints itself.

const bar = document.querySelector("[data-chosen]");
const form = document.getElementById("entries");

if (bar && form) {
  const count = bar.querySelector("[data-chosen-count]");
  const told = () => {
    const chosen = form.querySelectorAll('input[name="entry"]:checked').length;
    count.textContent = String(chosen);
    bar.hidden = chosen === 0;
  };
  form.addEventListener("change", told);
  told();
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The product page: counts what is not saved yet, saves with Ctrl-S, warns before leaving, moves the focus to the field an address names.
// Everything works without it.

const form = document.getElementById("product-form");
const bar = document.getElementById("unsaved");
const was = JSON.parse(document.getElementById("was")?.value || "{}");
let saving = false;

function valueOf(name) {
  const inputs = [...form.elements].filter((one) => one.name === name);
  if (!inputs.length) return undefined;
  if (inputs[0].type === "checkbox") {
    if (!Array.isArray(was[name])) return inputs[0].checked;
    return inputs.filter((one) => one.checked).map((one) => one.value).sort();
  }
  return inputs[0].value.replaceAll("\r\n", "\n");
}

function changes() {
  const typed = Object.keys(was).filter((name) => {
    const now = valueOf(name);
    return now !== undefined && JSON.stringify(now) !== JSON.stringify(was[name]);
  });
  const files = [...form.elements].filter((one) => one.type === "file").reduce((sum, one) => sum + one.files.length, 0);
  return typed.length + files;
}

function count() {
  const n = changes();
  bar.hidden = n === 0;
  document.getElementById("unsaved-count").textContent = n === 1 ? bar.dataset.one : bar.dataset.many.replace("N", String(n));
  return n;
}

if (form && bar) {
  form.addEventListener("input", count);
  form.addEventListener("change", count);
  form.addEventListener("submit", () => { saving = true; });
  document.getElementById("discard").addEventListener("click", () => { saving = true; });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    if (changes()) form.requestSubmit();
  });
  window.addEventListener("beforeunload", (event) => {
    if (!saving && changes()) event.preventDefault();
  });
  // Back from another page with what was typed still there.
  window.addEventListener("pageshow", () => { saving = false; count(); });
  count();
}

// Links of the checklist lead to a field: it gets the focus, on this page too.
function reach() {
  const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const field = target?.matches("input, select, textarea") ? target : target?.matches(".choice-group") && target.querySelector("input");
  if (!field) return;
  field.closest("details")?.setAttribute("open", "");
  field.focus();
  field.scrollIntoView({ block: "center" });
}
window.addEventListener("hashchange", reach);
if (document.getElementById("invalid")) document.querySelector("[aria-invalid=true]")?.focus();
else reach();

// One menu at a time: Escape or a click elsewhere closes it.
const menu = document.querySelector(".menu-fold");
document.addEventListener("click", (event) => { if (menu?.open && !menu.contains(event.target)) menu.open = false; });
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The focal point by a click into the picture; its two fields are the way by keyboard.
function aim(frame) {
  const [x, y] = frame.dataset.focal.split(" ").map((id) => document.getElementById(id));
  const mark = frame.querySelector(".focal-mark");
  if (!x || !y || !mark) return;
  const show = () => { mark.setAttribute("cx", `${Number(x.value) || 0}%`); mark.setAttribute("cy", `${Number(y.value) || 0}%`); };
  frame.addEventListener("click", (event) => {
    const box = frame.getBoundingClientRect();
    x.value = String(Math.round(Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * 100));
    y.value = String(Math.round(Math.min(Math.max((event.clientY - box.top) / box.height, 0), 1) * 100));
    show();
    x.dispatchEvent(new Event("input", { bubbles: true }));
  });
  for (const field of [x, y]) field.addEventListener("input", show);
  show();
}
document.querySelectorAll("[data-focal]").forEach(aim);

// A picture that is being prepared shows by itself: the same page is asked again, and only the frames of what waited are taken from it,
// so that nothing somebody types is touched. A tab that nobody sees asks nothing.
const ASK_EVERY = 1500;
let asks = 120;

async function askForPictures() {
  if (document.visibilityState === "visible") {
    asks -= 1;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The connection is away for a moment; the next try shows it.
    }
  }
  if (asks > 0 && document.querySelector("[data-waiting]")) setTimeout(askForPictures, ASK_EVERY);
}

function take(fresh) {
  const said = document.getElementById("pictures-said");
  for (const frame of document.querySelectorAll("[data-waiting]")) {
    const found = fresh.getElementById(frame.closest(".picture-part").id)?.querySelector(".picture-frame");
    if (!found || found.matches("[data-waiting]")) continue;
    const ready = found.matches("[data-focal]");
    frame.replaceWith(found);
    if (ready) aim(found);
    said.textContent = ready ? said.dataset.ready : said.dataset.failed;
    const head = [document, fresh].map((page) => page.querySelector(".product-heading > .tile"));
    if (head[0] && head[1] && !head[0].isEqualNode(head[1])) head[0].replaceWith(head[1]);
  }
}
if (document.querySelector("[data-waiting]")) setTimeout(askForPictures, ASK_EVERY);

// Files may be dropped where they are chosen.
const drop = document.getElementById("picture-drop");
if (drop) {
  const chosen = drop.querySelector("input[type=file]");
  // Unfold writes a chosen file's name into its own kind of input, which is not here.
  chosen.hasChangeListener = true;
  for (const kind of ["dragenter", "dragover"]) drop.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.add("is-over"); });
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("is-over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    chosen.files = event.dataTransfer.files;
    count();
  });
}

// How a result of a search engine would read, while it is typed.
const result = document.querySelector(".result-preview");
if (result) {
  const told = { "result-title": ["f-seo_title", result.dataset.name], "result-said": ["f-seo_description", result.dataset.said], "result-handle": ["f-handle", ""] };
  for (const [place, [field, otherwise]] of Object.entries(told)) {
    const typed = document.getElementById(field);
    typed?.addEventListener("input", () => { document.getElementById(place).textContent = typed.value.trim() || otherwise; });
  }
}

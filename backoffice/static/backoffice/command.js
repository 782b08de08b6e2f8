// Ctrl K: one field that goes, finds and does. Each answer comes whole from the server; the last question asked is the one shown.
const palette = document.getElementById("command");
const term = document.getElementById("command-term");
const hits = document.getElementById("command-hits");
const PAUSE = 120;

let waiting = 0;
let asking = null;
let shown = null;
let enter = null;

function options() {
  return [...hits.querySelectorAll(".command-hit")];
}

function choose(hit) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === hit));
  if (hit) {
    term.setAttribute("aria-activedescendant", hit.id);
    hit.scrollIntoView({ block: "nearest" });
  } else term.removeAttribute("aria-activedescendant");
}

function chosen() {
  return hits.querySelector("[aria-selected=true]");
}

function open(hit, apart) {
  if (!hit) return;
  if (apart) window.open(hit.href, "_blank", "noopener");
  else location.assign(hit.href);
}

function trouble() {
  hits.replaceChildren(document.getElementById("command-trouble").content.cloneNode(true));
  hits.querySelector("[data-retry]").addEventListener("click", () => ask());
}

async function ask() {
  clearTimeout(waiting);
  asking?.abort();
  const mine = (asking = new AbortController());
  const words = term.value.trim();
  hits.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${palette.dataset.url}?s=${encodeURIComponent(words)}`, { signal: mine.signal, headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    const text = await answer.text();
    if (mine !== asking) return;
    hits.innerHTML = text;
    shown = words;
    choose(options()[0]);
    if (enter !== null) open(chosen(), enter);
  } catch (problem) {
    if (problem.name !== "AbortError") trouble();
    if (mine !== asking) return;
  }
  enter = null;
  hits.removeAttribute("aria-busy");
}

function show() {
  if (!palette || palette.open) return;
  palette.showModal();
  term.select();
  ask();
}

function move(step) {
  const all = options();
  if (all.length === 0) return;
  const at = all.indexOf(chosen());
  choose(all[(at + step + all.length) % all.length]);
}

function press(event) {
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  }
  if (event.key !== "Enter") return;
  event.preventDefault();
  const apart = event.ctrlKey || event.metaKey;
  // A scanner types faster than answers come: what it asked for is opened when it is there.
  if (shown === term.value.trim()) open(chosen(), apart);
  else {
    enter = apart;
    ask();
  }
}

if (palette) {
  term.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, PAUSE);
  });
  term.addEventListener("keydown", press);
  hits.addEventListener("mousemove", (event) => {
    const hit = event.target.closest(".command-hit");
    if (hit && hit !== chosen()) choose(hit);
  });
  palette.addEventListener("click", (event) => event.target === palette && palette.close());
  palette.addEventListener("close", () => {
    clearTimeout(waiting);
    asking?.abort();
    enter = null;
  });
  window.addEventListener("opencommand", show);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    show();
  });
}

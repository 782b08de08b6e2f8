// The simulator without waiting for a page: every answer is the same page's part, drawn by the server. Without this script everything works by links and a form.
const simulated = document.getElementById("simulated");
const PAUSE = 250;
const LOOK_AGAIN = 1000;

let waiting = 0;
let asking = null;
let seeking = null;
let sought = null;
let enter = false;
let last = location.search;

function form() {
  return document.getElementById("simulator-form");
}

// The moment that stands in the field unasked is left open: now goes on.
function written() {
  const at = document.getElementById("at");
  const open = "unasked" in at.dataset && at.value === at.defaultValue;
  const pairs = [...new FormData(form())].filter(([name, value]) => value !== "" && name !== "add" && !(open && name === "at"));
  if (open && at.dataset.unasked) pairs.push(["at", at.dataset.unasked]);
  return `?${new URLSearchParams(pairs)}`;
}

// The part is drawn anew under somebody's hands: what had the focus has it again, where they were in it.
function holding() {
  const field = document.activeElement;
  if (!simulated.contains(field)) return () => {};
  const { id, name, href } = field;
  const value = name === "do" ? field.value : null;
  const at = "selectionStart" in field && field.type !== "datetime-local" ? field.selectionStart : null;
  return () => {
    const same = [...simulated.querySelectorAll("a, button, input, select, summary")].find(
      (one) => (id ? one.id === id : name ? one.name === name && (value === null || one.value === value) : href && one.href === href),
    );
    if (!same) return;
    same.focus({ preventScroll: true });
    if (at !== null && same.setSelectionRange) try { same.setSelectionRange(at, at); } catch { /* Some kinds of fields have no place in them. */ }
  };
}

function trouble() {
  simulated.querySelector("[data-trouble]")?.remove();
  const told = document.getElementById("simulator-trouble").content.cloneNode(true);
  told.firstElementChild.dataset.trouble = "";
  simulated.prepend(told);
  simulated.querySelector("[data-retry]").addEventListener("click", () => show(last));
}

async function show(query, { adding = "" } = {}) {
  clearTimeout(waiting);
  asking?.abort();
  const mine = (asking = new AbortController());
  last = query;
  simulated.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(`${simulated.dataset.address}${query}${query.includes("?") ? "&" : "?"}part=1`, { signal: mine.signal, headers: { Accept: "text/html" } });
    if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (mine !== asking) return;
    const back = holding();
    const typed = document.getElementById("add")?.value ?? "";
    const open = simulated.querySelector(".simulator-more")?.open;
    simulated.innerHTML = text;
    if (open) simulated.querySelector(".simulator-more")?.setAttribute("open", "");
    const add = document.getElementById("add");
    if (add) add.value = adding ? "" : typed;
    if (adding) add?.focus();
    else back();
    // What was done to a line is in the basket now, and not done again.
    last = form()?.dataset.query || query;
    history.replaceState(null, "", simulated.dataset.address + last);
    again();
  } catch (problem) {
    if (problem.name !== "AbortError") trouble();
  } finally {
    if (mine === asking) simulated.removeAttribute("aria-busy");
  }
}

// Long work is looked at until it is done.
function again() {
  const busy = simulated.querySelector("[data-busy] a[data-live]");
  if (busy) setTimeout(() => busy.isConnected && show(new URL(busy.href).search), LOOK_AGAIN);
}

// An answer that comes while somebody types would undo what they typed.
function later() {
  clearTimeout(waiting);
  asking?.abort();
  asking = null;
  waiting = setTimeout(() => show(written()), PAUSE);
}

// What the words typed could mean
function options() {
  return [...document.querySelectorAll("#choices .command-hit")];
}

function choose(hit) {
  for (const each of options()) each.setAttribute("aria-selected", String(each === hit));
  const add = document.getElementById("add");
  if (hit) add.setAttribute("aria-activedescendant", hit.id);
  else add.removeAttribute("aria-activedescendant");
  hit?.scrollIntoView({ block: "nearest" });
}

function closed() {
  document.getElementById("choices")?.replaceChildren();
  const add = document.getElementById("add");
  add?.setAttribute("aria-expanded", "false");
  add?.removeAttribute("aria-activedescendant");
  sought = null;
}

function take(hit) {
  if (!hit) return;
  const query = new URL(hit.href).search;
  closed();
  show(query, { adding: "yes" });
}

async function seek() {
  clearTimeout(waiting);
  seeking?.abort();
  const mine = (seeking = new AbortController());
  const words = document.getElementById("add").value.trim();
  if (!words) {
    enter = false;
    return closed();
  }
  try {
    const answer = await fetch(`${simulated.dataset.choices}${written()}&add=${encodeURIComponent(words)}`, { signal: mine.signal, headers: { Accept: "text/html" } });
    if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (mine !== seeking) return;
    document.getElementById("choices").innerHTML = text;
    document.getElementById("add").setAttribute("aria-expanded", String(options().length > 0));
    sought = words;
    choose(options()[0]);
    if (enter) take(options()[0]);
  } catch (problem) {
    if (problem.name !== "AbortError") trouble();
  }
  // Of one that another took the place of, Enter is the other's.
  if (mine === seeking) enter = false;
}

function press(event) {
  if (event.target.id !== "add") return;
  const all = options();
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
    event.preventDefault();
    const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    choose(all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
  }
  if (event.key === "Escape" && all.length) {
    event.preventDefault();
    closed();
  }
  if (event.key !== "Enter") return;
  event.preventDefault();
  // A scanner types faster than answers come: what it asked for is added when it is there.
  if (sought === event.target.value.trim() && all.length) take(all.find((one) => one.getAttribute("aria-selected") === "true"));
  else if (event.target.value.trim()) {
    enter = true;
    seek();
  }
}

async function copy(link) {
  const answer = await fetch(link.href, { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return location.assign(link.href);
  await navigator.clipboard.writeText(await answer.text());
  const word = link.querySelector("span");
  const before = word.textContent;
  word.textContent = link.dataset.copy;
  link.setAttribute("role", "status");
  setTimeout(() => {
    word.textContent = before;
    link.removeAttribute("role");
  }, 2000);
  return null;
}

if (simulated) {
  document.documentElement.classList.add("has-script");
  simulated.addEventListener("input", (event) => {
    if (!form()?.contains(event.target)) return;
    if (event.target.id !== "add") return later();
    clearTimeout(waiting);
    waiting = setTimeout(seek, PAUSE / 2);
    return null;
  });
  simulated.addEventListener("keydown", press);
  simulated.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    event.preventDefault();
    if (event.submitter?.name === "do") show(`${written()}&do=${encodeURIComponent(event.submitter.value)}`);
    else if (document.getElementById("add").value.trim()) {
      enter = true;
      seek();
    } else show(written());
  });
  simulated.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.dataset.copy && navigator.clipboard) {
      event.preventDefault();
      copy(link);
    } else if ("live" in link.dataset) {
      event.preventDefault();
      if (link.closest("#choices")) take(link);
      else show(new URL(link.href).search);
    }
  });
  document.addEventListener("click", (event) => event.target.closest(".simulator-add") || closed());
  // With a keyboard one scans or types at once; a phone's would only be in the way.
  if (matchMedia("(pointer: fine)").matches) document.getElementById("add")?.focus({ preventScroll: true });
  again();
}

// A promotion's page: shows the sentence of the chosen kind, counts what is not saved, and asks, while somebody writes,
// which offers it would meet. Without it everything is there at once and is saved just the same.

import { Selection } from "./promotion-selection.js";

const form = document.getElementById("promotion-form");
const bar = document.getElementById("unsaved");
const read = (id) => JSON.parse(document.getElementById(id)?.textContent || "{}");
const labels = read("labels");
const texts = read("texts");
const banner = document.getElementById("conflicts");
const kind = document.getElementById("p-kind");
const weekly = document.getElementById("p-weekly");
const WAIT = 350;

// What is shown

const selections = new Map([...form.querySelectorAll("[data-selection]")].map((root) => [
  root.dataset.selection, new Selection(root, { labels, texts, choices: form.dataset.choices, changed: () => changed() }),
]));

/** A selection stands in the sentence that speaks of it, else where it is at home and hidden. */
function place(name, sentence) {
  const spot = sentence?.querySelector(`[data-place=${name}]`);
  const home = form.querySelector(`[data-home=${name}]`);
  const root = selections.get(name).root;
  (spot || home).append(root);
  home.hidden = true;
}

function sentences() {
  let shown = null;
  for (const one of form.querySelectorAll(".sentence")) {
    one.hidden = !one.dataset.kind.split(" ").includes(kind.value);
    if (!one.hidden) shown = one;
  }
  for (const one of form.querySelectorAll("[data-kind-not]")) one.hidden = one.dataset.kindNot.split(" ").includes(kind.value);
  place("selection", shown);
  place("other", shown);
  document.getElementById("weekly").hidden = !weekly.checked;
}

/** Of rows that are not filled only the next one is shown, when it is asked for. */
for (const button of form.querySelectorAll("[data-more]")) {
  const rows = [...button.parentElement.querySelectorAll(":scope > [data-spare]")];
  for (const row of rows) row.hidden = true;
  button.hidden = !rows.length || kind.disabled;
  button.addEventListener("click", () => {
    const row = rows.shift();
    if (row) { row.hidden = false; row.querySelector("input, select, button")?.focus(); }
    button.hidden = !rows.length;
  });
}

// What is not saved

const state = () => {
  const found = {};
  for (const [name, value] of new FormData(form)) if (name !== "csrfmiddlewaretoken") (found[name] ??= []).push(value);
  return found;
};
const was = state();
let saving = false;

function titleOf(name) {
  const input = form.querySelector(`[name="${CSS.escape(name)}"]`);
  const title = input?.closest(".form-section")?.querySelector("h3")?.textContent ?? "";
  const label = input?.labels?.[0]?.textContent.trim();
  return input?.type === "checkbox" || input?.type === "radio" || !label ? title : label;
}

function unsaved() {
  const now = state();
  const names = [...new Set([...Object.keys(was), ...Object.keys(now)])].filter((name) => JSON.stringify(was[name]) !== JSON.stringify(now[name]));
  return [...new Set(names.filter((name) => name !== "compete_with").map(titleOf).filter(Boolean))];
}

function count() {
  if (!bar) return 0;
  const parts = unsaved();
  const drafted = "submit" in bar.dataset || "new" in form.dataset;
  bar.hidden = !parts.length && !drafted && !form.querySelector("[aria-invalid=true]");
  if (parts.length) {
    document.getElementById("unsaved-count").textContent = parts.length === 1 ? bar.dataset.one : bar.dataset.many.replace("N", String(parts.length));
    document.getElementById("unsaved-what").textContent = parts.slice(0, 4).join(", ");
  }
  document.getElementById("discard").hidden = !parts.length;
  return parts.length;
}

// Which offers it meets

let timer = 0;
let asked = null;
let told = null;

async function check() {
  asked?.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(form.dataset.check, { method: "POST", body: new FormData(form), signal: asked.signal });
    if (!answer.ok) throw new Error(String(answer.status));
    tell(await answer.json());
  } catch (error) {
    if (error.name !== "AbortError") document.getElementById("hint").textContent = texts.failed;
  }
}

function tell(answer) {
  Object.assign(labels, answer.names);
  for (const element of form.querySelectorAll("[data-count]")) element.textContent = answer.counts[element.dataset.count] ?? "";
  document.getElementById("hint").textContent = answer.trouble || answer.hint;
  const send = document.getElementById("send");
  if (send) {
    const later = new Date(form.querySelector("[name=starts_at]").value) > new Date();
    send.textContent = answer.reason ? bar.dataset.ask : later ? bar.dataset.plan : bar.dataset.go;
    send.title = answer.reason;
  }
  // Left alone while nothing is new: somebody may be reading the prices in it.
  if (answer.banner === told) return;
  told = answer.banner;
  banner.innerHTML = answer.banner;
  remedies();
}

function remedies() {
  for (const row of banner.querySelectorAll(".conflict .button-row")) row.hidden = kind.disabled;
}

banner.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.leave) selections.get("selection").leaveOut(button.dataset.leave.split("\n"));
  if (button.dataset.compete) compete(button.dataset);
  changed(0);
});

function compete({ compete: other, group, priority }) {
  form.querySelector("[name=combination][value=best]").checked = true;
  form.querySelector("[name=group]").value = group;
  form.querySelector("[name=priority]").value = priority;
  form.querySelector("[name=group]").closest("details").open = true;
  const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "compete_with", value: other });
  document.getElementById("compete").replaceChildren(hidden);
}

function changed(wait = WAIT) {
  count();
  if (kind.disabled) return;
  clearTimeout(timer);
  timer = setTimeout(check, wait);
}

form.addEventListener("input", () => changed());
form.addEventListener("change", (event) => {
  if (event.target === kind || event.target === weekly) sentences();
  if (event.target.name === "combination" && event.target.value !== "best") document.getElementById("compete").replaceChildren();
  changed();
});
form.addEventListener("submit", () => { saving = true; });
document.getElementById("discard")?.addEventListener("click", () => { saving = true; });
document.getElementById("do")?.addEventListener("submit", () => { saving = true; });
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || !bar) return;
  event.preventDefault();
  if (unsaved().length) form.requestSubmit(bar.querySelector("button[value=save]") || undefined);
});
window.addEventListener("beforeunload", (event) => { if (!saving && bar && unsaved().length) event.preventDefault(); });

sentences();
remedies();
count();
if ("new" in form.dataset) form.querySelector("[name=name]").focus();
else if (!kind.disabled && !document.querySelector("[aria-invalid=true]")) check();
document.querySelector("[aria-invalid=true]")?.focus();

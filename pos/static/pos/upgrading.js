// Releases of the till: whether this one is kept whole for a start without a line, and when a newer one may take over.
import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { readFact } from "./db.js";
import { mayReload, mayTakeOver } from "./resting.js";
import { change, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-later.js";

const LOOK_MS = 2000;
const CHECK_MS = 10_000;
const ASK_MS = 15 * 60_000;
const ANSWER_MS = 5000;

const container = navigator.serviceWorker;
/** @type {ServiceWorkerRegistration | undefined} */
let registration;
let ready = false;
let touched = Date.now();
let checked = 0;
let moved = false;
/** Asked in already. @type {ServiceWorker | null} */
let asked = null;

/** What the release kept here lacks, the worker fetches again before it answers. */
async function isReady() {
  const worker = container?.controller;
  if (!worker) return false;
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((done) => {
    port1.onmessage = ({ data }) => done(data === true);
    setTimeout(done, ANSWER_MS, false);
  });
  worker.postMessage("all here?", [port2]);
  const [kept] = await Promise.all([answer, readFact("identity")]);
  port1.close();
  return Boolean(kept);
}

async function check() {
  checked = Date.now();
  const before = ready;
  ready = await isReady().catch(() => false);
  if (ready !== before) change({});
}

/** A release that waits is asked in; one that is in gets a page of its own. Both between two sales only. */
function look() {
  const untouched = Date.now() - touched;
  if (moved && mayReload(state, untouched)) location.reload();
  else if (registration?.waiting && registration.waiting !== asked && mayTakeOver(state, untouched)) {
    asked = registration.waiting;
    asked.postMessage("take over");
  }
}

/** Looked at while it is shown; a line that comes and goes changes it. */
export function opensWithoutLine() {
  if (Date.now() - checked > CHECK_MS) void check();
  const words = ready ? "keeps.ready" : "keeps.not";
  return html`
    <div class="panel-fact"><strong>${t(words)}</strong><span class="panel-note">${t(`${words}.text`)}</span></div>
    ${registration?.waiting || moved ? html`<div class="panel-fact"><strong>${t("keeps.newer")}</strong><span class="panel-note">${t("keeps.newer.text")}</span></div>` : nothing}`;
}

async function follow() {
  if (!container) return;
  const touch = () => void (touched = Date.now());
  for (const kind of ["keydown", "pointerdown"]) globalThis.addEventListener(kind, touch, { capture: true, passive: true });
  // The first worker of a page takes it as it is: the page is of its release.
  let had = Boolean(container.controller);
  container.addEventListener("controllerchange", () => {
    moved = had;
    had = true;
    look();
  });
  registration = await container.getRegistration("/pos/");
  setInterval(look, LOOK_MS);
  setInterval(() => registration?.update().catch(() => undefined), ASK_MS);
  look();
}

void follow();

// The page's side of the mirror. Nothing waits for it: a mirror that fails is said in the connection's panel, and selling goes on.
import { readFact } from "./db.js";
import { hashOf } from "./journal.js";
import { change, state } from "./state.js";
import { startWorker } from "./workers.js";

const PATIENCE_MS = 15_000;

/** @typedef {{entries: StoredEntry[], facts: import("./mirror-lines.js").MirrorFacts | null, broken: number}} Mirrored */

/** @type {Worker | null} */
let worker = null;
let count = 0;
/** @type {Map<number, {done: (told: any) => void, failed: (error: Error) => void}>} */
const asked = new Map();

/** @param {string} act @param {object} [what] @returns {Promise<any>} */
function ask(act, what = {}) {
  const own = begin();
  if (!own) return Promise.reject(new Error("no mirror here"));
  const n = (count += 1);
  return new Promise((done, failed) => {
    const late = setTimeout(() => settle(n, { failed: "no answer" }), PATIENCE_MS);
    asked.set(n, { done: (told) => (clearTimeout(late), done(told)), failed: (error) => (clearTimeout(late), failed(error)) });
    own.postMessage({ act, n, ...what });
  });
}

/** @param {number} n @param {{told?: any, failed?: string}} answer */
function settle(n, { told, failed }) {
  const one = asked.get(n);
  asked.delete(n);
  if (failed) one?.failed(new Error(failed));
  else one?.done(told);
}

/** @returns {Worker | null} */
function begin() {
  if (worker || typeof navigator.storage?.getDirectory !== "function") return worker;
  try {
    worker = startWorker("mirror");
  } catch (error) {
    console.warn(error);
    return null;
  }
  worker.addEventListener("message", ({ data }) => settle(data.n, data));
  worker.addEventListener("error", () => {
    for (const n of [...asked.keys()]) settle(n, { failed: "the mirror stopped" });
  });
  return worker;
}

/** Whether it keeps is shown; when it fails once, it is asked again with the next entry. @param {Promise<unknown>} kept */
async function show(kept) {
  const mirror = await kept.then(() => "on", () => "off");
  if (state.mirror !== mirror) change({ mirror });
}

/** Right after a commit. @param {StoredEntry[]} entries */
export function mirror(entries) {
  return show(ask("keep", { entries }));
}

/** @param {string[]} ids */
export function mirrorAnswered(ids) {
  return show(ask("answered", { ids }));
}

/** What this browser is and was: enough to send what the mirror holds. */
export async function mirrorFacts() {
  const { identity } = state;
  if (!identity) return;
  const formers = /** @type {Enrolment[]} */ ((await readFact("formers")) ?? []);
  const enrolments = [{ till: identity.till.id, epoch: identity.epoch, token: identity.token }, ...formers];
  await show(ask("facts", { facts: { enrolments, name: `${identity.store.name} ${identity.till.name}` } }));
}

/** What it holds, as far as it is whole: entries whose text has its hash. @returns {Promise<Mirrored>} */
export async function mirrored() {
  /** @type {Mirrored} */
  const { entries, facts, broken } = await ask("tell");
  const hashes = await Promise.all(entries.map(({ text }) => hashOf(text)));
  const whole = entries.filter(({ hash }, place) => hashes[place] === hash);
  return { entries: whole, facts, broken: broken + entries.length - whole.length };
}

export async function shrinkMirror() {
  await ask("shrink").catch(() => undefined);
}

export async function wipeMirror() {
  await ask("wipe").catch(() => undefined);
}

/** Another window needs the file. */
export async function closeMirror() {
  if (!worker) return;
  await ask("close").catch(() => undefined);
  worker?.terminate();
  worker = null;
}

// Looks after what this browser keeps: how much room there is, whether the browser may clear it, the second copy, and what may go.
import { age } from "./clock.js";
import { readFact, unprinted } from "./db.js";
import { onCommit, onFull } from "./journal.js";
import { allEntries, allWaiting, dropPrints, entryAt, putBack, trim } from "./journal-store.js";
import { careOf, reportOf, roomWords } from "./keeping-rules.js";
import { closeMirror, mirror, mirrorAnswered, mirrored, mirrorFacts, shrinkMirror } from "./mirror.js";
import { change, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-keeping.js";
import { ask, onAnswered, reportWith } from "./sync.js";

const LOOK_MS = 60_000;
const TRIM_MS = 3_600_000;
/** Returns and copies of papers are made from what was sold here. */
const KEPT_MS = 30 * 86_400_000;
/** With the disk full, today and yesterday are enough. */
const KEPT_WHEN_FULL_MS = 2 * 86_400_000;

/** @type {number | null} */
let free = null;
let begun = false;
let trimmed = 0;

/** From now on, in the window that sells. Called again when the till was enrolled anew. */
export async function keep() {
  if (!begun) begin();
  begun = true;
  await look();
  await mirrorFacts();
  await compare().catch(console.warn);
}

function begin() {
  onCommit((entry) => mirror([entry]));
  onAnswered(mirrorAnswered);
  onFull(makeRoom);
  reportWith(() => reportOf({ ...state.sync, now: Date.now(), free, persisted: state.persisted, release: document.body.dataset.release ?? "" }));
  setInterval(look, LOOK_MS);
}

/** Another window sells now, and keeps. */
export function letGo() {
  return closeMirror();
}

export async function look() {
  const [estimate, persisted] = await Promise.all([navigator.storage?.estimate?.().catch(() => null) ?? null, navigator.storage?.persisted?.().catch(() => false) ?? false]);
  free = estimate?.quota === undefined ? null : Math.max(0, estimate.quota - (estimate.usage ?? 0));
  change({ persisted, room: free === null ? "" : roomWords(free), care: careOf({ ...state.sync, free, persisted, now: Date.now() }) });
  if (state.sync.online && Date.now() - trimmed > TRIM_MS) await trimAll().catch(console.warn);
}

/** What the journal has and the mirror lacks, and the other way round: either may have been hurt while nobody looked. */
async function compare() {
  const [waiting, held] = await Promise.all([allWaiting(), mirrored()]);
  await mirror(waiting);
  /** @type {StoredEntry[]} */
  const lacking = [];
  for (const entry of held.entries) if (entry.waiting && !(await entryAt(entry))) lacking.push(entry);
  if (lacking.length) await putBack(lacking);
  const here = new Set(waiting.map(({ id }) => id));
  // The answer came, and the page went before the mirror heard of it.
  await mirrorAnswered(held.entries.filter(({ id, waiting: waits }) => waits && !here.has(id) && !lacking.some((one) => one.id === id)).map(({ id }) => id));
}

/** What the server vouches for, and was made long ago. */
export async function trimAll(keptMs = KEPT_MS) {
  const { identity, shift } = state;
  if (!identity) return 0;
  const formers = /** @type {Enrolment[]} */ ((await readFact("formers")) ?? []);
  let gone = 0;
  for (const { till, epoch, token } of [{ till: identity.till.id, epoch: identity.epoch, token: identity.token }, ...formers]) {
    const checkpoint = token ? await checkpointOf(token).catch(() => null) : null;
    const own = checkpoint?.epoch === epoch ? await entryAt({ till, epoch, seq: checkpoint.seq }) : undefined;
    if (own && checkpoint && own.hash === checkpoint.hash) gone += await trim({ till, epoch, below: checkpoint.seq, before: Date.now() - keptMs, spare: shift ? [shift.id] : [] });
  }
  trimmed = Date.now();
  return gone;
}

/** How far the server has the chain without a gap. @param {string} token @returns {Promise<{epoch: number, seq: number, hash: string}>} */
async function checkpointOf(token) {
  return (await ask("/api/v1/till/checkpoint", { token })).json();
}

/** The disk is full and a sale wants to be kept. Prices stay: without them nothing is sold. */
export async function makeRoom() {
  const recent = Date.now() - KEPT_WHEN_FULL_MS;
  const asked = (await unprinted()).filter(({ id }) => parseInt(id.slice(0, 8) + id.slice(9, 13), 16) >= recent);
  await Promise.all([shrinkMirror(), dropPrints(asked.map(({ id }) => id)).catch(console.warn), trimAll(KEPT_WHEN_FULL_MS).catch(console.warn)]);
  void look();
}

/**
 * Signing the device out, enrolling it anew, clearing it: only when nothing waits here. Locking is none of these and always works.
 * @returns {Promise<{ok: boolean, waiting: number, words: string}>}
 */
export async function mayLeave() {
  const waiting = await allWaiting();
  if (!waiting.length) return { ok: true, waiting: 0, words: "" };
  const since = age(Date.now() - Math.min(...waiting.map(({ wall_ms }) => wall_ms)));
  return { ok: false, waiting: waiting.length, words: `${t("stay.waits", { n: waiting.length, age: since })} ${t(state.sync.online ? "stay.online" : "stay.offline")}` };
}

/** Says why not. @param {string} words */
export function stay(words) {
  change({ warning: { title: t("stay.title"), text: words, search: false } });
}

/** How much of the journal there is, for whoever looks. */
export async function journalFacts() {
  const [all, waiting] = await Promise.all([allEntries(), allWaiting()]);
  return { all: all.length, waiting: waiting.length };
}

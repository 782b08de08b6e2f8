// What this browser keeps: the journal, its head, the signing key, the catalogue. The only file that names IndexedDB.
import { openDB } from "../vendor/idb/index.js";

const NAME = "onecounter-till";
const CHUNK = 1000;

/** @typedef {Awaited<ReturnType<typeof openDB>>} Database */

/** @type {Database} */
let db;

export async function open() {
  db = await openDB(NAME, 1, {
    upgrade(fresh) {
      const entries = fresh.createObjectStore("entries", { keyPath: ["till", "epoch", "seq"] });
      entries.createIndex("id", "id", { unique: true });
      entries.createIndex("waiting", ["waiting", "till", "epoch"]);
      entries.createIndex("session", "session");
      fresh.createObjectStore("facts");
      fresh.createObjectStore("prints", { keyPath: "id" });
      fresh.createObjectStore("catalogue");
    },
  });
}

/** @param {string} name @returns {Promise<any>} */
export function readFact(name) {
  return db.get("facts", name);
}

/** @param {Record<string, unknown>} facts written together; undefined removes */
export async function writeFacts(facts) {
  const tx = db.transaction("facts", "readwrite", { durability: "strict" });
  putFacts(tx.objectStore("facts"), facts);
  await tx.done;
}

/** @param {{put: Function, delete: Function}} store @param {Record<string, unknown>} facts */
function putFacts(store, facts) {
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) store.delete(name);
    else store.put(value, name);
  }
}

/** Who may write the journal: the window that came last. */
const me = crypto.randomUUID();

/** From here on nothing of another window enters the journal, not even what it has begun. */
export async function hold() {
  await writeFacts({ holder: me });
}

/** Another window sells now. */
export class HeldElsewhere extends Error {}

/** The head moved between reading it and writing: read again, build again. */
export class HeadMoved extends Error {}

/**
 * The one commit: entry, head, print state and facts, or nothing. Strict: it is on the disk when this returns.
 * Nothing may be awaited inside but the store itself, or the transaction would close early.
 * @param {{entry: StoredEntry, before: Head, head: Head, print?: PrintRecord, facts?: Record<string, unknown>}} what
 */
export async function append({ entry, before, head, print, facts = {} }) {
  const tx = db.transaction(["entries", "facts", "prints"], "readwrite", { durability: "strict" });
  /** @type {Head | undefined} */
  const found = await tx.objectStore("facts").get("head");
  const holder = await tx.objectStore("facts").get("holder");
  if (!found || found.till !== before.till || found.epoch !== before.epoch || found.seq !== before.seq || found.hash !== before.hash) {
    await drop(tx);
    throw new HeadMoved();
  }
  if (holder !== me) {
    await drop(tx);
    throw new HeldElsewhere();
  }
  try {
    // A failed add shows in tx.done.
    tx.objectStore("entries").add(entry).catch(() => undefined);
    putFacts(tx.objectStore("facts"), { ...facts, head });
    if (print) tx.objectStore("prints").put(print);
  } catch (error) {
    // Half of it would still be kept.
    await drop(tx);
    throw error;
  }
  await tx.done;
}

/** @param {{abort: () => void, done: Promise<void>}} tx */
async function drop(tx) {
  tx.abort();
  await tx.done.catch(() => undefined);
}

/** Entries of one enrolment that the server has not named yet, in order. @param {{till: string, epoch: number}} of @param {number} limit @returns {Promise<StoredEntry[]>} */
export function waitingEntries({ till, epoch }, limit) {
  return db.getAllFromIndex("entries", "waiting", [1, till, epoch], limit);
}

/** @param {{id: string, hash: string, status: string, reason?: string}[]} results */
export async function markAnswered(results) {
  const tx = db.transaction("entries", "readwrite", { durability: "strict" });
  const index = tx.store.index("id");
  for (const { id, hash, status, reason } of results) {
    /** @type {StoredEntry | undefined} */
    const entry = await index.get(id);
    if (!entry || entry.hash !== hash) continue;
    delete entry.waiting;
    entry.result = reason ? `${status}: ${reason}` : status;
    tx.store.put(entry);
  }
  await tx.done;
}

/** How much of these enrolments waits, and since when. @param {{till: string, epoch: number}[]} enrolments */
export async function waitingFacts(enrolments) {
  /** @type {StoredEntry[][]} */
  const groups = await Promise.all(enrolments.map(({ till, epoch }) => db.getAllFromIndex("entries", "waiting", [1, till, epoch])));
  const entries = groups.flat();
  const oldest = entries.reduce((least, entry) => Math.min(least, entry.wall_ms), Infinity);
  return { waiting: entries.length, waitingSales: entries.filter((entry) => entry.kind === "sale").length, oldest: entries.length ? oldest : 0 };
}

/** @param {string} session @returns {Promise<StoredEntry[]>} */
export function entriesOfSession(session) {
  return db.getAllFromIndex("entries", "session", session);
}

/** @param {string} id @returns {Promise<StoredEntry | undefined>} */
export function entryById(id) {
  return db.getFromIndex("entries", "id", id);
}

/** @returns {Promise<PrintRecord[]>} */
export async function unprinted() {
  /** @type {PrintRecord[]} */
  const all = await db.getAll("prints");
  return all.filter((record) => record.state === "pending");
}

/** Settled print records are of no further use: they go. @param {string} id */
export async function settlePrint(id) {
  await db.delete("prints", id);
}

/** @returns {Promise<CatalogueData | null>} */
export async function readCatalogue() {
  const tx = db.transaction("catalogue");
  const head = await tx.store.get("head");
  if (!head) return null;
  const chunks = await Promise.all(Array.from({ length: head.chunks }, (_, place) => tx.store.get(place)));
  return { ...head, items: chunks.flat() };
}

/** In chunks: one record per thing is fifty times slower. All or nothing. @param {CatalogueData} data */
export async function writeCatalogue({ items, ...head }) {
  const chunks = Math.ceil(items.length / CHUNK);
  const tx = db.transaction("catalogue", "readwrite");
  tx.store.clear();
  tx.store.put({ ...head, chunks }, "head");
  for (let place = 0; place < chunks; place += 1) tx.store.put(items.slice(place * CHUNK, (place + 1) * CHUNK), place);
  await tx.done;
}

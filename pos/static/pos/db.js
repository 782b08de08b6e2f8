// What this browser keeps: the journal, its head, the signing key, the catalogue. The only file that names IndexedDB.
import { deleteDB, openDB, unwrap } from "../vendor/idb/index.js";

const NAME = "onecounter-till";
const PATIENCE_MS = 10_000;

/** @typedef {Awaited<ReturnType<typeof openDB>>} Database */

/** @type {Database} */
let db;
/** Whether this page had the journal open before: what it then finds new was lost. */
let known = false;

/** The browser threw the journal away under this page. */
export class Lost extends Error {}

let lost = () => {};

/** What goes on over this connection: how to end it. @type {Set<(error: unknown) => void>} */
let going = new Set();

/** @param {() => void} tell */
export function onLost(tell) {
  lost = tell;
}

export async function open() {
  let made = false;
  /** @type {typeof going} */
  const own = new Set();
  db = await openDB(NAME, 1, {
    upgrade(fresh) {
      made = true;
      const entries = fresh.createObjectStore("entries", { keyPath: ["till", "epoch", "seq"] });
      entries.createIndex("id", "id", { unique: true });
      entries.createIndex("waiting", ["waiting", "till", "epoch"]);
      entries.createIndex("session", "session");
      fresh.createObjectStore("facts");
      fresh.createObjectStore("prints", { keyPath: "id" });
      fresh.createObjectStore("catalogue");
    },
    // A newer release may build on; who wants the database deleted waits until this page is gone.
    blocking: (_now, wanted) => void (wanted && db.close()),
    // What was begun in that moment may never hear how it ended.
    terminated() {
      for (const end of own) end(new DOMException("closed"));
      readFact("head").catch(() => undefined);
    },
  });
  going = own;
  if (made && known) {
    lost();
    throw new Lost();
  }
  known = true;
}

/** For whoever reads beside the page; to make it is the page's. @returns {Promise<Database>} */
export async function openWhatIsThere() {
  const there = await openDB(NAME, undefined, { upgrade: (_db, _old, _new, tx) => tx.abort(), blocking: () => there.close() });
  return there;
}

/** Whether the journal ends where its head says. */
export async function isWhole() {
  /** @type {Head | undefined} */
  const head = await readFact("head");
  if (!head) return false;
  if (!head.seq) return true;
  const last = await using((db) => db.get("entries", [head.till, head.epoch, head.seq]));
  return last?.hash === head.hash;
}

/** What cannot be opened, or not be believed, goes. */
export async function discard() {
  db?.close();
  known = false;
  await Promise.race([deleteDB(NAME), new Promise((_resume, refuse) => setTimeout(() => refuse(new Error("another window has it open")), PATIENCE_MS))]);
  await open();
}

/** @param {unknown} error what the journal's owner decides by, and not the state of the connection */
function isDecided(error) {
  return !(error instanceof DOMException) || isFull(error) || ["ConstraintError", "DataError", "DataCloneError"].includes(error.name);
}

/** @param {unknown} error @returns {boolean} whether the disk, or what it leaves us, is full */
export function isFull(error) {
  return error instanceof Error && error.name === "QuotaExceededError";
}

/** @type {Promise<void> | null} */
let opening = null;

/**
 * Browsers close databases at their will, or break them: it is opened once more and the work is done again.
 * @template Answer @param {(db: Database) => Promise<Answer>} work doing it twice is doing it once @returns {Promise<Answer>}
 */
export async function using(work) {
  try {
    return await ended(work);
  } catch (error) {
    if (isDecided(error)) throw error;
    await (opening ??= open().finally(() => (opening = null)));
    return ended(work);
  }
}

/** Fails when the connection goes. @template Answer @param {(db: Database) => Promise<Answer>} work @returns {Promise<Answer>} */
function ended(work) {
  const own = going;
  return new Promise((done, failed) => {
    own.add(failed);
    work(db).then(done, failed).finally(() => own.delete(failed));
  });
}

/**
 * A write that is on the disk when it is done. Why it failed is told by `done`, whether or not somebody waits for it by then.
 * @template {string[]} Names @param {Database} db @param {Names} names
 */
export function writing(db, ...names) {
  const tx = db.transaction(names, "readwrite", { durability: "strict" });
  tx.done.catch(() => undefined);
  return tx;
}

/** For requests that nobody waits for: as promises, each would tell the end of its transaction as an error of the page. */
export const quiet = unwrap;

/** @param {string} name @returns {Promise<any>} */
export function readFact(name) {
  return using((db) => db.get("facts", name));
}

/** Only the window that holds the till says what is: another one's words come too late. @param {Record<string, unknown>} facts written together; undefined removes */
export function writeFacts(facts) {
  return using(async (db) => {
    const tx = writing(db, "facts");
    const store = tx.objectStore("facts");
    const holder = await store.get("holder");
    if ("holder" in facts || !holder || holder === me) putFacts(quiet(store), facts);
    await tx.done;
  });
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
export function append(what) {
  return using((db) => appendTo(db, what));
}

/** @param {Database} db @param {Parameters<typeof append>[0]} what */
async function appendTo(db, { entry, before, head, print, facts = {} }) {
  const tx = writing(db, "entries", "facts", "prints");
  /** @type {Head | undefined} */
  const found = await tx.objectStore("facts").get("head");
  const holder = await tx.objectStore("facts").get("holder");
  // Kept before the connection broke: its hash is in the head, and no other entry has that hash.
  if (found && isSame(found, head)) return tx.done;
  if (!found || !isSame(found, before)) {
    await drop(tx);
    throw new HeadMoved();
  }
  if (holder !== me) {
    await drop(tx);
    throw new HeldElsewhere();
  }
  try {
    quiet(tx.objectStore("entries")).add(entry);
    putFacts(quiet(tx.objectStore("facts")), { ...facts, head });
    if (print) quiet(tx.objectStore("prints")).put(print);
  } catch (error) {
    // Half of it would still be kept.
    await drop(tx);
    throw error;
  }
  await tx.done;
}

/** @param {Head} one @param {Head} other */
function isSame(one, other) {
  return one.till === other.till && one.epoch === other.epoch && one.seq === other.seq && one.hash === other.hash;
}

/** @param {{abort: () => void, done: Promise<void>}} tx */
async function drop(tx) {
  tx.abort();
  await tx.done.catch(() => undefined);
}

/** Entries of one enrolment that the server has not named yet, in order. @param {{till: string, epoch: number}} of @param {number} limit @returns {Promise<StoredEntry[]>} */
export function waitingEntries({ till, epoch }, limit) {
  return using((db) => db.getAllFromIndex("entries", "waiting", [1, till, epoch], limit));
}

/** @param {{id: string, hash: string, status: string, reason?: string}[]} results */
export function markAnswered(results) {
  return using((db) => markIn(db, results));
}

/** @param {Database} db @param {Parameters<typeof markAnswered>[0]} results */
async function markIn(db, results) {
  const tx = writing(db, "entries");
  const store = tx.objectStore("entries");
  const index = store.index("id");
  for (const { id, hash, status, reason } of results) {
    /** @type {StoredEntry | undefined} */
    const entry = await index.get(id);
    if (!entry || entry.hash !== hash) continue;
    delete entry.waiting;
    entry.result = reason ? `${status}: ${reason}` : status;
    quiet(store).put(entry);
  }
  await tx.done;
}

/** What is known of entries that wait, by place: a queue of a whole day is not read anew at every sale. @type {Map<string, {sale: boolean, at: number}>} */
let seen = new Map();

/** How much of these enrolments waits, and since when. @param {{till: string, epoch: number}[]} enrolments */
export async function waitingFacts(enrolments) {
  const now = await using(async (db) => {
    const keys = (await Promise.all(enrolments.map(({ till, epoch }) => db.getAllKeysFromIndex("entries", "waiting", [1, till, epoch])))).flat();
    return new Map(await Promise.all(keys.map(async (key) => /** @type {[string, {sale: boolean, at: number}]} */ ([String(key), seen.get(String(key)) ?? (await told(db, key))]))));
  });
  seen = now;
  const all = [...now.values()];
  return { waiting: all.length, waitingSales: all.filter(({ sale }) => sale).length, oldest: all.length ? Math.min(...all.map(({ at }) => at)) : 0 };
}

/** @param {Database} db @param {IDBValidKey} key */
async function told(db, key) {
  /** @type {StoredEntry} */
  const { kind, wall_ms } = await db.get("entries", key);
  return { sale: kind === "sale", at: wall_ms };
}

/** @param {string} session @returns {Promise<StoredEntry[]>} */
export function entriesOfSession(session) {
  return using((db) => db.getAllFromIndex("entries", "session", session));
}

/** @param {string} id @returns {Promise<StoredEntry | undefined>} */
export function entryById(id) {
  return using((db) => db.getFromIndex("entries", "id", id));
}

/** @returns {Promise<PrintRecord[]>} */
export async function unprinted() {
  /** @type {PrintRecord[]} */
  const all = await using((db) => db.getAll("prints"));
  return all.filter((record) => record.state === "pending");
}

/** Settled print records are of no further use: they go. @param {string} id */
export async function settlePrint(id) {
  await using((db) => db.delete("prints", id));
}

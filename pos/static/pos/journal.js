// The journal: what happened at this till, as texts that are hashed, chained and signed. An entry is in the journal, on the
// disk, before anything is printed, handed out or cleared. The order is: read the head, build the text, hash it, sign it,
// then one strict transaction that takes it only if the head has not moved. (WebCrypto inside a transaction would end it.)
import * as db from "./db.js";
import { toBase64Url, toHex, uuid7 } from "./ids.js";

export const GENESIS = "0".repeat(64);
const TRIES = 5;

/** @param {string} text @returns {Promise<string>} */
export async function hashOf(text) {
  return toHex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

/** @param {CryptoKey} key @param {string} text @returns {Promise<string>} raw r||s, base64url */
export async function signatureOf(key, text) {
  return toBase64Url(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, new TextEncoder().encode(text)));
}

/**
 * The exact text of an entry, format 1. Its bytes are what is hashed, kept and sent.
 * @param {{id: string, head: Head, kind: string, session: string, cashier: string, approvals?: Approval[], wallMs: number, offsetMs: number, snapshot: string, body: object}} entry
 * @returns {string}
 */
export function entryText({ id, head, kind, session, cashier, approvals = [], wallMs, offsetMs, snapshot, body }) {
  return JSON.stringify({
    v: 1, id, till: head.till, epoch: head.epoch, seq: head.seq + 1, prev: head.hash || GENESIS, kind, session, cashier, approvals,
    wall_ms: wallMs, clock_offset_ms: offsetMs, snapshot, body,
  });
}

/** @type {((entry: StoredEntry) => unknown)[]} */
const told = [];

/** @param {(entry: StoredEntry) => unknown} tell whoever sends what was committed, or keeps it a second time */
export function onCommit(tell) {
  told.push(tell);
}

/** What can be freed when the disk is full. @type {() => Promise<unknown>} */
let makeRoom = () => Promise.resolve();

/** @param {() => Promise<unknown>} free */
export function onFull(free) {
  makeRoom = free;
}

/** Why an act was not kept: the words for it. @param {unknown} error @returns {string} */
export function whyNot(error) {
  return db.isFull(error) ? "not.kept.full" : "not.kept.text";
}

/** One after the other: two acts of the same moment would only fight for the head. @type {Promise<unknown>} */
let queue = Promise.resolve();

/**
 * @typedef {object} Act
 * @property {string} kind
 * @property {string} [session] absent: the entry opens a session and is its id
 * @property {string} cashier
 * @property {string} snapshot
 * @property {(head: Head) => {body: any, receipt?: string}} make the body, once the head is known; throws to refuse
 * @property {Approval[]} [approvals] by whom it was allowed
 * @property {boolean} [prints] a receipt belongs to it
 * @property {(entry: StoredEntry) => Record<string, unknown>} [facts] what changes with it, in the same transaction
 */

/** @param {Act} act @returns {Promise<{entry: StoredEntry, body: any}>} */
export function commit(act) {
  const turn = queue.then(() => attempt(act, TRIES));
  queue = turn.then(({ entry }) => told.forEach((tell) => tell(entry))).catch(() => undefined);
  return turn;
}

/** @param {Act} act @param {number} tries @returns {Promise<{entry: StoredEntry, body: any}>} */
async function attempt(act, tries) {
  /** @type {[Head, CryptoKeyPair, number | undefined]} */
  const [before, keys, offset] = await Promise.all([db.readFact("head"), db.readFact("keys"), db.readFact("clockOffset")]);
  const wallMs = Date.now();
  const id = uuid7({ now: wallMs });
  const { body, receipt = "" } = act.make(before);
  const session = act.session ?? id;
  const text = entryText({ id, head: before, kind: act.kind, session, cashier: act.cashier, approvals: act.approvals, wallMs, offsetMs: offset ?? 0, snapshot: act.snapshot, body });
  const hash = await hashOf(text);
  const sig = await signatureOf(keys.privateKey, text);
  const head = { till: before.till, epoch: before.epoch, seq: before.seq + 1, hash, receipt: before.receipt + (receipt ? 1 : 0) };
  /** @type {StoredEntry} */
  const entry = { till: head.till, epoch: head.epoch, seq: head.seq, id, text, hash, sig, kind: act.kind, session, wall_ms: wallMs, receipt, waiting: 1 };
  /** @type {PrintRecord | undefined} */
  const print = act.prints ? { id, receipt, state: "pending" } : undefined;
  try {
    await db.append({ entry, before, head, print, facts: act.facts?.(entry) });
  } catch (error) {
    if (tries > 1 && error instanceof db.HeadMoved) return attempt(act, tries - 1);
    if (tries < 2 || !db.isFull(error)) throw error;
    await makeRoom();
    return attempt(act, 1);
  }
  return { entry, body };
}

/** 1-1-0042: till, epoch, number within them. @param {{till: number, epoch: number, no: number}} of @returns {string} */
export function receiptNumber({ till, epoch, no }) {
  return `${till}-${epoch}-${String(no).padStart(4, "0")}`;
}

/** A sale as it was committed. @param {string} id @param {Cashier[]} cashiers @returns {Promise<SoldSale | null>} */
export async function soldById(id, cashiers) {
  const entry = await db.entryById(id);
  if (!entry) return null;
  const { body, cashier } = JSON.parse(entry.text);
  return { id, body, wall_ms: entry.wall_ms, cashier: cashiers.find((one) => one.id === cashier)?.name ?? "" };
}

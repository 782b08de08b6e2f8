// When the browser's database is gone, or cannot be believed: what the mirror holds is put back as what this browser was before,
// and is sent as that. The browser then becomes a till anew, under a new number of its own, so that nothing is counted twice.
import { discard, hold, readFact, writeFacts } from "./db.js";
import { hashOf } from "./journal.js";
import { allEntries, putBack } from "./journal-store.js";
import { closeMirror, mirrored } from "./mirror.js";
import { change, state } from "./state.js";
import "./strings-keeping.js";

/** @typedef {import("./mirror.js").Mirrored} Mirrored */

/** What the second copy holds, once that is known. @type {{waiting: number, sales: number, name: string} | null | "asking"} */
let found = null;
let failed = false;

export const mending = () => ({ found, failed });

/** A browser that is no till, and holds a till's second copy, was one until its database went. */
export async function isMissing() {
  if (await readFact("formers")) return false;
  const held = await mirrored().catch(() => null);
  return Boolean(held?.facts || held?.entries.length);
}

/** What could be mended, looked up once for the screen that offers it. */
export async function lookInMirror() {
  if (found) return;
  found = "asking";
  const held = await mirrored().catch(() => null);
  const waiting = held?.entries.filter((entry) => entry.waiting) ?? [];
  found = { waiting: waiting.length, sales: waiting.filter(({ kind }) => kind === "sale").length, name: held?.facts?.name ?? "" };
  change({});
}

/** The page begins anew afterwards: it then finds a browser that is no till yet, and sends what it was. */
export async function mend() {
  if (state.busy) return;
  change({ busy: true });
  try {
    const [held, readable] = await Promise.all([mirrored(), stillReadable()]);
    const entries = whole([...held.entries, ...readable.entries]);
    const formers = [...new Map([...readable.formers, ...(held.facts?.enrolments ?? []), ...unknown(entries)].reverse().map((one) => [`${one.till} ${one.epoch}`, one])).values()].reverse();
    await discard();
    await hold();
    await putBack(entries);
    await writeFacts({ formers, draft: state.sale.lines.length ? state.sale : undefined });
    await closeMirror();
    location.reload();
  } catch (error) {
    console.error(error);
    failed = true;
    change({ busy: false });
  }
}

/** A journal that is hurt in one place may be read in the others. @returns {Promise<{entries: StoredEntry[], formers: Enrolment[]}>} */
async function stillReadable() {
  try {
    const [entries, identity, formers] = await Promise.all([allEntries(), readFact("identity"), readFact("formers")]);
    const hashes = await Promise.all(entries.map(({ text }) => hashOf(text)));
    return { entries: entries.filter(({ hash }, place) => hash === hashes[place]), formers: [...(identity ? [{ till: identity.till.id, epoch: identity.epoch, token: identity.token }] : []), ...(formers ?? [])] };
  } catch {
    return { entries: [], formers: [] };
  }
}

/** Each entry once; what either copy knows to be answered is. @param {StoredEntry[]} entries @returns {StoredEntry[]} */
function whole(entries) {
  /** @type {Map<string, StoredEntry>} */
  const found = new Map();
  for (const entry of entries) if (!found.has(entry.id) || !entry.waiting) found.set(entry.id, entry);
  return [...found.values()];
}

/** Enrolments of which only entries are left: they are sent under whatever this browser becomes. @param {StoredEntry[]} entries @returns {Enrolment[]} */
function unknown(entries) {
  return entries.map(({ till, epoch }) => ({ till, epoch, token: "" }));
}

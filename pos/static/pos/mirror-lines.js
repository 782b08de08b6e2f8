// The mirror's file: a line for each thing, only ever appended. Pure: the worker reads and writes it, the tests do so too.

/** Answered entries stay this long: for a paper, or to take something back right after a repair. */
export const KEPT_MS = 3 * 86_400_000;

/** @typedef {{enrolments: Enrolment[], name: string}} MirrorFacts */
/** @typedef {{entries: Map<string, StoredEntry>, answered: Set<string>, facts: MirrorFacts | null, turn: number, broken: number}} Held */

/** @returns {Held} */
export function nothing() {
  return { entries: new Map(), answered: new Set(), facts: null, turn: 0, broken: 0 };
}

/** @param {object} what one of {turn}, {entry}, {answered}, {facts} */
export function line(what) {
  return `${JSON.stringify(what)}\n`;
}

/** @param {StoredEntry} entry as it is kept here: whether it waits is told by the lines after it */
export function entryLine({ till, epoch, seq, id, text, hash, sig, kind, session, wall_ms, receipt }) {
  return line({ entry: { till, epoch, seq, id, text, hash, sig, kind, session, wall_ms, receipt } });
}

/**
 * What a file holds, added to what is known. A line that was cut off, or that something else has damaged, is counted and left out.
 * @param {string} text @param {Held} held @returns {Held}
 */
export function read(text, held) {
  for (const one of text.split("\n")) {
    if (!one) continue;
    try {
      take(JSON.parse(one), held);
    } catch {
      held.broken += 1;
    }
  }
  return held;
}

/** @param {{turn?: number, entry?: StoredEntry, answered?: string[], facts?: MirrorFacts}} told @param {Held} held */
function take({ turn, entry, answered, facts }, held) {
  if (turn) held.turn = Math.max(held.turn, turn);
  if (entry) held.entries.set(entry.id, entry);
  for (const id of answered ?? []) held.answered.add(id);
  if (facts) held.facts = facts;
}

/** Without what was answered long ago. @param {Held} held @param {number} before milliseconds @returns {Held} */
export function compacted({ entries, answered, facts, turn }, before) {
  const kept = new Map([...entries].filter(([id, { wall_ms }]) => !answered.has(id) || wall_ms >= before));
  return { entries: kept, answered: new Set([...answered].filter((id) => kept.has(id))), facts, turn, broken: 0 };
}

/** @param {Held} held @returns {string} a whole file */
export function written({ entries, answered, facts, turn }) {
  return [line({ turn }), facts ? line({ facts }) : "", ...[...entries.values()].map(entryLine), answered.size ? line({ answered: [...answered] }) : ""].join("");
}

/** The entries with what is known of them, in their order. @param {Held} held @returns {StoredEntry[]} */
export function entriesOf({ entries, answered }) {
  const all = [...entries.values()].map((entry) => (answered.has(entry.id) ? { ...entry, result: "accepted" } : { ...entry, waiting: /** @type {1} */ (1) }));
  return all.sort((one, other) => one.epoch - other.epoch || one.seq - other.seq);
}

// Which lines of a basket cannot simply be sold, by what the shop said of them. Pure.

/** An answer that is older is asked for again. */
export const FRESH_MS = 30_000;

/** The things that have to be asked about, each once. @param {TillLine[]} lines @param {Map<string, StockAnswer>} answers @param {number} now */
export function unanswered(lines, answers, now) {
  const wanted = new Set(lines.map(({ item }) => item.id));
  return [...wanted].filter((id) => id && !(now - (answers.get(id)?.at ?? -Infinity) <= FRESH_MS));
}

/**
 * What is recalled is held, with a line to the shop or without: who has heard of it sells it no more. What the book has too little of
 * is held as the store wants it, from the piece on that is one too many, unless somebody has allowed as much of that line.
 * @param {{lines: TillLine[], answers: Map<string, StockAnswer>, policy: string, online: boolean, allowed: Map<number, {quantity: number}>}} what
 * @returns {HeldLine[]}
 */
export function heldLines({ lines, answers, policy, online, allowed }) {
  /** @type {HeldLine[]} */
  const held = [];
  /** @type {Map<string, number>} */
  const before = new Map();
  for (const { n, item, quantity, extra } of lines) {
    const answer = answers.get(item.id);
    if (!answer) continue;
    const left = answer.left - (before.get(item.id) ?? 0);
    before.set(item.id, answer.left - left + quantity);
    const line = { n, variant: item.id, name: item.name, quantity, left: Math.max(0, left), stopped: answer.stopped.filter(({ lot }) => mayBe(extra?.lot, lot)) };
    if (line.stopped.length) held.push({ ...line, kind: "recall" });
    else if (!online || left >= quantity) continue;
    else if (policy === "warn") held.push({ ...line, kind: "warn" });
    else if (policy === "block" && (allowed.get(n)?.quantity ?? 0) < quantity) held.push({ ...line, kind: "block" });
  }
  return held;
}

/** A code that names another lot is not of the stopped one. Where marks are missing in a code, more may stand behind the lot. @param {string | undefined} told @param {string} stopped */
function mayBe(told, stopped) {
  return !told || told.toLowerCase().startsWith(stopped.toLowerCase());
}

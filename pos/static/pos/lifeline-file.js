// The file of the lifeline: its first line says what it is, each further one is an entry. Pure.

export const FORMAT = 1;

/** @param {StoredEntry[]} entries @param {{till: string, now: number}} of @returns {string} */
export function written(entries, { till, now }) {
  const lines = entries.map((entry) => ({ till: entry.till, epoch: entry.epoch, seq: entry.seq, text: entry.text, hash: entry.hash, sig: entry.sig }));
  return [{ onecounter_journal: FORMAT, till, saved_ms: now, entries: lines.length }, ...lines].map((one) => `${JSON.stringify(one)}\n`).join("");
}

/**
 * @param {string} text @param {(text: string) => Promise<string>} hashOf
 * @returns {Promise<{till: string, entries: StoredEntry[], broken: number} | null>} null: no such file. `broken`: lines that are not what their hash says
 */
export async function readFile(text, hashOf) {
  const lines = text.split("\n").filter(Boolean).map(parsed);
  const [head, ...rest] = lines;
  if (head?.onecounter_journal !== FORMAT) return null;
  const entries = (await Promise.all(rest.map((one) => entryOf(one, hashOf)))).filter((entry) => entry !== null);
  return { till: String(head.till), entries, broken: Number(head.entries) - entries.length };
}

/** @param {string} line @returns {any} */
function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** As the journal keeps it, made from its text alone. @param {any} one @param {(text: string) => Promise<string>} hashOf @returns {Promise<StoredEntry | null>} */
async function entryOf(one, hashOf) {
  if (typeof one?.text !== "string" || typeof one.sig !== "string" || (await hashOf(one.text)) !== one.hash) return null;
  const told = parsed(one.text);
  if (typeof told?.id !== "string" || typeof told.till !== "string" || !Number.isInteger(told.epoch) || !Number.isInteger(told.seq)) return null;
  const { till, epoch, seq, id, kind, session, wall_ms, body } = told;
  return { till, epoch, seq, id, text: one.text, hash: one.hash, sig: one.sig, kind, session, wall_ms, receipt: body?.receipt ?? "", waiting: 1 };
}

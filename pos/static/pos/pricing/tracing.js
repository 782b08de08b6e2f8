// Why every promotion did or did not apply, told when it is asked for: with many promotions it is more work than the prices, and
// no sale needs it.
import { WORK } from "./engine.js";
import { reason } from "./gates.js";

/** @type {WeakMap<Priced, TraceEntry[]>} */
const known = new WeakMap();

/** @param {Priced} result @returns {TraceEntry[]} the same for the same result */
export function traceOf(result) {
  const told = known.get(result) ?? [...trace(result[WORK]), ...result[WORK].outdated];
  known.set(result, told);
  return told;
}

/** @param {Work} work */
function trace(work) {
  const names = new Map(work.worked.map(({ promotion }) => [promotion.code, promotion.name]));
  return work.worked.flatMap((one) => (one.outcome.gate || one.promotion.level !== "line" ? [whole(work, one, names)] : byLines(work, one, names)));
}

/** One entry for the promotion as a whole. @param {Work} work @param {Worked} one @param {Map<string, string>} names */
function whole(work, { promotion, outcome, kept }, names) {
  if (outcome.off) return applied(promotion, null, outcome.off, outcome.times);
  const all = kept.size && kept.size === work.matching.get(promotion)?.length ? [...kept.values()][0] : undefined;
  return entry(promotion, null, outcome.reason ?? all ?? reason("no_saving"), names);
}

/** @param {Work} work @param {Worked} one @param {Map<string, string>} names */
function byLines(work, { promotion, outcome, kept }, names) {
  const entries = !outcome.off && outcome.reason ? [entry(promotion, null, outcome.reason, names)] : [];
  /** @type {Map<number, number>} */
  const offs = new Map();
  for (const [line, , count, each] of outcome.off ? outcome.takes : []) offs.set(line, (offs.get(line) ?? 0) + count * each);
  for (const index of [...new Set([...offs.keys(), ...kept.keys()])].sort((one, two) => one - two)) {
    const [{ id }, off, why] = [work.lines[index], offs.get(index), kept.get(index)];
    if (off !== undefined) entries.push(applied(promotion, id, off, outcome.times));
    else if (why) entries.push(entry(promotion, id, why, names));
  }
  return entries.length ? entries : [entry(promotion, null, reason("no_saving"), names)];
}

/** @param {Promotion} promotion @param {number | null} line @param {number} amount @param {number} times @returns {TraceEntry} */
function applied({ code }, line, amount, times) {
  return { promotion: code, line, state: "applied", code: "applied", params: { amount, times } };
}

/** @param {Promotion} promotion @param {number | null} line @param {Reason} reason @param {Map<string, string>} names @returns {TraceEntry} */
function entry(promotion, line, { code, params, almost }, names) {
  const named = code === "excluded_by" ? { ...params, name: names.get(String(params.promotion)) ?? "" } : params;
  return { promotion: promotion.code, line, state: almost ? "almost" : "not", code, params: named };
}

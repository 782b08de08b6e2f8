// What became of every promotion: discounts, gifts, and the trace that says why.
import { divided, MILLION } from "./arithmetic.js";
import { reason } from "./gates.js";
import { source } from "./lines.js";

/** First what was fixed, line by line, then the promotions as they were worked. @param {Work} work @returns {GivenDiscount[]} */
export function discounts({ lines, worked }) {
  /** @type {Map<string, GivenDiscount>} */
  const found = new Map();
  for (const { fixed, discounts: off } of lines) {
    const promotion = fixed ? source(fixed) : "";
    if (!fixed || !off.has(promotion)) continue;
    const row = found.get(promotion) ?? { promotion, name: fixed.source === "markdown" ? fixed.code : "", amount: 0, times: 0, supplier: "", supplier_amount: 0 };
    found.set(promotion, { ...row, amount: row.amount + (off.get(promotion) ?? 0), times: row.times + 1 });
  }
  return [...found.values(), ...worked.filter(({ outcome }) => outcome.off).map(discountOf)];
}

/** @param {Work} work */
export function gifts({ worked }) {
  return worked.filter(({ outcome }) => outcome.missing).map(({ promotion, outcome }) => ({ promotion: promotion.code, quantity: outcome.missing }));
}

/** @param {Work} work @returns {TraceEntry[]} */
export function trace(work) {
  const names = new Map(work.worked.map(({ promotion }) => [promotion.code, promotion.name]));
  return work.worked.flatMap((one) => (one.outcome.gate || one.promotion.level !== "line" ? [whole(work, one, names)] : byLines(work, one, names)));
}

/** @param {Worked} worked @returns {GivenDiscount} */
function discountOf({ promotion: { code, name, data }, outcome: { off, times } }) {
  return { promotion: code, name, amount: off, times, supplier: data.supplier, supplier_amount: divided(off, data.supplier_share, MILLION) };
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

// What became of every promotion: discounts and gifts; why, says the trace (tracing.js).
import { divided, MILLION } from "./arithmetic.js";
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

/** @param {Worked} worked @returns {GivenDiscount} */
function discountOf({ promotion: { code, name, data }, outcome: { off, times } }) {
  return { promotion: code, name, amount: off, times, supplier: data.supplier, supplier_amount: divided(off, data.supplier_share, MILLION) };
}

// Rewards on what delivery costs.
import { allocate, divided, divmod, MILLION } from "./arithmetic.js";
import { reason } from "./gates.js";

/** [charge, off] for each charge that something comes off. @param {Promotion} promotion @param {Charge[]} charges @returns {{charges?: [number, number][], reason?: Reason}} */
export function overDelivery(promotion, charges) {
  const asked = charges.filter((charge) => charge.kind === "delivery");
  const free = asked.filter((charge) => !charge.closed && (promotion.stack || !charge.changed));
  if (asked.length && !free.length) return { reason: reason("excluded_by", { promotion: asked[0].closed || asked[0].changed }) };
  const offs = offsOf(promotion, free.map((charge) => charge.present));
  const limited = free.map((charge, index) => withinLimit(promotion, charge, offs[index]));
  if (offs.some(Boolean) && !limited.some(Boolean)) return { reason: reason("stack_limit") };
  return { charges: free.flatMap((charge, index) => (limited[index] ? [[charge.index, limited[index]]] : [])) };
}

/** @param {Promotion} promotion @param {number[]} present @returns {number[]} */
function offsOf({ kind, reward: { value } }, present) {
  if (kind === "percent") return present.map((amount) => divided(amount, value, MILLION));
  if (kind === "fixed") return present.map((amount) => Math.max(amount - value, 0));
  return present.length ? allocate(Math.min(value, present.reduce((sum, amount) => sum + amount, 0)), present) : [];
}

/** @param {Promotion} promotion @param {Charge} charge @param {number} off */
function withinLimit({ data: { stack_limit }, stack }, charge, off) {
  if (stack_limit === null || !stack) return off;
  return Math.min(off, Math.max(divmod(charge.amount, stack_limit, MILLION)[0] - charge.off, 0));
}

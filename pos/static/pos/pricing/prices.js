// Step 1: the price that holds for a line, of all that may.
import { refuse } from "./arithmetic.js";

/** From `starts_at` on, until just before `ends_at`; null is for ever. @param {Lasting} row @param {number} at */
export function valid(row, at) {
  return (row.starts_at === null || row.starts_at <= at) && (row.ends_at === null || at < row.ends_at);
}

/** How much of each SKU the whole basket holds: what quantity breaks go by. @param {BasketLine[]} lines @returns {Map<string, number>} */
export function quantities(lines) {
  const held = new Map();
  for (const { sku, quantity } of lines) held.set(sku, (held.get(sku) ?? 0) + quantity);
  return held;
}

/**
 * The offer of the highest rank; then the first list by its code; in it the largest step reached.
 * @param {BasketLine} line @param {number} quantity @param {string[]} groups @param {number} at @returns {Offer}
 */
export function chosen(line, quantity, groups, at) {
  /** @type {Offer | undefined} */
  let best;
  for (const offer of line.prices) {
    const holds = offer.from_quantity <= quantity && (!offer.group || groups.includes(offer.group)) && valid(offer, at);
    if (holds && (!best || before(offer, best))) best = offer;
  }
  return best ?? refuse("unpriced", `lines.${line.id}`);
}

/** Equal in all three: the smaller amount, then the larger quantity for it. @param {Offer} one @param {Offer} two */
function before(one, two) {
  if (one.list !== two.list && one.rank === two.rank) return one.list < two.list;
  return (two.rank - one.rank || two.from_quantity - one.from_quantity || one.amount - two.amount || two.price_quantity - one.price_quantity) < 0;
}

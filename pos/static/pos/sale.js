// A sale being made, as plain values: things and quantities. What they cost is worked out from them (basket.js). Every change
// gives a new sale, so that undo is keeping the old one.

/** Quantities are thousandths: 1000 is one piece or one kilogram. */
export const ONE = 1000;
const MOST_PIECES = 9_999 * ONE;
const MOST_WEIGHT = 999_999;

/** @returns {TillSale} */
export function emptySale() {
  return { lines: [], next: 1, newest: 0 };
}

/** @param {{sold_by: string}} what @param {number} quantity @returns {boolean} */
export function isPossible({ sold_by }, quantity) {
  if (!Number.isInteger(quantity) || quantity <= 0) return false;
  return sold_by === "weight" ? quantity <= MOST_WEIGHT : quantity % ONE === 0 && quantity <= MOST_PIECES;
}

/**
 * Scanning the same thing again raises its line; a weighed thing is a line of its own each time, and so is what is marked down.
 * @param {TillSale} sale
 * @param {{item: CatalogueItem, gtin?: string, quantity: number, fixed?: Fixed | null} & OfLine} what
 * @returns {TillSale} the same sale when the quantity is not possible
 */
export function addItem(sale, { item, gtin = "", quantity, fixed = null, ...more }) {
  const same = item.sold_by === "each" && item.id ? sale.lines.find((line) => line.item.id === item.id && alike(line, { fixed, ...more })) : undefined;
  if (same) return setQuantity(sale, same.n, same.quantity + quantity);
  if (!isPossible(item, quantity)) return sale;
  const line = { n: sale.next, item, gtin: gtin || item.gtins[0] || "", quantity, fixed, ...more };
  return { lines: [...sale.lines, line], next: sale.next + 1, newest: line.n };
}

/** Of one sticker, one price and one lot. @param {{fixed: Fixed | null} & OfLine} one @param {{fixed: Fixed | null} & OfLine} other */
function alike(one, other) {
  return one.fixed?.code === other.fixed?.code && one.own?.amount === other.own?.amount && JSON.stringify(one.extra) === JSON.stringify(other.extra);
}

/** @param {TillSale} sale @param {number} n @param {number} quantity @returns {TillSale} */
export function setQuantity(sale, n, quantity) {
  const line = lineOf(sale, n);
  if (!line || !isPossible(line.item, quantity)) return sale;
  return { ...sale, newest: n, lines: sale.lines.map((one) => (one.n === n ? { ...one, quantity } : one)) };
}

/** @param {TillSale} sale @param {number} n @returns {TillSale} */
export function removeLine(sale, n) {
  const lines = sale.lines.filter((line) => line.n !== n);
  return lines.length === sale.lines.length ? sale : { ...sale, lines, newest: 0 };
}

/** @param {TillSale} sale @param {number} n @returns {TillLine | undefined} */
export function lineOf(sale, n) {
  return sale.lines.find((line) => line.n === n);
}

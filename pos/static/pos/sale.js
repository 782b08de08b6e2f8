// A sale being made, as plain values: every change gives a new sale, so that undo is keeping the old one.
import { includedTax, lineTotal } from "./money.js";

/** Quantities are thousandths: 1000 is one piece or one kilogram. */
export const ONE = 1000;
const MOST_PIECES = 9_999 * ONE;
const MOST_WEIGHT = 999_999;

/** @returns {TillSale} */
export function emptySale() {
  return { lines: [], next: 1, newest: 0 };
}

/** @param {TillLine} line @returns {TillLine} */
function priced(line) {
  const total = lineTotal({ price: line.unit_price, priceQuantity: line.price_quantity, quantity: line.quantity });
  return { ...line, total, tax: includedTax({ amount: total, rate: line.tax_rate }) };
}

/** @param {{sold_by: string}} what @param {number} quantity @returns {boolean} */
export function isPossible({ sold_by }, quantity) {
  if (!Number.isInteger(quantity) || quantity <= 0) return false;
  return sold_by === "weight" ? quantity <= MOST_WEIGHT : quantity % ONE === 0 && quantity <= MOST_PIECES;
}

/**
 * Scanning the same thing again raises its line; a weighed thing is a line of its own each time.
 * @param {TillSale} sale
 * @param {{item: CatalogueItem, gtin?: string, quantity: number}} what
 * @returns {TillSale} the same sale when the quantity is not possible
 */
export function addItem(sale, { item, gtin = "", quantity }) {
  const same = item.sold_by === "each" ? sale.lines.find((line) => line.variant === item.id && line.unit_price === item.price) : undefined;
  if (same) return setQuantity(sale, same.n, same.quantity + quantity);
  if (!isPossible(item, quantity)) return sale;
  const line = priced({
    n: sale.next, variant: item.id, sku: item.sku, gtin: gtin || item.gtins[0] || "", name: item.name, quantity, sold_by: item.sold_by,
    unit_price: item.price, price_quantity: item.price_quantity, tax_class: item.tax_class, tax_rate: item.tax_rate, total: 0, tax: 0,
  });
  return { lines: [...sale.lines, line], next: sale.next + 1, newest: line.n };
}

/** @param {TillSale} sale @param {number} n @param {number} quantity @returns {TillSale} */
export function setQuantity(sale, n, quantity) {
  const line = lineOf(sale, n);
  if (!line || !isPossible(line, quantity)) return sale;
  return { ...sale, newest: n, lines: sale.lines.map((one) => (one.n === n ? priced({ ...one, quantity }) : one)) };
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

/** Money of the whole sale; a weighed line counts as one item. @param {TillSale} sale @returns {{total: number, tax: number, items: number}} */
export function totals(sale) {
  const sum = { total: 0, tax: 0, items: 0 };
  for (const line of sale.lines) {
    sum.total += line.total;
    sum.tax += line.tax;
    sum.items += line.sold_by === "weight" ? 1 : line.quantity / ONE;
  }
  if (!Number.isSafeInteger(sum.total)) throw new RangeError("too large for a till");
  return sum;
}

/**
 * The body of the journal entry of a sale paid in cash. Throws when the cash does not reach: that is refused before anything is kept.
 * @param {{sale: TillSale, tendered: number, currency: string, businessDate: string, receipt: string, receiptNo: number}} what
 */
export function saleBody({ sale, tendered, currency, businessDate, receipt, receiptNo }) {
  const { total, tax } = totals(sale);
  if (!sale.lines.length) throw new RangeError("nothing to sell");
  if (!Number.isSafeInteger(tendered) || tendered < total) throw new RangeError("cash short");
  const lines = sale.lines.map((line, index) => ({
    n: index + 1, kind: "goods", variant: line.variant, sku: line.sku, gtin: line.gtin, name: line.name, quantity: line.quantity,
    unit_price: line.unit_price, price_quantity: line.price_quantity, list_total: line.total, discount: 0, total: line.total,
    tax_class: line.tax_class, tax_rate: line.tax_rate, tax: line.tax, price_source: "list",
  }));
  const tenders = [{ n: 1, kind: "cash", amount: total, tendered, change: tendered - total }];
  return { receipt, receipt_no: receiptNo, currency, business_date: businessDate, lines, tenders, total, tax, rounding: 0 };
}

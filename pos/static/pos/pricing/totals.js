// Step 7: the sums of the document.
import { counted } from "./arithmetic.js";
import { rounded } from "./cash.js";
import { totals as taxTotals } from "./taxes.js";

/** @param {PricedLine[]} lines @param {PricedCharge[]} charges @param {Taxed[]} taxed @param {Rules} rules @returns {PricedTotals} */
export function totals(lines, charges, taxed, rules) {
  const rows = [...lines, ...charges];
  const tax = sum(rows.map((row) => row.tax));
  const charged = sum(rows.map((row) => row.total));
  const total = rules.prices_include_tax ? charged : counted(charged + tax);
  const cashTotal = rounded(total, rules.cash_rounding);
  return {
    goods: sum(lines.map((line) => line.list_total)),
    charges: sum(charges.map((charge) => charge.amount)),
    discount: sum(rows.map((row) => row.discount)),
    tax,
    net: total - tax,
    total,
    cash_total: cashTotal,
    cash_rounding: cashTotal - total,
    taxes: taxTotals(taxed),
  };
}

/** @param {number[]} values */
function sum(values) {
  return counted(values.reduce((had, value) => had + value, 0));
}

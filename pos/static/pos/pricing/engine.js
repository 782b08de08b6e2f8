// What a basket costs and why: prices, promotions, taxes and every piece's share of them, the same to the last minor unit as
// catalog/pricing/ in Python, file by file. Pure: whole numbers, strings, lists and objects in and out; no clock.
import { allocation } from "./allocations.js";
import { compile } from "./compiling.js";
import { openedCharges, openedLines } from "./lines.js";
import { work } from "./promotions.js";
import { quoted, taxed } from "./taxes.js";
import { discounts, gifts } from "./told.js";
import { totals } from "./totals.js";

/** The work behind a result, for who shows it line by line or tells why (tracing.js): no part of what is told, compared or kept. */
export const WORK = Symbol("work");

/**
 * A basket under the rules and what is known about the sale. Shapes and units: docs/pricing.md. Throws `Refused`: unpriced, untaxed, too_large.
 * @param {Basket} basket @param {Rules | Compiled} rulesGiven @param {Facts} facts @param {number} at milliseconds since 1970 UTC @returns {Priced}
 */
export function evaluate(basket, rulesGiven, facts, at) {
  const compiled = compile(rulesGiven);
  const { rules } = compiled;
  const lines = openedLines(basket, facts.customer.groups, at);
  const done = work(compiled, lines, openedCharges(basket), { facts, at, coupons: [...basket.coupons].sort(), lines });
  const { answer, outdated } = taxedBy(done, rules, facts, at);
  const [ofLines, ofCharges] = answer;
  const lineRows = done.lines.map((line, index) => lineRow(line, ofLines[index]));
  const chargeRows = done.charges.map((charge, index) => chargeRow(charge, ofCharges[index]));
  return {
    [WORK]: { ...done, outdated },
    currency: rules.currency,
    lines: lineRows,
    charges: chargeRows,
    discounts: discounts(done),
    gifts: gifts(done),
    totals: totals(lineRows, chargeRows, [...ofLines, ...ofCharges], rules),
  };
}

/** A tax service's answer when it is about exactly this; else by the rules, and the trace tells that it was outdated.
 * @param {Work} done @param {Rules} rules @param {Facts} facts @param {number} at @returns {{answer: [Taxed[], Taxed[]], outdated: TraceEntry[]}} */
function taxedBy(done, rules, facts, at) {
  const quote = facts.tax_quote && quoted(done.lines, done.charges, facts.tax_quote, rules.prices_include_tax);
  const outdated = facts.tax_quote && !quote ? [{ promotion: "", line: null, state: "not", code: "quote_outdated", params: {} }] : [];
  return { answer: quote || taxed(done.lines, done.charges, rules, facts, at), outdated };
}

/** @param {Line} line @param {Taxed} taxed @returns {PricedLine} */
function lineRow(line, { tax, taxes, exempted }) {
  return {
    id: line.id,
    list: line.list,
    unit_price: line.unit_price,
    price_quantity: line.price_quantity,
    list_total: line.list_total,
    discount: line.off,
    total: line.amount - exempted,
    exempted,
    tax,
    taxes,
    discounts: discountsOf(line),
    allocation: allocation(line, tax, exempted),
  };
}

/** @param {Charge} charge @param {Taxed} taxed @returns {PricedCharge} */
function chargeRow(charge, { tax, taxes, exempted }) {
  return { id: charge.id, amount: charge.amount, discount: charge.off, total: charge.present - exempted, exempted, tax, taxes, discounts: discountsOf(charge) };
}

/** @param {Line | Charge} owner @returns {{promotion: string, amount: number}[]} */
function discountsOf({ discounts: off }) {
  return [...off].map(([promotion, amount]) => ({ promotion, amount }));
}

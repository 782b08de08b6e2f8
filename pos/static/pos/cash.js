// Notes and coins: what the drawer holds, what the hand may give, what to hand out.
import { exponent } from "./money.js";

/** @type {Record<string, {notes: number[], coins: number[]}>} */
const DRAWERS = {
  EUR: { notes: [20000, 10000, 5000, 2000, 1000, 500], coins: [200, 100, 50, 20, 10, 5, 2, 1] },
  GBP: { notes: [5000, 2000, 1000, 500], coins: [200, 100, 50, 20, 10, 5, 2, 1] },
  USD: { notes: [10000, 5000, 2000, 1000, 500, 200, 100], coins: [25, 10, 5, 1] },
  CHF: { notes: [20000, 10000, 5000, 2000, 1000], coins: [500, 200, 100, 50, 20, 10, 5] },
  JPY: { notes: [10000, 5000, 2000, 1000], coins: [500, 100, 50, 10, 5, 1] },
};

/** @param {string} currency @returns {{notes: number[], coins: number[]}} */
export function drawer(currency) {
  const one = 10 ** exponent(currency);
  return DRAWERS[currency] ?? { notes: [100, 50, 20, 10, 5].map((n) => n * one), coins: [200, 100, 50, 20, 10, 5, 2, 1].map((n) => (n * one) / 100).filter(Number.isInteger) };
}

/** Largest first: [{value, count}]. What no coin can make is left out. @param {number} amount @param {string} currency */
export function handOut(amount, currency) {
  const { notes, coins } = drawer(currency);
  let rest = amount;
  return [...notes, ...coins].flatMap((value) => {
    const count = Math.floor(rest / value);
    rest -= count * value;
    return count > 0 ? [{ value, count }] : [];
  });
}

/**
 * The sums a customer is likely to hand over, above the exact one: the next whole, then what full notes make.
 * @param {{total: number, notes: number[], currency: string}} what
 * @returns {number[]} at most four, rising
 */
export function likelyCash({ total, notes, currency }) {
  const steps = [10 ** exponent(currency), ...notes];
  const sums = steps.map((step) => Math.ceil(total / step) * step).filter((sum) => sum > total);
  return [...new Set(sums)].sort((one, two) => one - two).slice(0, 4);
}

/** Counted drawer: {value: how many}. @param {Record<string, number>} counts @returns {number} */
export function counted(counts) {
  return Object.entries(counts).reduce((sum, [value, count]) => sum + Number(value) * count, 0);
}

// Money on the till: integer minor units in, integer minor units out. Products are formed in BigInt, because a price
// times a quantity in thousandths leaves the safe range long before the answer does. The same vectors test kernel/money.py.

const DECIMALS = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};
const RATE_ONE = 1_000_000n;

/** @type {Map<string, number>} */
const exponents = new Map(Object.entries(DECIMALS).flatMap(([digits, codes]) => codes.split(" ").map((code) => [code, Number(digits)])));

/** How many digits stand behind the point. @param {string} currency @returns {number} */
export function exponent(currency) {
  if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError(`not an ISO 4217 code: ${currency}`);
  return exponents.get(currency) ?? 2;
}

/** @param {number} value @returns {bigint} */
export function whole(value) {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
  return BigInt(value);
}

/** @param {bigint} value @returns {number} */
export function safe(value) {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`too large for a till: ${value}`);
  return number;
}

/** Half away from zero. @param {bigint} numerator @param {bigint} denominator above zero @returns {bigint} */
function divide(numerator, denominator) {
  const size = numerator < 0n ? -numerator : numerator;
  const answer = (2n * size + denominator) / (2n * denominator);
  return numerator < 0n ? -answer : answer;
}

/**
 * What a line costs: price is for `priceQuantity` thousandths.
 * @param {{price: number, priceQuantity: number, quantity: number}} line
 * @returns {number}
 */
export function lineTotal({ price, priceQuantity, quantity }) {
  if (priceQuantity <= 0) throw new RangeError("a price must be for something");
  return safe(divide(whole(price) * whole(quantity), whole(priceQuantity)));
}

/** The tax inside an amount that includes it; the rate in parts per million. @param {{amount: number, rate: number}} of @returns {number} */
export function includedTax({ amount, rate }) {
  if (rate < 0) throw new RangeError("a tax rate below zero");
  return safe(divide(whole(amount) * whole(rate), RATE_ONE + whole(rate)));
}

/** "12.30", "-0.05", "1200" for a currency without cents. @param {number} amount @param {string} currency @returns {string} */
export function formatAmount(amount, currency) {
  const digits = exponent(currency);
  const text = String(whole(Math.abs(amount))).padStart(digits + 1, "0");
  const sign = amount < 0 ? "-" : "";
  return digits ? `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}` : sign + text;
}

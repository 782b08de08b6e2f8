// Money as it is written: whole minor units. What is worked out with it is in pricing/. The same vectors test kernel/money.py.

const DECIMALS = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
};

/** @type {Map<string, number>} */
const exponents = new Map(Object.entries(DECIMALS).flatMap(([digits, codes]) => codes.split(" ").map((code) => [code, Number(digits)])));

/** How many digits stand behind the point. @param {string} currency @returns {number} */
export function exponent(currency) {
  if (!/^[A-Z]{3}$/.test(currency)) throw new RangeError(`not an ISO 4217 code: ${currency}`);
  return exponents.get(currency) ?? 2;
}

/** @param {number} value @returns {number} */
export function whole(value) {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a safe integer: ${value}`);
  return value;
}

/** "12.30", "-0.05", "1200" for a currency without cents. @param {number} amount @param {string} currency @returns {string} */
export function formatAmount(amount, currency) {
  const digits = exponent(currency);
  const text = String(whole(Math.abs(amount))).padStart(digits + 1, "0");
  const sign = amount < 0 ? "-" : "";
  return digits ? `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}` : sign + text;
}

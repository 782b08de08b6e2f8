// What a code says besides its number: lots, dates, serial numbers, weights and prices of GS1 element strings and digital links, and
// what the store's own scales print. Pure.
import { gtin14, hasGoodCheckDigit } from "./catalogue.js";
import { divided } from "./pricing/arithmetic.js";

export const GS = "\u001d";
const SYMBOLOGY = /^\][A-Za-z][0-9A-Za-z]/;
/** How long the elements are whose length is known without a mark behind them, by their first two digits; their own digits included. */
const KNOWN_LENGTHS = Object.fromEntries(
  [["00", 20], ["01", 16], ["02", 16], ["03", 16], ["04", 18], ["20", 4], ["41", 16], ...["11", "12", "13", "14", "15", "16", "17", "18", "19"].map((ai) => [ai, 8]), ...["31", "32", "33", "34", "35", "36"].map((ai) => [ai, 10])],
);
/** The elements that end at a mark: digits of their name, what may stand in them and how much of it. @type {[RegExp, number, RegExp][]} */
const OPEN_ENDED = [
  [/^(10|21|22)/, 2, /^[!-z]{1,20}$/],
  [/^(30|37)/, 2, /^\d{1,8}$/],
  [/^39[02]\d/, 4, /^\d{1,15}$/],
  [/^39[13]\d/, 4, /^\d{4,18}$/],
  [/^(9[0-9])/, 2, /^[!-z]{1,90}$/],
  [/^(4[23][0-9])/, 3, /^[!-z]{1,30}$/],
  [/^(40[0-3]|2[345][0-9])/, 3, /^[!-z]{1,30}$/],
  [/^(7[0-9]{3}|8[0-9]{3})/, 4, /^[!-z]{1,90}$/],
];
/** Money by its number in ISO 4217. @type {Record<string, string>} */
const CURRENCIES = { "978": "EUR", "826": "GBP", "840": "USD", "756": "CHF", "985": "PLN", "203": "CZK", "752": "SEK", "208": "DKK", "578": "NOK", "348": "HUF", "392": "JPY" };

/**
 * @typedef {object} Read what a code holds
 * @property {string} gtin 14 digits, or ""
 * @property {number} count pieces, 0 when it says none
 * @property {number} weight grams, 0 when it says none
 * @property {string} price as it stands there, with a point; "" when it says none
 * @property {string} currency of the price; "" is the store's
 * @property {string} lot
 * @property {string} serial
 * @property {string} expires_on YYYY-MM-DD, or ""
 */

/** @param {string} code as scanned @param {number} year it is now @returns {Read | null} null for what is no GS1 code */
export function readGs1(code, year) {
  const text = code.replace(SYMBOLOGY, "");
  const elements = /^https?:\/\//i.test(text) ? linkElements(text) : /^\(\d{2,4}\)/.test(text) ? bracketed(text) : elementsOf(text.startsWith(GS) ? text.slice(1) : text);
  return elements && understood(elements, year);
}

/**
 * Element by element. Where a mark is missing, one of open length goes as far as it may: no one can tell where it was meant to end.
 * @param {string} text @returns {Map<string, string> | null}
 */
function elementsOf(text) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (let rest = text; rest; ) {
    const size = KNOWN_LENGTHS[rest.slice(0, 2)];
    const [ai, value, used] = size ? fixedElement(rest, size) : openElement(rest);
    if (!ai || found.has(ai)) return null;
    found.set(ai, value);
    rest = rest.slice(used);
    if (rest.startsWith(GS)) rest = rest.slice(1);
  }
  return found.size ? found : null;
}

/** @param {string} text @param {number} size @returns {[string, string, number]} name, value, characters used; no name: not one */
function fixedElement(text, size) {
  const digits = size === 10 ? 4 : text.startsWith("41") ? 3 : 2;
  const value = text.slice(digits, size);
  return text.length >= size && /^\d+$/.test(text.slice(0, size)) ? [text.slice(0, digits), value, size] : ["", "", 0];
}

/** @param {string} text @returns {[string, string, number]} */
function openElement(text) {
  const [, digits, shape] = OPEN_ENDED.find(([name]) => name.test(text)) ?? [null, 0, /^$/];
  const mark = text.indexOf(GS);
  const value = text.slice(digits, mark < 0 ? undefined : mark);
  return digits && shape.test(value) ? [text.slice(0, digits), value, digits + value.length] : ["", "", 0];
}

/** As people read it: (01)04006381333931(10)A1. @param {string} text @returns {Map<string, string> | null} */
function bracketed(text) {
  const parts = [...text.matchAll(/\((\d{2,4})\)([^(]+)/g)];
  return parts.map(([whole]) => whole).join("") === text ? new Map(parts.map(([, ai, value]) => [ai, value.replace(GS, "")])) : null;
}

/** https://id.gs1.org/01/04006381333931/10/A1?17=271231, at whatever address. @param {string} text @returns {Map<string, string> | null} */
function linkElements(text) {
  /** @type {Map<string, any>} */
  const found = new Map();
  try {
    const { pathname, searchParams } = new URL(text);
    const parts = pathname.split("/").slice(1).map(decodeURIComponent);
    const from = parts.findIndex((part, place) => part === "01" && /^(\d{8}|\d{12,14})$/.test(parts[place + 1] ?? ""));
    if (from < 0) return null;
    for (let place = from; place + 1 < parts.length; place += 2) found.set(parts[place], parts[place + 1]);
    for (const [ai, value] of searchParams) if (/^\d{2,4}$/.test(ai)) found.set(ai, value);
  } catch {
    return null;
  }
  return found.set("01", found.get("01").padStart(14, "0"));
}

/** @param {Map<string, string>} elements @param {number} year @returns {Read | null} */
function understood(elements, year) {
  const gtin = elements.get("01") ?? elements.get("02") ?? "";
  if (!/^\d{14}$/.test(gtin) || !hasGoodCheckDigit(gtin)) return null;
  const price = priceOf(elements);
  return {
    gtin, ...price, weight: weightOf(elements), count: Number(/^\d{1,8}$/.exec(elements.get("37") ?? elements.get("30") ?? "")?.[0] ?? 0),
    lot: plain(elements.get("10")), serial: plain(elements.get("21")), expires_on: dateOf(elements.get("17") ?? elements.get("15") ?? "", year),
  };
}

/** As lots and serial numbers are written. @param {string} [text] */
function plain(text = "") {
  return /^[!-z]{1,20}$/.test(text) ? text : "";
}

/** The century is the one nearest to now; day 00 is the last of its month. @param {string} text YYMMDD @param {number} year @returns {string} */
export function dateOf(text, year) {
  const [, yy, mm, dd] = (/^(\d\d)(\d\d)(\d\d)$/.exec(text) ?? []).map(Number);
  if (!(mm >= 1 && mm <= 12)) return "";
  const apart = yy - (year % 100);
  const full = year - (year % 100) + yy - (apart >= 51 ? 100 : 0) + (apart <= -50 ? 100 : 0);
  const last = new Date(Date.UTC(full, mm, 0)).getUTCDate();
  return dd > last ? "" : `${full}-${String(mm).padStart(2, "0")}-${String(dd || last).padStart(2, "0")}`;
}

/** Net weight: kilograms (310n) or pounds (320n). @param {Map<string, string>} elements @returns {number} grams */
function weightOf(elements) {
  for (const [ai, value] of elements) {
    const [, unit, decimals] = /^3([12])0([0-5])$/.exec(ai) ?? [];
    if (!unit || !/^\d{6}$/.test(value)) continue;
    const times = unit === "1" ? 100_000_000n : 45_359_237n;
    const below = 10n ** BigInt(Number(decimals) + 5);
    return Number((BigInt(value) * times + below / 2n) / below);
  }
  return 0;
}

/** What is to be paid for it: in the money of the place (392n), or of a named one (393n). @param {Map<string, string>} elements */
function priceOf(elements) {
  for (const [ai, value] of elements) {
    const [, kind, decimals] = /^39([23])(\d)$/.exec(ai) ?? [];
    if (!kind || !/^\d+$/.test(value)) continue;
    const currency = kind === "3" ? CURRENCIES[value.slice(0, 3)] ?? "?" : "";
    const digits = (kind === "3" ? value.slice(3) : value).padStart(Number(decimals) + 1, "0");
    const point = digits.length - Number(decimals);
    return { price: `${digits.slice(0, point)}.${digits.slice(point)}`, currency };
  }
  return { price: "", currency: "" };
}

/** "12.34" in minor units; null when it is finer than the money. @param {string} price @param {number} exponent @returns {number | null} */
export function minorUnits(price, exponent) {
  const [whole, behind = ""] = price.split(".");
  if (/[^0]/.test(behind.slice(exponent))) return null;
  const amount = Number(whole + behind.slice(0, exponent).padEnd(exponent, "0"));
  return Number.isSafeInteger(amount) ? amount : null;
}

/** @param {string} digits without their last @returns {string} the check digit that belongs behind them */
export function checkDigit(digits) {
  const sum = [...digits].reduceRight((total, digit, place) => total + Number(digit) * ((digits.length - place) % 2 ? 3 : 1), 0);
  return String((10 - (sum % 10)) % 10);
}

/**
 * A code of the store's scales by one of the store's rules: whose it is, and how much it costs or weighs.
 * @param {string} code @param {TillRules["embedded_codes"]} rules
 * @returns {{code: string, keys: string[], holds: "price" | "weight", value: number} | null} `keys`: what its thing may be known by, best first
 */
export function readEmbedded(code, rules) {
  if (!hasGoodCheckDigit(code)) return null;
  const digits = gtin14(code);
  for (const { prefix, item, value, holds } of rules) {
    const size = prefix.length + item + value + 1;
    // UPC-A is EAN-13 with a zero in front, and scanners send either.
    const own = [12, 13].map((length) => digits.slice(14 - length)).find((one) => one.length === size && one.startsWith(prefix) && !Number(digits.slice(0, 14 - one.length)));
    if (!own) continue;
    const number = own.slice(prefix.length, prefix.length + item);
    const amount = Number(own.slice(prefix.length + item, -1));
    const blank = own.slice(0, prefix.length + item) + "0".repeat(value);
    if (amount) return { code: own, keys: [`${blank}${checkDigit(blank)}`, number, number.replace(/^0+(?=\d)/, ""), prefix + number], holds, value: amount };
  }
  return null;
}

/** How much of a weighed thing so much money is: at least a gram. @param {number} price @param {{amount: number, price_quantity: number}} offer */
export function weightFor(price, { amount, price_quantity }) {
  return amount > 0 ? Math.max(1, divided(price, price_quantity, amount)) : 1000;
}

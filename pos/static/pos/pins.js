// Four digits name one cashier of the store. Checked on this till, online or not, against slow salted digests.
import { fromHex, toHex } from "./ids.js";

const FREE_TRIES = 5;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;

/** @param {{pin: string, salt: string, iterations: number}} what @returns {Promise<string>} hex */
export async function pinDigest({ pin, salt, iterations }) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveBits"]);
  return toHex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations }, key, 256));
}

/** How long the till waits after this many wrong PINs in a row. @param {number} wrong @returns {number} milliseconds */
export function waitAfter(wrong) {
  if (wrong < FREE_TRIES) return 0;
  return Math.min(FIRST_WAIT_MS * 2 ** (wrong - FREE_TRIES), LONGEST_WAIT_MS);
}

/** @param {{pin: string, facts: {pin: {salt: string, iterations: number}, cashiers: Cashier[]}}} what @returns {Promise<Cashier | undefined>} */
export async function cashierByPin({ pin, facts }) {
  const digest = await pinDigest({ pin, salt: facts.pin.salt, iterations: facts.pin.iterations });
  return facts.cashiers.find((cashier) => cashier.digest === digest);
}

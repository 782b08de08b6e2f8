// Sharing an amount out, for what charges less than the list says. The same vectors test kernel/money.py.
import { safe, whole } from "./money.js";

/**
 * Splits a total by weights without losing a cent: largest remainder first, ties to the earlier. Weights that are all zero share equally.
 * @param {{total: number, weights: number[]}} what
 * @returns {number[]}
 */
export function allocate({ total, weights }) {
  if (weights.some((weight) => weight < 0)) throw new RangeError("a weight below zero");
  if (!weights.length) {
    if (total) throw new RangeError("nothing to share the total among");
    return [];
  }
  const parts = (weights.some(Boolean) ? weights : weights.map(() => 1)).map(whole);
  const sum = parts.reduce((left, right) => left + right, 0n);
  const size = whole(Math.abs(total));
  const shares = parts.map((part) => (size * part) / sum);
  const rest = parts.map((part) => (size * part) % sum);
  const left = Number(size - shares.reduce((one, two) => one + two, 0n));
  const order = rest.map((_, index) => index).sort((one, two) => (rest[one] === rest[two] ? one - two : rest[one] > rest[two] ? -1 : 1));
  for (const index of order.slice(0, left)) shares[index] += 1n;
  return shares.map((share) => safe(total < 0 ? -share : share));
}

// Step 6: what every piece of a line costs, as runs of equal pieces. A refund replays them.
import { divmod, shared, stepped } from "./arithmetic.js";

/** The sums of the runs are exactly the line's total, discount and tax. @param {Line} line @param {number} tax @param {number} exempted @returns {Segment[]} */
export function allocation(line, tax, exempted) {
  if (line.weighed) return [{ quantity: line.quantity, total: line.amount - exempted, discount: line.off, tax }];
  // Nearly every line: pieces that cost the same.
  if (line.runs.length === 1 && !exempted) {
    const [[count, listed, price]] = line.runs;
    return stepped(count, ...divmod(tax, 1, count)).map(([many, part]) => segment(many, price, listed - price, part));
  }
  const exemptParts = shared(exempted, line.runs.map(([count, , price]) => [count, price]));
  /** @type {[count: number, total: number, discount: number][]} */
  const untaxed = line.runs.flatMap(([, listed, price], index) => exemptParts[index].map(([count, part]) => /** @type {[number, number, number]} */ ([count, price - part, listed - price])));
  const taxParts = shared(tax, untaxed.map(([count, total]) => [count, total]));
  return segments(untaxed.flatMap(([, total, discount], index) => taxParts[index].map(([count, part]) => [count, total, discount, part])));
}

/** @param {number[][]} pieces count, total, discount and tax of each @returns {Segment[]} */
function segments(pieces) {
  /** @type {number[][]} */
  const equal = [];
  for (const [count, total, discount, tax] of pieces) {
    const before = equal.at(-1);
    if (before && before[1] === total && before[2] === discount && before[3] === tax) before[0] += count;
    else equal.push([count, total, discount, tax]);
  }
  return equal.map(([count, total, discount, tax]) => segment(count, total, discount, tax));
}

/** @param {number} count @param {number} total of each @param {number} discount @param {number} tax @returns {Segment} */
function segment(count, total, discount, tax) {
  return { quantity: count * 1000, total: total * count, discount: discount * count, tax: tax * count };
}

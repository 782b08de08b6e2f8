// Pieces of lines, kept as runs of equal ones, and the sharing of an amount over them to the last minor unit.
import { allocate, counted, shared } from "./arithmetic.js";

/** `off` over the pieces by their prices: to the lines by their pieces' sum, then within each line. Stretches stand in order of
 * line and place. `repeat`: the same again so many times over the pieces that follow in each stretch; equal parts stand together.
 * @param {number} off @param {Stretch[]} stretches @param {number} [repeat] @returns {Take[]} */
export function spread(off, stretches, repeat = 1) {
  const lines = byLine(stretches);
  if (lines.length === 1) return within(off, stretches, repeat);
  const parts = allocate(off, lines.map(worth));
  return lines.flatMap((ofLine, index) => within(parts[index], ofLine, repeat));
}

/** Those of each line together. @param {Stretch[]} stretches in order of line @returns {Stretch[][]} */
export function byLine(stretches) {
  /** @type {Stretch[][]} */
  const lines = [];
  for (const stretch of stretches) {
    if (lines.at(-1)?.[0][0] === stretch[0]) lines[lines.length - 1].push(stretch);
    else lines.push([stretch]);
  }
  return lines;
}

/** @param {Stretch[]} stretches */
export function worth(stretches) {
  let sum = 0;
  for (const [, , count, price] of stretches) sum += count * price;
  return counted(sum);
}

/** @param {Stretch[]} stretches */
export function number(stretches) {
  let sum = 0;
  for (const stretch of stretches) sum += stretch[2];
  return sum;
}

/** @param {Stretch} one @param {Stretch} two */
const byPlace = (one, two) => one[0] - two[0] || one[1] - two[1];

/** @param {Stretch[]} stretches */
export function inOrder(stretches) {
  return [...stretches].sort(byPlace);
}

/** Ties: the line's id, then the place in it. @param {Stretch[]} stretches */
export function dearestFirst(stretches) {
  return [...stretches].sort((one, two) => two[3] - one[3] || byPlace(one, two));
}

/** The first `count` pieces as the stretches stand, and the rest. @param {Stretch[]} stretches @param {number} count @returns {[Stretch[], Stretch[]]} */
export function first(stretches, count) {
  /** @type {Stretch[]} */
  const got = [];
  /** @type {Stretch[]} */
  const rest = [];
  for (const [line, place, many, price] of stretches) {
    const taken = Math.min(many, count);
    count -= taken;
    if (taken) got.push([line, place, taken, price]);
    if (many > taken) rest.push([line, place + taken, many - taken, price]);
  }
  return [got, rest];
}

/** The last `count` pieces as the stretches stand. @param {Stretch[]} stretches @param {number} count */
export function last(stretches, count) {
  return first(stretches, number(stretches) - count)[1];
}

/** @param {number} off @param {Stretch[]} stretches @param {number} repeat @returns {Take[]} */
function within(off, stretches, repeat) {
  const parts = shared(off, stretches.map(([, , count, price]) => [count, price]));
  return stretches.flatMap(([line, place], index) => parts[index].map(([count, part]) => {
    const start = place;
    place += count * repeat;
    return /** @type {Take} */ ([line, start, count * repeat, part]);
  }));
}

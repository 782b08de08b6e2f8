// Whole numbers, exactly. Plain ones as long as a product is a safe integer, BigInt beyond: a product of two safe integers
// is safe exactly when it comes out so, and a safe integer less its remainder divides without a rest.

export const MILLION = 1_000_000;

/** What is refused with a stable code; `field` is what is at fault, if something is: "lines.3". */
export class Refused extends RangeError {
  /** @param {string} code @param {string} field */
  constructor(code, field) {
    super(`${code} ${field}`);
    this.code = code;
    this.field = field;
  }
}

/** @param {string} code @param {string} [field] @returns {never} */
export function refuse(code, field = "") {
  throw new Refused(code, field);
}

/** @param {number} value @returns {number} */
export function counted(value) {
  return Number.isSafeInteger(value) ? value : refuse("too_large");
}

/** one * two // by, and what remains. None is below zero. @param {number} one @param {number} two @param {number} by @returns {[number, number]} */
export function divmod(one, two, by) {
  const product = one * two;
  if (product <= Number.MAX_SAFE_INTEGER) {
    const rest = product % by;
    return [(product - rest) / by, rest];
  }
  const [large, divisor] = [BigInt(one) * BigInt(two), BigInt(by)];
  return [counted(Number(large / divisor)), Number(large % divisor)];
}

/** one * two / by, half up. None is below zero. @param {number} one @param {number} two @param {number} by @returns {number} */
export function divided(one, two, by) {
  const [answer, rest] = divmod(one, two, by);
  return rest >= by - rest ? counted(answer + 1) : answer;
}

/** `total` in proportion to the weights: largest remainder first, ties to the earlier. @param {number} total @param {number[]} weights @returns {number[]} */
export function allocate(total, weights) {
  return shared(total, weights.map((weight) => [1, weight])).map(([[, part]]) => part);
}

/**
 * `total` over runs of [count, weight of each]: largest remainder first, ties to the earlier piece. What falls to the pieces of each run.
 * @param {number} total
 * @param {[count: number, weight: number][]} runs
 * @returns {[count: number, part: number][][]}
 */
export function shared(total, runs) {
  if (runs.length === 1) {
    const [each, odd] = divmod(total, 1, runs[0][0]);
    return [stepped(runs[0][0], each, odd)];
  }
  let whole = 0;
  for (const [count, weight] of runs) whole = counted(whole + counted(count * weight));
  if (!whole) return shared(total, runs.map(([count]) => [count, 1]));
  let left = total;
  const parts = runs.map(([count, weight]) => {
    const part = divmod(total, weight, whole);
    left -= count * part[0];
    return part;
  });
  const more = new Array(runs.length).fill(0);
  const order = left ? parts.map((_, index) => index).sort((one, two) => parts[two][1] - parts[one][1] || one - two) : [];
  for (const index of order) {
    more[index] = Math.min(left, runs[index][0]);
    left -= more[index];
    if (!left) break;
  }
  return parts.map(([part], index) => stepped(runs[index][0], part, more[index]));
}

/** The first `odd` pieces carry one more. @param {number} count @param {number} each @param {number} odd @returns {[count: number, part: number][]} */
export function stepped(count, each, odd) {
  if (!odd) return [[count, each]];
  return odd < count ? [[odd, each + 1], [count - odd, each]] : [[count, each + 1]];
}

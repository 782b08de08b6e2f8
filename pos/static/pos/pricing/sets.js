// Rewards that take pieces together: set, buy_get, bundle and gift. What was weighed never belongs to a set.
import { divided, MILLION } from "./arithmetic.js";
import { reason } from "./gates.js";
import { dearestFirst, first, inOrder, last, number, spread, worth } from "./pieces.js";
import { given } from "./rewards.js";

/** More pieces than any line holds. */
const PLACES = 2 ** 32;

/** The pieces of a selection that the promotion may take, in order of line and place. @typedef {(selection: Chosen) => Stretch[]} Pick */

/** "2 for 5.00": the dearest together, as long as it saves something. @param {Promotion} promotion @param {Pick} pick */
export function fixedSets(promotion, pick) {
  const { size, value } = promotion.reward;
  let rest = dearestFirst(pick(promotion.selection));
  const got = given({ short: tooFew(number(rest), size) });
  for (let left = times(promotion, Math.floor(number(rest) / size)); left > 0; ) {
    // Sets made wholly of equal pieces of one run are worked together, and their odd minor units stand first.
    const repeat = Math.min(left, Math.max(Math.floor(rest[0][2] / size), 1));
    const [together, others] = first(rest, size * repeat);
    rest = others;
    const one = together.map(([line, place, count, price]) => /** @type {Stretch} */ ([line, place, count / repeat, price]));
    const off = worth(one) - value;
    if (off <= 0) break;
    got.takes.push(...spread(off, inOrder(one), repeat));
    got.times += repeat;
    left -= repeat;
  }
  return got;
}

/** Buy so many and get so many at a discount. @param {Promotion} promotion @param {Pick} pick */
export function buyGet(promotion, pick) {
  if (promotion.ofReward) return buyGetOther(promotion, promotion.ofReward, pick);
  const { buy, get } = promotion.reward;
  const pieces = dearestFirst(pick(promotion.selection));
  const many = times(promotion, Math.floor(number(pieces) / (buy + get)));
  if (!many) return given({ short: tooFew(number(pieces), buy + get) });
  return boughtAndGot(promotion, first(pieces, many * buy)[0], last(pieces, many * get), many);
}

/** What is got comes of another selection; a piece of both serves only once. @param {Promotion} promotion @param {Chosen} ofReward @param {Pick} pick */
function buyGetOther(promotion, ofReward, pick) {
  const { buy, get } = promotion.reward;
  const [toBuy, toGet] = [pick(promotion.selection), pick(ofReward)];
  const [buyable, gettable] = [new Set(toBuy.map(key)), new Set(toGet.map(key))];
  const onlyBuy = toBuy.filter((one) => !gettable.has(key(one)));
  const both = toBuy.filter((one) => gettable.has(key(one)));
  const onlyGet = toGet.filter((one) => !buyable.has(key(one)));
  const [bought, shared, got] = [number(onlyBuy), number(both), number(onlyGet)];
  const all = bought + shared + got;
  const many = times(promotion, Math.min(Math.floor((bought + shared) / buy), Math.floor((shared + got) / get), Math.floor(all / (buy + get))));
  if (!many) return given({ short: tooFew(all, buy + get) });
  const [paid] = first(dearestFirst(onlyBuy), many * buy);
  const [ofBoth, rest] = first(dearestFirst(both), many * buy - number(paid));
  return boughtAndGot(promotion, [...paid, ...ofBoth], last(dearestFirst([...onlyGet, ...rest]), many * get), many);
}

/** @param {Promotion} promotion @param {Stretch[]} bought @param {Stretch[]} got @param {number} many */
function boughtAndGot({ reward }, bought, got, many) {
  const paid = bought.map(([line, place, count]) => /** @type {Take} */ ([line, place, count, 0]));
  const off = got.map(([line, place, count, price]) => /** @type {Take} */ ([line, place, count, divided(price, reward.percent, MILLION)]));
  return given({ takes: [...paid, ...off], times: many });
}

/** One of each slot, again and again as long as it saves something. @param {Promotion} promotion @param {Pick} pick */
export function bundle(promotion, pick) {
  const free = promotion.ofSlots.map((selection) => dearestFirst(pick(selection)));
  const { slots } = promotion.reward;
  // The slot with the smallest choice chooses first, so that no other takes what only it could use.
  const order = slots.map((_, slot) => slot).sort((one, two) => number(free[one]) - number(free[two]) || one - two);
  // What is left of each run, and the place where it begins.
  const left = new Map(free.flat().map(([line, place, count, price]) => [line * PLACES + place, { line, place, count, price }]));
  const got = given({});
  while (times(promotion, got.times + 1) > got.times) {
    const picked = oneBundle(slots, order, free, left);
    if (!(picked instanceof Map)) {
      got.short = picked;
      break;
    }
    const fits = Math.min(...[...picked].map(([run, count]) => Math.floor(run.count / count)));
    const repeat = times(promotion, got.times + fits) - got.times;
    const one = inOrder([...picked].map(([run, count]) => [run.line, run.place, count, run.price]));
    const off = bundleOff(promotion, worth(one));
    if (off <= 0) break;
    got.takes.push(...spread(off, one, repeat));
    got.times += repeat;
    for (const [run, count] of picked) {
      run.count -= count * repeat;
      run.place += count * repeat;
    }
  }
  return got;
}

/**
 * How many pieces of which run; or the slot that finds too few.
 * @param {RewardData["slots"]} slots @param {number[]} order @param {Stretch[][]} free @param {Map<number, FreeRun>} left
 * @returns {Map<FreeRun, number> | Reason}
 */
function oneBundle(slots, order, free, left) {
  const picked = new Map();
  for (const slot of order) {
    let wanted = slots[slot].quantity;
    for (const stretch of free[slot]) {
      const run = /** @type {FreeRun} */ (left.get(key(stretch)));
      const got = Math.min(wanted, run.count - (picked.get(run) ?? 0));
      if (got) picked.set(run, (picked.get(run) ?? 0) + got);
      wanted -= got;
      if (!wanted) break;
    }
    if (wanted) return reason("missing", { name: slots[slot].name });
  }
  return picked;
}

/** @param {Promotion} promotion @param {number} whole */
function bundleOff({ reward }, whole) {
  return reward.as === "price" ? whole - reward.value : divided(whole, reward.value, MILLION);
}

/** Pieces that lie in the basket become free; those that do not are told. @param {Promotion} promotion @param {Pick} pick */
export function gift(promotion, pick) {
  const { quantity } = promotion.reward;
  const [takes] = first(dearestFirst(pick(/** @type {Chosen} */ (promotion.ofReward))), quantity);
  const missing = quantity - number(takes);
  return given({ takes, times: number(takes), missing, short: missing ? reason("add_more", { count: missing, size: quantity }, true) : undefined });
}

/** @param {Promotion} promotion @param {number} possible */
function times({ data: { limits } }, possible) {
  return limits.per_basket === null ? possible : Math.min(possible, limits.per_basket);
}

/** @param {number} had @param {number} size */
function tooFew(had, size) {
  return had && had < size ? reason("add_more", { count: size - had, size }, true) : undefined;
}

/** @param {Stretch} stretch */
const key = ([line, place]) => line * PLACES + place;

// Rewards that go over matching pieces alike: percent, amount, fixed and tiers, for lines and for the whole order.
// Each takes the promotion and the pieces it may have, and says what comes off which piece. Nothing is changed here.
import { divided, MILLION } from "./arithmetic.js";
import { reason } from "./gates.js";
import { byLine, dearestFirst, first, inOrder, number, spread, worth } from "./pieces.js";

/** `short`: what is missing for the reward; `missing`: how many pieces of a gift are not in the basket. @param {Partial<Given>} what @returns {Given} */
export function given({ takes = [], times = 0, short, missing = 0 }) {
  return { takes, times, short, missing };
}

/** percent, amount, fixed and tiers at line level. @param {Promotion} promotion @param {Stretch[]} stretches @param {Line[]} lines */
export function overLines({ reward, data }, stretches, lines) {
  if (reward.kind === "tiers") {
    const { step, short } = reached(reward, stretches);
    return step ? given({ takes: alike(step.kind, step.value, stretches, lines, true), times: 1 }) : given({ short });
  }
  const takes = alike(reward.kind, reward.value, limited(stretches, data.limits.per_basket), lines, false);
  return given({ takes, times: takes.reduce((sum, [, , count]) => sum + count, 0) });
}

/** percent, amount and tiers of the whole: one sum, spread over lines and pieces. @param {Promotion} promotion @param {Stretch[]} stretches */
export function overOrder({ reward }, stretches) {
  const { step, short } = reward.kind === "tiers" ? reached(reward, stretches) : { step: reward, short: undefined };
  if (!step) return given({ short });
  const whole = worth(stretches);
  const off = step.kind === "percent" ? divided(whole, step.value, MILLION) : Math.min(step.value, whole);
  return given({ takes: off ? changing(spread(off, stretches)) : [], times: 1 });
}

/** The highest step reached, or what the first one lacks. @param {RewardData} reward @param {Stretch[]} stretches @returns {{step?: RewardStep, short?: Reason}} */
export function reached({ by, steps }, stretches) {
  const had = by === "quantity" ? number(stretches) : worth(stretches);
  const rising = [...steps].sort((one, two) => one.from - two.from);
  const step = rising.filter(({ from }) => from <= had).at(-1);
  if (step) return { step };
  const size = rising[0].from;
  return { short: by === "quantity" ? reason("add_more", { count: size - had, size }, had > 0) : reason("spend_more", { amount: size - had }, had > 0) };
}

/** A piece that nothing comes off is not taken: another promotion may have it. @param {Take[]} takes */
export function changing(takes) {
  return takes.filter((take) => take[3]);
}

/** @param {string} kind @param {number} value @param {Stretch[]} stretches @param {Line[]} lines @param {boolean} inAll @returns {Take[]} */
function alike(kind, value, stretches, lines, inAll) {
  if (kind === "percent") return byLine(stretches).flatMap((ofLine) => changing(spread(divided(worth(ofLine), value, MILLION), ofLine)));
  if (kind === "amount" && inAll) return changing(spread(Math.min(value, worth(stretches)), stretches));
  return changing(stretches.map(([line, place, count, price]) => {
    const one = forOne(value, lines[line]);
    return [line, place, count, kind === "fixed" ? Math.max(price - one, 0) : Math.min(one, price)];
  }));
}

/** `value` is for a piece; of what was weighed, for 1000 thousandths. @param {number} value @param {Line} line */
function forOne(value, line) {
  return line.weighed ? divided(value, line.quantity, 1000) : value;
}

/** The dearest `pieces`, again in order of line and place. @param {Stretch[]} stretches @param {number | null} pieces */
function limited(stretches, pieces) {
  return pieces === null ? stretches : inOrder(first(dearestFirst(stretches), pieces)[0]);
}

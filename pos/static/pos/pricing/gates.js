// What a promotion asks before it gives anything: the first gate that stays shut is the reason people are told.

const NO_PARAMS = Object.freeze({});

/**
 * Why a promotion gives nothing; `almost` when the customer could still reach it.
 * @param {string} code @param {Record<string, unknown>} [params] @param {boolean} [almost] @returns {Reason}
 */
export function reason(code, params = NO_PARAMS, almost = false) {
  return { code, params, almost };
}

/**
 * @param {Promotion} promotion @param {Asked} asked
 * @param {Line[]} matching the lines the promotion is about
 * @returns {Reason | undefined}
 */
export function shut(promotion, asked, matching) {
  for (const gate of OPEN_BY_FACTS) {
    const why = gate(promotion, asked);
    if (why) return why;
  }
  return ofNeeds(promotion, asked) ?? ofMinimum(promotion, matching) ?? ofGoods(promotion, matching);
}

/** @typedef {(promotion: Promotion, asked: Asked) => Reason | undefined} Gate */

/** @type {Gate} */
function place({ data: { channels, stores } }, { facts }) {
  const here = (!channels.length && !stores.length) || channels.includes(facts.channel) || stores.includes(facts.store);
  return here ? undefined : reason("not_here");
}

/** @type {Gate} */
function times({ data: { starts_at, ends_at } }, { at }) {
  if (starts_at !== null && at < starts_at) return reason("not_started", { starts_at });
  return ends_at !== null && at >= ends_at ? reason("ended", { ends_at }) : undefined;
}

/** @type {Gate} */
function ofWindow({ data: { windows } }, { facts }) {
  return !windows.length || windows.some((window) => within(window, facts.weekday, facts.minute)) ? undefined : reason("not_now");
}

/** A window that ends before it begins runs over midnight and belongs to the day it began. @param {TimeWindow} window @param {number} weekday @param {number} minute */
export function within({ from, until, days }, weekday, minute) {
  if (from < until) return days.includes(weekday) && from <= minute && minute < until;
  return (days.includes(weekday) && minute >= from) || (days.includes(weekday === 1 ? 7 : weekday - 1) && minute < until);
}

/** @type {Gate} */
function ofCoupon(promotion, { facts, coupons }) {
  if (!promotion.data.coupon) return undefined;
  const given = coupons.filter((code) => facts.coupons[code]?.promotion === promotion.code);
  if (given.some((code) => !facts.coupons[code].refused)) return undefined;
  return given.length ? reason("coupon_refused", { coupon: given[0], reason: facts.coupons[given[0]].refused }) : reason("needs_coupon");
}

/** @type {Gate} */
function ofCustomer({ data }, { facts: { customer, staff } }) {
  if (data.staff && !staff) return reason("staff_only");
  const anybody = !data.groups.length && !data.segments.length;
  if (!(anybody || share(data.groups, customer.groups) || share(data.segments, customer.segments))) return reason("not_for_customer");
  return data.first_order && !(customer.known && customer.orders === 0) ? reason("first_order_only") : undefined;
}

/** @param {string[]} wanted @param {string[]} had */
function share(wanted, had) {
  return wanted.some((one) => had.includes(one));
}

/** @type {Gate} */
function offline({ data: { limits } }, { facts }) {
  return limits.limited && facts.offline && limits.offline === "refuse" ? reason("not_offline") : undefined;
}

/** @type {Gate} */
function usedUp({ code }, { facts }) {
  const left = facts.left[code];
  const scope = left && /** @type {("uses" | "customer")[]} */ (["uses", "customer"]).find((one) => (left[one] ?? 1) <= 0);
  return scope ? reason("used_up", { scope }) : undefined;
}

/** Goods that must be in the basket as well. Without a quantity or an amount, one piece is enough. @param {Promotion} promotion @param {Asked} asked */
function ofNeeds({ needs }, { lines }) {
  for (const { selection, need } of needs) {
    const matching = selection.among(goods(lines));
    const quantity = need.quantity === null && need.amount === null ? 1 : need.quantity;
    if (short(quantity, pieces(matching)) || short(need.amount, amount(matching))) return reason("missing", { name: need.name });
  }
  return undefined;
}

/** Over everything that matches the promotion's selection at present prices, whoever made them. @param {Promotion} promotion @param {Line[]} matching */
function ofMinimum({ data: { minimum }, selection }, matching) {
  if (minimum.quantity === null && minimum.amount === null) return undefined;
  const counted = selection.among(goods(matching));
  const count = short(minimum.quantity, pieces(counted));
  if (count) return reason("add_more", { count, size: minimum.quantity }, true);
  const lacking = short(minimum.amount, amount(counted));
  return lacking ? reason("spend_more", { amount: lacking }, true) : undefined;
}

/** A gift alone in the basket is no reason to give it. @param {Promotion} promotion @param {Line[]} matching */
function ofGoods({ kind, selection }, matching) {
  return (kind === "gift" ? selection.among(matching) : matching).length ? undefined : reason("no_goods");
}

/** @param {number | null} wanted @param {number} had */
function short(wanted, had) {
  return wanted === null ? 0 : Math.max(wanted - had, 0);
}

/** @param {Line[]} lines */
const goods = (lines) => lines.filter((line) => line.kind !== "deposit");
/** @param {Line[]} lines */
const pieces = (lines) => lines.reduce((sum, line) => sum + line.count, 0);
/** @param {Line[]} lines */
const amount = (lines) => lines.reduce((sum, line) => sum + line.amount, 0);

const OPEN_BY_FACTS = [place, times, ofWindow, ofCoupon, ofCustomer, offline, usedUp];

// Steps 2 and 3: a basket's lines and charges while they are worked on.
import { counted, divided, MILLION, stepped } from "./arithmetic.js";
import { spread } from "./pieces.js";
import { chosen, quantities } from "./prices.js";

/** `index` is its place in order of id. `off` is all that has been taken off, `discounts` by whom. */
export class Line {
  /** @param {number} index @param {BasketLine} line @param {Offer} offer */
  constructor(index, line, offer) {
    this.index = index;
    this.id = line.id;
    this.kind = line.kind;
    this.weighed = line.sold_by === "weight";
    this.quantity = line.quantity;
    this.facets = line.facets;
    this.tax_class = line.tax_class;
    this.fixed = line.fixed;
    this.list = offer.list;
    this.unit_price = offer.amount;
    this.price_quantity = offer.price_quantity;
    /** Pieces; what was weighed is one. */
    this.count = this.weighed ? 1 : line.quantity / 1000;
    this.list_total = divided(offer.amount, line.quantity, offer.price_quantity);
    this.runs = opened(this.list_total, this.count);
    this.off = 0;
    /** @type {Map<string, number>} */
    this.discounts = new Map();
  }

  get amount() {
    return this.list_total - this.off;
  }

  /** What a promotion may take: for `stack` all that is not closed, else only what no other has changed either. @param {boolean} stack @param {Stretch[]} [found] added to */
  free(stack, found = []) {
    let place = 0;
    for (const [count, , price, changed, closed] of this.runs) {
      if (!closed && (stack || !changed)) found.push([this.index, place, count, price]);
      place += count;
    }
    return found;
  }

  /** Whether there is anything to take. @param {boolean} stack */
  isFree(stack) {
    return this.runs.some(([, , , changed, closed]) => !closed && (stack || !changed));
  }

  /** The promotion that keeps another from the first piece it may not have. @param {boolean} stack @returns {string} */
  holder(stack) {
    const [, , , changed, closed] = this.runs.find(([, , , changed, closed]) => closed || (changed && !stack)) ?? [0, 0, 0, "", ""];
    return closed || changed;
  }

  /** `takes` in order of place, each within one run. @param {Take[]} takes @param {string} code @param {boolean} closing */
  take(takes, code, closing) {
    this.runs = merged(cut(this.runs, takes, code, closing));
    let off = 0;
    for (const [, , count, each] of takes) off += count * each;
    this.off += off;
    if (off) this.discounts.set(code, (this.discounts.get(code) ?? 0) + off);
  }
}

/** Delivery or a fee: one piece that only promotions of the delivery level change. */
export class Charge {
  /** @param {number} index @param {BasketCharge} charge */
  constructor(index, charge) {
    this.index = index;
    this.id = charge.id;
    this.kind = charge.kind;
    this.amount = charge.amount;
    this.tax_class = charge.tax_class;
    this.off = 0;
    this.changed = this.closed = "";
    /** @type {Map<string, number>} */
    this.discounts = new Map();
  }

  get present() {
    return this.amount - this.off;
  }

  /** @param {number} off @param {string} code @param {boolean} closing */
  take(off, code, closing) {
    this.off += off;
    this.changed = code;
    if (closing) this.closed = code;
    this.discounts.set(code, off);
  }
}

/** @template {{id: number}} T @param {T[]} rows */
const byId = (rows) => [...rows].sort((one, two) => one.id - two.id);

/** The lines in order of id, priced, with what a sticker or a person has fixed taken off. @param {Basket} basket @param {string[]} groups @param {number} at */
export function openedLines(basket, groups, at) {
  const held = quantities(basket.lines);
  return byId(basket.lines).map((row, index) => {
    const line = new Line(index, row, chosen(row, /** @type {number} */ (held.get(row.sku)), groups, at));
    if (line.fixed) fix(line, line.fixed);
    return line;
  });
}

/** @param {Basket} basket */
export function openedCharges(basket) {
  return byId(basket.charges).map((charge, index) => new Charge(index, charge));
}

/** What a fixed price is called among the discounts. @param {Fixed} fixed */
export function source(fixed) {
  return fixed.source === "markdown" ? `markdown:${fixed.code}` : "manual";
}

/** @param {Line} line @param {Fixed} fixed */
function fix(line, fixed) {
  const { kind, value } = fixed;
  const stretches = line.free(true);
  let takes;
  if (kind === "percent") {
    takes = spread(Math.min(divided(line.list_total, value, MILLION), line.list_total), stretches);
  } else {
    const left = kind === "price" && line.weighed ? divided(value, line.quantity, line.price_quantity) : value;
    takes = stretches.map(([index, place, count, price]) => /** @type {Take} */ ([index, place, count, kind === "amount" ? Math.min(value, price) : Math.max(price - left, 0)]));
  }
  line.take(takes, source(fixed), true);
}

/** The first pieces carry the odd minor units. @param {number} total @param {number} count @returns {Run[]} */
function opened(total, count) {
  const odd = total % count;
  if (!odd) return [[count, total / count, total / count, "", ""]];
  return stepped(count, (total - odd) / count, odd).map(([many, each]) => [many, each, each, "", ""]);
}

/** @param {Run[]} runs @param {Take[]} takes @param {string} code @param {boolean} closing @returns {Run[]} */
function cut(runs, takes, code, closing) {
  /** @type {Run[]} */
  const pieces = [];
  let place = 0;
  let done = 0;
  for (const [count, listed, price, changed, closed] of runs) {
    const end = place + count;
    for (; done < takes.length && takes[done][1] < end; done += 1) {
      const [, start, many, off] = takes[done];
      if (start > place) pieces.push([start - place, listed, price, changed, closed]);
      pieces.push([many, listed, price - off, off ? code : changed, closing ? code : closed]);
      place = start + many;
    }
    if (place < end) pieces.push([end - place, listed, price, changed, closed]);
    place = end;
  }
  return pieces;
}

/** Equal neighbours are one run: what follows must not depend on how they came to be equal. @param {Run[]} runs @returns {Run[]} */
function merged(runs) {
  /** @type {Run[]} */
  const whole = [];
  for (const run of runs) {
    const before = whole.at(-1);
    if (before && before[1] === run[1] && before[2] === run[2] && before[3] === run[3] && before[4] === run[4]) before[0] += run[0];
    else whole.push(run);
  }
  return whole;
}

// Rules made ready once: promotions in the order they are worked, found by the facets they are about.
import { Selection } from "./selections.js";

const LEVELS = ["line", "order", "delivery"];
const SETS = ["set", "buy_get", "bundle", "gift"];

/** A promotion's data as given, with its selections ready. `index` is its place in the order of working. */
export class Promotion {
  /** @param {number} index @param {PromotionData} data */
  constructor(index, data) {
    this.index = index;
    this.data = data;
    this.code = data.code;
    this.name = data.name;
    this.level = data.level;
    this.stack = data.combination === "stack";
    this.best = data.combination === "best";
    this.closing = !this.stack;
    this.selection = new Selection(data.selection);
    this.needs = data.needs.map((need) => ({ selection: new Selection(need.selection), need }));
    this.reward = data.reward;
    this.kind = data.reward.kind;
    this.sets = SETS.includes(this.kind);
    this.ofSlots = this.kind === "bundle" ? data.reward.slots.map((slot) => new Selection(slot.selection)) : [];
    const other = this.kind === "buy_get" || this.kind === "gift" ? data.reward.selection : null;
    this.ofReward = other ? new Selection(other) : null;
    /** Those whose lines the promotion has to do with: a bundle's are its slots', other goods given count as well. */
    this.selections = this.ofSlots.length ? this.ofSlots : this.ofReward ? [this.selection, this.ofReward] : [this.selection];
    this.competes = `${data.priority} ${this.level} ${data.group}`;
  }
}

/** What `compile` makes: pass it to `evaluate` in place of the rules. */
export class Compiled {
  /** @param {Rules} rules */
  constructor(rules) {
    this.rules = rules;
    this.promotions = [...rules.promotions].sort(inOrder).map((data, index) => new Promotion(index, data));
    this.wide = this.promotions.filter((promotion) => promotion.level !== "line");
    /** @type {Promotion[]} */
    this.everywhere = [];
    /** @type {Map<string, Promotion[]>} */
    this.byFacet = new Map();
    for (const promotion of this.promotions) if (promotion.level === "line") this.index(promotion);
  }

  /** @param {Promotion} promotion */
  index(promotion) {
    if (promotion.selections.some((selection) => !selection.groups.length)) {
      this.everywhere.push(promotion);
      return;
    }
    for (const facet of new Set(promotion.selections.flatMap((selection) => [...selection.keys]))) {
      const known = this.byFacet.get(facet);
      if (known) known.push(promotion);
      else this.byFacet.set(facet, [promotion]);
    }
  }

  /**
   * The lines each promotion is about: those that are about none are left out, unless they are for the whole order, for
   * delivery, or their coupon was `given`.
   * @template {{facets: string[], kind: string}} L
   * @param {L[]} lines @param {Set<string>} given @returns {Map<Promotion, L[]>}
   */
  matching(lines, given) {
    /** @type {Map<Promotion, L[]>} */
    const found = new Map();
    for (const line of lines) {
      for (const facet of line.facets) {
        for (const promotion of this.byFacet.get(facet) ?? []) {
          const near = found.get(promotion);
          if (!near) found.set(promotion, [line]);
          else if (near.at(-1) !== line) near.push(line);
        }
      }
    }
    /** @type {Map<Promotion, L[]>} */
    const matching = new Map();
    const keep = (/** @type {Promotion} */ promotion, /** @type {L[]} */ near) => {
      const kept = about(promotion, near);
      if (kept.length) matching.set(promotion, kept);
    };
    found.forEach((near, promotion) => keep(promotion, near));
    for (const promotion of this.everywhere) keep(promotion, lines);
    const goods = lines.filter((line) => line.kind !== "deposit");
    for (const promotion of this.wide) matching.set(promotion, promotion.selection.among(goods));
    if (given.size) for (const promotion of this.promotions) if (given.has(promotion.code) && !matching.has(promotion)) matching.set(promotion, []);
    return matching;
  }
}

/** @param {Rules | Compiled} rules @returns {Compiled} */
export function compile(rules) {
  return rules instanceof Compiled ? rules : new Compiled(rules);
}

/** @template {{facets: string[]}} L @param {Promotion} promotion @param {L[]} lines @returns {L[]} */
function about({ selections }, lines) {
  if (selections.length === 1) return selections[0].plain ? lines : selections[0].among(lines);
  return lines.filter((line) => selections.some((selection) => selection.matches(line)));
}

/** @param {PromotionData} one @param {PromotionData} two */
function inOrder(one, two) {
  const level = (/** @type {PromotionData} */ { level }) => LEVELS.indexOf(level);
  const starts = (/** @type {PromotionData} */ { starts_at }) => starts_at ?? -Infinity;
  if (one.priority !== two.priority) return two.priority - one.priority;
  if (one.level !== two.level) return level(one) - level(two);
  if (one.starts_at !== two.starts_at) return starts(one) < starts(two) ? -1 : 1;
  return one.code < two.code ? -1 : 1;
}

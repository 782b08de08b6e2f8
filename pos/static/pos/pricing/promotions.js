// Step 4: the promotions, one after the other; the best ones compete.
import { divmod, MILLION, shared } from "./arithmetic.js";
import { overDelivery } from "./delivery.js";
import { reason, shut } from "./gates.js";
import { byLine, inOrder } from "./pieces.js";
import { given, overLines, overOrder } from "./rewards.js";
import { bundle, buyGet, fixedSets, gift } from "./sets.js";

/** @type {Record<string, (promotion: Promotion, pick: (selection: Chosen) => Stretch[]) => Given>} */
const REWARDS = { set: fixedSets, buy_get: buyGet, bundle, gift };
/** @type {Set<number>} */
const NONE = new Set();

/**
 * What a promotion would take off as things stand. `reason`: why nothing, or nothing more; `gate`: it is a shut gate.
 * `limited` are lines that their stack limit left nothing for.
 * @param {Partial<Outcome>} what @returns {Outcome}
 */
function outcomeOf({ off = 0, times = 0, takes = [], charges = [], reason: why, gate = false, missing = 0, limited = NONE }) {
  return { off, times, takes, charges, reason: why, gate, missing, limited };
}

/**
 * One evaluation under way. `worked` is what became of each promotion, in the order it was settled.
 * @param {Compiled} compiled @param {Line[]} lines @param {Charge[]} charges @param {Asked} asked @returns {Work}
 */
export function work(compiled, lines, charges, asked) {
  const coupons = new Set(asked.coupons.flatMap((code) => asked.facts.coupons[code]?.promotion ?? []));
  /** @type {Work} */
  const working = { lines, charges, asked, matching: compiled.matching(lines, coupons), worked: [] };
  const matching = [...working.matching.keys()].sort((one, two) => one.index - two.index);
  for (const promotions of together(matching)) {
    if (promotions.length === 1) settle(working, promotions[0], attempt(working, promotions[0]));
    else compete(working, promotions);
  }
  return working;
}

/** Each alone, but the best of a priority, level and group together, at the place of the first of them. @param {Promotion[]} promotions */
function together(promotions) {
  /** @type {Promotion[][]} */
  const found = [];
  /** @type {Map<string, Promotion[]>} */
  const competing = new Map();
  for (const promotion of promotions) {
    const others = promotion.best ? competing.get(promotion.competes) : undefined;
    if (others) {
      others.push(promotion);
      continue;
    }
    found.push([promotion]);
    if (promotion.best) competing.set(promotion.competes, found[found.length - 1]);
  }
  return found;
}

/** Whoever takes most off first, and again among the rest: only those that a winner's lines concern are worked out anew.
 * @param {Work} working @param {Promotion[]} promotions */
function compete(working, promotions) {
  const outcomes = new Map(promotions.map((promotion) => [promotion, attempt(working, promotion)]));
  const concerned = concernedOf(working, promotions);
  for (;;) {
    /** @type {[Promotion, Outcome] | undefined} */
    let winner;
    for (const one of outcomes) if (one[1].off > (winner?.[1].off ?? 0)) winner = one;
    if (!winner) break;
    outcomes.delete(winner[0]);
    settle(working, ...winner);
    const changed = new Set([-1, ...winner[1].takes.map(([line]) => line)]);
    const anew = new Set([...changed].flatMap((line) => concerned.get(line) ?? []));
    for (const other of anew) if (outcomes.has(other)) outcomes.set(other, attempt(working, other));
  }
  for (const [promotion, outcome] of outcomes) settle(working, promotion, outcome);
}

/** Whom a change of a line concerns. Under -1, whom any change does: the whole order, delivery, those that need other goods.
 * @param {Work} working @param {Promotion[]} promotions */
function concernedOf(working, promotions) {
  /** @type {Map<number, Promotion[]>} */
  const concerned = new Map();
  for (const promotion of promotions) {
    const wide = promotion.level !== "line" || promotion.needs.length;
    for (const line of wide ? [-1] : matchingOf(working, promotion).map(({ index }) => index)) {
      const others = concerned.get(line);
      if (others) others.push(promotion);
      else concerned.set(line, [promotion]);
    }
  }
  return concerned;
}

/** @param {Work} working @param {Promotion} promotion */
function matchingOf(working, promotion) {
  return /** @type {Line[]} */ (working.matching.get(promotion));
}

/** What it would take off, alone, as things stand. Changes nothing. @param {Work} working @param {Promotion} promotion @returns {Outcome} */
function attempt(working, promotion) {
  const matching = matchingOf(working, promotion);
  const why = shut(promotion, working.asked, matching);
  if (why) return outcomeOf({ reason: why, gate: true });
  const outcome = promotion.level === "delivery" ? ofDelivery(working, promotion) : ofGoods(working, promotion, matching);
  const budget = working.asked.facts.left[promotion.code]?.budget ?? null;
  return budget !== null && outcome.off > budget ? outcomeOf({ reason: reason("over_budget"), missing: outcome.missing }) : outcome;
}

/** Takes off what it takes off, and keeps why it gave what it gave. @param {Work} working @param {Promotion} promotion @param {Outcome} outcome */
function settle(working, promotion, outcome) {
  const kept = outcome.gate || promotion.level === "delivery" ? new Map() : keptOf(promotion, outcome, matchingOf(working, promotion));
  if (outcome.off) {
    for (const takes of byLine(inOrder(outcome.takes))) working.lines[takes[0][0]].take(takes, promotion.code, promotion.closing);
    for (const [charge, off] of outcome.charges) working.charges[charge].take(off, promotion.code, promotion.closing);
  }
  working.worked.push({ promotion, outcome, kept });
}

/** @param {Work} working @param {Promotion} promotion */
function ofDelivery(working, promotion) {
  const { charges = [], reason: why } = overDelivery(promotion, working.charges);
  return why ? outcomeOf({ reason: why }) : outcomeOf({ off: charges.reduce((sum, [, off]) => sum + off, 0), times: 1, charges });
}

/** @param {Work} working @param {Promotion} promotion @param {Line[]} matching */
function ofGoods(working, promotion, matching) {
  const { takes: wanted, times, short, missing } = givenOf(working, promotion, matching);
  const { takes, limited } = limitedOf(promotion, wanted, working.lines);
  return outcomeOf({ off: sumOf(takes), times, takes, reason: short, missing, limited });
}

/** @param {Work} working @param {Promotion} promotion @param {Line[]} matching */
function givenOf(working, promotion, matching) {
  if (promotion.sets) return REWARDS[promotion.kind](promotion, (selection) => free(promotion, matching.filter((line) => !line.weighed && selection.matches(line))));
  const stretches = free(promotion, matching);
  if (!stretches.length) return given({});
  return promotion.level === "order" ? overOrder(promotion, stretches) : overLines(promotion, stretches, working.lines);
}

/** The pieces it may take. @param {Promotion} promotion @param {Line[]} lines @returns {Stretch[]} */
function free({ stack }, lines) {
  /** @type {Stretch[]} */
  const found = [];
  for (const line of lines) if (line.kind !== "deposit") line.free(stack, found);
  return found;
}

/** No more off a line than its stack limit lets; what is less is shared by what each piece would have got.
 * @param {Promotion} promotion @param {Take[]} takes @param {Line[]} lines */
function limitedOf({ data: { stack_limit }, stack }, takes, lines) {
  if (stack_limit === null || !stack) return { takes, limited: NONE };
  /** @type {Set<number>} */
  const limited = new Set();
  const kept = byLine(inOrder(takes)).flatMap((ofLine) => {
    const line = lines[ofLine[0][0]];
    const allowed = Math.max(divmod(line.list_total, stack_limit, MILLION)[0] - line.off, 0);
    if (sumOf(ofLine) <= allowed) return ofLine;
    if (!allowed) limited.add(line.index);
    return allowed ? less(allowed, ofLine) : [];
  });
  return { takes: kept, limited };
}

/** @param {number} allowed @param {Take[]} takes @returns {Take[]} */
function less(allowed, takes) {
  const parts = shared(allowed, takes.map(([, , count, each]) => [count, each]));
  return takes.flatMap(([line, place], index) => parts[index].map(([count, part]) => {
    const start = place;
    place += count;
    return /** @type {Take} */ ([line, start, count, part]);
  }));
}

/** @param {Take[]} takes */
function sumOf(takes) {
  return takes.reduce((sum, [, , count, each]) => sum + count * each, 0);
}

/** Why it gave nothing for a line that it is about, told before it is applied. @param {Promotion} promotion @param {Outcome} outcome @param {Line[]} matching @returns {Map<number, Reason>} */
function keptOf(promotion, outcome, matching) {
  const taken = new Set(outcome.off ? outcome.takes.map(([line]) => line) : []);
  /** @type {Map<number, Reason>} */
  const kept = new Map();
  for (const line of matching) {
    const why = taken.has(line.index) ? undefined : whyNot(promotion, outcome, line);
    if (why) kept.set(line.index, why);
  }
  return kept;
}

/** @param {Promotion} promotion @param {Outcome} outcome @param {Line} line */
function whyNot({ sets, stack }, outcome, line) {
  if (line.kind === "deposit") return reason("deposit");
  if (line.fixed) return reason("fixed", { source: line.fixed.source });
  if (sets && line.weighed) return reason("weighed");
  if (outcome.limited.has(line.index)) return reason("stack_limit");
  return line.isFree(stack) ? undefined : reason("excluded_by", { promotion: line.holder(stack) });
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allocate, divided, divmod, Refused, shared } from "../../pos/static/pos/pricing/arithmetic.js";
import { compile } from "../../pos/static/pos/pricing/compiling.js";
import { evaluate } from "../../pos/static/pos/pricing/engine.js";
import { within } from "../../pos/static/pos/pricing/gates.js";
import { traceOf } from "../../pos/static/pos/pricing/tracing.js";
import { seeded } from "./seeded.js";

const golden = new URL("../../catalog/tests/pricing/vectors/golden.json", import.meta.url);
const plain = (value) => JSON.parse(JSON.stringify(value));

function answer({ basket, rules, facts, at }) {
  try {
    const result = evaluate(basket, rules, facts, at);
    return plain({ ...result, trace: traceOf(result) });
  } catch (error) {
    if (error instanceof Refused) return { error: error.code, field: error.field };
    throw error;
  }
}

test("the golden baskets cost here what they cost in Python", () => {
  for (const one of JSON.parse(readFileSync(golden, "utf8"))) assert.deepEqual(answer(one), one.result, one.name);
});

test("what is worked out without large numbers is what large numbers give, at any size", () => {
  const chance = seeded(7);
  const any = () => Math.floor(2 ** (chance.next() * 53)) - 1;
  for (let round = 0; round < 20_000; round += 1) {
    const [one, two, by] = [any(), any(), any() + 1];
    const [product, divisor] = [BigInt(one) * BigInt(two), BigInt(by)];
    if (product / divisor >= BigInt(Number.MAX_SAFE_INTEGER)) {
      assert.throws(() => divided(one, two, by), Refused);
      continue;
    }
    assert.deepEqual(divmod(one, two, by).map(BigInt), [product / divisor, product % divisor]);
    assert.equal(BigInt(divided(one, two, by)), (2n * product + divisor) / (2n * divisor));
  }
});

test("a sum that is shared loses nothing, and equal pieces differ by one unit at most, the dearer part first", () => {
  const chance = seeded(8);
  for (let round = 0; round < 2000; round += 1) {
    const runs = Array.from({ length: chance.between(1, 6) }, () => [chance.between(1, 9), chance.between(0, 50)]);
    const total = chance.between(0, 5000);
    const parts = shared(total, runs);
    assert.equal(parts.flat().reduce((sum, [count, part]) => sum + count * part, 0), total);
    parts.forEach((ofRun, index) => {
      assert.equal(ofRun.reduce((sum, [count]) => sum + count, 0), runs[index][0]);
      if (ofRun.length > 1) assert.equal(ofRun[0][1] - ofRun[1][1], 1);
    });
  }
  assert.deepEqual(allocate(100, [1, 1, 1]), [34, 33, 33]);
  assert.deepEqual(allocate(5, [0, 0]), [3, 2]);
});

const offer = (amount) => ({ list: "", amount, price_quantity: 1000, from_quantity: 0, starts_at: null, ends_at: null, group: "", rank: 0 });
const line = (id, amount, pieces, facets = []) => ({ id, kind: "goods", sku: `s${id}`, quantity: pieces * 1000, sold_by: "each", prices: [offer(amount)], tax_class: "full", facets, fixed: null });
const rules = (...promotions) => ({ currency: "EUR", prices_include_tax: true, tax_rounding: "line", cash_rounding: 0, taxes: { full: [] }, promotions });
const nobody = { known: false, groups: [], segments: [], orders: null };
const facts = { channel: "shop", store: "main", weekday: 6, minute: 720, customer: nobody, staff: false, offline: false, left: {}, coupons: {}, exempt: null, tax_quote: null };
const basket = (...lines) => ({ lines, coupons: [], charges: [] });

test("what is too large to be counted exactly is refused, never a little wrong", () => {
  assert.throws(() => evaluate(basket(line(1, Number.MAX_SAFE_INTEGER, 2)), rules(), facts, 0), { code: "too_large" });
  assert.throws(() => evaluate(basket(line(1, Number.MAX_SAFE_INTEGER, 1), line(2, 1, 1)), rules(), facts, 0), { code: "too_large" });
  assert.equal(evaluate(basket(line(1, Number.MAX_SAFE_INTEGER, 1)), rules(), facts, 0).totals.total, Number.MAX_SAFE_INTEGER);
});

test("rules that were made ready once may be used again and again, and nothing of what is given is changed", () => {
  const promotion = {
    code: "two", name: "2 for 5.00", priority: 0, level: "line", combination: "best", group: "", stack_limit: null, starts_at: null, ends_at: null, windows: [], channels: [], stores: [],
    coupon: false, groups: [], segments: [], first_order: false, staff: false, selection: { any: { category: ["drinks"] }, except: {} }, minimum: { quantity: null, amount: null }, needs: [],
    limits: { per_basket: null, limited: false, offline: "allow" }, supplier: "", supplier_share: 0, reward: { kind: "set", size: 2, value: 500 },
  };
  const given = { basket: basket(line(1, 279, 2, ["category:drinks"]), line(2, 280, 1, ["category:drinks"])), rules: rules(promotion) };
  const before = plain(given);
  const compiled = compile(given.rules);
  const [first, second] = [evaluate(given.basket, compiled, facts, 0), evaluate(given.basket, compiled, facts, 0)];
  assert.deepEqual(plain(first), plain(second));
  assert.deepEqual(given, before);
  assert.deepEqual([first.totals.total, first.totals.discount], [779, 59]);
  assert.equal(traceOf(first), traceOf(first));
  assert.deepEqual(plain(traceOf(first)), plain(traceOf(second)));
});

test("hours over midnight belong to the day they began, from the first minute until just before the last", () => {
  const late = { days: [5], from: 22 * 60, until: 2 * 60 };
  const open = (weekday, minute) => within(late, weekday, minute);
  assert.deepEqual([open(5, 1319), open(5, 1320), open(5, 1439), open(6, 0), open(6, 119), open(6, 120), open(5, 60)], [false, true, true, true, true, false, false]);
  assert.ok(within({ ...late, days: [7] }, 1, 0));
  const day = { days: [5], from: 600, until: 660 };
  assert.deepEqual([599, 600, 659, 660].map((minute) => within(day, 5, minute)), [false, true, true, false]);
});

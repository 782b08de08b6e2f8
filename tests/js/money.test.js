import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { allocate } from "../../pos/static/pos/allocation.js";
import { exponent, formatAmount, includedTax, lineTotal } from "../../pos/static/pos/money.js";

const vectors = JSON.parse(readFileSync(new URL("../../kernel/tests/vectors/money.json", import.meta.url), "utf8"));
const line = ({ price, price_quantity, quantity }) => lineTotal({ price, priceQuantity: price_quantity, quantity });

test("the shared vectors hold, as they do in Python", () => {
  for (const one of vectors.line_total) assert.equal(line(one), one.expect, JSON.stringify(one));
  for (const one of vectors.included_tax) assert.equal(includedTax(one), one.expect, JSON.stringify(one));
  for (const one of vectors.allocate) assert.deepEqual(allocate(one), one.expect, JSON.stringify(one));
  for (const one of vectors.exponent) assert.equal(exponent(one.currency), one.expect, one.currency);
  for (const one of vectors.format_amount) assert.equal(formatAmount(one.amount, one.currency), one.expect, JSON.stringify(one));
  assert.ok(vectors.line_total.length > 100);
});

test("what leaves the safe range throws instead of being a little wrong", () => {
  for (const one of vectors.line_total_unsafe) assert.throws(() => line(one), RangeError);
  assert.throws(() => lineTotal({ price: 0.1, priceQuantity: 1000, quantity: 1000 }), RangeError);
});

test("nonsense is refused where Python refuses it", () => {
  for (const currency of vectors.refused.exponent) assert.throws(() => exponent(currency), RangeError);
  for (const one of vectors.refused.line_total) assert.throws(() => line(one), RangeError);
  for (const one of vectors.refused.included_tax) assert.throws(() => includedTax(one), RangeError);
  for (const one of vectors.refused.allocate) assert.throws(() => allocate(one), RangeError);
});

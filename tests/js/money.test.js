import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { exponent, formatAmount } from "../../pos/static/pos/money.js";
import { allocate, divided, MILLION, Refused } from "../../pos/static/pos/pricing/arithmetic.js";

const vectors = JSON.parse(readFileSync(new URL("../../kernel/tests/vectors/money.json", import.meta.url), "utf8"));
// A sale has nothing below zero; Python also takes things back.
const sold = (one) => Object.values(one).every((value) => !(value < 0));
const line = ({ price, price_quantity, quantity }) => divided(price, quantity, price_quantity);

test("the shared vectors hold, as they do in Python", () => {
  for (const one of vectors.line_total.filter(sold)) assert.equal(line(one), one.expect, JSON.stringify(one));
  for (const one of vectors.included_tax.filter(sold)) assert.equal(divided(one.amount, one.rate, MILLION + one.rate), one.expect, JSON.stringify(one));
  for (const one of vectors.allocate.filter(sold)) assert.deepEqual(one.weights.length ? allocate(one.total, one.weights) : [], one.expect, JSON.stringify(one));
  for (const one of vectors.exponent) assert.equal(exponent(one.currency), one.expect, one.currency);
  for (const one of vectors.format_amount) assert.equal(formatAmount(one.amount, one.currency), one.expect, JSON.stringify(one));
  assert.ok(vectors.line_total.filter(sold).length > 50);
});

test("what leaves the safe range is refused instead of being a little wrong", () => {
  for (const one of vectors.line_total_unsafe.filter(sold)) assert.throws(() => line(one), Refused);
});

test("nonsense is refused where Python refuses it", () => {
  for (const currency of vectors.refused.exponent) assert.throws(() => exponent(currency), RangeError);
  assert.throws(() => formatAmount(0.5, "EUR"), RangeError);
});

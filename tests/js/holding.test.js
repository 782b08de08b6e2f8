import assert from "node:assert/strict";
import { test } from "node:test";
import { approvalsOf } from "../../pos/static/pos/approvals.js";
import { FRESH_MS, heldLines, unanswered } from "../../pos/static/pos/holding.js";

const NOW = 1_000_000;
const line = (n, id, quantity = 1000) => ({ n, item: { id, name: id.toUpperCase() }, gtin: "", quantity, fixed: null });
const answer = (left, stopped = [], at = NOW) => ({ left, stopped, at });
const RECALL = [{ lot: "L1", reason: "Glass" }];
const held = (lines, answers, { policy = "block", online = true, allowed = new Map() } = {}) => heldLines({ lines, answers: new Map(Object.entries(answers)), policy, online, allowed });
const kinds = (...what) => held(...what).map(({ n, kind }) => `${n} ${kind}`);

test("each thing is asked about once, and again when its answer is old", () => {
  const answers = new Map([["a", answer(1)], ["b", answer(1, [], NOW - FRESH_MS - 1)], ["c", answer(1, [], NOW - FRESH_MS)]]);
  assert.deepEqual(unanswered([line(1, "a"), line(2, "b"), line(3, "c"), line(4, "d"), line(5, "d")], answers, NOW), ["b", "d"]);
});

test("what nobody has answered for is sold", () => {
  assert.deepEqual(held([line(1, "a")], {}), []);
});

test("what is recalled is held whatever the store wants, and without a line too", () => {
  for (const policy of ["allow", "warn", "block"]) {
    for (const online of [true, false]) assert.deepEqual(kinds([line(1, "a"), line(2, "b")], { a: answer(9000, RECALL), b: answer(9000) }, { policy, online }), ["1 recall"]);
  }
});

test("nobody can allow what is recalled", () => {
  assert.deepEqual(kinds([line(1, "a")], { a: answer(0, RECALL) }, { allowed: new Map([[1, { quantity: 1000 }]]) }), ["1 recall"]);
});

test("what the book has too little of is held as the store wants it", () => {
  assert.deepEqual(kinds([line(1, "a", 2000)], { a: answer(1000) }, { policy: "allow" }), []);
  assert.deepEqual(kinds([line(1, "a", 2000)], { a: answer(1000) }, { policy: "warn" }), ["1 warn"]);
  assert.deepEqual(kinds([line(1, "a", 2000)], { a: answer(1000) }, { policy: "block" }), ["1 block"]);
  assert.deepEqual(kinds([line(1, "a", 2000)], { a: answer(2000) }, { policy: "block" }), []);
});

test("without a line the book is not asked", () => {
  assert.deepEqual(kinds([line(1, "a")], { a: answer(0) }, { online: false }), []);
});

test("several lines of one thing count together, and the one that is too many is held", () => {
  const lines = [line(1, "a", 700), line(2, "b"), line(3, "a", 400), line(4, "a", 100)];
  assert.deepEqual(held(lines, { a: answer(1000), b: answer(1000) }).map(({ n, left }) => [n, left]), [[3, 300], [4, 0]]);
});

test("as much as was allowed passes, and one more is held again", () => {
  const allowed = new Map([[1, { quantity: 2000 }]]);
  assert.deepEqual(kinds([line(1, "a", 2000)], { a: answer(0) }, { allowed }), []);
  assert.deepEqual(kinds([line(1, "a", 3000)], { a: answer(0) }, { allowed }), ["1 block"]);
});

test("who allowed what is told by person, of the lines that are still there", () => {
  const allowed = new Map([[1, { by: "mia", at: 5, quantity: 1000, left: 0 }], [2, { by: "olga", at: 6, quantity: 1000, left: 0 }], [3, { by: "mia", at: 7, quantity: 2000, left: 500 }], [9, { by: "mia", at: 8, quantity: 1000, left: 0 }]]);
  assert.deepEqual(approvalsOf({ lines: [line(1, "a"), line(2, "b"), line(3, "c", 2000), line(4, "d")], allowed }), [
    { kind: "short_stock", by: "mia", at_ms: 5, lines: [{ variant: "a", quantity: 1000, left: 0 }, { variant: "c", quantity: 2000, left: 500 }] },
    { kind: "short_stock", by: "olga", at_ms: 6, lines: [{ variant: "b", quantity: 1000, left: 0 }] },
  ]);
  assert.deepEqual(approvalsOf({ lines: [line(1, "a")], allowed: new Map() }), []);
});

test("a scanned lot is held only when it may be the stopped one", () => {
  const of = (lot) => ({ ...line(1, "a"), extra: { lot } });
  const stopped = { a: answer(9000, [{ lot: "L-7", reason: "Glass" }]) };
  assert.deepEqual(["L-7", "l-7", "L-71727123121S1", "L-8", "L-", undefined].map((lot) => kinds([of(lot)], stopped).length), [1, 1, 1, 0, 0, 1]);
});

test("what is of no known thing is not asked about", () => {
  assert.deepEqual(unanswered([line(1, ""), line(2, "b")], new Map(), 0), ["b"]);
});

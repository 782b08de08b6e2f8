import assert from "node:assert/strict";
import test from "node:test";
import { counted, shapeOf, storyOf, thousandths } from "../../pos/static/pos/inbox-words.js";
import "../../pos/static/pos/strings-inbox.js";
import { GERMAN } from "../../pos/static/pos/strings-de.js";
import { ENGLISH, t } from "../../pos/static/pos/strings.js";

const say = { words: t, money: (amount) => (amount / 100).toFixed(2).replace("-", "−"), time: (ms) => new Date(ms).toISOString().slice(11, 16) };
const note = (kind, facts = {}, more = {}) => ({
  id: 1, kind, about: "", entry: "e", till: { id: "t", number: 1, name: "Till 1" }, facts, names: { c: "Carla", s: "Stan" }, amount: 0,
  happened_at: "2026-11-21T13:41:00Z", title: "told", short: "by the server", happened: "", safe: "", costs: "", fixes: [], under: 0, closed_at: null, closed_by: "", fix: "", ...more,
});
const KINDS = ["price", "stock", "shift", "customer", "item", "limit", "sums", "held", "apart", "conflict", "hole", "clock"];

test("a price that had changed is told as the manager reads it", () => {
  const facts = { receipt: "1-0412", cashier: "c", received: "2026-11-21T13:47:00Z", name: "Oat drink", sold: 279, listed: 299, quantity: 1000, since: "2026-11-21T13:30:00Z" };
  assert.deepEqual(storyOf(note("price", facts, { amount: -20 }), say), {
    title: "Price had changed",
    short: "Oat drink sold at 2.79, list price 2.99 since 13:30",
    happened: "Sale 1-0412, made on Till 1 at 13:41 by Carla. It arrived at 13:47. It used the 2.79 the till knew; 2.99 was in force since 13:30.",
    safe: "The sale, its receipt and its tax stand as paid: 1 × Oat drink.",
    costs: "0.20 of margin.",
  });
  assert.match(storyOf(note("price", facts, { amount: 20 }), say).costs, /customer paid 0.20 more/);
});

test("every kind has words in both languages, with no facts at all", () => {
  for (const kind of KINDS) {
    for (const [part, text] of Object.entries(storyOf(note(kind), say))) assert.ok(text && !text.startsWith("note."), `${kind} ${part}`);
    assert.ok(`note.${shapeOf(note(kind))}.short` in GERMAN, kind);
  }
  for (const key of Object.keys(ENGLISH)) if (/^(note|fix|fixed|inbox)\b/.test(key)) assert.ok(key in GERMAN, key);
});

test("what a till has no words for is told in the server's", () => {
  assert.equal(storyOf(note("weather"), say).short, "by the server");
});

test("shifts and items have words of their own", () => {
  assert.equal(shapeOf(note("shift", { what: "other_till" })), "shift.other");
  assert.equal(shapeOf(note("shift", { what: "late", entry_kind: "payout" })), "shift.drawer");
  assert.equal(shapeOf(note("item", { what: "open" })), "item.open");
  assert.equal(storyOf(note("shift", { what: "late", shift_cashier: "s" }), say).short, "1 sale arrived after Stan closed; added to that shift");
});

test("a count is whole things, and nothing else", () => {
  assert.deepEqual(["0", "6", "", "x", "1234567", "-1"].map(counted), [0, 6000, null, null, null, null]);
  assert.deepEqual([1000, -1000, 450, undefined].map(thousandths), ["1", "−1", "0.45", "–"]);
});

test("a shift that was left open and what nobody allowed have words of their own, in both languages", () => {
  const left = storyOf(note("shift", { what: "left", shift_cashier: "s", opened: "2026-11-21T09:00:00Z", last: "1-1-0007" }), say);
  assert.equal(left.short, "The shift of Stan stayed open when Till 1 was taken over");
  assert.equal(left.happened, "Till 1 was taken over or signed out at 13:41. The shift of Stan, open since 09:00, stayed open: nobody counted its drawer.");
  assert.match(left.costs, /Last receipt here: 1-1-0007/);
  const alone = storyOf(note("limit", { what: "open_item", name: "Basket", given: 9000, receipt: "1-1-0002", cashier: "c" }), say);
  assert.equal(alone.short, "Basket was sold as an open item for 90.00");
  assert.match(alone.happened, /by Carla\. Basket was typed in for 90\.00/);
  for (const shape of ["shift.left", "limit.open_item", "limit.discount", "limit.price", "limit.cash", "limit.drawer_short", "limit.drawer_over"]) {
    for (const words of [ENGLISH, GERMAN]) assert.ok(words[`note.${shape}.short`] && words[`note.${shape}.happened`], shape);
  }
  for (const key of Object.keys(ENGLISH)) if (key.startsWith("asked.")) assert.ok(key in GERMAN, key);
});

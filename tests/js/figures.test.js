import assert from "node:assert/strict";
import { test } from "node:test";
import { dateWords, percent, shiftFigures, signed, taxesOf } from "../../pos/static/pos/figures.js";
import { seeded } from "./seeded.js";

let receipt = 0;
const entry = (kind, body = {}) => ({ kind, text: JSON.stringify({ body }) });
const line = (total, more = {}) => ({ list_total: total, discount: 0, total, tax_rate: 70_000, tax: 7, ...more });
const sale = (total, { kind = "cash", tendered = total, lines = [line(total)], ...more } = {}) =>
  entry("sale", { receipt: `1-1-000${(receipt += 1)}`, total, tax: 7, rounding: 0, lines, tenders: [{ kind, amount: total, tendered, change: tendered - total }], ...more });
const move = (kind, amount) => entry(kind, { amount });
const moved = (figures) => Object.fromEntries(figures.moves.map(({ kind, count, amount }) => [kind, [count, amount]]));

test("the drawer holds the float and the cash of the shift's sales, not what was handed over", () => {
  const { sales, total, tax, cash, expected } = shiftFigures({ float: 15000, entries: [entry("session_open"), sale(1395, { tendered: 2000 }), sale(605)] });
  assert.deepEqual({ sales, total, tax, cash, expected }, { sales: 2, total: 2000, tax: 14, cash: 2000, expected: 17000 });
});

test("what comes in is added, what is taken out is not there any more", () => {
  const entries = [move("cash_in", 2000), move("cash_in", 1), move("cash_out", 500), move("payout", 300), move("safe_drop", 10_000), entry("no_sale"), entry("no_sale"), sale(899), entry("x_report"), entry("reprint")];
  const figures = shiftFigures({ float: 15_000, entries });
  assert.deepEqual(moved(figures), { cash_in: [2, 2001], cash_out: [1, 500], payout: [1, 300], safe_drop: [1, 10_000] });
  assert.deepEqual([figures.no_sales, figures.copies, figures.expected], [2, 1, 15_000 + 2001 - 500 - 300 - 10_000 + 899]);
});

test("only cash is in the drawer, and each way of paying has its own line", () => {
  const { tenders, cash, expected } = shiftFigures({ float: 100, entries: [sale(500), sale(700, { kind: "card" }), sale(50)] });
  assert.deepEqual(tenders, [{ kind: "card", count: 1, amount: 700 }, { kind: "cash", count: 2, amount: 550 }]);
  assert.deepEqual([cash, expected], [550, 650]);
});

test("sold is what list prices come to, less what was given, by the cent", () => {
  const lines = [line(899, { list_total: 999, discount: 100 }), line(101, { tax_rate: 190_000, tax: 16 })];
  const { gross, discounts, rounding, total, taxes } = shiftFigures({ float: 0, entries: [sale(1000, { lines }), sale(998, { lines: [line(1000)], rounding: -2 })] });
  assert.equal(gross - discounts + rounding, total);
  assert.deepEqual(taxes.map(({ rate, amount }) => [rate, amount]), [[190_000, 16], [70_000, 14]]);
});

test("a shift without a sale has no receipts and no tenders", () => {
  const { first, last, sales, tenders, expected } = shiftFigures({ float: 7, entries: [] });
  assert.deepEqual({ first, last, sales, tenders, expected }, { first: "", last: "", sales: 0, tenders: [], expected: 7 });
});

test("the first and the last receipt are those of the journal's order", () => {
  receipt = 0;
  const { first, last } = shiftFigures({ float: 0, entries: [sale(1), entry("no_sale"), sale(2), sale(3)] });
  assert.deepEqual([first, last], ["1-1-0001", "1-1-0003"]);
});

test("whatever a shift is made of, its drawer is the sum of what went through it", () => {
  const { next: chance } = seeded(7);
  const upTo = (most) => 1 + Math.floor(chance() * most);
  for (let round = 0; round < 200; round += 1) {
    const kinds = ["cash_in", "cash_out", "payout", "safe_drop", "sale", "card", "no_sale"];
    let expected = upTo(30_000);
    const float = expected;
    const entries = Array.from({ length: upTo(40) }, () => {
      const [kind, amount] = [kinds[Math.floor(chance() * kinds.length)], upTo(2 ** 33)];
      expected += kind === "no_sale" || kind === "card" ? 0 : signed({ kind, amount });
      if (kind === "sale") return sale(amount);
      return kind === "card" ? sale(amount, { kind }) : move(kind, amount);
    });
    assert.equal(shiftFigures({ float, entries }).expected, expected);
  }
});

test("what left the drawer is below zero", () => {
  assert.deepEqual(["cash_in", "cash_out", "payout", "safe_drop"].map((kind) => signed({ kind, amount: 5 })), [5, -5, -5, -5]);
});

test("the paper tells tax by rate", () => {
  const rates = taxesOf([{ lines: [{ tax_rate: 70000, tax: 3 }, { tax_rate: 190000, tax: 5 }] }, { lines: [{ tax_rate: 70000, tax: 4 }] }]);
  assert.deepEqual(rates.map(({ rate, amount }) => [rate, amount]), [[190000, 5], [70000, 7]]);
  assert.deepEqual([70000, 190000, 77500, 0].map(percent), ["7", "19", "7.75", "0"]);
});

test("a business date is written as people write dates, whatever the clock's zone", () => {
  assert.equal(dateWords("2026-11-22", "en"), "Sunday 22 November 2026");
  assert.equal(dateWords("2026-01-01", "de"), "Donnerstag 1. Januar 2026");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, handOut, likelyCash } from "../../pos/static/pos/cash.js";
import { addItem, emptySale, removeLine, saleBody, setQuantity, totals } from "../../pos/static/pos/sale.js";
import { seeded } from "./seeded.js";

const oats = item({ id: "oats", price: 279 });
const apples = item({ id: "apples", price: 320, sold_by: "weight" });

function item(what) {
  return { sku: what.id, name: what.id, gtins: ["00000000000017"], price_quantity: 1000, tax_class: "reduced", tax_rate: 70000, category: "", tile: "", sold_by: "each", favourite: 0, ...what };
}

function paid(sale, tendered) {
  return saleBody({ sale, tendered, currency: "EUR", businessDate: "2026-11-21", receipt: "1-1-0001", receiptNo: 1 });
}

test("scanning the same thing again raises its line", () => {
  const sale = addItem(addItem(emptySale(), { item: oats, quantity: 1000 }), { item: oats, quantity: 2000 });
  assert.deepEqual(sale.lines.map((line) => [line.quantity, line.total]), [[3000, 837]]);
  assert.equal(sale.newest, 1);
});

test("every weighing is a line of its own", () => {
  const sale = addItem(addItem(emptySale(), { item: apples, quantity: 742 }), { item: apples, quantity: 742 });
  assert.deepEqual(sale.lines.map((line) => line.total), [237, 237]);
  assert.equal(totals(sale).items, 2);
});

test("a change leaves the sale before it as it was, so that undo can go back", () => {
  const before = addItem(emptySale(), { item: oats, quantity: 1000 });
  const after = setQuantity(before, 1, 5000);
  assert.equal(before.lines[0].quantity, 1000);
  assert.equal(after.lines[0].total, 1395);
  assert.equal(removeLine(after, 1).lines.length, 0);
  assert.equal(after.lines.length, 1);
});

test("a line number is never given twice in a sale", () => {
  const one = removeLine(addItem(emptySale(), { item: oats, quantity: 1000 }), 1);
  assert.equal(addItem(one, { item: oats, quantity: 1000 }).lines[0].n, 2);
});

test("impossible quantities change nothing", () => {
  const sale = addItem(emptySale(), { item: oats, quantity: 1000 });
  for (const quantity of [0, -1000, 500, 10_000_000, NaN, 1.5]) assert.equal(setQuantity(sale, 1, quantity), sale);
  assert.equal(addItem(sale, { item: apples, quantity: 1_000_000 }), sale);
});

test("cash that does not reach is refused before anything is kept", () => {
  const sale = addItem(emptySale(), { item: oats, quantity: 1000 });
  assert.throws(() => paid(sale, 278), /cash short/);
  assert.throws(() => paid(emptySale(), 0), /nothing to sell/);
  assert.throws(() => paid(sale, NaN));
});

test("the body of a sale balances whatever was scanned", () => {
  const chance = seeded(20261121);
  for (let round = 0; round < 300; round += 1) {
    let sale = emptySale();
    for (let scans = chance.between(1, 30); scans > 0; scans -= 1) {
      const weighed = chance.next() < 0.3;
      const what = item({ id: `p${chance.between(1, 12)}${weighed}`, price: chance.between(0, 99999), tax_rate: chance.pick([0, 70000, 190000, 77500]), sold_by: weighed ? "weight" : "each" });
      sale = addItem(sale, { item: what, quantity: weighed ? chance.between(1, 9999) : chance.between(1, 9) * 1000 });
      if (chance.next() < 0.1) sale = removeLine(sale, chance.between(1, sale.next));
    }
    if (!sale.lines.length) continue;
    const { total, tax } = totals(sale);
    const body = paid(sale, total + chance.between(0, 5000));
    assert.equal(body.lines.reduce((sum, line) => sum + line.total, 0) + body.rounding, body.total);
    assert.equal(body.lines.reduce((sum, line) => sum + line.tax, 0), tax);
    assert.deepEqual(body.lines.map((line) => line.n), body.lines.map((_, place) => place + 1));
    assert.ok(body.lines.every((line) => line.total === line.list_total - line.discount));
    const [cash] = body.tenders;
    assert.equal(cash.amount, body.total);
    assert.equal(cash.tendered - cash.change, cash.amount);
  }
});

test("note buttons offer what a hand may hold, above the exact sum", () => {
  const notes = [500, 1000, 2000, 5000];
  assert.deepEqual(likelyCash({ total: 1395, notes, currency: "EUR" }), [1400, 1500, 2000, 5000]);
  assert.deepEqual(likelyCash({ total: 2000, notes, currency: "EUR" }), [5000]);
  assert.deepEqual(likelyCash({ total: 7230, notes, currency: "EUR" }), [7300, 7500, 8000, 10000]);
  assert.deepEqual(likelyCash({ total: 950, notes: [1000, 5000], currency: "JPY" }), [1000, 5000]);
});

test("change is handed out in the largest coins first, to the cent", () => {
  assert.deepEqual(handOut(605, "EUR"), [{ value: 500, count: 1 }, { value: 100, count: 1 }, { value: 5, count: 1 }]);
  assert.deepEqual(handOut(40, "EUR"), [{ value: 20, count: 2 }]);
  assert.deepEqual(handOut(0, "EUR"), []);
  for (let amount = 1; amount < 30000; amount += 7) assert.equal(handOut(amount, "EUR").reduce((sum, coin) => sum + coin.value * coin.count, 0), amount);
});

test("a count is the sum of its notes and coins", () => {
  assert.equal(counted({ 5000: 2, 2000: 7, 1: 2 }), 24002);
});

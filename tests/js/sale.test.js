import assert from "node:assert/strict";
import { test } from "node:test";
import { nextTurn, offerOf, openPricing, priced, saleBody } from "../../pos/static/pos/basket.js";
import { counted, handOut, likelyCash } from "../../pos/static/pos/cash.js";
import { openCatalogue, stickerByCode } from "../../pos/static/pos/catalogue.js";
import { addItem, emptySale, removeLine, setQuantity } from "../../pos/static/pos/sale.js";
import { seeded } from "./seeded.js";

const NOON = Date.UTC(2026, 10, 21, 12);
const oats = item({ id: "oats", price: 279, facets: ["category:drinks"] });
const apples = item({ id: "apples", price: 320, sold_by: "weight" });
const bottle = item({ id: "bottle", price: 15, tax_class: "full", tax_rate: 190000, only_deposit: true });
const water = item({ id: "water", price: 110, deposit: "bottle", gtins: ["04006381333931"] });

function item(what) {
  return { sku: what.id, name: what.id, gtins: ["00000000000017"], price_quantity: 1000, tax_class: "reduced", tax_rate: 70000, category: "", tile: "", sold_by: "each", favourite: 0, ...what };
}

function promotion(what) {
  return {
    name: what.code, priority: 0, level: "line", combination: "best", group: "", stack_limit: null, starts_at: null, ends_at: null, windows: [], channels: [], stores: [], coupon: false, groups: [], segments: [],
    first_order: false, staff: false, selection: { any: { category: ["drinks"] }, except: {} }, minimum: { quantity: null, amount: null }, needs: [],
    limits: { per_basket: null, limited: false, offline: "allow" }, supplier: "", supplier_share: 0, ...what,
  };
}

const twoForFive = promotion({ code: "two", name: "2 for 5.00", reward: { kind: "set", size: 2, value: 500 } });

function catalogue({ items = [oats, apples, water, bottle], promotions = [], stickers = [], ...more } = {}) {
  const vat = (rate) => [{ code: "vat", name: "VAT", rate, compound: false, starts_at: null, ends_at: null }];
  const rules = { currency: "EUR", prices_include_tax: true, tax_rounding: "line", cash_rounding: 0, taxes: { reduced: vat(70000), full: vat(190000) }, promotions, ...more };
  const pricing = { snapshot: "rules 1", rules, timezone: "Europe/Berlin", channel: "shop", store: "main", stickers };
  return openCatalogue({ snapshot: "feed 1", currency: "EUR", categories: [], items, pricing });
}

const sum = (sale, shop = null, at = NOON, offline = false) => priced(sale, { catalogue: shop, at, offline });
const sold = (...items) => items.reduce((sale, one) => addItem(sale, { item: one, quantity: 1000 }), emptySale());

function paid(sale, tendered, shop = null) {
  return saleBody({ sale, basket: sum(sale, shop), tendered, currency: "EUR", businessDate: "2026-11-21", receipt: "1-1-0001", receiptNo: 1 });
}

test("scanning the same thing again raises its line", () => {
  const sale = addItem(addItem(emptySale(), { item: oats, quantity: 1000 }), { item: oats, quantity: 2000 });
  assert.deepEqual(sum(sale).rows.map((row) => [row.quantity, row.total]), [[3000, 837]]);
  assert.equal(sale.newest, 1);
});

test("every weighing is a line of its own", () => {
  const sale = addItem(addItem(emptySale(), { item: apples, quantity: 742 }), { item: apples, quantity: 742 });
  assert.deepEqual(sum(sale).rows.map((row) => row.total), [237, 237]);
  assert.equal(sum(sale).items, 2);
});

test("a change leaves the sale before it as it was, so that undo can go back", () => {
  const before = addItem(emptySale(), { item: oats, quantity: 1000 });
  const after = setQuantity(before, 1, 5000);
  assert.equal(before.lines[0].quantity, 1000);
  assert.equal(sum(after).total, 1395);
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

test("an offer is given, told under its line, and written down piece by piece", () => {
  const shop = catalogue({ promotions: [twoForFive] });
  const sale = setQuantity(sold(oats), 1, 3000);
  const { rows, total, saved } = sum(sale, shop);
  assert.deepEqual([total, saved], [779, 58]);
  assert.deepEqual(rows[0].offers, [{ promotion: "two", name: "2 for 5.00", amount: 58 }]);
  const body = paid(sale, 1000, shop);
  // Equal in price, not in tax: 33 cents are not two equal parts.
  assert.deepEqual(body.lines[0].allocation.map((piece) => Object.values(piece)), [[1000, 250, 29, 17], [1000, 250, 29, 16], [1000, 279, 0, 18]]);
  assert.deepEqual([body.snapshot, body.priced_at, body.promotions[0].amount, body.lines[0].price_source], ["rules 1", NOON, 58, "base"]);
});

test("what is missing for an offer is told under the newest line it is about", () => {
  const juice = item({ id: "juice", price: 250, facets: ["category:drinks"] });
  const need = promotion({ code: "three", name: "3 for 6.00", reward: { kind: "set", size: 3, value: 600 } });
  const { rows } = sum(sold(oats, juice, apples), catalogue({ promotions: [need] }));
  assert.deepEqual(rows.map((row) => row.hint?.count), [undefined, 1, undefined]);
});

test("a deposit follows what it belongs to and is never reduced", () => {
  const half = promotion({ code: "half", selection: { any: {}, except: {} }, reward: { kind: "percent", value: 500_000 } });
  const { rows, total, items } = sum(setQuantity(sold(water, oats), 1, 3000), catalogue({ promotions: [half] }));
  assert.deepEqual(rows.map((row) => [row.n, row.kind, row.total]), [[1, "goods", 165], [1, "deposit", 45], [2, "goods", 139]]);
  assert.deepEqual([total, items], [349, 4]);
  assert.deepEqual(paid(sold(oats, water), 500, catalogue()).lines.map((line) => [line.kind, line.parent, line.gtin]), [["goods", undefined, "00000000000017"], ["goods", undefined, "04006381333931"], ["deposit", 2, ""]]);
});

test("what is only there as a deposit is neither found nor shown", () => {
  const shop = catalogue();
  assert.equal(shop.byCode.get("bottle"), undefined);
  assert.equal(shop.byId.get("bottle").price, 15);
  assert.ok(shop.shelves.every((shelf) => shelf.items.every((one) => one.id !== "bottle")));
});

test("a sticker sells its thing marked down, closed to other offers and on a line of its own", () => {
  const sticker = { code: "2812345678903", variant: "oats", kind: "percent", value: 500_000, expires_at: NOON + 1 };
  const shop = catalogue({ promotions: [twoForFive], stickers: [sticker] });
  assert.equal(stickerByCode(shop, "2812345678903"), sticker);
  const fixed = { source: "markdown", code: sticker.code, kind: sticker.kind, value: sticker.value };
  const sale = addItem(sold(oats), { item: oats, quantity: 1000, fixed });
  const { rows } = sum(sale, shop);
  assert.deepEqual(rows.map((row) => row.total), [279, 139]);
  assert.deepEqual(rows[1].offers, [{ promotion: "markdown:2812345678903", name: "2812345678903", amount: 140 }]);
});

test("a price that is to come holds from its millisecond on, on the shelf and in the basket", () => {
  const offer = { list: "weekend", amount: 199, price_quantity: 1000, from_quantity: 0, starts_at: NOON, ends_at: NOON + 1000, group: "", rank: 100 };
  const cheaper = { ...oats, offers: [offer] };
  const shop = catalogue({ items: [cheaper] });
  assert.deepEqual([NOON - 1, NOON, NOON + 1000].map((at) => [offerOf(cheaper, at).amount, sum(sold(cheaper), shop, at).total]), [[279, 279], [199, 199], [279, 279]]);
  assert.deepEqual([nextTurn(shop.pricing, NOON - 5000), nextTurn(shop.pricing, NOON), nextTurn(shop.pricing, NOON + 1000)], [NOON, NOON + 1000, Infinity]);
  assert.equal(paid(sold(cheaper), 500, shop).lines[0].price_source, "weekend");
});

test("hours of the day go by the clock of the store", () => {
  const lunch = promotion({ code: "lunch", windows: [{ days: [6], from: 13 * 60, until: 14 * 60 }], reward: { kind: "percent", value: 500_000 } });
  const shop = catalogue({ promotions: [lunch] });
  assert.deepEqual([NOON - 1, NOON, NOON + 3_600_000].map((at) => sum(sold(oats), shop, at).total), [279, 139, 279]);
  assert.equal(nextTurn(shop.pricing, NOON + 1), NOON + 60_000);
});

test("an offer with a limit that the till cannot see is not given without a line", () => {
  const limited = { ...twoForFive, limits: { per_basket: null, limited: true, offline: "refuse" } };
  const shop = catalogue({ promotions: [limited] });
  assert.deepEqual([false, true].map((offline) => sum(setQuantity(sold(oats), 1, 2000), shop, NOON, offline).total), [500, 558]);
});

test("cash is rounded to the coins there are, and the difference is written down", () => {
  const body = paid(sold(oats), 300, catalogue({ cash_rounding: 5 }));
  assert.deepEqual([body.total, body.rounding, body.tenders[0].amount, body.tenders[0].change], [280, 1, 280, 20]);
});

test("tax on top of the price is charged with it", () => {
  const body = paid(sold(oats), 299, catalogue({ prices_include_tax: false }));
  assert.deepEqual([body.lines[0].total, body.tax, body.total, body.tax_included], [279, 20, 299, false]);
});

test("what comes without rules is sold at its price, tax included; a class without a rule at the rate that came with it", () => {
  const plain = openCatalogue({ snapshot: "", currency: "EUR", categories: [], items: [oats] });
  assert.deepEqual([sum(sold(oats), plain).tax, sum(sold(item({ id: "odd", price: 107, tax_class: "other" })), catalogue()).tax], [18, 7]);
  assert.equal(openPricing(null).snapshot, "");
});

test("the body of a sale balances whatever was scanned", () => {
  const chance = seeded(20261121);
  const shop = catalogue({ promotions: [twoForFive, promotion({ code: "ten", combination: "stack", selection: { any: {}, except: {} }, reward: { kind: "percent", value: 100_000 } })] });
  for (let round = 0; round < 300; round += 1) {
    let sale = emptySale();
    for (let scans = chance.between(1, 30); scans > 0; scans -= 1) {
      const weighed = chance.next() < 0.3;
      const what = item({ id: `p${chance.between(1, 12)}${weighed}`, price: chance.between(0, 99999), tax_rate: chance.pick([0, 70000, 190000, 77500]), tax_class: chance.pick(["reduced", "none"]), facets: chance.pick([[], ["category:drinks"]]), sold_by: weighed ? "weight" : "each" });
      sale = addItem(sale, { item: what, quantity: weighed ? chance.between(1, 9999) : chance.between(1, 9) * 1000 });
      if (chance.next() < 0.1) sale = removeLine(sale, chance.between(1, sale.next));
    }
    if (!sale.lines.length) continue;
    const { total, tax } = sum(sale, shop);
    const body = paid(sale, total + chance.between(0, 5000), shop);
    assert.equal(body.lines.reduce((had, line) => had + line.total, 0) + body.rounding, body.total);
    assert.equal(body.lines.reduce((had, line) => had + line.tax, 0), tax);
    assert.deepEqual(body.lines.map((line) => line.n), body.lines.map((_, place) => place + 1));
    assert.ok(body.lines.every((line) => line.total === line.list_total - line.discount));
    assert.ok(body.lines.every((line) => line.allocation.reduce((had, piece) => had + piece.total, 0) === line.total));
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

test("a printed price holds to the cent, whatever the price by weight is, and no offer touches it", () => {
  const half = promotion({ code: "half", selection: { any: {}, except: {} }, reward: { kind: "percent", value: 500_000 } });
  const shop = catalogue({ promotions: [half] });
  const sale = addItem(sold(oats), { item: apples, quantity: 741, own: { source: "embedded", amount: 237, price_quantity: 741 }, extra: { embedded: "2200012002376" } });
  const body = paid(sale, 1000, shop);
  assert.deepEqual(body.lines.map((line) => [line.total, line.discount, line.price_source]), [[139, 140, "base"], [237, 0, "embedded"]]);
  assert.deepEqual([body.lines[1].embedded, body.lines[1].unit_price, body.lines[1].price_quantity, body.lines[1].quantity], ["2200012002376", 237, 741, 741]);
  for (const times of [2, 3, 7]) assert.equal(sum(addItem(emptySale(), { item: apples, quantity: 741 * times, own: { source: "embedded", amount: 237, price_quantity: 741 } }), shop).total, 237 * times);
});

test("an open item is a line of its own, of nothing the shop knows, taxed and closed to offers", () => {
  const half = promotion({ code: "half", selection: { any: {}, except: {} }, reward: { kind: "percent", value: 500_000 } });
  const open = item({ id: "", sku: "", name: "Something", gtins: [], tax_class: "full", tax_rate: 190000 });
  const one = { item: open, gtin: "4006381333931", quantity: 1000, own: { source: "open", amount: 500, price_quantity: 1000 } };
  const body = paid(addItem(addItem(emptySale(), one), one), 1000, catalogue({ promotions: [half] }));
  assert.deepEqual(body.lines.map((line) => [line.kind, line.variant, line.sku, line.gtin, line.total, line.tax, line.price_source]), Array(2).fill(["open", null, "", "4006381333931", 500, 80, "open"]));
});

test("another lot or another printed price is another line; the same ones raise it", () => {
  const lot = (code) => ({ item: oats, quantity: 1000, extra: { lot: code } });
  const sale = [lot("A"), lot("B"), lot("A"), { item: oats, quantity: 1000 }].reduce(addItem, emptySale());
  assert.deepEqual(sale.lines.map((line) => [line.extra?.lot, line.quantity]), [["A", 2000], ["B", 1000], [undefined, 1000]]);
  assert.deepEqual(paid(sale, 2000, catalogue()).lines.map((line) => line.lot), ["A", "B", undefined]);
});

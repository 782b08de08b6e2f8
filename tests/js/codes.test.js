import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDigit, dateOf, GS, minorUnits, readEmbedded, readGs1, weightFor } from "../../pos/static/pos/codes.js";
import { seeded } from "./seeded.js";

const YEAR = 2026;
const GTIN = "04006381333931";
const NOTHING = { gtin: GTIN, count: 0, weight: 0, price: "", currency: "", lot: "", serial: "", expires_on: "" };
const read = (code) => readGs1(code, YEAR);
const told = (more) => ({ ...NOTHING, ...more });

test("one code is read alike as a string with marks, with its symbology, in brackets and as a digital link", () => {
  const marked = `01${GTIN}17271231${"10"}A1${GS}21S-77`;
  const wanted = told({ lot: "A1", serial: "S-77", expires_on: "2027-12-31" });
  for (const code of [marked, `]C1${marked}`, `]d2${marked}`, `]Q3${GS}${marked}`, `]C1${GS}${marked}${GS}`]) assert.deepEqual(read(code), wanted, code);
  assert.deepEqual(read(`(01)${GTIN}(17)271231(10)A1(21)S-77`), wanted);
  assert.deepEqual(read(`https://id.gs1.org/01/${GTIN}/10/A1/21/S-77?17=271231`), wanted);
  assert.deepEqual(read(`https://shop.example/p/01/4006381333931/10/A1/21/S%2D77?17=271231&utm=x`), wanted);
});

test("without a mark behind it, a lot at the end is a lot", () => {
  assert.deepEqual(read(`01${GTIN}1527123110ABC`), told({ lot: "ABC", expires_on: "2027-12-31" }));
});

test("weights are grams, in kilograms or pounds", () => {
  for (const [element, weight] of [["3103000742", 742], ["3102000074", 740], ["3101000007", 700], ["3100000002", 2000], ["3105074249", 742], ["3202000100", 454], ["3201000010", 454]]) {
    assert.equal(read(`01${GTIN}${element}`)?.weight, weight, element);
  }
});

test("a price is in the money of the place or a named one, and never finer than it", () => {
  assert.deepEqual(read(`01${GTIN}3922455`), told({ price: "4.55" }));
  assert.deepEqual(read(`01${GTIN}3932978455`), told({ price: "4.55", currency: "EUR" }));
  assert.deepEqual(read(`01${GTIN}3932999455`)?.currency, "?");
  assert.deepEqual([minorUnits("4.55", 2), minorUnits("4.550", 2), minorUnits("4.555", 2), minorUnits("455.", 0), minorUnits("4.5", 2), minorUnits("0.5", 3)], [455, 455, null, 455, 450, 500]);
});

test("counts of pieces, and of what is in a case", () => {
  assert.equal(read(`01${GTIN}3012`)?.count, 12);
  assert.deepEqual(read(`02${GTIN}3724`), told({ count: 24 }));
});

test("day 00 is the last of the month, and the century is the nearest", () => {
  assert.deepEqual(["270200", "280200", "271231", "770101", "760101", "000101"].map((text) => dateOf(text, YEAR)), ["2027-02-28", "2028-02-29", "2027-12-31", "1977-01-01", "2076-01-01", "2000-01-01"]);
  assert.deepEqual(["271301", "270230", "27010", "", "2701011"].map((text) => dateOf(text, YEAR)), ["", "", "", "", ""]);
});

test("what is no GS1 code is none", () => {
  const codes = ["", "4006381333931", GTIN, `01${GTIN.slice(0, 13)}9`, "10ABC", "hello", "https://example.com/01/x", "https://example.com/", "http://[", "(01)123", `01${GTIN}17271231x`, `01${GTIN}01${GTIN}`, `https://id.gs1.org/01/${GTIN}/%`, "WIFI:S:x;;"];
  for (const code of codes) assert.equal(read(code), null, code);
  assert.equal(read(`01${GTIN}10${"x".repeat(21)}`), null);
  assert.equal(read(`(01)${GTIN}(10)${"x".repeat(21)}`)?.lot, "");
});

test("any elements in any order are read back, as a string and as a link", () => {
  const chance = seeded(1701);
  const text = () => Array.from({ length: chance.between(1, 20) }, () => chance.pick([..."ABCDEFGHKLM0123456789-./_"])).join("");
  for (let round = 0; round < 5000; round += 1) {
    const body = Array.from({ length: 13 }, () => chance.between(0, 9)).join("");
    const gtin = body + checkDigit(body);
    const [lot, serial, grams, pieces] = [text(), text(), chance.between(1, 999_999), chance.between(1, 9999)];
    const expires_on = `20${chance.between(10, 70)}-${String(chance.between(1, 12)).padStart(2, "0")}-${String(chance.between(1, 28)).padStart(2, "0")}`;
    const day = expires_on.slice(2).replaceAll("-", "");
    const elements = [["01", gtin], ["10", lot], ["21", serial], ["17", day], ["3103", String(grams).padStart(6, "0")], ["30", String(pieces)]];
    const mixed = elements.map((one) => [chance.next(), one]).sort((one, two) => one[0] - two[0]).map(([, one]) => one);
    const open = (ai) => ["10", "21", "30"].includes(ai);
    const wanted = { gtin, count: pieces, weight: grams, price: "", currency: "", lot, serial, expires_on };
    const string = mixed.map(([ai, value], place) => ai + value + (open(ai) && (place < 5 || chance.next() < 0.5) ? GS : "")).join("");
    assert.deepEqual(read(chance.pick(["", "]C1", "]d2", "]Q3", GS]) + string), wanted, string);
    const link = `https://id.gs1.org/01/${gtin}/10/${encodeURIComponent(lot)}/21/${encodeURIComponent(serial)}?${mixed.filter(([ai]) => !["01", "10", "21"].includes(ai)).map(([ai, value]) => `${ai}=${value}`).join("&")}`;
    // A dot by itself is a step in a path.
    if (!/^\.{1,2}$/.test(lot) && !/^\.{1,2}$/.test(serial)) assert.deepEqual(read(link), wanted, link);
  }
});

test("no text whatever breaks the reading", () => {
  const chance = seeded(99);
  const signs = [..."0123456789013110217(){}%/:?=&]C1d2Q3AZaz ", GS, "ä"];
  for (let round = 0; round < 20_000; round += 1) {
    const text = chance.pick(["", "01", "https://", "(01)", "]C1"]) + Array.from({ length: chance.between(0, 60) }, () => chance.pick(signs)).join("");
    const found = read(text);
    if (found) assert.match(found.gtin, /^\d{14}$/, text);
    readEmbedded(text, [{ prefix: "2", item: 5, value: 5, holds: "price" }]);
  }
});

const rules = [{ prefix: "21", item: 5, value: 5, holds: "weight" }, { prefix: "22", item: 4, value: 6, holds: "price" }, { prefix: "2", item: 5, value: 5, holds: "price" }];
const coded = (digits) => digits + checkDigit(digits);

test("a label of the store's scales tells its thing and its price or weight", () => {
  const weighed = readEmbedded(coded("210001200742"), rules);
  assert.deepEqual([weighed.holds, weighed.value, weighed.keys], ["weight", 742, [coded("210001200000"), "00012", "12", "2100012"]]);
  const priced = readEmbedded(coded("221234001999"), rules);
  assert.deepEqual([priced.holds, priced.value, priced.keys[1]], ["price", 1999, "1234"]);
});

test("UPC-A labels are read with and without the zero that scanners put in front", () => {
  const code = coded("20012300455");
  for (const sent of [code, `0${code}`]) assert.deepEqual([readEmbedded(sent, rules).value, readEmbedded(sent, rules).keys[1]], [455, "00123"], sent);
});

test("a wrong check digit, a value of nothing and a prefix of no rule are no labels", () => {
  const code = coded("210001200742");
  assert.equal(readEmbedded(code.slice(0, 12) + ((Number(code[12]) + 1) % 10), rules), null);
  assert.equal(readEmbedded(coded("210001200000"), rules), null);
  assert.equal(readEmbedded(coded("400638133393"), rules), null);
  assert.equal(readEmbedded("21ABC", rules), null);
});

test("any label of any rule is read back, and one wrong digit never", () => {
  const chance = seeded(2200);
  for (let round = 0; round < 5000; round += 1) {
    const prefix = String(chance.between(20, 29));
    const item = chance.between(3, 6);
    const value = 10 - item;
    const holds = chance.pick(["price", "weight"]);
    const number = String(chance.between(0, 10 ** item - 1)).padStart(item, "0");
    const amount = chance.between(1, 10 ** value - 1);
    const code = coded(prefix + number + String(amount).padStart(value, "0"));
    const found = readEmbedded(code, [{ prefix, item, value, holds }]);
    assert.deepEqual([found.value, found.keys[1], found.holds, found.code], [amount, number, holds, code]);
    const place = chance.between(0, 12);
    const wrong = code.slice(0, place) + ((Number(code[place]) + chance.between(1, 9)) % 10) + code.slice(place + 1);
    assert.equal(readEmbedded(wrong, [{ prefix, item, value, holds }]), null, `${code} ${wrong}`);
  }
});

test("what a price buys of a weighed thing, at least a gram", () => {
  assert.deepEqual([weightFor(237, { amount: 320, price_quantity: 1000 }), weightFor(1, { amount: 99_999, price_quantity: 1000 }), weightFor(5, { amount: 0, price_quantity: 1000 })], [741, 1, 1000]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { gtin14, hasGoodCheckDigit, itemByCode, openCatalogue } from "../../pos/static/pos/catalogue.js";
import { openIndex } from "../../pos/static/pos/search-making.js";
import { find, fold } from "../../pos/static/pos/search.js";
import { seeded } from "./seeded.js";

function item(name, more = {}) {
  return { id: name, sku: `SKU-${name.length}-${name.slice(0, 2)}`, name, gtins: [], price: 100, price_quantity: 1000, tax_class: "", tax_rate: 0, category: "food", tile: "", sold_by: "each", favourite: 0, ...more };
}

function shop(items) {
  return openCatalogue({ snapshot: "1", currency: "EUR", categories: [{ code: "food", name: "Food" }, { code: "none", name: "Empty" }], items });
}

function indexed(items) {
  const making = openIndex();
  // In slices, as they are read.
  for (let from = 0; from < items.length; from += 100) making.add(items.slice(from, from + 100));
  const index = making.finish();
  const byId = new Map(items.map((one) => [one.id, one]));
  return (query) => find(index, query).map((id) => byId.get(id));
}

const names = (look, query) => look(query).map((found) => found.name);

test("words are found by their beginnings, whatever accents, case and order", async () => {
  const look = indexed([item("Crème fraîche 200 g"), item("Elderflower pressé 0.75 L"), item("Oat drink barista 1 L")]);
  assert.deepEqual(names(look, "creme FRA"), ["Crème fraîche 200 g"]);
  assert.deepEqual(names(look, "presse"), ["Elderflower pressé 0.75 L"]);
  assert.deepEqual(names(look, "bar oat"), ["Oat drink barista 1 L"]);
});

test("a part inside a word is found when no word begins so", async () => {
  const look = indexed([item("Sparkling water"), item("Wassermelone")]);
  assert.deepEqual(names(look, "melone"), ["Wassermelone"]);
  assert.deepEqual(names(look, "zzz"), []);
  assert.deepEqual(names(look, "  "), []);
});

test("names that begin with what is asked come first", async () => {
  const look = indexed([item("Soup with oats"), item("Oats, rolled")]);
  assert.deepEqual(names(look, "oat"), ["Oats, rolled", "Soup with oats"]);
});

test("EAN-8, UPC-A, EAN-13 and GTIN-14 all name the same thing", async () => {
  const catalogue = shop([item("Pen", { gtins: ["04006381333931"] }), item("Gum", { gtins: ["00000096385074"] }), item("Can", { gtins: ["00012345678905"] })]);
  assert.equal(itemByCode(catalogue, "4006381333931")?.name, "Pen");
  assert.equal(itemByCode(catalogue, "04006381333931")?.name, "Pen");
  assert.equal(itemByCode(catalogue, "96385074")?.name, "Gum");
  assert.equal(itemByCode(catalogue, "012345678905")?.name, "Can");
  assert.equal(itemByCode(catalogue, "4006381333932"), undefined);
  assert.equal(gtin14("12345"), "");
});

test("a wrong check digit is told from an unknown code", () => {
  assert.ok(hasGoodCheckDigit("4006381333931"));
  assert.ok(hasGoodCheckDigit("96385074"));
  assert.ok(!hasGoodCheckDigit("4006381333932"));
});

test("shelves are the favourites and the categories that have something", async () => {
  const catalogue = shop([item("A", { favourite: 2 }), item("B"), item("C", { favourite: 1 })]);
  assert.deepEqual(catalogue.shelves.map((shelf) => [shelf.code, shelf.items.map(({ name }) => name).join("")]), [["", "CA"], ["food", "ABC"]]);
});

/** What the index must answer, told without one: every thing is looked at, and all of them are put in order. */
function lookedThrough(items, query, limit = 30) {
  const wordsOf = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  const asked = wordsOf(query);
  if (!asked.length) return [];
  const known = items.map((one) => ({ one, own: wordsOf(`${one.name} ${one.sku}`) }));
  const fitting = (fits) => known.filter(({ own }) => asked.every((word) => own.some((other) => fits(other, word))));
  const begun = fitting((other, word) => other.startsWith(word));
  const found = begun.length ? begun : fitting((other, word) => other.includes(word));
  const key = ({ own }) => `${begun.length && own.join(" ").startsWith(asked[0]) ? 0 : 1}${own.join(" ")}`;
  return found.sort((one, two) => (key(one) < key(two) ? -1 : Number(key(one) > key(two)))).slice(0, limit).map(({ one }) => one.id);
}

test("the index finds what looking through everything finds, in that order, whatever is asked", () => {
  const chance = seeded(7);
  const vocabulary = Array.from({ length: 300 }, () => Array.from({ length: chance.between(2, 8) }, () => chance.pick([..."abcdefé1"])).join(""));
  const items = Array.from({ length: 600 }, (_, place) => item(`${chance.pick(vocabulary)} ${chance.pick(vocabulary)} ${place}`, { id: String(place), sku: `W-${place}` }));
  const look = indexed(items);
  const ways = { beginning: 0, part: 0, nothing: 0 };
  for (let round = 0; round < 2000; round += 1) {
    const words = Array.from({ length: chance.between(1, 3) }, () => {
      const word = chance.pick(chance.between(0, 3) ? vocabulary : ["w", "5", "59", "zz", "a", "e"]);
      const from = chance.between(0, 2) ? 0 : chance.between(0, word.length - 1);
      return word.slice(from, from + chance.between(1, 5)) || word;
    });
    const query = words.join(chance.pick([" ", "  ", "-"]));
    const expected = lookedThrough(items, query);
    assert.deepEqual(look(query).map(({ id }) => id), expected, query);
    ways[!expected.length ? "nothing" : expected.some((id) => fold(items[Number(id)].name).split(" ").some((word) => word.startsWith(fold(words[0])))) ? "beginning" : "part"] += 1;
  }
  assert.ok(Object.values(ways).every((many) => many > 50), JSON.stringify(ways));
});

test("what was asked before leaves nothing behind", () => {
  const look = indexed([item("Oat drink"), item("Oat bar"), item("Wassermelone")]);
  for (let round = 0; round < 3; round += 1) {
    assert.deepEqual(names(look, "oat"), ["Oat bar", "Oat drink"]);
    assert.deepEqual(names(look, "oat dri"), ["Oat drink"]);
    assert.deepEqual(names(look, "mel"), ["Wassermelone"]);
    assert.deepEqual(names(look, "oat mel"), []);
  }
});

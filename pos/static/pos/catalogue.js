// Everything this till sells, ready for a scan: one map from code to item, shelves for tapping, an index for searching.
import { openPricing } from "./basket.js";
import { addTo, emptyIndex, find, finish } from "./search.js";

const SLICE = 2000;

/** EAN-8, UPC-A, EAN-13 and GTIN-14 name the same thing in 14 digits. @param {string} code @returns {string} "" when it is none */
export function gtin14(code) {
  return /^(\d{8}|\d{12,14})$/.test(code) ? code.padStart(14, "0") : "";
}

/** @param {string} code @returns {boolean} */
export function hasGoodCheckDigit(code) {
  const digits = gtin14(code);
  if (!digits) return false;
  const sum = [...digits].reduce((total, digit, place) => total + Number(digit) * (place % 2 === 0 ? 3 : 1), 0);
  return sum % 10 === 0;
}

/** @param {CatalogueData} data @returns {Catalogue} */
export function openCatalogue(data) {
  const byCode = new Map();
  const byId = new Map();
  const items = data.items.filter((item) => !item.only_deposit);
  for (const item of data.items) byId.set(item.id, item);
  for (const item of items) {
    byCode.set(item.sku, item);
    for (const gtin of item.gtins) byCode.set(gtin, item);
  }
  return { ...data, items, byCode, byId, pricing: openPricing(data), index: null, shelves: shelvesOf({ ...data, items }) };
}

/** @param {CatalogueData} data @returns {Shelf[]} */
function shelvesOf(data) {
  const used = new Map(data.categories.map((category) => [category.code, /** @type {CatalogueItem[]} */ ([])]));
  for (const item of data.items) used.get(item.category)?.push(item);
  const favourites = data.items.filter((item) => item.favourite).sort((a, b) => a.favourite - b.favourite);
  const shelves = data.categories.map(({ code, name }) => ({ code, name, items: used.get(code) ?? [] })).filter((shelf) => shelf.items.length);
  return favourites.length ? [{ code: "", name: "", items: favourites }, ...shelves] : shelves;
}

/** @param {Catalogue} catalogue @param {string} code as scanned or typed @returns {CatalogueItem | undefined} */
export function itemByCode(catalogue, code) {
  return catalogue.byCode.get(gtin14(code)) ?? catalogue.byCode.get(code);
}

/** The sticker with this code, if there is one. @param {Catalogue} catalogue @param {string} code @returns {Sticker | undefined} */
export function stickerByCode({ pricing: { stickers } }, code) {
  return stickers.get(code) ?? stickers.get(gtin14(code).slice(1));
}

/** Builds the search index in slices, so that scanning goes on meanwhile. @param {Catalogue} catalogue */
export async function indexCatalogue(catalogue) {
  const index = emptyIndex();
  for (let from = 0; from < catalogue.items.length; from += SLICE) {
    addTo(index, catalogue.items.slice(from, from + SLICE));
    if (catalogue.items.length > SLICE) await new Promise((resume) => setTimeout(resume, 0));
  }
  finish(index);
  catalogue.index = index;
}

/** @param {Catalogue} catalogue @param {string} query @returns {CatalogueItem[]} */
export function searchCatalogue(catalogue, query) {
  const exact = itemByCode(catalogue, query.trim());
  if (exact) return [exact];
  return catalogue.index ? find(catalogue.index, query).map((place) => catalogue.items[place]) : [];
}

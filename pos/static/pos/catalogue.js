// Everything this till sells, ready for a scan: from code to thing, shelves for tapping. Looking for words is done beside the page.
import { openPricing } from "./basket.js";
import { chunkOf, openChunk } from "./chunks.js";

// More would be no shelf to look over: they are searched for.
const MOST_TILES = 120;
// Things read and kept: those that come again are there, a whole shop is not.
const MOST_KEPT = 2000;

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

/**
 * @param {CatalogueData} data
 * @param {Catalogue | null} [before] what did not change is taken over from it
 * @returns {Catalogue}
 */
export function openCatalogue(data, before = null) {
  const { items: whole, chunks: named = [], bytes, ...head } = data;
  const had = new Map(before?.chunks.map((chunk) => [chunk.id, chunk]));
  const chunks = whole ? [chunkOf(whole)] : named.map(({ id }) => had.get(id) ?? openChunk(id, /** @type {ArrayBuffer} */ (bytes?.get(id))));
  const item = reader(chunks);
  const packs = new Map((data.packs ?? []).map(({ gtin, variant, quantity }) => [gtin, { variant, quantity }]));
  return {
    ...head, chunks, packs, items: { length: chunks.reduce((sum, { many }) => sum + many, 0) },
    byCode: { get: (code) => item((chunk) => chunk.byCode.get(code)) },
    byId: { get: (id) => item((chunk) => chunk.byId.get(id)) },
    pricing: openPricing(data, chunks.flatMap(({ turns }) => turns)), shelves: shelvesOf(data.categories, chunks),
  };
}

/** @param {Chunk[]} chunks @returns {(find: (chunk: Chunk) => number | undefined) => CatalogueItem | undefined} */
function reader(chunks) {
  /** @type {Map<string, CatalogueItem>} */
  const kept = new Map();
  return (find) => {
    for (let at = 0; at < chunks.length; at += 1) {
      const place = find(chunks[at]);
      if (place === undefined) continue;
      const key = `${at} ${place}`;
      const found = kept.get(key) ?? chunks[at].item(place);
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(key, found);
      return found;
    }
  };
}

/** @param {CatalogueData["categories"]} categories @param {Chunk[]} chunks @returns {Shelf[]} */
function shelvesOf(categories, chunks) {
  const favourites = chunks.flatMap((chunk) => chunk.favourites.map(chunk.item)).sort((one, two) => one.favourite - two.favourite);
  const shelves = categories.flatMap(({ code, name }) => {
    const parts = chunks.filter((chunk) => chunk.categories.has(code));
    return parts.length ? [new CategoryShelf(code, name, parts)] : [];
  });
  return favourites.length ? [{ code: "", name: "", items: favourites, more: 0 }, ...shelves] : shelves;
}

/** Put together when somebody looks at it. */
class CategoryShelf {
  /** @type {CatalogueItem[] | undefined} */
  #items;
  #chunks;

  /** @param {string} code @param {string} name @param {Chunk[]} chunks */
  constructor(code, name, chunks) {
    this.code = code;
    this.name = name;
    this.#chunks = chunks;
  }

  get #parts() {
    return this.#chunks.map((chunk) => ({ chunk, places: /** @type {number[]} */ (chunk.categories.get(this.code)) }));
  }

  get more() {
    return Math.max(0, this.#parts.reduce((sum, { places }) => sum + places.length, 0) - MOST_TILES);
  }

  get items() {
    const { compare } = new Intl.Collator(undefined, { numeric: true });
    const read = () => this.#parts.flatMap(({ chunk, places }) => places.map(chunk.item));
    return (this.#items ??= read().sort((one, two) => compare(one.name, two.name)).slice(0, MOST_TILES));
  }
}

/** @param {Catalogue} catalogue @param {string} code as scanned or typed @returns {CatalogueItem | undefined} */
export function itemByCode(catalogue, code) {
  return catalogue.byCode.get(gtin14(code)) ?? catalogue.byCode.get(code);
}

/** The sticker with this code, if there is one. @param {Catalogue} catalogue @param {string} code @returns {Sticker | undefined} */
export function stickerByCode({ pricing: { stickers } }, code) {
  return stickers.get(code) ?? stickers.get(gtin14(code).slice(1));
}

/** The search comes beside what a scan needs. @type {typeof import("./looking.js") | undefined} */
let search;
/** @type {Promise<void> | undefined} */
let coming;

/** What the search looks through is read anew, beside the page; until that is done it answers from what was before. */
export function indexCatalogue() {
  if (search) search.read();
  coming ??= import("./looking.js").then((looking) => (search = looking).read(), console.warn);
}

/**
 * @param {Catalogue} catalogue @param {string} query
 * @returns {CatalogueItem[] | Promise<CatalogueItem[]>} at once, but for the first moments of a till
 */
export function searchCatalogue(catalogue, query) {
  const exact = itemByCode(catalogue, query.trim());
  if (exact) return [exact];
  // What is gone since is not found.
  const found = () => search?.look(query).flatMap((id) => catalogue.byId.get(id) ?? []) ?? [];
  return search?.isReady() || !coming ? found() : coming.then(() => search?.ready).then(found);
}

// Looking for a thing by its name: in what this till sells, and for words it does not find in the whole shop.
import { holdsCardNumber } from "./card-numbers.js";
import { searchCatalogue } from "./catalogue.js";
import { addToSale, isOurs, makeOut, refuseCard } from "./selling.js";
import { change, state } from "./state.js";

const LEAST_ASKED = 3;

/** The newest search that was asked. @type {Promise<void> | null} */
let searching = null;

/** @param {string} query */
export function search(query) {
  if (holdsCardNumber(query, isOurs)) {
    refuseCard();
    return;
  }
  const kept = state.panel?.kind === "items" ? null : state.panel;
  change({ query, chosen: 0, panel: kept, ...(query.trim() ? {} : { results: [] }) });
  const found = state.catalogue && query.trim() ? searchCatalogue(state.catalogue, query) : [];
  if (Array.isArray(found)) showFound(query, found);
  else searching = /** @type {Promise<CatalogueItem[]>} */ (found).then((results) => showFound(query, results), console.warn);
}

/** An answer to what is no longer asked is too late. @param {string} query @param {CatalogueItem[]} results */
function showFound(query, results) {
  if (state.query !== query) return;
  searching = null;
  change({ results, chosen: 0 });
  if (!results.length && query.trim().length >= LEAST_ASKED && state.sync.online) void searchShop(query);
}

/** @param {string} query */
async function searchShop(query) {
  const { askTheShop } = await import("./asking.js");
  const results = await askTheShop(query);
  if (results.length && state.query === query && !state.results.length) change({ results });
}

/** @param {number} step */
export function choose(step) {
  const last = state.results.length - 1;
  change({ chosen: Math.max(0, Math.min(last, state.chosen + step)) });
}

/** Enter in the search field: what is found for what stands there now. */
export async function takeChosen() {
  const { query } = state;
  if (searching) await searching;
  if (state.query !== query) return;
  const item = state.results[state.chosen];
  const code = state.query.trim();
  if (item) addToSale(item, item.gtins.includes(code.padStart(14, "0")) ? code : "");
  else if (code) {
    change({ query: "", results: [] });
    void makeOut(code);
  }
}

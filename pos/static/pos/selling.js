// What the sell screen does: scans, taps, quantities, undo, search. Every act ends in one change of the state.
import { alarm } from "./alarm.js";
import { holdsCardNumber } from "./card-numbers.js";
import { hasGoodCheckDigit, itemByCode, searchCatalogue, stickerByCode } from "./catalogue.js";
import { writeFacts } from "./db.js";
import { Refused } from "./pricing/arithmetic.js";
import { addItem, emptySale, isPossible, lineOf, ONE, removeLine, setQuantity } from "./sale.js";
import { change, clock, price, state } from "./state.js";
import { lineWords, t } from "./strings.js";

const MOST_UNDO = 50;
const TINT_MS = 1500;
const LEAST_ASKED = 3;

/** Scans that came while a quantity was asked or a sale was being written. @type {string[]} */
const waiting = [];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let tint;
let afterSale = () => {};

/** What happens to the finished sale when the next one begins. @param {() => void} settle */
export function onNextSale(settle) {
  afterSale = settle;
}

/** @param {TillSale} sale */
function keep(sale) {
  void writeFacts({ draft: sale.lines.length ? sale : undefined });
}

/** A new state of the basket, undoable. @param {TillSale} sale @param {Partial<TillState>} [patch] */
function sell(sale, patch = {}) {
  // What is being written is sold as it was: a basket that is kept after it would come back and be sold again.
  if (state.busy) return;
  const basket = counted(sale);
  if (!basket) return;
  clearTimeout(tint);
  tint = setTimeout(() => change({ tinted: 0 }), TINT_MS);
  change({ sale, basket, past: [...state.past, state.sale].slice(-MOST_UNDO), tinted: sale.newest, notice: null, multiplier: "", screen: "sell", ...patch });
  keep(sale);
}

/** What the sale would cost; said and not done when it is more than can be counted. @param {TillSale} sale */
function counted(sale) {
  try {
    return price(sale);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    warn(t("quantity.title"), t("quantity.text"));
    return null;
  }
}

/** @param {string} title @param {string} text @param {boolean} [search] */
function warn(title, text, search = false) {
  change({ warning: { title, text, search } });
  alarm(`${title}. ${text}`);
}

export function dismiss() {
  alarm("");
  change({ warning: null });
}

/** A code from the scanner, or from a card with scan buttons. @param {string} code */
export function scan(code) {
  if (state.busy || state.panel?.kind === "quantity") {
    waiting.push(code);
    return;
  }
  const at = state.screen === "approval" ? (state.asked?.from ?? "") : state.screen;
  if (!["sell", "pay", "change"].includes(at) || !state.catalogue) return;
  const item = itemByCode(state.catalogue, code);
  const sticker = item ? undefined : stickerByCode(state.catalogue, code);
  if (item) addToSale(item, code);
  else if (sticker) addMarkedDown(sticker);
  else if (holdsCardNumber(code, isOurs)) refuseCard();
  else unknown(code);
}

/** The scans that had to wait, in their order; one of them may ask for a quantity again. */
export function scanWaiting() {
  while (waiting.length && !state.busy && state.panel?.kind !== "quantity") scan(/** @type {string} */ (waiting.shift()));
}

/** @param {string} digits */
function isOurs(digits) {
  return state.catalogue !== null && itemByCode(state.catalogue, digits) !== undefined;
}

export function refuseCard() {
  change({ query: "", results: [] });
  warn(t("card.title"), t("card.text"));
}

/** @param {string} code */
function unknown(code) {
  const misread = /^\d{8,14}$/.test(code) && !hasGoodCheckDigit(code);
  if (state.screen === "pay") change({ screen: "sell", entry: "" });
  warn(t("unknown.title"), t(misread ? "unknown.misread" : "unknown.text", { code: code.slice(0, 40) }), !misread);
}

/** A markdown's sticker sells what it is stuck on. @param {Sticker} sticker */
function addMarkedDown({ code, variant, kind, value, expires_at }) {
  const item = state.catalogue?.byId.get(variant);
  if (!item || expires_at <= clock()) warn(t("sticker.title"), t("sticker.text", { code }));
  else addToSale(item, code, { source: "markdown", code, kind, value });
}

/** @param {CatalogueItem} item @param {string} [gtin] as scanned @param {Fixed | null} [fixed] */
export function addToSale(item, gtin = "", fixed = null) {
  if (state.busy) return;
  const times = state.multiplier.endsWith("×") ? parseInt(state.multiplier, 10) : 1;
  if (item.sold_by === "weight") {
    change({ panel: { kind: "quantity", item, gtin, fixed, entry: "" }, query: "", results: [], screen: state.screen === "change" ? "change" : "sell" });
    return;
  }
  put({ item, gtin, fixed, quantity: times * ONE });
}

/** @param {{item: CatalogueItem, gtin: string, quantity: number, fixed: Fixed | null}} what */
function put(what) {
  const before = state.screen === "change" ? emptySale() : state.sale;
  const sale = addItem(before, what);
  if (sale === before) {
    warn(t("quantity.title"), t("quantity.text"));
    change({ multiplier: "" });
    return;
  }
  const panel = state.panel?.kind === "try" || state.panel?.kind === "items" ? state.panel : null;
  if (state.screen === "change") {
    afterSale();
    sell(sale, { past: [before], sold: null, query: "", results: [], panel });
  } else {
    sell(sale, { query: "", results: [], panel, entry: "" });
  }
}

/** The weight that was typed for the thing on the panel. */
export function takeQuantity() {
  const panel = state.panel;
  if (panel?.kind !== "quantity" || state.busy || !isPossible(panel.item, Number(panel.entry))) return;
  change({ panel: null });
  put({ ...panel, quantity: Number(panel.entry) });
  scanWaiting();
}

/** @param {string} key a digit, "00" or "erase" */
export function panelKey(key) {
  const panel = state.panel;
  if (panel?.kind !== "quantity") return;
  const entry = key === "erase" ? panel.entry.slice(0, -1) : (panel.entry + key).replace(/^0+/, "").slice(0, 6);
  change({ panel: { ...panel, entry } });
}

/** @param {number} n */
export function openLine(n) {
  if (state.screen === "sell" && lineOf(state.sale, n)) change({ panel: { kind: "line", n, entry: "" }, query: "", results: [] });
}

/** @param {number} n @param {number} step pieces more or fewer */
export function stepLine(n, step) {
  const line = lineOf(state.sale, n);
  if (line && line.item.sold_by === "each" && isPossible(line.item, line.quantity + step * ONE)) sell(setQuantity(state.sale, n, line.quantity + step * ONE));
}

/** @param {number} n */
export function remove(n) {
  const line = lineOf(state.sale, n);
  if (line) sell(removeLine(state.sale, n), { panel: null, notice: { title: t("removed"), text: lineWords({ ...line.item, quantity: line.quantity }) } });
}

/** Del without a chosen line takes the newest. */
export function removeChosen() {
  if (state.screen !== "sell") return;
  const n = state.panel?.kind === "line" ? state.panel.n : (state.sale.newest || state.sale.lines.at(-1)?.n);
  if (n) remove(n);
}

export function clearBasket() {
  if (state.sale.lines.length) sell({ ...state.sale, lines: [], newest: 0 }, { panel: null, notice: { title: t("cleared"), text: t("cleared.text") } });
}

export function undo() {
  const sale = state.past.at(-1);
  if (state.screen !== "sell" || !sale || state.busy) return;
  change({ sale, past: state.past.slice(0, -1), tinted: 0, panel: null, notice: { title: t("undone"), text: sale.lines.length ? "" : t("basket.empty") } });
  keep(sale);
}

/** Typed by hand where no field is: `3 *`, then scan. Digits alone change nothing. @param {string} key */
export function typed(key) {
  const digits = state.multiplier.replace("×", "");
  if (/\d/.test(key)) change({ multiplier: ((state.multiplier === digits ? digits : "") + key).replace(/^0+/, "").slice(0, 4) });
  else change({ multiplier: /[*x×]/i.test(key) && digits ? `${digits}×` : "" });
}

/** @param {string} query */
export function search(query) {
  if (holdsCardNumber(query, isOurs)) {
    refuseCard();
    return;
  }
  const results = state.catalogue && query.trim() ? searchCatalogue(state.catalogue, query) : [];
  change({ query, results, chosen: 0, panel: state.panel?.kind === "items" ? null : state.panel });
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

/** Enter in the search field. */
export function takeChosen() {
  const item = state.results[state.chosen];
  const code = state.query.trim();
  if (item) addToSale(item, item.gtins.includes(code.padStart(14, "0")) ? code : "");
  else if (code) {
    change({ query: "", results: [] });
    unknown(code);
  }
}

/** @param {TillState["panel"]} panel */
export function openPanel(panel) {
  change({ panel, query: "", results: [] });
}

/** How one goes back from a screen that comes later. @type {Record<string, () => void>} */
const BACK = {};

/** @param {TillScreen} screen @param {() => void} leave */
export function backOf(screen, leave) {
  BACK[screen] = leave;
}

/** Esc: one step back, never losing the basket. */
export function back() {
  if (state.panel) change({ panel: null });
  else if (state.query) change({ query: "", results: [] });
  else if (state.multiplier) change({ multiplier: "" });
  else if (state.screen === "pay" && !state.busy) change({ screen: "sell", entry: "" });
  else if (BACK[state.screen]) BACK[state.screen]();
  else if (state.warning) dismiss();
  scanWaiting();
}

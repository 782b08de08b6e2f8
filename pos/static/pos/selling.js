// What the sell screen does: scans, taps, quantities, undo, search. Every act ends in one change of the state.
import { alarm } from "./alarm.js";
import { holdsCardNumber } from "./card-numbers.js";
import { gtin14, hasGoodCheckDigit, itemByCode, stickerByCode } from "./catalogue.js";
import { writeFacts } from "./db.js";
import { Refused } from "./pricing/arithmetic.js";
import { addItem, emptySale, isPossible, lineOf, ONE, removeLine, setQuantity } from "./sale.js";
import { change, clock, price, state, whenIdle } from "./state.js";
import { lineWords, t } from "./strings.js";

const MOST_UNDO = 50;
const TINT_MS = 1500;

/** Scans that came while a quantity was asked, a PIN looked at or something being written. @type {string[]} */
const waiting = [];
/** @type {ReturnType<typeof setTimeout> | undefined} */
let tint;
let afterSale = () => {};
/** A code is being made out: the scans behind it keep their order. */
let reading = false;

/** Who has things instead of the basket while a panel of that kind is open. @type {Record<string, (item: CatalogueItem, added: Added) => void>} */
const takers = {};
/** Panels that something is being typed into: scans wait for them. */
const ASKING = new Set(["quantity", "open"]);

/** @param {string} kind of panel @param {(item: CatalogueItem, added: Added) => void} take */
export function takenBy(kind, take) {
  takers[kind] = take;
}

/** What happens to the finished sale when the next one begins. @param {() => void} settle */
export function onNextSale(settle) {
  afterSale = settle;
}

let keeping = false;

/** The basket is kept once it stands on the screen and no key waits: as it is by then, so that twenty scans a second are not twenty writes. */
function keep() {
  if (keeping) return;
  keeping = true;
  whenIdle(() => {
    keeping = false;
    // What is written as sold takes the kept basket with it.
    if (state.busy) keep();
    else writeFacts({ draft: state.sale.lines.length ? state.sale : undefined }).catch(console.warn);
  });
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
  keep();
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

/** @param {string} title @param {string} text @param {boolean} [search] @param {string} [open] a code that may be sold as an open item */
export function warn(title, text, search = false, open = "") {
  change({ warning: { title, text, search, open } });
  alarm(`${title}. ${text}`);
}

export function dismiss() {
  alarm("");
  change({ warning: null });
}

/** A code from the scanner, or from a card with scan buttons. @param {string} code */
export function scan(code) {
  if (mustWait()) {
    waiting.push(code);
    return;
  }
  if (!isArmed() || !state.catalogue) return;
  const item = itemByCode(state.catalogue, code);
  const sticker = item ? undefined : stickerByCode(state.catalogue, code);
  if (item) addToSale(item, gtin14(code) && code);
  else if (sticker) addMarkedDown(sticker);
  else void makeOut(code);
}

/** Where a scan is of the sale. */
function isArmed() {
  return ["sell", "pay", "change"].includes(state.screen === "approval" ? (state.asked?.from ?? "") : state.screen);
}

function mustWait() {
  return state.busy || reading || ASKING.has(state.panel?.kind ?? "");
}

/** A code that says more than a number, or nothing known. @param {string} code */
export async function makeOut(code) {
  reading = true;
  const read = await import("./scanned.js").then(({ understood }) => understood(code), console.warn);
  reading = false;
  // Meanwhile a sale is being written: its turn comes after that.
  if (!isArmed()) return;
  if (mustWait()) waiting.unshift(code);
  else if (read) take(read);
  else if (holdsCardNumber(code, isOurs)) refuseCard();
  else unknown(code);
}

/** @param {Understood} read */
function take({ item, gtin, added, warning }) {
  addToSale(item, gtin, null, added);
  if (warning) warn(warning.title, warning.text);
}

/** After every change: the scans that had to wait, in their order; one of them may ask for a quantity again. */
export function scanWaiting() {
  while (waiting.length && !mustWait()) scan(/** @type {string} */ (waiting.shift()));
}

/** @param {string} digits */
export function isOurs(digits) {
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
  const open = !misread && state.identity?.rules?.open_item.allowed && state.panel?.kind !== "check" ? code : "";
  warn(t("unknown.title"), t(misread ? "unknown.misread" : "unknown.text", { code: code.slice(0, 40) }), !misread, open);
}

/** A markdown's sticker sells what it is stuck on. @param {Sticker} sticker */
function addMarkedDown({ code, variant, kind, value, expires_at }) {
  const item = state.catalogue?.byId.get(variant);
  if (!item || expires_at <= clock()) warn(t("sticker.title"), t("sticker.text", { code }));
  else addToSale(item, code, { source: "markdown", code, kind, value });
}

/** @param {CatalogueItem} item @param {string} [gtin] as scanned @param {Fixed | null} [fixed] @param {Added} [added] */
export function addToSale(item, gtin = "", fixed = null, added = {}) {
  const taker = takers[state.panel?.kind ?? ""];
  if (taker) return taker(item, added);
  if (state.busy) return;
  const times = state.multiplier.endsWith("×") ? parseInt(state.multiplier, 10) : 1;
  const { quantity = ONE, ...more } = added;
  if (item.sold_by === "weight" && !added.quantity) {
    change({ panel: { kind: "quantity", item, gtin, fixed, entry: "", added }, query: "", results: [], screen: state.screen === "change" ? "change" : "sell" });
    return;
  }
  put({ item, gtin, fixed, ...more, quantity: times * quantity });
}

/** @param {{item: CatalogueItem, gtin: string, quantity: number, fixed: Fixed | null} & OfLine} what */
export function put(what) {
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

/** What was sold is done with: the next basket begins without a scan. */
export function beginNext() {
  if (state.screen !== "change") return;
  afterSale();
  change({ screen: "sell", sold: null });
}

/** The weight that was typed for the thing on the panel. */
export function takeQuantity() {
  const panel = state.panel;
  if (panel?.kind !== "quantity" || state.busy || !isPossible(panel.item, Number(panel.entry))) return;
  change({ panel: null });
  const { item, gtin, fixed, added } = panel;
  put({ item, gtin, fixed, ...added, quantity: Number(panel.entry) });
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

/** As many as were typed. @param {number} n @param {number} quantity thousandths */
export function setLine(n, quantity) {
  const line = lineOf(state.sale, n);
  if (line && isPossible(line.item, quantity)) sell(setQuantity(state.sale, n, quantity));
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
  keep();
}

/** Typed by hand where no field is: `3 *`, then scan. Digits alone change nothing. @param {string} key */
export function typed(key) {
  const digits = state.multiplier.replace("×", "");
  if (/\d/.test(key)) change({ multiplier: ((state.multiplier === digits ? digits : "") + key).replace(/^0+/, "").slice(0, 4) });
  else change({ multiplier: /[*x×]/i.test(key) && digits ? `${digits}×` : "" });
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
}

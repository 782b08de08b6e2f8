// The one state of the till. Whoever changes it says so by `change`; the whole view is then drawn again, once a turn.
import { priced } from "./basket.js";
import { emptySale } from "./sale.js";

const IDLE_BY_MS = 300;

/** @type {TillState} */
export const state = {
  screen: "loading", language: "en", theme: "", now: Date.now(), identity: null, catalogue: null, cashier: null, shift: null,
  sale: emptySale(), basket: priced(emptySale(), { catalogue: null, at: Date.now(), offline: false }), clockOffset: 0, past: [], parked: [], tinted: 0, multiplier: "", shelf: "", query: "", results: [], chosen: 0, panel: null, warning: null, notice: null,
  entry: "", busy: false, stock: {}, asked: null, receiptChoice: "ask", sold: null, soldPrint: "none", lastSale: null, unprinted: [], pin: "", pinMessage: "",
  pinWaitUntil: 0, enrolCode: "", enrolMessage: "", demoTills: [], counts: {}, counting: "", figures: null, reason: "", note: "", report: null, persisted: true, room: "", mirror: "", full: false, care: null,
  sync: { online: true, waiting: 0, waitingSales: 0, oldest: 0, held: 0, revoked: false, unknown: false },
};

let paint = () => {};
let due = false;

/** @param {() => void} draw */
export function onChange(draw) {
  paint = draw;
}

/** The time as the server tells it: prices begin and end by it. */
export function clock() {
  return Date.now() + state.clockOffset;
}

/** What a sale costs here and now. @param {TillSale} sale @returns {TillBasket} */
export function price(sale) {
  return priced(sale, { catalogue: state.catalogue, at: clock(), offline: !state.sync.online });
}

/** A sale is never without what it costs. @param {Partial<TillState>} patch */
export function change(patch) {
  Object.assign(state, patch);
  if (patch.sale && !patch.basket) state.basket = price(patch.sale);
  if (due) return;
  due = true;
  queueMicrotask(() => {
    due = false;
    paint();
  });
}

/** What no frame waits for: done when nothing else is to be done, and soon in any case. @param {() => void} act */
export function whenIdle(act) {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(act, { timeout: IDLE_BY_MS });
  else setTimeout(act, IDLE_BY_MS / 4);
}

export function currency() {
  return state.identity?.store.currency ?? "EUR";
}

// Baskets put aside: they have no number and are in no journal, they wait on this till. One of them at a time comes back, at the
// prices of then.
import { writeFacts } from "./db.js";
import { uuid7 } from "./ids.js";
import { money } from "./parts.js";
import { emptySale } from "./sale.js";
import { beginNext, openPanel } from "./selling.js";
import { change, clock, state } from "./state.js";
import { forget } from "./stock.js";
import { t } from "./strings.js";
import "./strings-selling.js";
import { asNow } from "./wiring.js";

/** The key of parking: the open basket is put aside; with none open, one that waits comes back, or all are shown. */
export function park() {
  if (state.busy || !["sell", "change"].includes(state.screen)) return;
  if (state.sale.lines.length) putAside();
  else if (state.parked.length === 1) resume(state.parked[0].id);
  else if (state.parked.length) openPanel({ kind: "parked", deleted: null });
}

/** @returns {ParkedCart} */
function cartOf() {
  const { sale, basket: { items, total }, cashier } = state;
  return { id: uuid7({ now: Date.now() }), at: clock(), by: cashier?.name ?? "", items, total, sale };
}

function putAside() {
  const cart = cartOf();
  show(emptySale(), [...state.parked, cart], { title: t("parked.done"), text: t("parked.done.text", words(cart)) });
}

/** What is open meanwhile is put aside first. @param {string} id */
export function resume(id) {
  const cart = state.parked.find((one) => one.id === id);
  if (!cart || state.busy) return;
  beginNext();
  const others = state.parked.filter((one) => one !== cart);
  show(asNow(cart.sale), state.sale.lines.length ? [...others, cartOf()] : others, { title: t("parked.resumed"), text: t("parked.line", { time: "", ...words(cart) }).replace(/^ · /, "") });
  const { total } = state.basket;
  if (total !== cart.total) change({ notice: { title: t("prices.changed"), text: `${money(cart.total)} → ${money(total)}` } });
}

/** One write: no basket is lost between the two places, or in both. @param {TillSale} sale @param {ParkedCart[]} parked @param {{title: string, text: string}} notice */
function show(sale, parked, notice) {
  // What somebody allowed was allowed of the stock of that moment.
  forget();
  change({ sale, parked, notice, past: [], tinted: 0, panel: null, warning: null, query: "", results: [], multiplier: "", entry: "" });
  writeFacts({ parked, draft: sale.lines.length ? sale : undefined }).catch(console.warn);
}

/** @param {ParkedCart} cart */
export function drop(cart) {
  keep(state.parked.filter((one) => one !== cart), cart);
}

/** @param {ParkedCart} cart */
export function bringBack(cart) {
  keep([...state.parked, cart].sort((one, two) => one.at - two.at), null);
}

/** @param {ParkedCart[]} parked @param {ParkedCart | null} deleted */
function keep(parked, deleted) {
  change({ parked, panel: { kind: "parked", deleted } });
  writeFacts({ parked }).catch(console.warn);
}

/** @param {ParkedCart} cart */
export function words({ items, total }) {
  return { items: t("items", { n: items }), amount: money(total) };
}

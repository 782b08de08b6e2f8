// What something costs, without selling it: its price now, what is off it, and how much the book has. The basket is not touched.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { panelHead, icon, money, priceOf } from "../parts.js";
import { WORK } from "../pricing/engine.js";
import { traceOf } from "../pricing/tracing.js";
import { addItem, emptySale, ONE } from "../sale.js";
import { addToSale, openPanel, takenBy } from "../selling.js";
import { change, price, state } from "../state.js";
import { kilograms, t } from "../strings.js";
import "../strings-selling.js";
import { ask } from "../sync.js";
import { verdict } from "./line.js";

/** What the shop said of the thing that is looked at. @type {{id: string, left: number | null}} */
let stock = { id: "", left: null };

export function checkPrice() {
  if (state.busy || !["sell", "change"].includes(state.screen)) return;
  if (state.panel?.kind === "check") change({ panel: null });
  else openPanel({ kind: "check", item: null });
}

takenBy("check", (item) => {
  change({ panel: { kind: "check", item }, query: "", results: [], multiplier: "" });
  void askStock(item.id);
});

/** Without a line the book is not asked. @param {string} id */
async function askStock(id) {
  stock = { id, left: null };
  const token = state.identity?.token;
  if (!token || !state.sync.online) return;
  try {
    const { goods } = await (await ask("/api/v1/till/stock", { method: "POST", body: JSON.stringify({ variants: [id] }), token })).json();
    const left = goods.find((/** @type {{variant: string}} */ one) => one.variant === id)?.left;
    if (stock.id === id) stock = { id, left: left ?? null };
    change({});
  } catch {
    // The price is what was asked for.
  }
}

/** @param {CatalogueItem | null} item */
export function checkPanel(item) {
  return html`
    ${panelHead({ title: t("check.price") })}
    ${item ? found(item) : html`<div class="panel-fact"><span class="panel-note">${t("check.price.text")}</span></div>`}`;
}

/** @param {CatalogueItem} item */
function found(item) {
  const sale = addItem(emptySale(), { item, quantity: ONE });
  const { rows: [row], result } = price(sale);
  const offers = [...result[WORK].matching].flatMap(([promotion, lines]) => {
    const entry = lines.length ? traceOf(result).find(({ promotion: code }) => code === promotion.code) : undefined;
    return entry ? [{ name: promotion.name, words: verdict(entry, promotion.name) }] : [];
  });
  return html`
    <div class="panel-fact price-check" role="status">
      <strong>${item.name}</strong>
      <output class="price-check-figure">${row.discount ? html`${money(row.total)} <s>${priceOf(item)}</s>` : priceOf(item)}</output>
      ${offers.length ? offers.map(({ name, words }) => html`<span class="line-detail"><span class="offer-applied">${icon("tag")}${name}</span> ${words}</span>`) : html`<span class="panel-note">${t("check.none.here")}</span>`}
      ${stock.id === item.id && stock.left !== null ? html`<span class="panel-note">${t("check.left", { left: item.sold_by === "weight" ? `${kilograms(stock.left)} ${t("kg")}` : Math.trunc(stock.left / ONE) })}</span>` : nothing}
      <button class="button" type="button" @click=${() => add(item)}>${icon("plus")} ${t("check.add")}</button>
    </div>`;
}

/** @param {CatalogueItem} item */
function add(item) {
  change({ panel: null });
  addToSale(item);
}

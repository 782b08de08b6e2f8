// Something the till does not know, sold at a price that is typed; above what the store lets a cashier, somebody who may is asked.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { approvalBy, askApproval } from "../allowing.js";
import { holdsCardNumber } from "../card-numbers.js";
import { gtin14 } from "../catalogue.js";
import { panelKeysOf } from "../keys.js";
import { keypad, money, panelHead } from "../parts.js";
import { ONE } from "../sale.js";
import { put, refuseCard } from "../selling.js";
import { change, state } from "../state.js";
import { t } from "../strings.js";
import "../strings-selling.js";

const LONGEST_NAME = 60;

/** @typedef {Extract<Panel, {kind: "open"}>} OpenPanel */

panelKeysOf("open", { press, enter: () => (take(), true) });

/** @param {string} key a digit, "00" or "erase" */
function press(key) {
  const { panel } = state;
  if (panel?.kind !== "open") return;
  const entry = key === "erase" ? panel.entry.slice(0, -1) : (panel.entry + key).replace(/^0+/, "").slice(0, 7);
  change({ panel: { ...panel, entry } });
}

/** @param {Event} event */
function named(event) {
  const field = /** @type {HTMLInputElement} */ (event.target);
  if (state.panel?.kind !== "open") return;
  if (holdsCardNumber(field.value)) {
    refuseCard();
    field.value = "";
  }
  change({ panel: { ...state.panel, name: field.value } });
}

/** Enter in the name goes on to the price. @param {KeyboardEvent} event */
function nameKey(event) {
  if (event.key === "Enter") /** @type {HTMLElement} */ (event.target).blur();
}

function most() {
  return state.identity?.rules?.open_item.most ?? 0;
}

function take() {
  const { panel } = state;
  const amount = panel?.kind === "open" ? Number(panel.entry) : 0;
  if (panel?.kind !== "open" || !amount || state.busy) return;
  if (amount <= most()) add(panel, amount);
  else askApproval({ kind: "open_item", title: t("open.most.title", { amount: money(amount) }), text: t("open.most", { amount: money(most()) }), then: (by) => add(panel, amount, approvalBy("open_item", by, { amount })) });
}

/** @param {OpenPanel} panel @param {number} amount @param {Approval} [approval] */
function add({ gtin, name }, amount, approval) {
  change({ panel: null });
  put({ item: thing(name.trim() || t("open.none"), amount), gtin: gtin14(gtin) && gtin, fixed: null, quantity: ONE, own: { source: "open", amount, price_quantity: ONE }, ...(approval && { approval }) });
}

/** Nothing of the catalogue: it has no id, and is taxed as the store says. @param {string} name @param {number} amount @returns {CatalogueItem} */
function thing(name, amount) {
  const tax_class = state.identity?.rules?.open_item.tax_class ?? "";
  const alike = state.catalogue?.shelves.flatMap(({ items }) => items).find((item) => item.tax_class === tax_class);
  const tax_rate = alike?.tax_rate ?? 0;
  return { id: "", sku: "", name, gtins: [], price: amount, price_quantity: ONE, tax_class, tax_rate, category: "", tile: "", sold_by: "each", favourite: 0 };
}

/** @param {OpenPanel} panel */
export function openItemPanel({ gtin, name, entry }) {
  const amount = Number(entry);
  const above = amount > most();
  return html`
    ${panelHead({ title: t("open.item") })}
    <div class="panel-fact"><label class="text-field"><span>${t("open.name")} ${gtin ? html`<small class="panel-note">${t("open.code", { code: gtin.slice(0, 40) })}</small>` : nothing}</span>
      <input type="text" autocomplete="off" maxlength=${LONGEST_NAME} placeholder=${t("open.none")} .value=${name} @input=${named} @keydown=${nameKey}></label></div>
    <div class="panel-fact weight-fact"><span>${t("open.price")}<small>${above ? t("open.most", { amount: money(most()) }) : t("open.price.text")}</small></span><output class="weight-figure">${money(amount)}</output></div>
    <div class="count-keys">${keypad({ press })}</div>
    <div class="pay-bar"><button class="button button-primary" type="button" ?disabled=${!amount} @click=${take}>${amount ? t(above ? "open.approve" : "open.add", { amount: money(amount) }) : t("open.enter")}</button></div>`;
}

// What the action pane shows while one thing is being done: a weight, things to tap; the rest comes later.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { later } from "../later.js";
import { offerOf } from "../basket.js";
import { keypad, money, panelHead, priceOf } from "../parts.js";
import { divided } from "../pricing/arithmetic.js";
import { isPossible } from "../sale.js";
import { panelKey, takeQuantity } from "../selling.js";
import { clock, state } from "../state.js";
import { kilograms, t } from "../strings.js";
import { shelves } from "./shelves.js";

export function panelView() {
  switch (state.panel?.kind) {
    case undefined: return nothing;
    case "quantity": return quantityPanel(state.panel);
    case "items": return html`${panelHead({ title: t("add.item") })}<div class="sheet">${shelves()}</div>`;
    default: return later("more", ({ morePanels }) => morePanels());
  }
}

/** @param {{item: CatalogueItem, entry: string}} panel */
function quantityPanel({ item, entry }) {
  const quantity = Number(entry);
  const possible = isPossible(item, quantity);
  const offer = offerOf(item, clock(), quantity || undefined);
  const total = possible ? divided(offer.amount, quantity, offer.price_quantity) : 0;
  return html`
    ${panelHead({ title: t("weigh", { name: item.name }) })}
    <div class="panel-fact weight-fact"><span>${t("weight")}<small>${t("grams")} · ${priceOf(item)}</small></span><output class="weight-figure">${kilograms(quantity)} <small>${t("kg")}</small></output></div>
    <div class="count-keys">${keypad({ press: panelKey })}</div>
    <div class="pay-bar"><button class="button button-primary" type="button" ?disabled=${!possible} @click=${takeQuantity}>${possible ? t("take.weight", { amount: money(total) }) : t("enter.weight")}</button></div>`;
}

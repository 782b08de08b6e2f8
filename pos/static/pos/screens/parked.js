// The baskets that were put aside: how old they are, what is in them, and back with one.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { age } from "../clock.js";
import { bringBack, drop, resume, words } from "../parking.js";
import { icon, panelHead, time } from "../parts.js";
import { lineWords, t } from "../strings.js";
import "../strings-selling.js";
import { clock, state } from "../state.js";

const MOST_NAMES = 3;

/** @param {ParkedCart | null} deleted */
export function parkedPanel(deleted) {
  return html`
    ${panelHead({ title: t("parked.head") })}
    ${deleted ? html`<div class="notice"><p class="notice-text" role="status"><strong>${t("parked.deleted", words(deleted))}</strong></p><div class="notice-actions"><button class="button" type="button" @click=${() => bringBack(deleted)}>${icon("undo")} ${t("undo")}</button></div></div>` : nothing}
    <div class="pane-fill parked-carts">
      ${state.parked.length ? state.parked.map(cartRow) : html`<div class="empty-basket"><strong>${t("parked.none")}</strong><span>${t("parked.none.text")}</span></div>`}
    </div>`;
}

/** @param {ParkedCart} cart */
function cartRow(cart) {
  const { id, at, by, sale } = cart;
  const names = sale.lines.slice(0, MOST_NAMES).map((line) => lineWords({ ...line.item, quantity: line.quantity })).join(", ");
  const line = t("parked.line", { time: time(at), ...words(cart) });
  return html`
    <div class="panel-fact parked-cart">
      <strong>${line}</strong>
      <span class="panel-note">${t("parked.age", { age: age(clock() - at), name: by })} · ${names}${sale.lines.length > MOST_NAMES ? " …" : ""}</span>
      <div class="fixes"><button class="button" type="button" aria-label="${t("parked.resume")}: ${line}" @click=${() => resume(id)}>${icon("play")} ${t("parked.resume")}</button>
        <button class="button button-quiet" type="button" aria-label="${t("parked.delete")}: ${line}" @click=${() => drop(cart)}>${t("parked.delete")}</button></div>
    </div>`;
}

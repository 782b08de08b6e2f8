// What the one at the till may not alone: the basket stays in view, somebody who may types their PIN.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { allowed, mayAllow } from "../allowing.js";
import { keysOf } from "../keys.js";
import { basketTable, icon, keypad, money, moneyCorner, moneyNotes, notice, panelHead } from "../parts.js";
import { pinKey } from "../shifts.js";
import { state } from "../state.js";
import { t } from "../strings.js";
import "../strings-stock.js";
import { pinDots, pinNote } from "./sign-in.js";

/** @param {string} key */
function press(key) {
  return pinKey(key, { may: mayAllow, then: allowed, wrong: "approval.wrong" });
}

keysOf("approval", press);

export function approvalScreen() {
  const { asked } = state;
  return html`
    ${asked?.beside?.() ?? basketBeside()}
    <section class="action-pane" aria-label=${t("approval")}>
      ${panelHead({ title: t("approval"), close: t(asked?.from === "sell" && !asked.panel ? "back.basket" : "approval.back") })}
      ${(asked?.facts?.() ?? [{ title: asked?.title ?? "", text: asked?.text ?? "" }]).map(({ title, text }) => html`<div class="panel-fact"><strong>${title}</strong><span>${text}</span></div>`)}
      <div class="pin-entry pin-entry-fill">
        <p class="pin-who" role="status">${who()}</p>
        ${pinDots()}
        ${keypad({ press, corner: "clear" })}
      </div>
      <p class="panel-note">${icon("lock")} ${t("approval.note")}</p>
    </section>`;
}

function basketBeside() {
  const { sale, basket, asked } = state;
  return html`
    <section class="basket-pane" aria-label=${t("main.basket")}>
      <div class="basket-head"><h1>${t("basket")}</h1> <span class="basket-head-count">${t("basket.lines", { n: sale.lines.length })} · ${t("items", { n: basket.items })}</span></div>
      ${basketTable({ lines: basket.rows, label: t("basket"), open: false })}
      ${asked ? notice({ title: t("approval"), text: asked.text, lead: "lock" }) : nothing}
      ${moneyCorner({ label: t("total"), figure: money(basket.total), notes: moneyNotes() })}
    </section>`;
}

/** Who may, unless the till has something to say of the last PIN. */
function who() {
  if (state.busy || state.pinMessage || state.pinWaitUntil > state.now) return pinNote();
  const names = state.identity?.cashiers.filter(mayAllow).map(({ name }) => name) ?? [];
  return names.length ? t("approval.who", { names: names.join(", ") }) : t("approval.nobody");
}

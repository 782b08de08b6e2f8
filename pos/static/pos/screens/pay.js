// Cash: what the hand holds is one tap; the filled button always says what it will take and give.
import { html } from "../../vendor/lit-html/lit-html.js";
import { likelyCash } from "../cash.js";
import { basketTable, icon, keypad, money, moneyCorner, moneyNotes, panelHead, panes, warningNotice } from "../parts.js";
import { cashKey, chooseReceipt, takeCash, tendered } from "../paying.js";
import { currency, state } from "../state.js";
import { t } from "../strings.js";

export function payScreen() {
  const sum = state.basket;
  return panes({
    label: t("main.basket"), title: t("basket"), count: `${t("basket.lines", { n: state.sale.lines.length })} · ${t("items", { n: sum.items })}`,
    body: basketTable({ lines: sum.rows, label: t("basket"), open: false }),
    notices: [warningNotice()],
    corner: moneyCorner({ label: t("total"), figure: money(sum.total), notes: moneyNotes() }),
    actions: cashPane(sum.total),
  });
}

/** @param {number} total */
function cashPane(total) {
  const notes = likelyCash({ total, notes: state.identity?.note_buttons ?? [], currency: currency() });
  return html`
    ${panelHead({ title: t("pay"), close: t("back.basket") })}
    <div class="cash-entry">
      <div class="amount-field cash-entry-field"><span>${t("cash.received")}<small>${t("cash.hint")}</small></span><output class="amount-figure ${state.entry ? "" : "amount-figure-empty"}">${money(tendered())}</output></div>
      ${keypad({ press: cashKey })}
      <div class="note-buttons" role="group" aria-label=${t("notes")}>
        ${notes.map((amount) => html`<button class="note-button" type="button" ?disabled=${state.busy} @click=${() => takeCash(amount)}>${money(amount)} <small>${t("change.small", { amount: money(amount - total) })}</small></button>`)}
      </div>
    </div>
    ${receiptChoice()}
    <div class="pay-bar">${takeButton(total)}</div>`;
}

/** @param {number} total */
function takeButton(total) {
  const amount = tendered();
  const words = !state.entry || amount === total ? t("cash.exact", { amount: money(total) })
    : amount < total ? t("cash.short", { amount: money(total - amount) })
    : t("cash.take", { amount: money(amount), change: money(amount - total) });
  return html`<button class="button button-primary" type="button" ?disabled=${amount < total || state.busy} @click=${() => takeCash(amount)}>${words}${state.entry ? "" : html` <kbd>F10</kbd>`}</button>`;
}

function receiptChoice() {
  const options = [["print", t("receipt.print")], ["ask", t("receipt.ask")]];
  return html`
    <fieldset class="receipt-choice">
      <legend class="for-screen-reader">${t("receipt")}</legend>
      <div class="choices">
        ${options.map(([key, words]) => html`<label class="choice"><input type="radio" name="receipt" .checked=${key === state.receiptChoice} @change=${() => chooseReceipt(key)}><span>${icon("check")}${words}</span></label>`)}
      </div>
    </fieldset>`;
}

// The drawer: what there is to do with it, then the amount and the reason of one act.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { holdsCardNumber } from "../card-numbers.js";
import { ACTS, cashLimit, drawerKey, fill, isReady, LIST, needsManager, setNote, takeAct } from "../drawer.js";
import { icon, keypad, money, panelHead } from "../parts.js";
import { state } from "../state.js";
import { t } from "../strings.js";
import "../strings-later.js";
import "../strings-drawer.js";
import { chips } from "./chips.js";

const ICONS = { cash_in: "plus", cash_out: "minus", payout: "cash", safe_drop: "safe", no_sale: "tab" };

/** @param {{act: string, entry: string, reason: string, note: string}} panel */
export function drawerPanel(panel) {
  return panel.act ? actPanel(panel) : listPanel();
}

function listPanel() {
  const acts = Object.entries(ICONS).map(([act, name]) => ({ name, words: t(`drawer.${act}`), text: t(`drawer.${act}.text`) }));
  const reports = ["x", "z"].map((kind) => ({ name: "printer", words: t(`report.${kind}`), text: t(`report.${kind}.text`) }));
  return html`
    ${panelHead({ title: t("drawer") })}
    <div class="fixes fixes-top">
      ${[...acts, ...reports].map(({ name, words, text }, place) => html`<button class="button" type="button" @click=${LIST[place]}>${icon(name)} <span>${words}<small>${text}</small></span> <kbd>${place + 1}</kbd></button>`)}
    </div>`;
}

/** @param {{act: string, entry: string, reason: string, note: string}} panel */
function actPanel(panel) {
  const { act, entry, reason, note } = panel;
  const cash = act !== "no_sale";
  return html`
    ${panelHead({ title: t(`drawer.${act}`) })}
    ${cash ? html`<div class="amount-field"><span>${t("drawer.amount")}${needsManager(panel) ? html`<small>${t("drawer.above", { amount: money(cashLimit()) })}</small>` : nothing}</span><output class="amount-figure ${entry ? "" : "amount-figure-empty"}">${money(Number(entry))}</output></div>` : nothing}
    ${chips({ legend: t("drawer.reason"), name: "why", value: reason, options: ACTS[act].map((one) => [one, t(`why.${one}`)]), choose: (one) => fill({ reason: one }) })}
    <label class="text-field"><span>${holdsCardNumber(note) ? t("drawer.card") : t("drawer.note")}</span><input maxlength="120" autocomplete="off" .value=${note} @input=${typedNote} @keydown=${noteKey}></label>
    ${cash ? html`<div class="count-keys">${keypad({ press: drawerKey })}</div>` : nothing}
    <div class="pay-bar"><button class="button button-primary" type="button" ?disabled=${state.busy || !isReady(panel)} @click=${takeAct}>${takeWords(panel)}</button></div>`;
}

/** @param {Event} event */
function typedNote(event) {
  setNote(/** @type {HTMLInputElement} */ (event.target).value);
}

/** @param {KeyboardEvent} event */
function noteKey(event) {
  if (event.key === "Enter") void takeAct();
}

/** @param {{act: string, entry: string, reason: string, note: string}} panel */
function takeWords(panel) {
  if (panel.act === "no_sale") return t("drawer.no_sale");
  if (!panel.entry) return t("drawer.enter");
  if (needsManager(panel)) return t("drawer.ask");
  const way = panel.act === "safe_drop" ? "safe_drop" : panel.act === "cash_in" ? "in" : "out";
  return t(`drawer.take.${way}`, { amount: money(Number(panel.entry)) });
}

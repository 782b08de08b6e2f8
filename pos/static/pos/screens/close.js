// The end of a shift: a blind count, then the difference and its reason.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { drawer } from "../cash.js";
import { closeShift, countedAmount, countKey, denominations, doneCounting, nextCount, setCount } from "../counting.js";
import { back } from "../selling.js";
import { keypad, money, moneyCorner, panelHead, tillName, time } from "../parts.js";
import { change, currency, state } from "../state.js";
import { t } from "../strings.js";
import "../strings-later.js";
import { chips } from "./more.js";

const REASONS = ["change", "unknown", "miscount", "slip"];

export function countScreen() {
  const { notes, coins } = drawer(currency());
  const done = denominations().filter((value) => state.counts[value] !== undefined && state.counts[value] !== "").length;
  return html`
    <section class="basket-pane" aria-label=${t("main.count")}>
      <div class="basket-head"><h1>${t("count.title")}</h1> <span class="basket-head-count">${t("count.step")}</span>
        <div class="basket-head-end"><button class="button button-quiet" type="button" @click=${clearCount}>${t("count.clear")}</button><button class="button button-quiet phone-only" type="button" @click=${back}>${t("back.till")}</button></div></div>
      <div class="count-sheets">${sheet(t("count.notes"), notes)}${sheet(t("count.coins"), coins)}</div>
      ${moneyCorner({ label: t("counted"), figure: money(countedAmount()), notes: t("count.progress", { n: done, of: denominations().length }) })}
    </section>
    <section class="action-pane" aria-label=${t("main.actions")}>
      ${panelHead({ title: t("count.many", { value: money(Number(state.counting)) }), close: t("back.till") })}
      <div class="count-keys">${keypad({ press: countKey, corner: "next" })}</div>
      <div class="panel-fact"><strong>${t("count.blind")}</strong><span class="panel-note">${t("count.blind.text")}</span></div>
      <div class="pay-bar"><button class="button button-primary" type="button" @click=${doneCounting}>${t("count.done")}</button></div>
    </section>`;
}

function clearCount() {
  change({ counts: {}, counting: String(denominations()[0]) });
}

/** @param {string} caption @param {number[]} values */
function sheet(caption, values) {
  return html`<table class="count-sheet"><caption>${caption}</caption><tbody>${values.map(countRow)}</tbody></table>`;
}

/** @param {number} value */
function countRow(value) {
  const key = String(value);
  const count = state.counts[key] ?? "";
  return html`
    <tr class="count-row ${key === state.counting ? "count-row-now" : ""}">
      <th scope="row">${money(value)}</th>
      <td><input inputmode="numeric" autocomplete="off" aria-label=${t("count.of", { value: money(value) })} placeholder="0" data-count=${key} .value=${count}
        @focus=${() => change({ counting: key })} @input=${typedCount} @keydown=${countRowKey}></td>
      <td>${money(value * Number(count))}</td>
    </tr>`;
}

/** @param {Event} event */
function typedCount(event) {
  const field = /** @type {HTMLInputElement} */ (event.target);
  setCount(field.dataset.count ?? "", field.value);
  field.value = state.counts[field.dataset.count ?? ""];
}

/** Enter goes to the next kind. @param {KeyboardEvent} event */
function countRowKey(event) {
  if (event.key !== "Enter") return;
  event.preventDefault();
  nextCount();
  const next = document.querySelector(`[data-count="${state.counting}"]`);
  if (next instanceof HTMLInputElement) next.focus();
}

export function varianceScreen() {
  const { figures, shift, cashier } = state;
  if (!figures || !shift) return nothing;
  const difference = countedAmount() - figures.expected;
  const label = difference === 0 ? t("difference") : t(difference < 0 ? "short" : "over");
  return html`
    <section class="basket-pane" aria-label=${t("main.totals")}>
      <div class="basket-head"><h1>${t("count.title")}</h1> <span class="basket-head-count">${t("variance.step", { name: cashier?.name ?? "", till: tillName(), from: time(shift.opened_ms), to: time(state.now) })}</span></div>
      <div class="pane-fill">
        <table class="facts"><caption>${t("cash.title")}</caption><tbody>
          <tr><th scope="row">${t("float")}</th><td>${money(shift.float)}</td></tr>
          <tr><th scope="row">${t("variance.sales")} <small>${t("variance.sales.n", { n: figures.sales })}</small></th><td>${money(figures.cash)}</td></tr>
          <tr class="facts-sum"><th scope="row">${t("expected")}</th><td>${money(figures.expected)}</td></tr>
          <tr class="facts-sum"><th scope="row">${t("counted")}</th><td>${money(countedAmount())}</td></tr>
          <tr><th scope="row">${t("tax.included")}</th><td>${money(figures.tax)}</td></tr>
        </tbody></table>
      </div>
      ${moneyCorner({ label, figure: money(Math.abs(difference)), notes: difference === 0 ? t("variance.right") : nothing })}
    </section>
    <section class="action-pane" aria-label=${t("main.actions")}>
      ${panelHead({ title: t(difference ? "reason" : "all.right"), close: t("count.again") })}
      ${difference ? reasons(difference) : nothing}
      ${waitingFact()}
      <div class="pay-bar"><button class="button button-primary" type="button" ?disabled=${state.busy || (difference !== 0 && !state.reason)} @click=${closeShift}>${t("close.shift")}</button></div>
    </section>`;
}

/** @param {number} difference */
function reasons(difference) {
  const legend = t(difference < 0 ? "reason.short" : "reason.over", { amount: money(Math.abs(difference)) });
  return chips({ legend, name: "reason", value: state.reason, options: REASONS.map((reason) => [reason, t(`reason.${reason}`)]), choose: (reason) => change({ reason }) });
}

function waitingFact() {
  const { waiting } = state.sync;
  return html`<div class="panel-fact"><strong>${waiting ? t("some.wait", { n: waiting }) : t("nothing.waits")}</strong><span class="panel-note">${t(waiting ? "some.wait.text" : "nothing.waits.text")}</span></div>`;
}

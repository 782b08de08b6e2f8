// The end of a shift: a blind count, then the difference and its reason.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { drawer } from "../cash.js";
import { holdsCardNumber } from "../card-numbers.js";
import { askToClose, countedAmount, countKey, denominations, difference, doneCounting, mayClose, needsManager, nextCount, setCount, varianceLimit } from "../counting.js";
import { back } from "../selling.js";
import { drawerFacts } from "../report-facts.js";
import { keypad, money, moneyCorner, panelHead, tillName, time, warningNotice } from "../parts.js";
import { change, currency, state } from "../state.js";
import { t } from "../strings.js";
import "../strings-later.js";
import "../strings-selling.js";
import { chips } from "./chips.js";
import { factsTable, waiting } from "./report.js";

export { reportScreen } from "./report.js";

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
      ${state.parked.length ? html`<div class="panel-fact parked-stay"><strong>${t("parked.stay", { n: state.parked.length })}</strong></div>` : nothing}
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
  const { figures, shift } = state;
  if (!figures || !shift) return nothing;
  const off = difference();
  return html`
    ${totalsPane()}
    <section class="action-pane" aria-label=${t("main.actions")}>
      ${panelHead({ title: t(off ? "reason" : "all.right"), close: t("count.again") })}
      ${off ? reasons(off) : nothing}
      ${waiting()}
      <div class="pay-bar"><button class="button button-primary" type="button" ?disabled=${!mayClose()} @click=${() => askToClose(totalsPane)}>${t(needsManager() ? "variance.ask" : "close.shift")}</button></div>
    </section>`;
}

/** What the drawer should hold, and what it holds: short or over is said, in no colour. */
function totalsPane() {
  const { figures, shift, cashier } = state;
  if (!figures || !shift) return nothing;
  const off = difference();
  const others = figures.tenders.filter(({ kind }) => kind !== "cash").map(({ kind, count, amount }) => ({ words: t(`tender.${kind}`), small: String(count), value: money(amount) }));
  const limit = money(varianceLimit());
  return html`
    <section class="basket-pane" aria-label=${t("main.totals")}>
      <div class="basket-head"><h1>${t("count.title")}</h1> <span class="basket-head-count">${t("variance.step", { name: cashier?.name ?? "", till: tillName(), from: time(shift.opened_ms), to: time(state.now) })}</span></div>
      <div class="pane-fill" role="region" tabindex="0" aria-label=${t("main.totals")}>
        ${factsTable({ ...drawerFacts({ figures, counted: countedAmount() }), caption: t("cash.title") })}
        ${others.length ? factsTable({ caption: t("report.tenders"), rows: others }) : nothing}
      </div>
      ${warningNotice()}
      ${moneyCorner({ label: t(off === 0 ? "difference" : off < 0 ? "short" : "over"), figure: money(Math.abs(off)), notes: off === 0 ? t("variance.right") : t(needsManager() ? "variance.above" : "variance.within", { amount: limit }) })}
    </section>`;
}

/** @param {number} off */
function reasons(off) {
  const legend = t(off < 0 ? "reason.short" : "reason.over", { amount: money(Math.abs(off)) });
  return html`
    ${chips({ legend, name: "reason", value: state.reason, options: REASONS.map((reason) => [reason, t(`reason.${reason}`)]), choose: (reason) => change({ reason }) })}
    <label class="text-field"><span>${holdsCardNumber(state.note) ? t("drawer.card") : t("variance.note")}</span><input maxlength="120" autocomplete="off" .value=${state.note} @input=${typedNote} @keydown=${noteKey}></label>`;
}

/** @param {Event} event */
function typedNote(event) {
  change({ note: /** @type {HTMLInputElement} */ (event.target).value });
}

/** @param {KeyboardEvent} event */
function noteKey(event) {
  if (event.key === "Enter") void askToClose(totalsPane);
}

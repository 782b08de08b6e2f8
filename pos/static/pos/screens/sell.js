// Home: the basket on the left, everything that can be sold on the right.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { nextTurn } from "../basket.js";
import { whenChanged } from "../changed.js";
import { quantityWords, t } from "../strings.js";
import { basketTable, icon, money, moneyCorner, moneyNotes, notice, panes, priceOf, tillName, time, undoButton, warningNotice } from "../parts.js";
import { pressKey } from "../keys.js";
import { openPay, printing, takeExact } from "../paying.js";
import { choose, search, takeChosen } from "../finding.js";
import { addToSale, openPanel } from "../selling.js";
import { clock, state } from "../state.js";
import { by } from "../later.js";
import { panelView } from "./panels.js";
import { picture, shelves } from "./shelves.js";

const MOST_PARKED = 2;
/** Panels with a filled button of their own. */
const OWN_BUTTON = new Set(["quantity", "open", "drawer"]);

export function sellScreen() {
  return panes({ label: t("main.basket"), ...(state.sale.lines.length ? basket() : emptyBasket()), actions: actionPane() });
}

function basket() {
  const { sale, basket: sum } = state;
  return {
    title: t("basket"), count: `${t("basket.lines", { n: sale.lines.length })} · ${t("items", { n: sum.items })}`, end: parkedButton(),
    body: basketTable({ lines: sum.rows, label: t("basket") }),
    notices: [warningNotice(), unprintedNotice(), voice()],
    corner: moneyCorner({ label: t("total"), figure: money(sum.total), notes: moneyNotes() }),
  };
}

function emptyBasket() {
  const touch = document.documentElement.dataset.input === "touch";
  return {
    title: t("hello", { name: state.cashier?.name ?? "" }), count: t("float.line", { till: tillName(), amount: money(state.shift?.float ?? 0) }),
    body: html`
      <div class="empty-basket pane-fill">${icon("basket")}<strong>${t("ready")}</strong><span>${t(touch ? "ready.touch" : "ready.text")}</span></div>
      <div class="parked-list">
        ${state.parked.slice(-MOST_PARKED).map(({ id, at, items, total }) => html`<button class="parked-sale" type="button" @click=${() => resume(id)}>${icon("pause")}<span><strong>${t("parked.short", { time: time(at), items: t("items", { n: items }), amount: money(total) })}</strong></span><span class="parked-action">${t("resume")}</span></button>`)}
        ${state.identity?.try_this.length && state.panel?.kind !== "try" ? html`<button class="parked-sale" type="button" @click=${() => openPanel({ kind: "try" })}>${icon("play")}<span><strong>${t("try.invite")}</strong></span><span class="parked-action">${t("open")}</span></button>` : nothing}
        ${state.lastSale ? html`<button class="parked-sale" type="button" @click=${() => openPanel({ kind: "receipt" })}>${icon("clock")}<span><strong>${t("last.sale", { receipt: state.lastSale.body.receipt, amount: money(state.lastSale.body.total) })}</strong></span><span class="parked-action">${t("receipt")}</span></button>` : nothing}
      </div>`,
    notices: [warningNotice(), unprintedNotice(), state.notice || state.multiplier ? voice() : nothing],
    corner: moneyCorner({ label: t("total"), figure: money(0), notes: t("no.items"), kind: "money-empty" }),
  };
}

function parkedButton() {
  const n = state.parked.length;
  return n ? html`<div class="basket-head-end"><button class="button button-quiet" type="button" @click=${() => openPanel({ kind: "parked", deleted: null })}>${t("parked", { n })}</button></div>` : nothing;
}

/** @param {string} id */
function resume(id) {
  return by("parking", (parking) => parking.resume(id));
}

/** The newest line, or what just happened. */
function voice() {
  const { basket: { rows }, sale, multiplier } = state;
  if (multiplier) return notice({ title: t("times", { n: parseInt(multiplier, 10) }), text: t(multiplier.endsWith("×") ? "times.text" : "times.more") });
  const undoable = state.past.length ? undoButton() : nothing;
  if (state.notice) return notice({ ...state.notice, actions: undoable });
  const line = rows.find((row) => row.n === sale.newest) ?? rows.findLast((row) => row.kind === "goods");
  if (!line) return nothing;
  const text = line.discount ? `${money(line.total)} · ${t("saved", { amount: money(line.discount) })}` : money(line.total);
  return notice({ title: `${quantityWords(line)} ${line.name}`, text, actions: undoable });
}

/** A sale that is kept while its paper may be missing. */
function unprintedNotice() {
  const [record] = state.unprinted;
  if (!record) return nothing;
  const answer = async (/** @type {boolean} */ print) => (await printing()).answerUnprinted(record, print);
  const actions = html`
    <button class="button" type="button" @click=${() => answer(true)}>${t("print")}</button>
    <button class="button button-quiet" type="button" @click=${() => answer(false)}>${t("no")}</button>`;
  return notice({ title: t("print.left", { receipt: record.receipt }), text: t("print.left.text"), actions, lead: "printer" });
}

export function actionPane() {
  const panel = panelView();
  const browses = panel === nothing || state.panel?.kind === "check";
  return html`
    ${panel}
    ${browses ? html`${searchField()}${state.query ? results() : shelves()}` : nothing}
    ${panel === nothing ? functionKeys() : nothing}
    ${OWN_BUTTON.has(state.panel?.kind ?? "") ? nothing : payBar()}`;
}

function searchField() {
  const listed = state.query !== "";
  return html`
    <div class="search-field" role="search">
      ${icon("search")}<label class="for-screen-reader" for="search">${t("search")}</label>
      <input id="search" type="search" autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="go" placeholder=${t("search.hint")} .value=${state.query}
        role="combobox" aria-autocomplete="list" aria-expanded=${listed ? "true" : "false"} aria-controls="results"
        aria-activedescendant=${state.results.length ? `result-${state.chosen}` : nothing} @input=${typedQuery} @keydown=${searchKey}>
      <kbd>F2</kbd>
    </div>`;
}

/** @param {Event} event */
function typedQuery(event) {
  const field = /** @type {HTMLInputElement} */ (event.target);
  search(field.value);
  // What was refused must not stay in the field either.
  if (field.value !== state.query) field.value = state.query;
}

/** @param {KeyboardEvent} event */
function searchKey(event) {
  if (event.key === "ArrowDown") choose(1);
  else if (event.key === "ArrowUp") choose(-1);
  else if (event.key === "Enter" && state.query.trim()) {
    takeChosen();
    /** @type {HTMLElement} */ (event.target).blur();
  } else return;
  event.preventDefault();
}

function results() {
  if (!state.results.length) return html`<div class="empty-basket results-empty" id="results" role="status"><strong>${t("no.results")}</strong><span>${t("no.results.text")}</span></div>`;
  return whenChanged([state.results, state.chosen, state.language, state.catalogue && nextTurn(state.catalogue.pricing, clock())], () => html`
    <ul class="results" id="results" role="listbox" aria-label=${t("results")}>
      ${state.results.map((item, place) => html`
        <li class="result" id="result-${place}" role="option" aria-selected=${place === state.chosen ? "true" : "false"} @click=${() => addToSale(item)}>
          ${picture(item)}<span class="result-name"><strong>${item.name}</strong><small>${item.sku}</small></span><span class="amount">${priceOf(item)}</span>
        </li>`)}
    </ul>`);
}

function functionKeys() {
  return html`
    <div class="function-keys">
      <button class="function-key" type="button" ?disabled=${!state.sale.lines.length && !state.parked.length} @click=${() => pressKey("F4")}>${t("park")} <kbd>F4</kbd></button>
      <button class="function-key" type="button" @click=${() => pressKey("F7")}>${t("price")} <kbd>F7</kbd></button>
      <button class="function-key" type="button" @click=${() => openPanel({ kind: "receipt" })}>${t("last")}</button>
      ${state.identity?.try_this.length ? html`<button class="function-key" type="button" @click=${() => openPanel({ kind: "try" })}>${t("try")}</button>` : nothing}
      <button class="function-key" type="button" @click=${() => openPanel({ kind: "more" })}>${t("more")}</button>
    </div>`;
}

function payBar() {
  const empty = state.screen !== "sell" || !state.sale.lines.length || state.busy;
  return html`
    <div class="pay-bar">
      <button class="button wide-only" type="button" ?disabled=${empty} @click=${takeExact}>${t("exact")} <kbd>F10</kbd></button>
      <button class="button phone-only" type="button" @click=${() => openPanel({ kind: "items" })}>${t("add.item")}</button>
      <button class="button phone-only" type="button" @click=${() => openPanel({ kind: "more" })}>${t("more")}</button>
      <button class="button button-primary" type="button" ?disabled=${empty} @click=${openPay}>${t("pay")} <kbd>F9</kbd></button>
    </div>`;
}

// Pieces every screen is made of: icons, status bar, notices, keypad, basket lines, the money corner.
import { html, nothing, svg } from "../vendor/lit-html/lit-html.js";
import { offerOf } from "./basket.js";
import { whenChanged } from "./changed.js";
import { age, timeOf } from "./clock.js";
import { by } from "./later.js";
import { formatAmount } from "./money.js";
import { ONE } from "./sale.js";
import { back, dismiss, openLine, openPanel, stepLine, undo } from "./selling.js";
import { lock } from "./shifts.js";
import { clock, currency, state } from "./state.js";
import { kilograms, quantityWords, t } from "./strings.js";

const MINUTE_MS = 60_000;

/** @param {string} name @param {string} [extra] a further class */
export function icon(name, extra = "") {
  return html`<svg class="icon ${extra}" aria-hidden="true">${svg`<use href="#icon-${name}"></use>`}</svg>`;
}

export function brandMark() {
  return html`<svg class="brand-mark" viewBox="0 0 24 24" aria-hidden="true"><rect class="brand-mark-ground" width="24" height="24" rx="6"></rect><path class="brand-mark-sign" d="M10 8.500 12.500 7v10M6.500 17h11"></path></svg>`;
}

/** As people read it: with a real minus. @param {number} amount */
export function money(amount) {
  return formatAmount(amount, currency()).replace("-", "−");
}

/** The price of now. @param {CatalogueItem} item */
export function priceOf(item) {
  const price = money(offerOf(item, clock()).amount);
  return item.sold_by === "weight" ? `${price}/${t("kg")}` : price;
}

export function tillName() {
  return t("till", { n: state.identity?.till.number ?? "" });
}

/** @param {number} ms */
export function time(ms) {
  return timeOf(ms, state.language, state.identity?.store.timezone);
}

/** What it tells changes with no scan: so it is looked at once a minute, or when something of it is new. */
export function statusBar() {
  const { identity, cashier, sync, screen, language, now } = state;
  return whenChanged([identity, cashier, sync, screen, language, Math.floor(now / MINUTE_MS)], bar);
}

function bar() {
  const { identity, cashier, sync } = state;
  return html`
    <header class="status-bar" aria-label=${t("status")}>
      <p class="status-place">${brandMark()} <span><strong>${identity?.store.name}</strong> ${tillName()}</span></p>
      ${cashier ? html`<button class="status-item" type="button" @click=${lock} aria-label="${cashier.name}, ${t("lock")}">${icon("user")} <strong>${cashier.name}</strong> <span class="wide-only">${t("lock")}</span> <kbd>F12</kbd></button>` : nothing}
      <span class="status-gap"></span>
      ${identity?.inbox ? html`<button class="status-item wide-only" type="button" @click=${() => by("inbox", ({ openInbox }) => openInbox())} ?disabled=${state.screen !== "sell" && state.screen !== "change"} aria-label=${t("inbox.need", { n: identity.inbox })}>${icon("tag")} <strong>${identity.inbox}</strong></button>` : nothing}
      <button class="status-item" type="button" @click=${() => openPanel({ kind: "sync" })} ?disabled=${state.screen !== "sell" && state.screen !== "change"}>
        ${icon(sync.online ? "cloud-check" : "cloud-off")} <span><strong>${t(sync.online ? "online" : "offline")}</strong><span class="wide-only"> · ${syncWords()}</span></span>
      </button>
      <time class="status-time" datetime=${new Date(state.now).toISOString()}>${time(state.now)}</time>
    </header>`;
}

function syncWords() {
  const { online, waiting } = state.sync;
  if (!waiting) return t("all.sent");
  return t(online ? "sending" : "waiting", { n: waiting });
}

/** Offline is neutral: a strip, never a dialog, never red. */
export function syncStrip() {
  const { online, waitingSales, oldest, revoked } = state.sync;
  const care = state.care && html`<strong>${t(state.care.key, state.care.values)}</strong>`;
  if (revoked) return strip("cloud-off", html`<strong>${t("sync.revoked")}.</strong> ${t("sync.revoked.text")}`, t("open"));
  if (online) return care ? strip("alert", care, t("open")) : nothing;
  const safe = waitingSales ? `${t("offline.safe", { n: waitingSales })}, ${t("oldest", { age: age(state.now - oldest) })}.` : t("offline.none");
  return strip("cloud-off", html`<strong>${t("offline.lead")}</strong> ${safe} ${care}`, t("what.works"));
}

/** @param {string} sign @param {unknown} words @param {string} more */
function strip(sign, words, more) {
  return html`<div class="sync-strip" role="status">${icon(sign)} <span>${words}</span>${state.room ? html` <span class="sync-strip-limits">${t("room", { room: state.room })}</span>` : nothing} ${worksButton(more)}</div>`;
}

/** @param {string} words */
function worksButton(words) {
  const can = state.screen === "sell" || state.screen === "change";
  return can ? html`<button class="button button-quiet sync-strip-more" type="button" @click=${() => openPanel({ kind: "sync" })}>${words}</button>` : nothing;
}

/**
 * @param {{press: (key: string) => void, corner?: "00" | "clear" | "next" | ""}} keys
 */
export function keypad({ press, corner = "00" }) {
  const key = (/** @type {string} */ digit) => html`<button class="key" type="button" @click=${() => press(digit)}>${digit}</button>`;
  return html`
    <div class="keypad">
      ${["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(key)}
      ${cornerKey(corner, press)}
      ${key("0")}
      <button class="key key-word" type="button" aria-label=${t("delete.digit")} @click=${() => press("erase")}>${icon("erase")}</button>
    </div>`;
}

/** @param {string} corner @param {(key: string) => void} press */
function cornerKey(corner, press) {
  if (corner === "clear") return html`<button class="key key-word" type="button" @click=${() => press("clear")}>${t("clear")}</button>`;
  if (corner === "next") return html`<button class="key key-next" type="button" @click=${() => press("next")}>${t("count.next")}</button>`;
  if (corner === "00") return html`<button class="key" type="button" @click=${() => press("00")}>00</button>`;
  return html`<span></span>`;
}

/** @param {{title: string, close?: string}} head */
export function panelHead({ title, close = t("close") }) {
  return html`<div class="panel-head"><h2 tabindex="-1" data-focus>${title}</h2><button class="button button-quiet" type="button" @click=${back}>${close} <kbd>Esc</kbd></button></div>`;
}

/**
 * A basket and what is done with it. From one such screen to the next both halves stay in the page: a sale that begins or ends
 * makes nothing anew that it does not change.
 * @param {{label: string, title: string, count: string, end?: unknown, body: unknown, notices: unknown[], corner: unknown, actions: unknown}} parts
 */
export function panes({ label, title, count, end = nothing, body, notices, corner, actions }) {
  return html`
    <section class="basket-pane" aria-label=${label}>
      <div class="basket-head"><h1>${title}</h1> <span class="basket-head-count">${count}</span>${end}</div>
      ${body} ${notices} ${corner}
    </section>
    <section class="action-pane" aria-label=${t("main.actions")}>${actions}</section>`;
}

/** A tap anywhere on a line opens it; its button is there for the keys. @param {Event} event */
function tapped({ target }) {
  const at = /** @type {Element} */ (target);
  const line = at.closest("button.offer-hint") ? null : at.closest(".line-opens");
  if (line instanceof HTMLElement) openLine(Number(line.dataset.line));
}

/** @param {{lines: (BasketRow | BodyLine)[], label: string, open?: boolean}} basket */
export function basketTable({ lines, label, open = true }) {
  return html`
    <div class="pane-fill" role="region" tabindex="0" aria-label=${label}>
      <table class="basket-lines">
        <thead class="for-screen-reader"><tr><th scope="col">${t("quantity")}</th><th scope="col">${t("item")}</th><th scope="col">${t("price")}</th></tr></thead>
        <tbody @click=${tapped}>${whenChanged([lines, open, state.panel, state.stock, state.tinted, state.screen, state.language], () => lines.map((line) => whenChanged(shownOf(line, open), () => lineRow(line, open))))}</tbody>
      </table>
    </div>`;
}

/** @param {BasketRow | BodyLine} line */
function offersOf(line) {
  return ("offers" in line ? line.offers : line.discounts) ?? [];
}

/** @param {BasketRow | BodyLine} line */
function marksOf(line) {
  return { chosen: state.panel?.kind === "line" && state.panel.n === line.n, held: "item" in line ? state.stock[line.n] : undefined };
}

/** All that a row shows: while it is the same, the row is left as it is. @param {BasketRow | BodyLine} line @param {boolean} open */
function shownOf(line, open) {
  const { chosen, held } = marksOf(line);
  const hint = "hint" in line ? line.hint : undefined;
  return [
    line.n, line.kind, line.name, line.quantity, line.total, line.discount, line.list_total, line.unit_price, line.price_quantity,
    chosen, held, open, state.tinted === line.n, state.screen, state.language, hint?.code, hint?.name, hint?.count, hint?.amount,
    ...offersOf(line).flatMap(({ promotion, name, amount }) => [promotion, name, amount]),
  ];
}

/** Made at every scan: of few parts, and with no space between its cells. @param {BasketRow | BodyLine} line @param {boolean} open */
function lineRow(line, open) {
  if (line.kind === "deposit") return depositRow(line);
  const weighed = "sold_by" in line ? line.sold_by === "weight" : line.quantity % ONE !== 0;
  const { chosen, held } = marksOf(line);
  const kind = `line${open ? " line-opens" : ""}${state.tinted === line.n && open ? " line-new" : ""}${chosen ? " line-chosen" : ""}${held ? " line-target" : ""}`;
  const name = open ? html`<button class="line-open" type="button" aria-label=${said(line)}>${line.name}</button>` : html`<span class="line-open">${line.name}</span>`;
  const was = line.discount ? html`<s><span class="for-screen-reader">${t("was")} </span>${money(line.list_total)}</s>` : nothing;
  return html`<tr class=${kind} data-line=${line.n}><td class="line-quantity ${weighed ? "line-weight" : line.quantity === ONE ? "line-quantity-one" : ""}">${quantity(line, weighed)}</td><th class="line-name" scope="row">${name}${lineDetail(line, weighed, held)}</th><td class="line-price">${money(line.total)}${was}</td></tr>`;
}

/** It goes with the line above it. @param {BasketRow | BodyLine} line */
function depositRow({ name, quantity, unit_price, total }) {
  return html`<tr class="line line-deposit"><td class="line-quantity"></td><td class="line-name">${name} ${quantity / ONE} × ${money(unit_price)}</td><td class="line-price">${money(total)}</td></tr>`;
}

/** @param {{quantity: number}} line @param {boolean} weighed */
function quantity({ quantity }, weighed) {
  return weighed ? html`${kilograms(quantity)}<small>${t("kg")}</small>` : quantity / ONE;
}

/** What it costs each, or the offer that says more; what the shop says of it. Most lines need none. @param {BasketRow | BodyLine} line @param {boolean} weighed @param {string} [held] */
function lineDetail(line, weighed, held) {
  const offers = offersOf(line);
  const hint = "hint" in line && line.hint;
  const price = weighed ? "per.kg" : line.quantity > ONE && line.price_quantity === ONE && !offers.length ? "each" : "";
  if (!price && !offers.length && !hint && !held) return nothing;
  return html`
    ${price ? html`<span class="line-detail">${t(price, { price: money(line.unit_price) })}</span>` : nothing}
    ${offers.map((offer) => html`<span class="line-detail"><span class="offer-applied">${icon("tag")}${offerWords(offer)}</span></span>`)}
    ${hint ? hintButton(line.n, hint) : nothing}
    ${held ? html`<span class="line-detail">${held}</span>` : nothing}`;
}

/** @param {OfferGiven} offer */
export function offerWords({ promotion, name, amount }) {
  return t("offer.saved", { name: promotion.startsWith("markdown:") ? t("markdown") : name, amount: money(amount) });
}

/** @param {Hint} hint */
export function hintWords({ code, name, count, amount }) {
  return code === "add_more" ? t("hint.add", { n: count, name }) : t("hint.spend", { amount: money(amount), name });
}

/** @param {number} n @param {Hint} hint */
function hintButton(n, hint) {
  const open = state.screen === "sell";
  const words = html`${icon("plus")}${hintWords(hint)}`;
  return html`<span class="line-detail">${open && hint.count ? html`<button class="offer-hint" type="button" @click=${() => stepLine(n, hint.count)}>${words}</button>` : html`<span class="offer-hint">${words}</span>`}</span>`;
}

/** @param {BasketRow | BodyLine} line */
export function said(line) {
  return t("line.said", { quantity: quantityWords(line), name: line.name, price: money(line.total) });
}

/** A warning stays until it is dealt with; scanning goes on meanwhile. */
export function warningNotice() {
  const { warning } = state;
  if (!warning) return nothing;
  return html`
    <div class="notice notice-warning">
      ${icon("alert", "icon-lead")}
      <p class="notice-text"><strong>${warning.title}</strong><span>${warning.text}</span></p>
      <div class="notice-actions">
        ${warning.search ? html`<button class="button" type="button" @click=${searchInstead}>${icon("search")} ${t("search.short")} <kbd>F2</kbd></button>` : nothing}
        ${warning.open ? html`<button class="button" type="button" @click=${sellOpen}>${t("sell.open")}</button>` : nothing}
        <button class="button button-quiet" type="button" @click=${dismiss}>${t("dismiss")}</button>
      </div>
    </div>`;
}

export function focusSearch() {
  const field = /** @type {HTMLInputElement | null} */ (document.getElementById("search"));
  field?.focus();
  field?.select();
}

function sellOpen() {
  const gtin = state.warning?.open ?? "";
  dismiss();
  openPanel({ kind: "open", gtin, name: "", entry: "" });
}

function searchInstead() {
  dismiss();
  focusSearch();
}

/** The till's one voice. @param {{title: string, text: string, actions?: unknown, lead?: string}} what */
export function notice({ title, text, actions = nothing, lead = "" }) {
  return html`
    <div class="notice">
      ${lead ? icon(lead, "icon-lead") : nothing}
      <p class="notice-text" role="status"><strong>${title}</strong><span>${text}</span></p>
      <div class="notice-actions">${actions}</div>
    </div>`;
}

export function undoButton() {
  return html`<button class="button" type="button" @click=${undo}>${icon("undo")} ${t("undo")} <kbd>Ctrl Z</kbd></button>`;
}

/** The corner that always holds the number that matters. @param {{label: string, figure: string, notes?: unknown, kind?: string, said?: boolean}} what */
export function moneyCorner({ label, figure, notes = nothing, kind = "", said = false }) {
  return html`
    <div class="money ${kind}" role=${said ? "status" : nothing}>
      <div class="money-notes">${notes}</div>
      <p class="money-sum"><span class="money-label">${label}</span> <output class="money-figure">${figure}</output></p>
    </div>`;
}

/** Under the sum of an open sale. */
export function moneyNotes() {
  const { items, tax, saved } = state.basket;
  return html`${t("items", { n: items })}<span class="wide-only"> · ${t("incl.tax", { amount: money(tax) })}</span>${saved ? html`<br><strong>${t("saves", { amount: money(saved) })}</strong>` : nothing}`;
}

/** @param {string} first first words of a name: initials stand in for a picture */
export function initials(first) {
  const [one = "", two = ""] = first.split(/\s+/);
  return (one.slice(0, 1) + two.slice(0, 1)).toUpperCase();
}

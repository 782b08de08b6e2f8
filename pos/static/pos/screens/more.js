// The panels a quick sale does without: a line, the last receipt, the connection, scan buttons to try, and more.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { age } from "../clock.js";
import { openCount } from "../counting.js";
import { openDrawer } from "../drawer.js";
import { setLanguage, setTheme } from "../looks.js";
import { pressKey } from "../keys.js";
import { icon, money, offerWords, panelHead, time } from "../parts.js";
import { printCopy } from "../printing.js";
import { ONE } from "../sale.js";
import { clearBasket, openPanel, scan } from "../selling.js";
import { lock } from "../shifts.js";
import { state } from "../state.js";
import { kilograms, t } from "../strings.js";
import "../strings-later.js";
import "../strings-selling.js";
import { opensWithoutLine } from "../upgrading.js";
import { reenrol, sendNow } from "../wiring.js";
import { askedOfMe, openAsked, openInbox } from "../inbox.js";
import { keepingPanel, keepingWarnings, openKeeping } from "./lifeline.js";
import { chips } from "./chips.js";
import { drawerPanel } from "./drawer.js";
import { linePanel } from "./line.js";
import { openItemPanel } from "./open-item.js";
import { parkedPanel } from "./parked.js";
import { checkPanel, checkPrice } from "./price-check.js";

export { checkPrice };

export function morePanels() {
  switch (state.panel?.kind) {
    case "line": return linePanel(state.panel.n);
    case "open": return openItemPanel(state.panel);
    case "check": return checkPanel(state.panel.item);
    case "parked": return parkedPanel(state.panel.deleted);
    case "drawer": return drawerPanel(state.panel);
    case "more": return morePanel();
    case "receipt": return receiptPanel();
    case "sync": return syncPanel();
    case "keeping": return keepingPanel();
    case "try": return tryPanel();
    default: return nothing;
  }
}

function morePanel() {
  const empty = !state.sale.lines.length;
  return html`
    ${panelHead({ title: t("more") })}
    <div class="fixes fixes-top">
      <button class="button phone-only" type="button" @click=${() => openPanel({ kind: "receipt" })}>${icon("clock")} ${t("last")}</button>
      ${state.identity?.try_this.length ? html`<button class="button phone-only" type="button" @click=${() => openPanel({ kind: "try" })}>${icon("play")} ${t("try")}</button>` : nothing}
      <button class="button" type="button" @click=${checkPrice}>${icon("tag")} ${t("check.price")} <kbd>F7</kbd></button>
      ${state.identity?.rules?.open_item.allowed ? html`<button class="button" type="button" @click=${() => openPanel({ kind: "open", gtin: "", name: "", entry: "" })}>${icon("plus")} ${t("open.item")}</button>` : nothing}
      <button class="button phone-only" type="button" ?disabled=${empty} @click=${() => pressKey("F4")}>${icon("pause")} ${t("park")}</button>
      ${state.parked.length ? html`<button class="button" type="button" @click=${() => openPanel({ kind: "parked", deleted: null })}>${icon("pause")} ${t("parked", { n: state.parked.length })}</button>` : nothing}
      <button class="button" type="button" @click=${() => openDrawer()}>${icon("box")} ${t("drawer")}</button>
      ${empty ? html`<button class="button" type="button" @click=${openCount}>${icon("cash")} ${t("more.close")}</button>` : html`<button class="button" type="button" @click=${clearBasket}>${icon("close")} ${t("more.clear")}</button>`}
      <button class="button" type="button" @click=${lock}>${icon("lock")} ${t("more.lock")} <kbd>F12</kbd></button>
      <button class="button" type="button" @click=${() => openPanel({ kind: "sync" })}>${icon("cloud-check")} ${t("sync.title")}</button>
      ${askedOfMe() ? html`<button class="button" type="button" @click=${openAsked}>${icon("user")} ${t("asked.you", { n: askedOfMe() })}</button>` : nothing}
      <button class="button" type="button" @click=${openInbox}>${icon("check")} ${t("inbox")}${state.identity?.inbox ? html` <small>${t("inbox.need", { n: state.identity.inbox })}</small>` : nothing}</button>
      <button class="button" type="button" @click=${openKeeping}>${icon("safe")} ${t("keeping.title")}</button>
    </div>
    ${chips({ legend: t("more.theme"), name: "theme", value: state.theme, options: ["", "light", "dark"].map((theme) => [theme, t(`theme.${theme}`)]), choose: setTheme })}
    ${chips({ legend: t("more.language"), name: "language", value: state.language, options: [["en", "English"], ["de", "Deutsch"]], choose: setLanguage })}`;
}

function receiptPanel() {
  const sale = state.lastSale;
  if (!sale) return html`${panelHead({ title: t("last") })}<div class="empty-basket"><strong>${t("no.last")}</strong><span>${t("no.last.text")}</span></div>`;
  return html`
    ${panelHead({ title: `${t("receipt")} ${sale.body.receipt}` })}
    <div class="pane-fill panel-fact receipt-facts" role="region" tabindex="0" aria-label=${t("receipt")}>
      <table class="facts"><caption>${time(sale.wall_ms)} · ${sale.cashier}</caption><tbody>
        ${sale.body.lines.map((line) => html`
          <tr><th scope="row">${line.name} <small>${line.quantity % ONE ? `${kilograms(line.quantity)} ${t("kg")}` : line.quantity > ONE ? `${line.quantity / ONE} ×` : ""}</small>${(line.discounts ?? []).map((offer) => html`<br><small>${offerWords(offer)}</small>`)}</th><td>${money(line.total)}</td></tr>`)}
        <tr class="facts-sum"><th scope="row">${t("total")}</th><td>${money(sale.body.total)}</td></tr>
        <tr><th scope="row">${t("paper.cash")}</th><td>${money(sale.body.tenders[0].tendered)}</td></tr>
        <tr><th scope="row">${t("change")}</th><td>${money(sale.body.tenders[0].change)}</td></tr>
      </tbody></table>
    </div>
    <div class="function-keys"><button class="function-key" type="button" @click=${() => printCopy(sale)}>${t("copy.print")}</button></div>`;
}

function syncPanel() {
  const { online, waiting, oldest, held, revoked } = state.sync;
  return html`
    ${panelHead({ title: t("sync.title") })}
    <div class="panel-fact"><strong>${t(online ? "online" : "offline")}</strong><span class="panel-note">${t("sync.works")}</span></div>
    <div class="panel-fact"><strong>${waiting ? `${t("sync.waiting")}: ${waiting}` : t("sync.nothing")}</strong>${waiting ? html`<span class="panel-note">${t("sync.since", { age: age(state.now - oldest) })}</span>` : nothing}</div>
    ${opensWithoutLine()}
    ${held ? html`<div class="panel-fact"><strong>${t("sync.held", { n: held })}</strong><span class="panel-note">${t("sync.held.text")}</span></div>` : nothing}
    ${revoked ? html`<div class="panel-fact"><strong>${t("sync.revoked")}</strong><span class="panel-note">${t("sync.revoked.text")}</span></div>` : nothing}
    ${keepingWarnings()}
    <div class="function-keys">
      <button class="function-key" type="button" @click=${sendNow}>${t("sync.now")}</button>
      ${revoked ? html`<button class="function-key" type="button" @click=${reenrol}>${t("sync.enrol")}</button>` : nothing}
    </div>`;
}

/** Scan buttons feed the very path a scanner feeds. */
function tryPanel() {
  return html`
    ${panelHead({ title: t("try") })}
    <p class="panel-note">${t("try.text")}</p>
    <div class="try-cards" role="region" tabindex="0" aria-label=${t("try")}>
      ${(state.identity?.try_this ?? []).map((card) => html`
        <section class="try-card"><h3>${card.title}</h3><p>${card.text}</p>
          <div class="try-scans">${card.scans.map((code) => html`<button class="button" type="button" @click=${() => scan(code)}>${icon("barcode")} <span>${nameOf(code)}</span></button>`)}</div>
        </section>`)}
    </div>`;
}

/** @param {string} code */
function nameOf(code) {
  const { catalogue } = state;
  const sticker = catalogue?.pricing.stickers.get(code);
  const item = sticker ? catalogue?.byId.get(sticker.variant) : (catalogue?.byCode.get(code.padStart(14, "0")) ?? catalogue?.byCode.get(code));
  return item ? [item.name, sticker ? t("markdown") : ""].filter(Boolean).join(" · ") : code;
}

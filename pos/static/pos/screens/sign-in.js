// Before selling: making this browser a till, four digits, the float.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { businessDate, dayOf } from "../clock.js";
import { setLanguage } from "../looks.js";
import { brandMark, icon, keypad, money, moneyCorner, tillName, time } from "../parts.js";
import { totals } from "../sale.js";
import { floatAmount, floatKey, openShift, pinKey } from "../shifts.js";
import { change, state } from "../state.js";
import { t } from "../strings.js";
import { enrolDemo, enrolTyped, takeOver } from "../wiring.js";

/** @param {{place: string, list: unknown}} what */
function welcome({ place, list }) {
  return html`
    <section class="basket-pane" aria-label=${t("main.till")}>
      <div class="welcome">
        <p class="welcome-brand">${brandMark()} ${place}</p>
        <div><p class="welcome-time">${time(state.now)}</p><p class="welcome-date">${dayOf(state.now, state.language, state.identity?.store.timezone)}</p></div>
        <ul class="ready-list" aria-label=${t("check")}>${list}</ul>
      </div>
    </section>`;
}

/** @param {string} name @param {string} words @param {string} text */
function ready(name, words, text) {
  return html`<li>${icon(name)} ${words} <span>${text}</span></li>`;
}

export function signInScreen() {
  const { identity, sync, catalogue, shift, persisted } = state;
  const list = html`
    ${ready(sync.online ? "cloud-check" : "cloud-off", t(sync.online ? "online" : "offline"), sync.waiting ? t("check.waiting", { n: sync.waiting }) : t("check.online"))}
    ${catalogue ? ready("tag", t("check.prices"), t("check.prices.text", { n: catalogue.items.length })) : ready("tag", t("check.none"), t("check.none.text"))}
    ${shift ? ready("cash", t("check.float", { amount: money(shift.float) }), t("check.float.text", { name: shift.cashier_name, time: time(shift.opened_ms) })) : ready("cash", t("check.noshift"), t("check.noshift.text"))}
    ${persisted ? nothing : ready("alert", t("check.storage"), t("check.storage.text"))}`;
  return html`
    ${welcome({ place: `${identity?.store.name} · ${tillName()}`, list })}
    <section class="action-pane" aria-label=${t("pin.title")}>
      <div class="sign-in">
        <div><h1 tabindex="-1" data-focus>${t("pin.title")}</h1><p class="panel-note" role="status">${pinNote()}</p></div>
        <div class="pin-entry">
          <p class="pin-dots" role="status"><span class="for-screen-reader">${t("pin.dots", { n: state.pin.length })}</span>${[1, 2, 3, 4].map((n) => html`<span class="pin-dot ${state.pin.length >= n ? "pin-dot-filled" : ""}"></span>`)}</p>
          ${keypad({ press: pinKey, corner: "clear" })}
        </div>
        <div class="sign-in-foot">${languageButton()}</div>
      </div>
    </section>`;
}

function pinNote() {
  if (state.busy) return t("pin.checking");
  if (state.pinWaitUntil > state.now) return t("pin.wait", { n: Math.ceil((state.pinWaitUntil - state.now) / 1000) });
  if (state.pinMessage) return state.pinMessage;
  if (state.sale.lines.length) return t("pin.lock", { items: t("items", { n: totals(state.sale).items }) });
  return state.notice?.title ?? "\u00a0";
}

function languageButton() {
  const other = state.language === "de" ? "en" : "de";
  return html`<button class="button button-quiet" type="button" lang=${other} @click=${() => setLanguage(other)}>${other === "de" ? "Deutsch" : "English"}</button>`;
}

export function openShiftScreen() {
  const { identity, cashier } = state;
  const store = identity?.store;
  const date = store ? businessDate({ now: state.now, timeZone: store.timezone, cutoff: store.day_cutoff }) : "";
  return html`
    <section class="basket-pane" aria-label=${t("main.till")}>
      <div class="basket-head"><h1 tabindex="-1" data-focus>${t("hello", { name: cashier?.name ?? "" })}</h1> <span class="basket-head-count">${t("open.text")}</span></div>
      <div class="pane-fill">
        <table class="facts"><caption>${t("open.title")}</caption><tbody>
          <tr><th scope="row">${t("open.store")}</th><td>${store?.name}</td></tr>
          <tr><th scope="row">${t("open.till")}</th><td>${tillName()}</td></tr>
          <tr><th scope="row">${t("open.today")}</th><td>${date}</td></tr>
        </tbody></table>
      </div>
      ${moneyCorner({ label: t("float"), figure: money(floatAmount()), notes: t("open.float.text") })}
    </section>
    <section class="action-pane" aria-label=${t("main.actions")}>
      <div class="panel-head"><h2>${t("open.float")}</h2></div>
      <div class="amount-field"><span>${t("float")}<small>${t("open.float.text")}</small></span><output class="amount-figure ${state.entry ? "" : "amount-figure-empty"}">${money(floatAmount())}</output></div>
      <div class="count-keys">${keypad({ press: floatKey })}</div>
      <div class="pay-bar"><button class="button button-primary" type="button" ?disabled=${state.busy} @click=${openShift}>${t("open.title")}</button></div>
    </section>`;
}

export function enrolScreen() {
  const list = html`${ready("tab", t("enrol.two"), t("enrol.two.text"))}${ready("lock", t("enrol.once"), t("enrol.once.text"))}${ready("cloud-off", t("enrol.sell"), t("enrol.sell.text"))}`;
  return html`
    ${welcome({ place: t("enrol.welcome"), list })}
    <section class="action-pane" aria-label=${t("enrol.title")}>
      <div class="sign-in enrol">
        <div><h1 tabindex="-1" data-focus>${t("enrol.title")}</h1><p class="panel-note" role="status">${state.enrolMessage || t("enrol.text")}</p></div>
        ${state.demoTills.length ? html`
          <div class="fixes fixes-top" role="group" aria-label=${t("enrol.demo")}>
            ${state.demoTills.map((till) => html`<button class="button" type="button" ?disabled=${state.busy} @click=${() => enrolDemo(till.id)}>${icon("play")} <span>${t("enrol.use", { name: till.label })}</span></button>`)}
          </div>` : nothing}
        <form class="enrol-form" @submit=${submitCode}>
          <label class="text-field"><span>${t("enrol.code")}</span><input name="code" autocomplete="off" autocapitalize="characters" spellcheck="false" .value=${state.enrolCode} @input=${typedCode}></label>
          <button class="button ${state.demoTills.length ? "" : "button-primary"}" type="submit" ?disabled=${state.busy || !state.enrolCode.trim()}>${t("enrol.button")}</button>
        </form>
        <div class="sign-in-foot">${languageButton()}</div>
      </div>
    </section>`;
}

/** @param {Event} event */
function typedCode(event) {
  change({ enrolCode: /** @type {HTMLInputElement} */ (event.target).value });
}

/** @param {Event} event */
function submitCode(event) {
  event.preventDefault();
  void enrolTyped();
}

/** One window sells. @param {{title: string, text: string, button: string, act: () => void}} what */
function standStill({ title, text, button, act }) {
  return html`
    <section class="stand-still" aria-label=${title}>
      ${brandMark()}<h1 tabindex="-1" data-focus>${title}</h1><p>${text}</p>
      <button class="button button-primary" type="button" @click=${act}>${button}</button>
    </section>`;
}

export function elsewhereScreen() {
  return standStill({ title: t("elsewhere.title"), text: t("elsewhere.text"), button: t("elsewhere.take"), act: takeOver });
}

export function brokenScreen() {
  return standStill({ title: t("broken.title"), text: t("broken.text"), button: t("reload"), act: () => location.reload() });
}

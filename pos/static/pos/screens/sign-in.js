// Before selling: four digits.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { dayOf } from "../clock.js";
import { setLanguage } from "../looks.js";
import { brandMark, icon, keypad, money, tillName, time } from "../parts.js";
import { pinKey } from "../shifts.js";
import { state } from "../state.js";
import { t } from "../strings.js";

/** @param {{place: string, list: unknown}} what */
export function welcome({ place, list }) {
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
export function ready(name, words, text) {
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
          ${pinDots()}
          ${keypad({ press: (key) => pinKey(key), corner: "clear" })}
        </div>
        <div class="sign-in-foot">${languageButton()}</div>
      </div>
    </section>`;
}

export function pinDots() {
  return html`<p class="pin-dots" role="status"><span class="for-screen-reader">${t("pin.dots", { n: state.pin.length })}</span>${[1, 2, 3, 4].map((n) => html`<span class="pin-dot ${state.pin.length >= n ? "pin-dot-filled" : ""}"></span>`)}</p>`;
}

export function pinNote() {
  if (state.busy) return t("pin.checking");
  if (state.pinWaitUntil > state.now) return t("pin.wait", { n: Math.ceil((state.pinWaitUntil - state.now) / 1000) });
  if (state.pinMessage) return state.pinMessage;
  if (state.sale.lines.length) return t("pin.lock", { items: t("items", { n: state.basket.items }) });
  return state.notice?.title ?? "\u00a0";
}

export function languageButton() {
  const other = state.language === "de" ? "en" : "de";
  return html`<button class="button button-quiet" type="button" lang=${other} @click=${() => setLanguage(other)}>${other === "de" ? "Deutsch" : "English"}</button>`;
}

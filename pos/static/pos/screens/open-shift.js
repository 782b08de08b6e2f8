// The beginning of a shift: what is in the drawer.
import { html } from "../../vendor/lit-html/lit-html.js";
import { businessDate } from "../clock.js";
import { dateWords } from "../figures.js";
import { keysOf } from "../keys.js";
import { floatAmount, floatKey, openShift } from "../opening.js";
import { keypad, money, moneyCorner, tillName } from "../parts.js";
import { state } from "../state.js";
import { t } from "../strings.js";
import "../strings-later.js";

keysOf("open-shift", floatKey);

export function openShiftScreen() {
  const { identity, cashier } = state;
  const store = identity?.store;
  const date = store ? dateWords(businessDate({ now: state.now, timeZone: store.timezone, cutoff: store.day_cutoff }), state.language) : "";
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
      ${moneyCorner({ label: t("float"), figure: money(floatAmount()), notes: t("open.float.text"), said: true })}
    </section>
    <section class="action-pane" aria-label=${t("main.actions")}>
      <div class="panel-head"><h2>${t("open.float")}</h2></div>
      <div class="count-keys">${keypad({ press: floatKey })}</div>
      <div class="pay-bar"><button class="button button-primary" type="button" ?disabled=${state.busy} @click=${openShift}>${t("open.title")}</button></div>
    </section>`;
}

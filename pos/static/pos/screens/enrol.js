// Making this browser a till.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { enrolDemo, enrolTyped } from "../enrolling.js";
import { icon } from "../parts.js";
import { change, state } from "../state.js";
import { t } from "../strings.js";
import "../strings-later.js";
import { languageButton, ready, welcome } from "./sign-in.js";

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

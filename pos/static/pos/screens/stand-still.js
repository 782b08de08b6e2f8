// Where this page cannot sell: another window does, or the browser keeps nothing.
import { html } from "../../vendor/lit-html/lit-html.js";
import { brandMark } from "../parts.js";
import { t } from "../strings.js";
import "../strings-later.js";
import { takeOver } from "../wiring.js";

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

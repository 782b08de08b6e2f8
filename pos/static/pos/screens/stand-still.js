// Where this page cannot sell: another window does, or the browser keeps nothing.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { lookInMirror, mend, mending } from "../mending.js";
import { brandMark } from "../parts.js";
import { state } from "../state.js";
import { t } from "../strings.js";
import "../strings-later.js";
import { takeOver } from "../wiring.js";

/** One window sells. @param {{title: string, text: string, button: string, act: () => void, more?: unknown}} what */
function standStill({ title, text, button, act, more = nothing }) {
  return html`
    <section class="stand-still" aria-label=${title}>
      ${brandMark()}<h1 tabindex="-1" data-focus>${title}</h1><p>${text}</p>
      ${more}<button class="button button-primary" type="button" @click=${act}>${button}</button>
    </section>`;
}

export function elsewhereScreen() {
  return standStill({ title: t("elsewhere.title"), text: t("elsewhere.text"), button: t("elsewhere.take"), act: takeOver });
}

/** What the second copy holds is offered, where it holds something. */
export function brokenScreen() {
  const reload = () => location.reload();
  if (state.full) return standStill({ title: t("broken.title"), text: t("broken.full"), button: t("reload"), act: reload });
  void lookInMirror();
  const { found, failed } = mending();
  if (!found || found === "asking" || !(found.name || found.waiting)) return standStill({ title: t("broken.title"), text: t("broken.text"), button: t("reload"), act: reload });
  const text = `${t(found.waiting ? "mend.text" : "mend.none", { n: found.waiting, name: found.name })} ${t("mend.after")}`;
  const more = html`${failed ? html`<p role="alert">${t("mend.failed")}</p>` : nothing}<button class="button" type="button" @click=${reload}>${t("reload")}</button>`;
  return standStill({ title: t("broken.title"), text, button: t("mend.button"), act: mend, more });
}

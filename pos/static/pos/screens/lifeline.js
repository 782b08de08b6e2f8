// What this browser keeps, for whoever looks after the till: room, promise, second copy, clock; the journal as a file; taking leave.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { askApproval } from "../allowing.js";
import { journalFacts } from "../keeping.js";
import { skewOf } from "../keeping-rules.js";
import { forgetTill, readBack, saveFile } from "../lifeline.js";
import { icon, panelHead } from "../parts.js";
import { openPanel } from "../selling.js";
import { change, state } from "../state.js";
import { t } from "../strings.js";
import "../strings-keeping.js";

/** @type {{all: number, waiting: number} | null} */
let journal = null;

export function openKeeping() {
  journal = null;
  openPanel({ kind: "keeping" });
  void count();
}

async function count() {
  journal = await journalFacts().catch(() => null);
  change({});
}

/** What is not as it should be, in the connection's panel. */
export function keepingWarnings() {
  const { persisted, mirror, care, clockOffset } = state;
  const skew = skewOf(clockOffset);
  return html`
    ${care ? fact(t("keeping.title"), t(care.key, care.values)) : nothing}
    ${persisted ? nothing : fact(t("keeping.promise"), t("keeping.unpromised"))}
    ${mirror === "off" ? fact(t("keeping.mirror"), t("mirror.off")) : nothing}
    ${skew ? fact(t("keeping.clock"), t(skew < 0 ? "clock.behind" : "clock.ahead", { n: Math.abs(skew) })) : nothing}`;
}

/** @param {string} title @param {unknown} words */
function fact(title, words) {
  return html`<div class="panel-fact"><strong>${title}</strong><span class="panel-note">${words}</span></div>`;
}

export function keepingPanel() {
  const { persisted, mirror, room, clockOffset } = state;
  const skew = skewOf(clockOffset);
  return html`
    ${panelHead({ title: t("keeping.title") })}
    <div class="pane-fill" role="region" tabindex="0" aria-label=${t("keeping.title")}>
      ${journal ? fact(t("keeping.journal"), `${t("keeping.count", { n: journal.all })} · ${t("keeping.unsent", { n: journal.waiting })}`) : nothing}
      ${fact(t("keeping.mirror"), t(`mirror.${mirror}`))}
      ${fact(t("keeping.promise"), t(persisted ? "keeping.promised" : "keeping.unpromised"))}
      ${fact(t("keeping.room"), room || t("keeping.unsaid"))}
      ${skew ? fact(t("keeping.clock"), t(skew < 0 ? "clock.behind" : "clock.ahead", { n: Math.abs(skew) })) : nothing}
      <p class="panel-note">${t("keeping.note")}</p>
    </div>
    <div class="fixes">
      <button class="button" type="button" @click=${() => allowed("lifeline", () => saveFile(false))}>${icon("copy")} ${t("file.waiting")}</button>
      <button class="button" type="button" @click=${() => allowed("lifeline", () => saveFile(true))}>${icon("copy")} ${t("file.all")}</button>
      <button class="button" type="button" @click=${() => allowed("lifeline", chooseFile)}>${icon("undo")} ${t("file.read")}</button>
      <button class="button" type="button" @click=${() => allowed("forget", forgetTill)}>${icon("close")} ${t("file.forget")}</button>
    </div>`;
}

/** A manager says so, by PIN. @param {"lifeline" | "forget"} kind @param {() => unknown} act */
function allowed(kind, act) {
  askApproval({ kind, title: t(`${kind}.ask`), text: t(`${kind}.ask.text`), then: () => act() });
}

function chooseFile() {
  const field = document.createElement("input");
  field.type = "file";
  field.accept = ".jsonl";
  field.addEventListener("change", async () => {
    const file = field.files?.[0];
    if (file) await readBack(await file.text());
    void count();
  });
  field.click();
}

// An X or a Z on the screen: the figures on the left, the paper and the way on at the right.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { icon, money, moneyCorner, panelHead, tillName, time, warningNotice } from "../parts.js";
import { factsOf, isBlind } from "../report-facts.js";
import { askForSums, leaveReport, printReport } from "../reporting.js";
import { state } from "../state.js";
import { t } from "../strings.js";
import "../strings-later.js";
import "../strings-drawer.js";

export function reportScreen() {
  const { report } = state;
  if (!report) return nothing;
  const closed = report.kind === "z";
  return html`
    ${totalsPane()}
    <section class="action-pane" aria-label=${t("main.actions")}>
      ${panelHead({ title: closed ? t("shift.closed") : t("report.x"), close: t("close") })}
      ${closed ? waiting() : nothing}
      ${isBlind(report) ? html`<div class="panel-fact"><strong>${t("report.blind")}</strong><span class="panel-note">${t("report.blind.text")}</span></div>` : nothing}
      <div class="fixes fixes-top">
        <button class="button" type="button" ?disabled=${state.busy} @click=${printReport}>${icon("printer")} ${t(report.printed ? "report.copy" : "report.print")}</button>
        ${isBlind(report) ? html`<button class="button" type="button" ?disabled=${state.busy} @click=${() => askForSums(totalsPane)}>${icon("lock")} ${t("report.ask")}</button>` : nothing}
      </div>
      <div class="pay-bar"><button class="button button-primary" type="button" @click=${leaveReport}>${t("report.done")}</button></div>
    </section>`;
}

function totalsPane() {
  const { report } = state;
  if (!report) return nothing;
  return html`
    <section class="basket-pane" aria-label=${t("main.totals")}>
      <div class="basket-head"><h1 tabindex="-1" data-focus>${t(`report.${report.kind}`)}</h1> <span class="basket-head-count">${t("report.shift", { name: report.shift.cashier_name })}, ${tillName()}, ${spell(report)}</span></div>
      <div class="pane-fill" role="region" tabindex="0" aria-label=${t("main.totals")}>${factsOf(report).map(factsTable)}</div>
      ${warningNotice()}
      ${moneyCorner({ ...sumOf(report), notes: html`${t("report.epoch", { till: report.till, epoch: report.epoch })} · ${t("report.entry", { seq: report.seq })}` })}
    </section>`;
}

/** The number that matters. @param {ShiftReport} report */
function sumOf(report) {
  const { kind, figures, counted = 0 } = report;
  if (isBlind(report)) return { label: t("report.sales"), figure: String(figures.sales) };
  if (kind === "x") return { label: t("expected"), figure: money(figures.expected) };
  const difference = counted - figures.expected;
  return { label: t(difference < 0 ? "short" : difference > 0 ? "over" : "difference"), figure: money(Math.abs(difference)) };
}

/** What may still be here, and that nobody has to wait for it. */
export function waiting() {
  const { waiting: many } = state.sync;
  return html`<div class="panel-fact"><strong>${many ? t("some.wait", { n: many }) : t("nothing.waits")}</strong><span class="panel-note">${t(many ? "some.wait.text" : "nothing.waits.text")}</span></div>`;
}

/** @param {ShiftReport} report */
export function spell({ shift, at_ms }) {
  return t("report.when", { from: time(shift.opened_ms), to: time(at_ms) });
}

/** @param {import("../report-facts.js").Facts} facts */
export function factsTable({ caption, rows }) {
  return html`
    <table class="facts"><caption>${caption}</caption><tbody>
      ${rows.map(({ words, small, value, sum }) => html`<tr class=${sum ? "facts-sum" : ""}><th scope="row">${words} ${small ? html`<small>${small}</small>` : nothing}</th><td>${value}</td></tr>`)}
    </tbody></table>`;
}

// The paper: drawn into a part of the page that only printing shows.
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { timeOf } from "./clock.js";
import { dateWords, percent, taxesOf } from "./figures.js";
import { formatAmount } from "./money.js";
import { factsOf } from "./report-facts.js";
import { state } from "./state.js";
import { kilograms, t } from "./strings.js";
import "./strings-later.js";
import "./strings-drawer.js";

/** @param {SoldSale} sold @param {boolean} copy */
function paper({ body, wall_ms, cashier }, copy) {
  const store = state.identity?.store;
  const money = (/** @type {number} */ amount) => formatAmount(amount, body.currency);
  const [cash] = body.tenders;
  const saved = body.lines.reduce((sum, line) => sum + line.discount, 0);
  return html`
    <div class="paper">
      ${copy ? html`<p class="paper-copy">${t("paper.copy")}</p>` : nothing}
      <p class="paper-shop">${store?.name}</p>
      <table>
        <tbody>
          ${body.lines.map((line) => html`
            <tr><td colspan="2">${line.name}</td></tr>
            <tr class="paper-line"><td>${line.quantity % 1000 ? `${kilograms(line.quantity)} kg` : line.quantity / 1000} × ${money(line.unit_price)}</td><td>${money(line.list_total)}</td></tr>
            ${(line.discounts ?? []).map(({ promotion, name, amount }) => html`<tr class="paper-line"><td>${name && !promotion.startsWith("markdown:") ? name : t("markdown")}</td><td>${money(-amount)}</td></tr>`)}`)}
          ${body.rounding ? html`<tr><td>${t("paper.rounding")}</td><td>${money(body.rounding)}</td></tr>` : nothing}
          <tr class="paper-total"><td>${t("total")} ${body.currency}</td><td>${money(body.total)}</td></tr>
          <tr><td>${t("paper.cash")}</td><td>${money(cash.tendered)}</td></tr>
          <tr><td>${t("paper.change")}</td><td>${money(cash.change)}</td></tr>
          ${taxesOf([body]).map(({ name, rate, amount }) => html`<tr><td>${body.tax_included === false ? `${name} ${percent(rate)}%` : t("paper.tax", { rate: percent(rate) })}</td><td>${money(amount)}</td></tr>`)}
        </tbody>
      </table>
      ${saved ? html`<p><strong>${t("paper.saved", { amount: money(saved) })}</strong></p>` : nothing}
      <p>${body.receipt} · ${body.business_date} ${timeOf(wall_ms, state.language, store?.timezone)}</p>
      <p>${t("paper.cashier", { name: cashier })}</p>
      <p>${t("paper.thanks")}</p>
    </div>`;
}

/** An X or a Z: all that the screen says, and whose it is. @param {ShiftReport} report @param {boolean} copy */
function reportPaper(report, copy) {
  const { kind, shift, till, epoch, seq, cashier, at_ms } = report;
  const store = state.identity?.store;
  const at = (/** @type {number} */ ms) => timeOf(ms, state.language, store?.timezone);
  return html`
    <div class="paper paper-report">
      ${copy ? html`<p class="paper-copy">${t("paper.copy")}</p>` : nothing}
      <p class="paper-shop">${store?.name}</p>
      <p class="paper-shop">${t(`report.${kind}`)}</p>
      <p>${dateWords(shift.business_date, state.language)}</p>
      <p>${t("report.epoch", { till, epoch })} · ${t("report.entry", { seq })}</p>
      <p>${t("report.shift", { name: shift.cashier_name })}, ${t("report.when", { from: at(shift.opened_ms), to: at(at_ms) })}</p>
      ${factsOf(report).map(({ caption, rows }) => html`
        <table><caption>${caption}</caption><tbody>
          ${rows.map(({ words, small, value, sum }) => html`<tr class=${sum ? "paper-total" : ""}><td>${words} ${small ? html`(${small})` : nothing}</td><td>${value}</td></tr>`)}
        </tbody></table>`)}
      <p>${t("paper.cashier", { name: cashier })}</p>
      <p class="paper-sign">${t("report.signed")}</p>
    </div>`;
}

/** @param {unknown} what */
function print(what) {
  const place = document.getElementById("paper");
  if (!place) return;
  render(what, place);
  globalThis.print();
}

/** Draws and prints. Comes back when the browser has taken it. @param {SoldSale} sold @param {{copy: boolean}} how */
export function printReceipt(sold, { copy }) {
  print(paper(sold, copy));
}

/** @param {ShiftReport} report @param {{copy: boolean}} how */
export function printReportPaper(report, { copy }) {
  print(reportPaper(report, copy));
}

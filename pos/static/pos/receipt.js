// The paper: drawn into a part of the page that only printing shows.
import { html, nothing, render } from "../vendor/lit-html/lit-html.js";
import { timeOf } from "./clock.js";
import { formatAmount } from "./money.js";
import { state } from "./state.js";
import { kilograms, t } from "./strings.js";
import "./strings-later.js";

/**
 * Tax by rate, from the lines as they were charged. A sale of before has one rate a line.
 * @param {SaleBody} body @returns {{name: string, rate: number, amount: number}[]}
 */
export function taxByRate(body) {
  /** @type {Map<string, {name: string, rate: number, amount: number}>} */
  const rates = new Map();
  for (const { tax_rate, tax, taxes = [{ name: "", rate: tax_rate, amount: tax }] } of body.lines) {
    for (const { name, rate, amount } of taxes) {
      const key = `${rate} ${name}`;
      rates.set(key, { name, rate, amount: amount + (rates.get(key)?.amount ?? 0) });
    }
  }
  return [...rates.values()].sort((one, two) => two.rate - one.rate);
}

/** 70000 -> "7", 77500 -> "7.75" @param {number} ppm */
export function percent(ppm) {
  const text = `${Math.trunc(ppm / 10_000)}.${String(ppm % 10_000).padStart(4, "0")}`;
  return text.replace(/\.?0+$/, "");
}

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
          ${taxByRate(body).map(({ name, rate, amount }) => html`<tr><td>${body.tax_included === false ? `${name} ${percent(rate)}%` : t("paper.tax", { rate: percent(rate) })}</td><td>${money(amount)}</td></tr>`)}
        </tbody>
      </table>
      ${saved ? html`<p><strong>${t("paper.saved", { amount: money(saved) })}</strong></p>` : nothing}
      <p>${body.receipt} · ${body.business_date} ${timeOf(wall_ms, state.language, store?.timezone)}</p>
      <p>${t("paper.cashier", { name: cashier })}</p>
      <p>${t("paper.thanks")}</p>
    </div>`;
}

/** Draws and prints. Comes back when the browser has taken it. @param {SoldSale} sold @param {{copy: boolean}} how */
export function printReceipt(sold, { copy }) {
  const place = document.getElementById("paper");
  if (!place) return;
  render(paper(sold, copy), place);
  globalThis.print();
}

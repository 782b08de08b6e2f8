// The change stays until the next scan or tap starts the next sale: no time clears it.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { handOut } from "../cash.js";
import { basketTable, money, moneyCorner, notice, panes, time, warningNotice } from "../parts.js";
import { printing } from "../paying.js";
import { currency, state } from "../state.js";
import { t } from "../strings.js";
import { actionPane } from "./sell.js";

export function changeScreen() {
  const sold = state.sold;
  if (!sold) return nothing;
  const sent = t(state.sync.waiting ? "safe.here" : "safe.sent");
  return panes({
    label: t("main.last"), title: t("sold"), count: t("sold.head", { receipt: sold.body.receipt, time: time(sold.wall_ms), sent }),
    body: basketTable({ lines: sold.body.lines, label: t("main.last"), open: false }),
    notices: [warningNotice(), nothing, paperNotice(sold)],
    corner: changeCorner(sold.body),
    actions: actionPane(),
  });
}

/** @param {SoldSale} sold */
function paperNotice(sold) {
  const printed = state.soldPrint === "printed";
  const actions = printed
    ? html`<button class="button" type="button" @click=${async () => (await printing()).printCopy(sold)}>${t("copy")}</button>`
    : html`<button class="button" type="button" @click=${async () => (await printing()).printSold()}>${t("print.receipt")}</button>`;
  return notice({ title: printed ? t("receipt.printed") : t("receipt.waits", { receipt: sold.body.receipt }), text: t("next.scan"), actions, lead: printed ? "check" : "printer" });
}

/** @param {SaleBody} body */
function changeCorner(body) {
  const [cash] = body.tenders;
  const coins = handOut(cash.change, currency());
  const notes = html`
    ${t("cash.given", { amount: money(cash.tendered) })}
    ${coins.length ? html`<br>${t("hand.out")}<div class="change-coins">${coins.map(({ value, count }) => html`<span class="change-coin">${count > 1 ? `${count} × ` : ""}${money(value)}</span>`)}</div>` : nothing}`;
  return moneyCorner({ label: t("change"), figure: money(cash.change), notes, kind: "money-done", said: true });
}

// What the book has not, sold with somebody who may allow it: their PIN, for this one sale.
import { html } from "../../vendor/lit-html/lit-html.js";
import { words } from "../held.js";
import { keysOf } from "../keys.js";
import { basketTable, icon, keypad, money, moneyCorner, moneyNotes, notice, panelHead } from "../parts.js";
import { pinKey } from "../shifts.js";
import { change, state } from "../state.js";
import { allow, held } from "../stock.js";
import { t } from "../strings.js";
import "../strings-stock.js";
import { pinDots, pinNote } from "./sign-in.js";

const MANAGERS = new Set(["owner", "store_manager"]);

/** @param {Cashier} cashier */
function may({ roles }) {
  return roles.some((role) => MANAGERS.has(role));
}

function asked() {
  return held().filter(({ kind }) => kind === "block");
}

/** @param {Cashier} by */
function then(by) {
  allow(asked(), by);
  change({ screen: "sell", notice: { title: t("approval.done", { name: by.name }), text: t("approval.done.text") } });
}

/** @param {string} key */
function press(key) {
  return pinKey(key, { may, then, wrong: "approval.wrong" });
}

keysOf("approval", press);

export function approvalScreen() {
  const { sale, basket } = state;
  return html`
    <section class="basket-pane" aria-label=${t("main.basket")}>
      <div class="basket-head"><h1>${t("basket")}</h1> <span class="basket-head-count">${t("basket.lines", { n: sale.lines.length })} · ${t("items", { n: basket.items })}</span></div>
      ${basketTable({ lines: basket.rows, label: t("basket"), open: false })}
      ${notice({ title: t("approval"), text: t("held.block.text"), lead: "lock" })}
      ${moneyCorner({ label: t("total"), figure: money(basket.total), notes: moneyNotes() })}
    </section>
    <section class="action-pane" aria-label=${t("approval")}>
      ${panelHead({ title: t("approval"), close: t("back.basket") })}
      ${asked().map((line) => html`<div class="panel-fact"><strong>${line.name}</strong><span>${words(line)}</span></div>`)}
      <div class="pin-entry pin-entry-fill">
        <p class="pin-who" role="status">${who()}</p>
        ${pinDots()}
        ${keypad({ press, corner: "clear" })}
      </div>
      <p class="panel-note">${icon("lock")} ${t("approval.note")}</p>
    </section>`;
}

/** Who may, unless the till has something to say of the last PIN. */
function who() {
  if (state.busy || state.pinMessage || state.pinWaitUntil > state.now) return pinNote();
  const names = state.identity?.cashiers.filter(may).map(({ name }) => name) ?? [];
  return names.length ? t("approval.who", { names: names.join(", ") }) : t("approval.nobody");
}

// One line of the basket: how many, and each offer with what became of it and why.
import { html, nothing } from "../../vendor/lit-html/lit-html.js";
import { momentOf } from "../clock.js";
import { panelKeysOf } from "../keys.js";
import { icon, money, panelHead } from "../parts.js";
import { WORK } from "../pricing/engine.js";
import { traceOf } from "../pricing/tracing.js";
import { lineOf, ONE, setQuantity } from "../sale.js";
import { remove, setLine, stepLine } from "../selling.js";
import { change, price, state } from "../state.js";
import { kilograms, t } from "../strings.js";
import "../strings-later.js";
import "../strings-selling.js";

const MOST_OFFERS = 12;
const MOST_NAMES = 3;
const ORDER = ["applied", "almost", "not"];

panelKeysOf("line", { press, enter: takeTyped });

/** The number of pieces, typed. @param {string} key a digit, "00" or "erase" */
function press(key) {
  const { panel } = state;
  const line = panel?.kind === "line" ? lineOf(state.sale, panel.n) : undefined;
  if (panel?.kind !== "line" || line?.item.sold_by !== "each") return;
  const entry = key === "erase" ? panel.entry.slice(0, -1) : (panel.entry + key).replace(/^0+/, "").slice(0, 4);
  change({ panel: { ...panel, entry } });
}

/** Enter is the line's only when a number was typed. */
function takeTyped() {
  const { panel } = state;
  if (panel?.kind !== "line" || !panel.entry) return false;
  setLine(panel.n, Number(panel.entry) * ONE);
  return true;
}

/** @param {number} n */
export function linePanel(n) {
  const row = state.basket.rows.find((one) => one.n === n && one.kind !== "deposit");
  if (!row) return nothing;
  const pieces = row.sold_by === "each";
  return html`
    ${panelHead({ title: row.name })}
    ${pieces ? stepper(row) : nothing}
    <div class="traces" role="region" tabindex="0" aria-label=${t("why")}>
      ${offersOf(row).map((offer) => trace(row, offer))}
      ${figures(row, pieces)}
    </div>
    <div class="function-keys"><button class="function-key" type="button" @click=${() => remove(n)}>${t("remove")} <kbd>Del</kbd></button></div>`;
}

/** @param {BasketRow} row */
function stepper({ n, quantity }) {
  return html`
    <div class="stepper" role="group" aria-label=${t("quantity")}>
      <button class="button" type="button" aria-label=${t("one.less")} ?disabled=${quantity <= ONE} @click=${() => stepLine(n, -1)}>${icon("minus")}</button>
      <output>${typedOf() || quantity / ONE}</output>
      <button class="button" type="button" aria-label=${t("one.more")} @click=${() => stepLine(n, 1)}>${icon("plus")}</button>
    </div>
    <p class="panel-note line-typed">${typedOf() ? html`<button class="button" type="button" @click=${takeTyped}>${t("line.take", { n: typedOf() })} <kbd>Enter</kbd></button>` : t("line.type")}</p>`;
}

function typedOf() {
  return state.panel?.kind === "line" ? state.panel.entry : "";
}

/** What its code told. @param {number} n */
function told(n) {
  const { lot, serial, expires_on, embedded } = lineOf(state.sale, n)?.extra ?? {};
  const facts = [["lot", lot], ["expires.on", expires_on], ["serial", serial], ["embedded", embedded]];
  return facts.map(([key, value]) => value ? html`<tr><th scope="row">${t(key ?? "")}</th><td>${value}</td></tr>` : nothing);
}

/** @param {BasketRow} row @param {boolean} pieces */
function figures(row, pieces) {
  return html`
    <table class="facts panel-fact"><tbody>
      <tr><th scope="row">${t("price")}${row.list ? html` <small>${t("price.list", { list: row.list })}</small>` : nothing}</th><td>${t(pieces ? "each" : "per.kg", { price: money(row.unit_price) })}</td></tr>
      ${pieces ? nothing : html`<tr><th scope="row">${t("weight")}</th><td>${kilograms(row.quantity)} ${t("kg")}</td></tr>`}
      ${row.discount ? html`<tr><th scope="row">${t("off")}</th><td>${money(-row.discount)}</td></tr>` : nothing}
      ${told(row.n)}
      <tr><th scope="row">${t("incl.tax", { amount: "" })}</th><td>${money(row.tax)}</td></tr>
      <tr class="facts-sum"><th scope="row">${t("total")}</th><td>${money(row.total)}</td></tr>
    </tbody></table>`;
}

/**
 * The promotions that are about this line, those that give something first; then what is within reach.
 * @param {BasketRow} row @returns {{promotion: Promotion, entry: TraceEntry}[]}
 */
function offersOf({ id }) {
  const { result } = state.basket;
  const told = traceOf(result);
  const offers = [...result[WORK].matching].filter(([, lines]) => lines.some((line) => line.id === id)).flatMap(([promotion]) => {
    const entries = told.filter((entry) => entry.promotion === promotion.code && (entry.line === id || entry.line === null));
    const entry = entries.find((one) => one.line === id) ?? entries[0];
    return entry ? [{ promotion, entry }] : [];
  });
  return offers.sort((one, two) => ORDER.indexOf(one.entry.state) - ORDER.indexOf(two.entry.state) || one.promotion.index - two.promotion.index).slice(0, MOST_OFFERS);
}

/** @param {BasketRow} row @param {{promotion: Promotion, entry: TraceEntry}} offer */
function trace(row, { promotion, entry }) {
  const no = entry.state === "not";
  const count = entry.state === "almost" && row.sold_by === "each" ? Number(entry.params.count ?? 0) : 0;
  return html`
    <section class="trace">
      <h3>${promotion.name}</h3>
      <p class="trace-verdict ${no ? "trace-verdict-no" : ""}">${verdict(entry, promotion.name)}${count ? gain(row, count) : nothing}</p>
      ${no ? nothing : html`<ul>${conditions(promotion).map((words) => html`<li>${icon("check")} ${words}</li>`)}${lacking(entry)}</ul>`}
      ${count && !promotion.ofReward ? html`<button class="button" type="button" @click=${() => stepLine(row.n, count)}>${icon("plus")} ${t("why.add", { n: count })}</button>` : nothing}
    </section>`;
}

/** What the trace says, in words. @param {TraceEntry} entry @param {string} name */
export function verdict({ code, params }, name) {
  const amount = typeof params.amount === "number" ? money(params.amount) : "";
  const moment = params.starts_at ?? params.ends_at;
  const when = typeof moment === "number" ? momentOf(moment, state.now, state.language, state.identity?.store.timezone) : "";
  const key = code === "coupon_refused" ? `why.coupon.${params.reason}` : code === "used_up" ? `why.used_up.${params.scope}` : code === "fixed" ? `why.fixed.${params.source}` : `why.${code}`;
  return t(key, { name: String(params.name ?? name), n: Number(params.count ?? 0), amount, when });
}

/** What so many more would save, worked out. @param {BasketRow} row @param {number} count */
function gain(row, count) {
  const more = setQuantity(state.sale, row.n, row.quantity + count * ONE);
  if (more === state.sale || !lineOf(more, row.n)) return nothing;
  const saves = price(more).saved - state.basket.saved;
  return saves > 0 ? `: ${t("why.saves", { amount: money(saves) })}` : nothing;
}

/** What it is for, where and until when. @param {Promotion} promotion @returns {string[]} */
function conditions({ data }) {
  const goods = Object.entries(data.selection.any).map(([group, values]) => {
    const names = values.slice(0, MOST_NAMES).map((value) => named(group, value)).join(", ");
    return values.length > MOST_NAMES ? t("why.others", { names, n: values.length - MOST_NAMES }) : names;
  });
  const until = data.ends_at === null ? "" : t("why.until", { when: momentOf(data.ends_at, state.now, state.language, state.identity?.store.timezone) });
  const hours = data.windows.map(({ from, until: end }) => t("why.hours", { from: timeOfDay(from), until: timeOfDay(end) }));
  const place = [data.stores.length ? state.identity?.store.name ?? "" : "", ...hours, until].filter(Boolean).join(", ");
  return [...goods, ...(place ? [place] : [])];
}

/** @param {string} group @param {string} value */
function named(group, value) {
  if (group === "category") return state.catalogue?.categories.find((one) => one.code === value)?.name ?? value;
  if (group === "sku") return state.catalogue?.byCode.get(value)?.name ?? value;
  return value;
}

/** @param {number} minute */
function timeOfDay(minute) {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

/** @param {TraceEntry} entry */
function lacking({ state: became, params }) {
  if (became !== "almost" || typeof params.size !== "number") return nothing;
  return html`<li class="trace-missing">${icon("circle")} ${t("why.of", { had: params.size - Number(params.count), size: params.size })}</li>`;
}

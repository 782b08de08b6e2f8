// A code that is no plain number of a thing: a case, a label of the store's scales, a GS1 code with its lot and its date. What it
// is of here, and what the line then says.
import { minorUnits, readEmbedded, readGs1, weightFor } from "./codes.js";
import { offerOf } from "./basket.js";
import { exponent } from "./money.js";
import { gtin14, itemByCode } from "./catalogue.js";
import { ONE } from "./sale.js";
import { clock, currency, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-selling.js";

/** @param {string} code @returns {Understood | null} null when nothing of it is known here */
export function understood(code) {
  return caseOf(gtin14(code)) ?? labelled(code) ?? detailed(code);
}

/** A code on a case adds what is in it. @param {string} gtin @returns {Understood | null} */
function caseOf(gtin) {
  const pack = state.catalogue?.packs?.get(gtin);
  const item = pack && state.catalogue?.byId.get(pack.variant);
  return item ? { item, gtin: "", added: { quantity: pack.quantity }, warning: null } : null;
}

/** What the store's scales print. @param {string} code @returns {Understood | null} */
function labelled(code) {
  const read = readEmbedded(code, state.identity?.rules?.embedded_codes ?? []);
  const item = read && read.keys.map((key) => state.catalogue && itemByCode(state.catalogue, key)).find((one) => one);
  if (!item) return null;
  const extra = { embedded: read.code };
  const weighed = item.sold_by === "weight";
  if (read.holds === "weight") return { item, gtin: "", added: { quantity: weighed ? read.value : ONE, extra }, warning: null };
  return { item, gtin: "", added: { ...priced(item, read.value, 0), extra }, warning: null };
}

/** So much money for it; what is weighed is as much as that buys here, unless its weight is told. @param {CatalogueItem} item @param {number} amount @param {number} weight @returns {Added} */
function priced(item, amount, weight) {
  const quantity = item.sold_by === "weight" ? weight || weightFor(amount, offerOf(item, clock())) : ONE;
  return { quantity, own: { source: "embedded", amount, price_quantity: quantity } };
}

/** @param {string} code @returns {Understood | null} */
function detailed(code) {
  const { catalogue, shift } = state;
  const read = catalogue && readGs1(code, new Date(clock()).getUTCFullYear());
  if (!read) return null;
  const inCase = caseOf(read.gtin);
  const item = inCase?.item ?? itemByCode(catalogue, read.gtin);
  if (!item) return null;
  const { lot, serial, expires_on } = read;
  const extra = { ...(lot && { lot }), ...(serial && { serial }), ...(expires_on && { expires_on }) };
  const added = { ...amountOf(item, read, inCase?.added.quantity ?? ONE), ...(Object.keys(extra).length ? { extra } : {}) };
  return { item, gtin: inCase ? "" : read.gtin, added, warning: warningOf(item, extra, shift?.business_date ?? "") };
}

/** @param {CatalogueItem} item @param {import("./codes.js").Read} read @param {number} each @returns {Added} */
function amountOf(item, { price, currency: named, weight, count }, each) {
  const amount = price && (!named || named === currency()) ? minorUnits(price, exponent(currency())) : null;
  if (amount) return priced(item, amount, weight);
  if (item.sold_by === "weight") return weight ? { quantity: weight } : {};
  return { quantity: (count || 1) * each };
}

/** @param {CatalogueItem} item @param {LineExtra} extra @param {string} today */
function warningOf({ id, name }, { serial, expires_on = "" }, today) {
  if (expires_on && expires_on < today) return { title: t("expired.title", { name }), text: t("expired.text", { day: expires_on }) };
  const again = serial && state.sale.lines.some((line) => line.item.id === id && line.extra?.serial === serial);
  return again ? { title: t("serial.title", { name }), text: t("serial.text", { serial }) } : null;
}

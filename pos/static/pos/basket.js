// What a sale costs here and now: its things with their prices and deposits, by the rules that came with the catalogue.
import { compile } from "./pricing/compiling.js";
import { evaluate, WORK } from "./pricing/engine.js";
import { chosen } from "./pricing/prices.js";
import { ONE } from "./sale.js";

const MINUTE_MS = 60_000;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const ALWAYS = { starts_at: null, ends_at: null };
const NOBODY = { known: false, groups: [], segments: [], orders: null };

/** Without rules of its own a catalogue is sold at its prices, tax included. @param {CatalogueData | null} data @param {number[]} [turns] of its things' prices @returns {Pricing} */
export function openPricing(data, turns = []) {
  const plain = { currency: data?.currency ?? "EUR", prices_include_tax: true, tax_rounding: "line", cash_rounding: 0, taxes: {}, promotions: [] };
  const { snapshot = "", rules = plain, timezone = "UTC", channel = "", store = "", stickers = [] } = data?.pricing ?? {};
  const compiled = compile({ ...rules, taxes: { ...rules.taxes } });
  return { snapshot, compiled, timezone, channel, store, stickers: new Map(stickers.map((sticker) => [sticker.code, sticker])), turns: turnsOf(turns, rules) };
}

/** When something begins or ends, rising. @param {number[]} prices @param {Rules} rules */
function turnsOf(prices, rules) {
  const lasting = [...rules.promotions, ...Object.values(rules.taxes).flat()];
  const turns = new Set([...prices, ...lasting.flatMap(({ starts_at, ends_at }) => [starts_at, ends_at])]);
  return [...turns].filter((at) => at !== null).sort((one, two) => one - two);
}

/** The next moment that may change a price: the minute, where an hour of the day matters. @param {Pricing} pricing @param {number} at */
export function nextTurn({ turns, compiled }, at) {
  const turn = turns.find((one) => one > at) ?? Infinity;
  const hours = compiled.promotions.some(({ data }) => data.windows.length);
  return hours ? Math.min(turn, (Math.floor(at / MINUTE_MS) + 1) * MINUTE_MS) : turn;
}

/** The price of a piece or a kilogram at this moment. @param {CatalogueItem} item @param {number} at @param {number} [quantity] */
export function offerOf(item, at, quantity = ONE) {
  const line = lineOf(1, item, quantity);
  return item.offers ? chosen(line, quantity, [], at) : line.prices[0];
}

/** Its own price and those of lists, put together once. @type {WeakMap<CatalogueItem, Offer[]>} */
const known = new WeakMap();

/** @param {CatalogueItem} item */
function pricesOf(item) {
  let prices = known.get(item);
  if (!prices) {
    const base = { ...ALWAYS, list: "", amount: item.price, price_quantity: item.price_quantity, from_quantity: 0, group: "", rank: 0 };
    known.set(item, (prices = [base, ...(item.offers ?? [])]));
  }
  return prices;
}

/** @param {number} id @param {CatalogueItem} item @param {number} quantity @param {string} [kind] @param {Fixed | null} [fixed] @param {OwnPrice} [own] @returns {BasketLine} */
function lineOf(id, item, quantity, kind = "goods", fixed = null, own) {
  const facets = kind === "goods" ? item.facets ?? [] : [];
  const line = { id, kind, sku: item.sku, quantity, sold_by: item.sold_by, prices: pricesOf(item), tax_class: item.tax_class, facets, fixed };
  return own ? { ...line, ...ownPrice(own) } : line;
}

/** A price that was printed or typed holds as it is: taking nothing off closes the line to every offer. @param {OwnPrice} own */
function ownPrice({ source, amount, price_quantity }) {
  return { prices: [{ ...ALWAYS, list: source, amount, price_quantity, from_quantity: 0, group: "", rank: 0 }], fixed: { source, code: "", kind: "amount", value: 0 } };
}

/** A thing's line is twice its number, its deposit's one more: so the deposit stands under what it belongs to. @param {TillSale} sale @param {Catalogue | null} catalogue */
function linesOf(sale, catalogue) {
  return sale.lines.flatMap(({ n, item, quantity, fixed, own }) => {
    const deposit = item.deposit && catalogue?.byId.get(item.deposit);
    const goods = { item, line: lineOf(2 * n, item, quantity, item.id ? "goods" : "open", fixed, own) };
    return deposit ? [goods, { item: deposit, line: lineOf(2 * n + 1, deposit, quantity, "deposit") }] : [goods];
  });
}

/** A class without a rule is taxed at the rate that came with the thing: selling goes on. @param {Rules} rules @param {{item: CatalogueItem, line: BasketLine}} of @returns {BasketLine} */
function taxable({ taxes }, { item, line }) {
  if (line.tax_class in taxes) return line;
  const tax_class = `=${item.tax_rate}`;
  taxes[tax_class] ??= item.tax_rate ? [{ ...ALWAYS, code: "tax", name: "", rate: item.tax_rate, compound: false }] : [];
  return { ...line, tax_class };
}

/** What the store's clock showed last, and when that was: putting a date into words is slow. */
let shown = { key: "", weekday: 1, minute: 0 };

/** Day and minute by the store's clock. @param {string} timeZone @param {number} at */
function clockOf(timeZone, at) {
  const key = `${timeZone} ${Math.floor(at / MINUTE_MS)}`;
  if (key !== shown.key) {
    const clock = new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone });
    const [day, hour, minute] = clock.format(at).split(/\W+/);
    shown = { key, weekday: DAYS.indexOf(day) + 1, minute: Number(hour) * 60 + Number(minute) };
  }
  const { weekday, minute } = shown;
  return { weekday, minute };
}

/**
 * @param {TillSale} sale
 * @param {{catalogue: Catalogue | null, at: number, offline: boolean}} here
 * @returns {TillBasket} Throws `Refused` when it cannot be counted.
 */
export function priced(sale, { catalogue, at, offline }) {
  const pricing = catalogue?.pricing ?? openPricing(null);
  const { compiled, channel, store, timezone } = pricing;
  const things = linesOf(sale, catalogue);
  const clock = compiled.promotions.length ? clockOf(timezone, at) : { weekday: 1, minute: 0 };
  const facts = { channel, store, ...clock, customer: NOBODY, staff: false, offline, left: {}, coupons: {}, exempt: null, tax_quote: null };
  const result = evaluate({ lines: things.map((one) => taxable(compiled.rules, one)), coupons: [], charges: [] }, compiled, facts, at);
  const names = new Map(result.discounts.map(({ promotion, name }) => [promotion, name]));
  const hints = hintsOf(result[WORK]);
  const rows = result.lines.map((line, index) => rowOf(line, things[index], names, hints.get(line.id)));
  const { cash_total, cash_rounding, tax, discount } = result.totals;
  const items = sale.lines.reduce((sum, { item, quantity }) => sum + (item.sold_by === "weight" ? 1 : quantity / ONE), 0);
  return { rows, total: cash_total, rounding: cash_rounding, tax, saved: discount, items, at, offline, snapshot: pricing.snapshot, inside: compiled.rules.prices_include_tax, result };
}

/** @param {PricedLine} line @param {{item: CatalogueItem, line: BasketLine}} thing @param {Map<string, string>} names @param {Hint} [hint] @returns {BasketRow} */
function rowOf(line, { item, line: asked }, names, hint) {
  const offers = line.discounts.map(({ promotion, amount }) => ({ promotion, name: names.get(promotion) ?? "", amount }));
  const { id, list, unit_price, price_quantity, list_total, discount, total, tax, taxes, allocation } = line;
  const { kind, quantity } = asked;
  return { id, n: Math.floor(id / 2), kind, item, name: item.name, sold_by: item.sold_by, quantity, list, unit_price, price_quantity, list_total, discount, total, tax, taxes, allocation, offers, hint };
}

/** What a little more would bring, under the newest line that it is about. @param {Work} work @returns {Map<number, Hint>} */
function hintsOf({ worked, matching }) {
  /** @type {Map<number, Hint>} */
  const hints = new Map();
  for (const { promotion, outcome } of worked) {
    if (outcome.off || !outcome.reason?.almost || promotion.level !== "line" || promotion.ofReward) continue;
    const line = matching.get(promotion)?.findLast((one) => one.kind !== "deposit" && one.isFree(promotion.stack));
    const { code, params } = outcome.reason;
    if (line && !hints.has(line.id)) hints.set(line.id, { code, name: promotion.name, count: Number(params.count ?? 0), amount: Number(params.amount ?? 0) });
  }
  return hints;
}

/**
 * The body of the journal entry of a sale paid in cash, with what it was worked out by: it is posted as it stands. Throws when
 * the cash does not reach: that is refused before anything is kept.
 * @param {{sale: TillSale, basket: TillBasket, tendered: number, currency: string, businessDate: string, receipt: string, receiptNo: number}} what
 * @returns {SaleBody}
 */
export function saleBody({ sale, basket, tendered, currency, businessDate, receipt, receiptNo }) {
  const { total, tax, rounding, rows, result } = basket;
  if (!rows.length) throw new RangeError("nothing to sell");
  if (!Number.isSafeInteger(tendered) || tendered < total) throw new RangeError("cash short");
  const scanned = new Map(sale.lines.map(({ n, gtin, extra }) => [n, { gtin, ...extra }]));
  const lines = rows.map((row, index) => ({ ...bodyLine(row, index + 1), ...(row.kind === "deposit" ? { parent: index } : scanned.get(row.n)) }));
  const tenders = [{ n: 1, kind: "cash", amount: total, tendered, change: tendered - total }];
  return {
    receipt, receipt_no: receiptNo, currency, business_date: businessDate, lines, tenders, total, tax, rounding,
    tax_included: basket.inside, snapshot: basket.snapshot, priced_at: basket.at, promotions: result.discounts, coupons: [],
  };
}

/** @param {BasketRow} row @param {number} n @returns {BodyLine} */
function bodyLine({ item, kind, quantity, unit_price, price_quantity, list, list_total, discount, total, tax, taxes, offers, allocation }, n) {
  return {
    n, kind, variant: item.id || null, sku: item.sku, gtin: "", name: item.name, quantity, unit_price, price_quantity, list_total, discount, total,
    tax_class: item.tax_class, tax_rate: taxes.length === 1 ? taxes[0].rate : taxes.length ? item.tax_rate : 0, tax, price_source: list || "base", discounts: offers, taxes, allocation,
  };
}

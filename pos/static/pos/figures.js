// The figures of a shift, from this browser's own journal alone: what was sold, what moved the drawer, what it should hold. Pure.

const MOVES = { cash_in: 1, cash_out: -1, payout: -1, safe_drop: -1 };

/**
 * Tax by rate, from the lines as they were charged. A sale of before has one rate a line.
 * @param {{lines: BodyLine[]}[]} bodies @returns {TaxOfRate[]}
 */
export function taxesOf(bodies) {
  /** @type {Map<string, TaxOfRate>} */
  const rates = new Map();
  for (const { tax_rate, tax, taxes = [{ name: "", rate: tax_rate, amount: tax }] } of bodies.flatMap(({ lines }) => lines)) {
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

/** @param {number[]} amounts */
function sum(amounts) {
  return amounts.reduce((total, amount) => total + amount, 0);
}

/**
 * `expected`: float, cash of sales, cash in, less what was taken out. Minor units throughout.
 * @param {{float: number, entries: {kind: string, text: string}[]}} of in their order @returns {ShiftFigures}
 */
export function shiftFigures({ float, entries }) {
  const read = (/** @type {string} */ kind) => entries.filter((entry) => entry.kind === kind).map(({ text }) => JSON.parse(text).body);
  /** @type {SaleBody[]} */
  const sales = read("sale");
  const lines = sales.flatMap((sale) => sale.lines);
  const tenders = tendersOf(sales);
  const cash = tenders.find(({ kind }) => kind === "cash")?.amount ?? 0;
  const moves = Object.keys(MOVES).map((kind) => movesOf(kind, read(kind)));
  const moved = sum(moves.map(({ kind, amount }) => amount * MOVES[/** @type {keyof MOVES} */ (kind)]));
  return {
    float, sales: sales.length, gross: sum(lines.map((line) => line.list_total)), discounts: sum(lines.map((line) => line.discount)), rounding: sum(sales.map((sale) => sale.rounding ?? 0)),
    total: sum(sales.map((sale) => sale.total)), tax: sum(sales.map((sale) => sale.tax)), taxes: taxesOf(sales), tenders, cash, moves, no_sales: read("no_sale").length,
    copies: read("reprint").length, first: sales[0]?.receipt ?? "", last: sales.at(-1)?.receipt ?? "", expected: float + cash + moved,
  };
}

/** @param {string} kind @param {{amount: number}[]} bodies */
function movesOf(kind, bodies) {
  return { kind, count: bodies.length, amount: sum(bodies.map(({ amount }) => amount)) };
}

/** What was kept of each way of paying: what came back as change is not. @param {SaleBody[]} sales @returns {{kind: string, count: number, amount: number}[]} */
function tendersOf(sales) {
  const all = sales.flatMap((sale) => sale.tenders);
  return [...new Set(all.map(({ kind }) => kind))].sort().map((kind) => movesOf(kind, all.filter((tender) => tender.kind === kind)));
}

/** As the drawer sees it: what left it is below zero. @param {{kind: string, amount: number}} move */
export function signed({ kind, amount }) {
  return amount * (MOVES[/** @type {keyof MOVES} */ (kind)] ?? 1);
}

/** A business date as people write it: "Sunday 22 November 2026". @param {string} date @param {string} language */
export function dateWords(date, language) {
  const parts = /** @type {const} */ ({ weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", parts).format(Date.parse(date)).replace(",", "");
}

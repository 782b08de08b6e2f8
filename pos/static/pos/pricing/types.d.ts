/* Shapes of the pricing engine, as docs/pricing.md tells them. Global on purpose, like those of the till. */

interface Lasting {
  starts_at: number | null;
  ends_at: number | null;
}

interface Offer extends Lasting {
  list: string;
  amount: number;
  price_quantity: number;
  from_quantity: number;
  group: string;
  rank: number;
}

interface Fixed {
  source: string;
  code: string;
  kind: string;
  value: number;
}

interface BasketLine {
  id: number;
  kind: string;
  sku: string;
  quantity: number;
  sold_by: string;
  prices: Offer[];
  tax_class: string;
  facets: string[];
  fixed: Fixed | null;
}

interface BasketCharge {
  id: number;
  kind: string;
  name: string;
  amount: number;
  tax_class: string | null;
}

interface Basket {
  lines: BasketLine[];
  coupons: string[];
  charges: BasketCharge[];
}

interface Rate extends Lasting {
  code: string;
  name: string;
  rate: number;
  compound: boolean;
}

interface SelectionData {
  any: Record<string, string[]>;
  except: Record<string, string[]>;
}

interface TimeWindow {
  days: number[];
  from: number;
  until: number;
}

interface Wanted {
  quantity: number | null;
  amount: number | null;
}

interface RewardStep {
  from: number;
  kind: string;
  value: number;
}

/** Which of these a reward has is told by its kind. */
interface RewardData {
  kind: string;
  value: number;
  size: number;
  buy: number;
  get: number;
  percent: number;
  quantity: number;
  as: string;
  by: string;
  steps: RewardStep[];
  selection: SelectionData | null;
  slots: { name: string; selection: SelectionData; quantity: number }[];
}

interface PromotionData extends Lasting {
  code: string;
  name: string;
  priority: number;
  level: string;
  combination: string;
  group: string;
  stack_limit: number | null;
  windows: TimeWindow[];
  channels: string[];
  stores: string[];
  coupon: boolean;
  groups: string[];
  segments: string[];
  first_order: boolean;
  staff: boolean;
  selection: SelectionData;
  minimum: Wanted;
  needs: (Wanted & { selection: SelectionData; name: string })[];
  limits: { per_basket: number | null; limited: boolean; offline: string };
  supplier: string;
  supplier_share: number;
  reward: RewardData;
}

interface Rules {
  currency: string;
  prices_include_tax: boolean;
  tax_rounding: string;
  cash_rounding: number;
  taxes: Record<string, Rate[]>;
  promotions: PromotionData[];
}

interface TaxQuote {
  lines: Record<string, { amount: number; taxes: Tax[] }>;
  charges: Record<string, { amount: number; taxes: Tax[] }>;
}

interface Facts {
  channel: string;
  store: string;
  weekday: number;
  minute: number;
  customer: { known: boolean; groups: string[]; segments: string[]; orders: number | null };
  staff: boolean;
  offline: boolean;
  left: Record<string, { uses: number | null; customer: number | null; budget: number | null }>;
  coupons: Record<string, { promotion: string; refused: string }>;
  exempt: null | { certificate: string; classes: string[] | null; expires_at: number | null };
  tax_quote: TaxQuote | null;
}

/* ---------- What the engine works with ---------- */

/** `count` equal pieces of the line from `place` on, each at `price`. */
type Stretch = [line: number, place: number, count: number, price: number];
/** So much off each of these pieces. */
type Take = [line: number, place: number, count: number, off: number];
/** count, list price, present price, promotion that changed it last, promotion that closed it */
type Run = [count: number, listed: number, price: number, changed: string, closed: string];

type Line = import("./lines.js").Line;
type Charge = import("./lines.js").Charge;
type Chosen = import("./selections.js").Selection;
type Promotion = import("./compiling.js").Promotion;
type Compiled = import("./compiling.js").Compiled;
type Rates = import("./taxes.js").Rates;

interface FreeRun {
  line: number;
  place: number;
  count: number;
  price: number;
}

interface Reason {
  code: string;
  params: Record<string, unknown>;
  almost: boolean;
}

interface Asked {
  facts: Facts;
  at: number;
  coupons: string[];
  lines: Line[];
}

interface Given {
  takes: Take[];
  times: number;
  short: Reason | undefined;
  missing: number;
}

interface Outcome {
  off: number;
  times: number;
  takes: Take[];
  charges: [charge: number, off: number][];
  reason: Reason | undefined;
  gate: boolean;
  missing: number;
  limited: Set<number>;
}

interface Worked {
  promotion: Promotion;
  outcome: Outcome;
  kept: Map<number, Reason>;
}

interface Work {
  lines: Line[];
  charges: Charge[];
  asked: Asked;
  matching: Map<Promotion, Line[]>;
  worked: Worked[];
}

interface TaxShare {
  owner: Line | Charge;
  amount: number;
  rates: Rates;
  exempt: boolean;
  tax: number;
  exempted: number;
}

/** `bases`: the net amount under each rate. */
interface Taxed {
  tax: number;
  exempted: number;
  taxes: Tax[];
  bases: TaxTotal[];
}

/* ---------- What comes out ---------- */

interface Tax {
  code: string;
  name: string;
  rate: number;
  amount: number;
}

interface TaxTotal extends Tax {
  base: number;
}

interface Segment {
  quantity: number;
  total: number;
  discount: number;
  tax: number;
}

interface PricedCharge {
  id: number;
  amount: number;
  discount: number;
  total: number;
  exempted: number;
  tax: number;
  taxes: Tax[];
  discounts: { promotion: string; amount: number }[];
}

interface PricedLine extends Omit<PricedCharge, "amount"> {
  list: string;
  unit_price: number;
  price_quantity: number;
  list_total: number;
  allocation: Segment[];
}

interface GivenDiscount {
  promotion: string;
  name: string;
  amount: number;
  times: number;
  supplier: string;
  supplier_amount: number;
}

interface TraceEntry {
  promotion: string;
  line: number | null;
  state: string;
  code: string;
  params: Record<string, unknown>;
}

interface PricedTotals {
  goods: number;
  charges: number;
  discount: number;
  tax: number;
  net: number;
  total: number;
  cash_total: number;
  cash_rounding: number;
  taxes: TaxTotal[];
}

interface Priced {
  [work: symbol]: Work & { outdated: TraceEntry[] };
  currency: string;
  lines: PricedLine[];
  charges: PricedCharge[];
  discounts: GivenDiscount[];
  gifts: { promotion: string; quantity: number }[];
  totals: PricedTotals;
}

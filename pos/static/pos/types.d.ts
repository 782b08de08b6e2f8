/* Shapes the till works with. Global on purpose: no module has to name another one for its types alone. */

interface CatalogueItem {
  id: string;
  sku: string;
  name: string;
  gtins: string[];
  price: number;
  price_quantity: number;
  tax_class: string;
  tax_rate: number;
  category: string;
  tile: string;
  sold_by: string;
  favourite: number;
  /** Prices of lists, now and to come; none: only `price`. */
  offers?: Offer[];
  facets?: string[];
  /** The variant that is charged with it. */
  deposit?: string | null;
  /** There as a deposit: it is not sold by itself. */
  only_deposit?: boolean;
}

interface Sticker {
  code: string;
  variant: string;
  kind: string;
  value: number;
  expires_at: number;
}

interface PricingData {
  snapshot: string;
  rules: Rules;
  timezone: string;
  channel: string;
  store: string;
  stickers: Sticker[];
}

/** The rules ready for use. `turns`: when something begins or ends, rising. */
interface Pricing {
  snapshot: string;
  compiled: Compiled;
  timezone: string;
  channel: string;
  store: string;
  stickers: Map<string, Sticker>;
  turns: number[];
}

interface CatalogueData {
  snapshot: string;
  pricing?: PricingData;
  currency: string;
  categories: { code: string; name: string }[];
  /** One more with every change. */
  position?: number;
  packs?: { gtin: string; variant: string; quantity: number }[];
  /** The pieces it is made of, and the text of those that are not at hand. */
  chunks?: { id: string; items: number }[];
  bytes?: Map<string, ArrayBuffer>;
  /** All in one document, from a server of the release before. */
  items?: CatalogueItem[];
}

/** A piece of the catalogue; things are known by their place in it. `turns`: when a price of one begins or ends. */
interface Chunk {
  id: string;
  turns: number[];
  item: (place: number) => CatalogueItem;
  many: number;
  byCode: Map<string, number>;
  byId: Map<string, number>;
  categories: Map<string, number[]>;
  favourites: number[];
}

interface Shelf {
  code: string;
  name: string;
  items: CatalogueItem[];
  /** So many have no tile: they are searched for. */
  more: number;
}

/** `postings` until it is finished. Then a thing is its rank among the names: `ranks` from `from[n]` on are those that the n-th word
    stands in, `places` tells where a rank was added. `marks` of the query before are below its `mark`. `inside` are all words in one
    text, each at its `starts`. */
/** Many texts as one, a line each: where each begins, and where one more would. */
interface Joined {
  text: string;
  starts: Uint32Array;
}

/** Things by their rank, words in their order; `ranks` from `from[word]` on are the things that a word stands in. */
interface SearchIndex {
  words: Joined;
  things: Joined;
  ids: Joined;
  from: Uint32Array;
  ranks: Uint32Array;
  marks: Uint32Array;
  mark: number;
}

interface Catalogue extends Omit<CatalogueData, "pricing" | "packs" | "chunks" | "bytes" | "items"> {
  /** Cases by the code on them: how much of what is in one. */
  packs: Map<string, { variant: string; quantity: number }>;
  pricing: Pricing;
  chunks: Chunk[];
  items: { length: number };
  byCode: { get(code: string): CatalogueItem | undefined };
  byId: { get(id: string): CatalogueItem | undefined };
  shelves: Shelf[];
}

/** A price that a label or a person gave this one line: so much for `price_quantity` of it. */
interface OwnPrice {
  source: "embedded" | "open";
  amount: number;
  price_quantity: number;
}

/** What a code told besides its number; written into the sale as it stands here. */
interface LineExtra {
  lot?: string;
  serial?: string;
  expires_on?: string;
  /** The code of a scale or a label with its price or weight, as scanned. */
  embedded?: string;
}

interface OfLine {
  own?: OwnPrice;
  extra?: LineExtra;
  /** Somebody allowed an open item of so much. */
  approval?: Approval;
}

/** What goes into a line beside the thing: `quantity` is of one scan. */
interface Added extends OfLine {
  quantity?: number;
}

/** What a code that is no plain number is, as far as this till knows. */
interface Understood {
  item: CatalogueItem;
  gtin: string;
  added: Added;
  warning: { title: string; text: string } | null;
}

/** A basket put aside: no number, not in the journal. */
interface ParkedCart {
  id: string;
  at: number;
  by: string;
  total: number;
  items: number;
  sale: TillSale;
}

/** An open item has no `id` among its item's. */
interface TillLine extends OfLine {
  n: number;
  item: CatalogueItem;
  gtin: string;
  quantity: number;
  /** The sticker it was sold by. */
  fixed: Fixed | null;
}

interface TillSale {
  lines: TillLine[];
  next: number;
  newest: number;
}

interface Hint {
  code: string;
  name: string;
  count: number;
  amount: number;
}

interface OfferGiven {
  promotion: string;
  name: string;
  amount: number;
}

/** A line of the basket with its price; a deposit has the number of what it belongs to. */
interface BasketRow extends Omit<PricedLine, "exempted" | "discounts"> {
  n: number;
  kind: string;
  item: CatalogueItem;
  name: string;
  sold_by: string;
  quantity: number;
  offers: OfferGiven[];
  hint?: Hint;
}

/** What the sale costs. `inside`: prices include the tax. */
interface TillBasket {
  rows: BasketRow[];
  total: number;
  rounding: number;
  tax: number;
  saved: number;
  items: number;
  at: number;
  offline: boolean;
  snapshot: string;
  inside: boolean;
  result: Priced;
}

interface BodyLine extends LineExtra {
  n: number;
  kind: string;
  variant: string | null;
  sku: string;
  gtin: string;
  name: string;
  quantity: number;
  unit_price: number;
  price_quantity: number;
  list_total: number;
  discount: number;
  total: number;
  tax_class: string;
  tax_rate: number;
  tax: number;
  price_source: string;
  /** The line that a deposit goes with. */
  parent?: number;
  /** What was written before there were offers has none of these. */
  discounts?: OfferGiven[];
  taxes?: Tax[];
  allocation?: Segment[];
}

interface SaleBody {
  receipt: string;
  receipt_no: number;
  currency: string;
  business_date: string;
  lines: BodyLine[];
  tenders: { n: number; kind: string; amount: number; tendered: number; change: number }[];
  total: number;
  tax: number;
  rounding: number;
  tax_included?: boolean;
  snapshot?: string;
  priced_at?: number;
  promotions?: GivenDiscount[];
  coupons?: string[];
}

interface Cashier {
  id: string;
  name: string;
  roles: string[];
  digest: string;
}

interface TryThis {
  title: string;
  text: string;
  scans: string[];
}

/** What the server says about this till. */
interface TillFacts {
  epoch: number;
  till: { id: string; number: number; name: string };
  store: { id: string; code: string; name: string; currency: string; timezone: string; day_cutoff: string };
  pin: { salt: string; iterations: number };
  cashiers: Cashier[];
  try_this: TryThis[];
  note_buttons: number[];
  head: { seq: number; hash: string; receipt: number };
  /** Absent in what an older server told. */
  rules?: TillRules;
  /** Open notes of the store's sync inbox; absent in what an older server told. */
  inbox?: number;
  /** How many questions wait for whom, by the ids of cashiers; absent in what an older server told. */
  asked?: Record<string, number>;
  server_time_ms: number;
}

/** What the store allows at its tills. Amounts in minor units. */
interface TillRules {
  open_item: { allowed: boolean; most: number; tax_class: string };
  variance_limit: number;
  cash_limit: number;
  embedded_codes: { prefix: string; item: number; value: number; holds: "price" | "weight" }[];
}

interface Identity extends TillFacts {
  token: string;
}

/** What this browser was before: its entries are still sent, with the token they were made under. */
interface Enrolment {
  till: string;
  epoch: number;
  token: string;
  /** The server does not know this token any more: the entries stay here and nobody takes them. */
  lost?: boolean;
}

interface Head {
  till: string;
  epoch: number;
  seq: number;
  hash: string;
  receipt: number;
}

interface OpenShift {
  id: string;
  float: number;
  business_date: string;
  opened_ms: number;
  cashier: string;
  cashier_name: string;
}

/** An entry as it lies in the journal of this browser. `waiting` is 1 until the server has named its id. */
interface StoredEntry {
  till: string;
  epoch: number;
  seq: number;
  id: string;
  text: string;
  hash: string;
  sig: string;
  kind: string;
  session: string;
  wall_ms: number;
  receipt: string;
  waiting?: 1;
  result?: string;
}

type PrintState = "pending" | "printed" | "none";

interface PrintRecord {
  id: string;
  receipt: string;
  state: PrintState;
}

/** What the shop said of goods on the belt, and when. `left`: thousandths. */
interface StockAnswer {
  at: number;
  left: number;
  stopped: { lot: string; reason: string }[];
}

/** A line that cannot simply be sold: recalled, or the book has too little of it. */
interface HeldLine {
  n: number;
  variant: string;
  name: string;
  quantity: number;
  kind: "recall" | "warn" | "block";
  left: number;
  stopped: { lot: string; reason: string }[];
}

/** Somebody who may allowed something: written beside the sale, in its entry. */
interface Approval {
  kind: string;
  by: string;
  at_ms: number;
  /** What was short, of a sale. */
  lines?: { variant: string; quantity: number; left: number }[];
  amount?: number;
}

/** What somebody who may is asked to allow, and where the till goes on. */
interface ApprovalAsked {
  kind: string;
  title: string;
  text: string;
  facts?: () => { title: string; text: string }[];
  /** What stays in view, unless it is the basket. */
  beside?: () => unknown;
  then: (by: Cashier) => void;
  from: TillScreen;
  panel: Panel;
}

interface SoldSale {
  id: string;
  body: SaleBody;
  wall_ms: number;
  cashier: string;
}

interface TaxOfRate {
  name: string;
  rate: number;
  amount: number;
}

/** How often, and how much: minor units above zero, whichever way it went. */
interface Counted {
  kind: string;
  count: number;
  amount: number;
}

/** `gross`: at list prices. `cash`: of sales. `first`, `last`: receipts. */
interface ShiftFigures {
  float: number;
  sales: number;
  gross: number;
  discounts: number;
  rounding: number;
  total: number;
  tax: number;
  taxes: TaxOfRate[];
  tenders: Counted[];
  cash: number;
  moves: Counted[];
  no_sales: number;
  copies: number;
  first: string;
  last: string;
  expected: number;
}

/** An X (so far) or a Z (of a shift that was closed), as it was made here. Cashiers and who allowed it by name: it is paper. */
interface ShiftReport {
  id: string;
  kind: "x" | "z";
  till: number;
  epoch: number;
  seq: number;
  shift: OpenShift;
  cashier: string;
  at_ms: number;
  currency: string;
  figures: ShiftFigures;
  parked: number;
  counted?: number;
  reason?: string;
  note?: string;
  allowed?: string;
  printed?: boolean;
}

interface SyncState {
  online: boolean;
  waiting: number;
  waitingSales: number;
  oldest: number;
  held: number;
  revoked: boolean;
  /** The server does not know this till's token at all: what waits cannot be sent with it. */
  unknown: boolean;
}

type Panel =
  | null
  | { kind: "line"; n: number; entry: string }
  | { kind: "quantity"; item: CatalogueItem; gtin: string; fixed: Fixed | null; entry: string; added?: Added }
  | { kind: "open"; gtin: string; name: string; entry: string }
  | { kind: "check"; item: CatalogueItem | null }
  | { kind: "parked"; deleted: ParkedCart | null }
  | { kind: "drawer"; act: string; entry: string; reason: string; note: string }
  | { kind: "more" | "sync" | "keeping" | "try" | "items" | "receipt" };

/** A note of the store's sync inbox, as the server tells it. */
interface InboxNote {
  id: number;
  kind: string;
  about: string;
  entry: string | null;
  till: { id: string; number: number; name: string };
  facts: Record<string, unknown>;
  /** By the ids that stand in `facts`. */
  names: Record<string, string>;
  amount: number;
  happened_at: string;
  title: string;
  short: string;
  happened: string;
  safe: string;
  costs: string;
  fixes: string[];
  under: number;
  /** What who was asked has said. */
  answer?: { by: string; words: string; at: string } | null;
  /** By whom whoever is signed in is asked about it. */
  asked_by?: string;
  closed_at: string | null;
  closed_by: string;
  fix: string;
}

interface InboxSale {
  receipt: string;
  currency: string;
  total: number;
  lines: { name: string; quantity: number; unit_price: number; discount: number; total: number; price_source: string }[];
  tenders: { kind: string; amount: number }[];
}

/** `told`: the note's story is in view where only one fits; `typing`: digits of a count. */
interface InboxState {
  phase: "loading" | "ready" | "offline" | "failed";
  open: number;
  items: InboxNote[];
  done: InboxNote[];
  next: string;
  chosen: number;
  told: boolean;
  busy: boolean;
  typing: string | null;
  sale: InboxSale | null;
  refused: string;
}

type TillScreen = "loading" | "elsewhere" | "enrol" | "sign-in" | "open-shift" | "sell" | "approval" | "inbox" | "pay" | "change" | "count" | "variance" | "report" | "broken";

interface Warning {
  title: string;
  text: string;
  search: boolean;
  /** A code that may be sold as an open item. */
  open?: string;
}

interface TillState {
  screen: TillScreen;
  language: string;
  theme: string;
  now: number;
  identity: Identity | null;
  catalogue: Catalogue | null;
  cashier: Cashier | null;
  shift: OpenShift | null;
  sale: TillSale;
  basket: TillBasket;
  clockOffset: number;
  past: TillSale[];
  parked: ParkedCart[];
  tinted: number;
  multiplier: string;
  shelf: string;
  query: string;
  results: CatalogueItem[];
  chosen: number;
  panel: Panel;
  warning: Warning | null;
  notice: { title: string; text: string } | null;
  entry: string;
  busy: boolean;
  /** What the shop says of a line that cannot simply be sold, by its number. */
  stock: Record<number, string>;
  asked: ApprovalAsked | null;
  receiptChoice: string;
  sold: SoldSale | null;
  soldPrint: PrintState;
  lastSale: SoldSale | null;
  unprinted: PrintRecord[];
  pin: string;
  pinMessage: string;
  pinWaitUntil: number;
  enrolCode: string;
  enrolMessage: string;
  demoTills: { id: string; label: string }[];
  counts: Record<string, string>;
  counting: string;
  figures: ShiftFigures | null;
  reason: string;
  note: string;
  /** The X or Z that is looked at. */
  report: ShiftReport | null;
  persisted: boolean;
  /** What this browser has left, in words; "" when it does not say. */
  room: string;
  /** Whether a second copy of the journal is kept: "on", "off", "" while that is not known. */
  mirror: string;
  /** The browser's room is used up: it can keep nothing more. */
  full: boolean;
  /** What whoever looks after the till should know. Never in the way of selling. */
  care: { key: string; values: Record<string, string | number> } | null;
  sync: SyncState;
}

interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

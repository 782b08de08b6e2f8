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
}

interface CatalogueData {
  snapshot: string;
  currency: string;
  categories: { code: string; name: string }[];
  items: CatalogueItem[];
}

interface Shelf {
  code: string;
  name: string;
  items: CatalogueItem[];
}

interface SearchIndex {
  postings: Map<string, number[]>;
  tokens: string[];
  texts: string[];
  whole: string;
  starts: number[];
}

interface Catalogue extends CatalogueData {
  byCode: Map<string, CatalogueItem>;
  byId: Map<string, CatalogueItem>;
  shelves: Shelf[];
  index: SearchIndex | null;
}

interface TillLine {
  n: number;
  variant: string;
  sku: string;
  gtin: string;
  name: string;
  quantity: number;
  sold_by: string;
  unit_price: number;
  price_quantity: number;
  tax_class: string;
  tax_rate: number;
  total: number;
  tax: number;
}

interface TillSale {
  lines: TillLine[];
  next: number;
  newest: number;
}

interface BodyLine {
  n: number;
  kind: string;
  variant: string;
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
  server_time_ms: number;
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

interface SoldSale {
  id: string;
  body: SaleBody;
  wall_ms: number;
  cashier: string;
}

interface ShiftFigures {
  sales: number;
  total: number;
  tax: number;
  cash: number;
  expected: number;
}

interface SyncState {
  online: boolean;
  waiting: number;
  waitingSales: number;
  oldest: number;
  held: number;
  revoked: boolean;
}

type Panel =
  | null
  | { kind: "line"; n: number; entry: string }
  | { kind: "quantity"; item: CatalogueItem; gtin: string; entry: string }
  | { kind: "more" | "sync" | "try" | "items" | "receipt" };

type TillScreen = "loading" | "elsewhere" | "enrol" | "sign-in" | "open-shift" | "sell" | "pay" | "change" | "count" | "variance" | "broken";

interface Warning {
  title: string;
  text: string;
  search: boolean;
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
  past: TillSale[];
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
  persisted: boolean;
  sync: SyncState;
}

interface TrustedTypesLike {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

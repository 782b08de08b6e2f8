// Brings the till to life: one window, enrolment, the prices and the line to the server.
import { indexCatalogue, openCatalogue } from "./catalogue.js";
import { readCatalogue } from "./catalogue-store.js";
import { nextTurn } from "./basket.js";
import { hold, isFull, isWhole, onLost, open, readFact, unprinted, writeFacts } from "./db.js";
import { onCommit, soldById } from "./journal.js";
import { later } from "./later.js";
import { rememberLooks } from "./looks.js";
import { money } from "./parts.js";
import { emptySale } from "./sale.js";
import { change, clock, price, state } from "./state.js";
import { t } from "./strings.js";
import { startSync } from "./sync.js";
import { SERVICE_WORKER, trusted } from "./workers.js";

const LOCK = "onecounter-till";
const CLOCK_MS = 1000;
// Longer ones are looked at again when the next catalogue or the next facts come, which is every few minutes.
const LONGEST_WAIT_MS = 86_400_000;

/** @type {ReturnType<typeof startSync> | undefined} */
let sync;
/** A price list that came while a basket was open: it is taken when the basket is empty. @type {CatalogueData | null} */
let nextCatalogue = null;

export async function boot() {
  onLost(() => change({ screen: "broken", panel: null }));
  try {
    await open();
    await rememberLooks();
  } catch (error) {
    console.error(error);
    change({ screen: "broken", full: isFull(error) });
    return;
  }
  setInterval(tick, CLOCK_MS);
  keepForOffline().catch(console.warn);
  onCommit(kick);
  // Once the basket is empty, and before the next scan.
  onCommit(() => setTimeout(takeNext));
  await holdTill({ ifAvailable: true });
}

/** What keeps the till for the next start without a line; a release that waits there is asked in between two sales. */
async function keepForOffline() {
  const registration = await navigator.serviceWorker?.register(trusted(SERVICE_WORKER), { scope: "/pos/", updateViaCache: "none" });
  if (!registration) return;
  // A page with no worker yet is of the release that comes.
  const follow = () => navigator.serviceWorker.controller && later("upgrading", () => null);
  registration.addEventListener("updatefound", follow);
  if (registration.waiting || registration.installing) follow();
}

/** One live window: whoever holds the lock sells. @param {LockOptions} how */
async function holdTill(how) {
  try {
    await navigator.locks.request(LOCK, how, async (lock) => {
      if (!lock) {
        change({ screen: "elsewhere" });
        return;
      }
      await start();
      await new Promise(() => {});
    });
  } catch (error) {
    sync?.stop();
    if (!(error instanceof DOMException) || error.name !== "AbortError") {
      console.error(error);
      return change({ screen: "broken", full: isFull(error) });
    }
    // The lock was taken over by another window: nothing more is written or sent from here.
    change({ screen: "elsewhere", panel: null, cashier: null });
    void import("./keeping.js").then(({ letGo }) => letGo());
  }
}

export function takeOver() {
  void holdTill({ steal: true });
}

/** A disk that is full may be made room on. */
async function holdJournal() {
  try {
    await hold();
  } catch (error) {
    if (!isFull(error)) throw error;
    await (await import("./keeping.js")).makeRoom();
    await hold();
  }
}

async function start() {
  await holdJournal();
  const [identity, shift, catalogue, wrongPins, clockOffset, persisted] = await Promise.all([
    readFact("identity"), readFact("shift"), readCatalogue(), readFact("wrongPins"), readFact("clockOffset"), navigator.storage?.persist?.() ?? false,
  ]);
  change({ identity: identity ?? null, shift: shift ?? null, pinWaitUntil: wrongPins?.until ?? 0, clockOffset: clockOffset ?? 0, persisted });
  if (catalogue) useCatalogue(catalogue);
  if (identity && (await isWhole())) await openTill();
  else await askToEnrol(identity);
}

/** The basket as it was when the page went away; the last sale; papers that may not have come out, which are asked about. */
async function restore() {
  const [draft, receiptChoice, last, pending, parked] = await Promise.all([readFact("draft"), readFact("receiptChoice"), readFact("lastSale"), unprinted(), readFact("parked")]);
  const lastSale = last ? await soldById(last, state.identity?.cashiers ?? []) : null;
  change({ parked: parked ?? [], sale: asNow(draft), receiptChoice: receiptChoice ?? "ask", lastSale, unprinted: pending });
}

/** A kept basket, its things as the catalogue has them now. @param {TillSale | undefined} draft @returns {TillSale} */
export function asNow(draft) {
  if (!draft) return emptySale();
  const lines = draft.lines.flatMap((line) => {
    const item = state.catalogue?.byId.get(line.item?.id) ?? line.item;
    return item ? [{ ...line, item }] : [];
  });
  return { ...draft, lines };
}

async function openTill() {
  await restore();
  change({ screen: state.cashier ? state.screen : "sign-in", panel: null });
  startSending();
  void import("./keeping.js").then(({ keep }) => keep(), console.warn);
}

function startSending() {
  sync?.stop();
  sync = startSync({
    identity: () => state.identity,
    etag: () => (nextCatalogue ?? state.catalogue)?.snapshot ?? "",
    tell: (news) => change({ sync: { ...state.sync, ...news } }),
    onCatalogue: receiveCatalogue,
    onFacts: receiveFacts,
  });
}

function kick() {
  sync?.kick();
}

export function sendNow() {
  sync?.retryNow();
}

/** @param {CatalogueData} data */
function useCatalogue(data) {
  const catalogue = openCatalogue(data, state.catalogue);
  change({ catalogue });
  watchPrices();
  performance.mark("scannable");
  indexCatalogue();
}

/** Prices change between sales, never within one. Of what is kept now only what is new is read. */
async function receiveCatalogue() {
  nextCatalogue = null;
  nextCatalogue = await readCatalogue(new Set(state.catalogue?.chunks.map(({ id }) => id)));
  takeNext();
}

/** Between sales; a basket that came through a repair has no prices to wait for. */
function takeNext() {
  const kept = state.sale.lines.length;
  if (!nextCatalogue || (kept && state.catalogue)) return;
  useCatalogue(nextCatalogue);
  nextCatalogue = null;
  if (kept) change({ sale: asNow(state.sale) });
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let turn;

/** What begins or ends does so at its second, in an open basket too. */
function watchPrices() {
  clearTimeout(turn);
  if (!state.catalogue) return;
  const wait = nextTurn(state.catalogue.pricing, clock()) - clock();
  if (wait < LONGEST_WAIT_MS) turn = setTimeout(() => (change({}), reprice(), watchPrices()), wait);
}

/** A price began or ended, or the line is gone or back. What was asked for while paying stays: a customer pays what was told. */
function reprice() {
  const { basket, catalogue, sale, screen, busy } = state;
  if (!catalogue || !sale.lines.length || busy || screen !== "sell") return;
  if (basket.offline === !state.sync.online && nextTurn(catalogue.pricing, basket.at) > clock()) return;
  const now = price(sale);
  const changed = now.total !== basket.total;
  change({ basket: now, ...(changed ? { notice: { title: t("prices.changed"), text: `${money(basket.total)} → ${money(now.total)}` } } : {}) });
}

/** @param {TillFacts} facts */
function receiveFacts(facts) {
  if (!state.identity) return;
  const identity = { ...state.identity, ...facts };
  const clockOffset = facts.server_time_ms - Date.now();
  change({ identity, clockOffset });
  watchPrices();
  writeFacts({ identity, clockOffset }).catch(console.warn);
}

function tick() {
  change({ now: Date.now() });
  reprice();
  takeNext();
}

/** What an enrolment needs is fetched for it. What was here before is sent meanwhile, as what it was. @param {Identity | undefined} damaged */
async function askToEnrol(damaged) {
  const { isMissing } = await import("./mending.js");
  if (damaged || (await isMissing())) return change({ screen: "broken" });
  startSending();
  const { begin } = await import("./enrolling.js");
  await begin(openTill);
}

/** What was not sent stays in the journal under its old epoch and is still sent. */
export async function reenrol() {
  const { again } = await import("./enrolling.js");
  await again(openTill);
}

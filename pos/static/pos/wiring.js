// Brings the till to life: one window, enrolment, the prices and the line to the server.
import { indexCatalogue, openCatalogue } from "./catalogue.js";
import { hold, open, readCatalogue, readFact, unprinted, writeCatalogue, writeFacts } from "./db.js";
import { onCommit, soldById } from "./journal.js";
import { rememberLooks } from "./looks.js";
import { emptySale } from "./sale.js";
import { change, state } from "./state.js";
import { startSync } from "./sync.js";

const LOCK = "onecounter-till";
const CLOCK_MS = 1000;

/** @type {ReturnType<typeof startSync> | undefined} */
let sync;
/** A price list that came while a basket was open: it is taken when the basket is empty. @type {CatalogueData | null} */
let nextCatalogue = null;

export async function boot() {
  try {
    await open();
    await rememberLooks();
  } catch (error) {
    console.error(error);
    change({ screen: "broken" });
    return;
  }
  setInterval(tick, CLOCK_MS);
  keepForOffline();
  onCommit(kick);
  await holdTill({ ifAvailable: true });
}

/** Only this one address may become a worker's script. */
function keepForOffline() {
  const address = "/pos/sw.js";
  const { trustedTypes } = /** @type {{trustedTypes?: TrustedTypesLike}} */ (/** @type {unknown} */ (globalThis));
  const policy = trustedTypes?.createPolicy("till-sw", {
    createScriptURL(url) {
      if (url !== address) throw new TypeError(`not the till's worker: ${url}`);
      return url;
    },
  });
  const trusted = /** @type {string} */ (/** @type {unknown} */ (policy?.createScriptURL(address) ?? address));
  navigator.serviceWorker?.register(trusted, { scope: "/pos/" }).catch((error) => console.warn(error));
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
    // The lock was taken over by another window: nothing more is written or sent from here.
    if (!(error instanceof DOMException)) throw error;
    sync?.stop();
    change({ screen: "elsewhere", panel: null, cashier: null });
  }
}

export function takeOver() {
  void holdTill({ steal: true });
}

async function start() {
  await hold();
  const [identity, shift, catalogue, wrongPins, persisted] = await Promise.all([
    readFact("identity"), readFact("shift"), readCatalogue(), readFact("wrongPins"), navigator.storage?.persist?.() ?? false,
  ]);
  change({ identity: identity ?? null, shift: shift ?? null, pinWaitUntil: wrongPins?.until ?? 0, persisted });
  if (catalogue) useCatalogue(catalogue);
  if (identity) await openTill();
  else await askToEnrol();
}

/** The basket as it was when the page went away; the last sale; papers that may not have come out, which are asked about. */
async function restore() {
  const [draft, receiptChoice, last, pending] = await Promise.all([readFact("draft"), readFact("receiptChoice"), readFact("lastSale"), unprinted()]);
  const lastSale = last ? await soldById(last, state.identity?.cashiers ?? []) : null;
  change({ sale: draft ?? emptySale(), receiptChoice: receiptChoice ?? "ask", lastSale, unprinted: pending });
}

async function openTill() {
  await restore();
  change({ screen: state.cashier ? state.screen : "sign-in", panel: null });
  sync?.stop();
  sync = startSync({
    identity: () => state.identity,
    etag: () => state.catalogue?.snapshot ?? "",
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
  const catalogue = openCatalogue(data);
  change({ catalogue });
  void indexCatalogue(catalogue);
}

/** Prices change between sales, never within one. @param {CatalogueData} data */
function receiveCatalogue(data) {
  void writeCatalogue(data);
  if (state.sale.lines.length) nextCatalogue = data;
  else useCatalogue(data);
}

/** @param {TillFacts} facts */
function receiveFacts(facts) {
  if (!state.identity) return;
  const identity = { ...state.identity, ...facts };
  change({ identity });
  void writeFacts({ identity, clockOffset: facts.server_time_ms - Date.now() });
}

function tick() {
  change({ now: Date.now() });
  if (nextCatalogue && !state.sale.lines.length) {
    useCatalogue(nextCatalogue);
    nextCatalogue = null;
  }
}

/** What an enrolment needs is fetched for it. */
async function askToEnrol() {
  const { begin } = await import("./enrolling.js");
  await begin(openTill);
}

/** What was not sent stays in the journal under its old epoch and is still sent. */
export async function reenrol() {
  const { again } = await import("./enrolling.js");
  await again(openTill);
}

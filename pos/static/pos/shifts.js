// Who stands at the till, and the drawer from float to count.
import { counted, drawer } from "./cash.js";
import { businessDate } from "./clock.js";
import { entriesOfSession, readFact, writeFacts } from "./db.js";
import { commit } from "./journal.js";
import { cashierByPin, waitAfter } from "./pins.js";
import { soundError } from "./sounds.js";
import { alarm, change, currency, state } from "./state.js";
import { t } from "./strings.js";

const DEFAULT_FLOAT = 15000;
const PIN_LENGTH = 4;

let afterCommit = () => {};

/** @param {() => void} kick */
export function onShiftCommit(kick) {
  afterCommit = kick;
}

/** Four digits, no Enter. @param {string} key a digit, "erase" or "clear" */
export async function pinKey(key) {
  if (state.busy || Date.now() < state.pinWaitUntil) return;
  if (key === "clear") change({ pin: "", pinMessage: "" });
  else if (key === "erase") change({ pin: state.pin.slice(0, -1) });
  else change({ pin: (state.pin + key).slice(0, PIN_LENGTH), pinMessage: "" });
  if (state.pin.length === PIN_LENGTH) await signIn(state.pin);
}

/** @param {string} pin */
async function signIn(pin) {
  if (!state.identity) return;
  change({ busy: true });
  const cashier = await cashierByPin({ pin, facts: state.identity }).catch(() => undefined);
  if (cashier) {
    await writeFacts({ wrongPins: undefined });
    change({ busy: false, pin: "", pinMessage: "", cashier, notice: null, ...afterSignIn() });
  } else {
    await refusePin();
  }
}

/** @returns {Partial<TillState>} */
function afterSignIn() {
  if (!state.shift) return { screen: "open-shift", entry: "", panel: null };
  return { screen: "sell", panel: null };
}

/** Wrong PINs are counted on the disk: reloading the page gives no new tries. */
async function refusePin() {
  const wrong = ((await readFact("wrongPins"))?.count ?? 0) + 1;
  const until = Date.now() + waitAfter(wrong);
  await writeFacts({ wrongPins: { count: wrong, until } });
  change({ busy: false, pin: "", pinMessage: t("pin.wrong"), pinWaitUntil: waitAfter(wrong) ? until : 0 });
  alarm(t("pin.wrong"));
  soundError();
}

/** The basket stays; the next PIN goes on with it. */
export function lock() {
  if (!state.cashier || state.busy) return;
  change({ screen: "sign-in", cashier: null, panel: null, pin: "", pinMessage: "", query: "", results: [], multiplier: "", entry: "", warning: null, sold: null });
}

/** @param {string} key */
export function floatKey(key) {
  change({ entry: key === "erase" ? state.entry.slice(0, -1) : (state.entry + key).replace(/^0+(?=\d)/, "").slice(0, 9) });
}

export function floatAmount() {
  return state.entry ? Number(state.entry) : DEFAULT_FLOAT;
}

export async function openShift() {
  const { identity, cashier, catalogue } = state;
  if (!identity || !cashier || state.busy) return;
  const float = floatAmount();
  const { timezone, day_cutoff } = identity.store;
  const date = businessDate({ now: Date.now(), timeZone: timezone, cutoff: day_cutoff });
  change({ busy: true });
  try {
    /** @type {OpenShift | undefined} */
    let shift;
    await commit({
      kind: "session_open", cashier: cashier.id, snapshot: catalogue?.snapshot ?? "",
      make: () => ({ body: { currency: currency(), float, business_date: date } }),
      facts(entry) {
        shift = { id: entry.id, float, business_date: date, opened_ms: entry.wall_ms, cashier: cashier.id, cashier_name: cashier.name };
        return { shift };
      },
    });
    change({ busy: false, shift, screen: "sell", entry: "" });
  } catch (error) {
    refuseAct(error);
  }
  afterCommit();
}

/** @param {unknown} error */
function refuseAct(error) {
  console.error(error);
  change({ busy: false, warning: { title: t("not.kept"), text: t("not.kept.text"), search: false } });
}

export function openCount() {
  if (state.sale.lines.length || state.busy) return;
  const { notes } = drawer(currency());
  change({ screen: "count", panel: null, counts: {}, counting: String(notes[0]), reason: "", figures: null, warning: null, query: "", results: [] });
}

/** Every note and coin, in the order it is counted. @returns {number[]} */
export function denominations() {
  const { notes, coins } = drawer(currency());
  return [...notes, ...coins];
}

/** @param {string} value @param {string} count */
export function setCount(value, count) {
  const digits = count.replace(/\D/g, "").slice(0, 5);
  change({ counts: { ...state.counts, [value]: digits } });
}

/** @param {string} key a digit, "erase" or "next" */
export function countKey(key) {
  const now = state.counts[state.counting] ?? "";
  if (key === "next") nextCount();
  else setCount(state.counting, key === "erase" ? now.slice(0, -1) : (now + key).replace(/^0+(?=\d)/, ""));
}

/** What is passed over counts as none. */
export function nextCount() {
  const values = denominations().map(String);
  const next = values[values.indexOf(state.counting) + 1];
  const counts = { ...state.counts, [state.counting]: state.counts[state.counting] || "0" };
  change({ counts, counting: next ?? state.counting });
}

export function countedAmount() {
  return counted(numbers());
}

/** @returns {Record<string, number>} */
function numbers() {
  return Object.fromEntries(Object.entries(state.counts).filter(([, count]) => Number(count) > 0).map(([value, count]) => [value, Number(count)]));
}

/** What the journal says the drawer holds. @param {{float: number, entries: StoredEntry[]}} of @returns {ShiftFigures} */
export function shiftFigures({ float, entries }) {
  const figures = { sales: 0, total: 0, tax: 0, cash: 0, expected: float };
  for (const entry of entries) {
    if (entry.kind !== "sale") continue;
    /** @type {{body: SaleBody}} */
    const { body } = JSON.parse(entry.text);
    figures.sales += 1;
    figures.total += body.total;
    figures.tax += body.tax;
    for (const tender of body.tenders) if (tender.kind === "cash") figures.cash += tender.amount;
  }
  figures.expected += figures.cash;
  return figures;
}

export async function doneCounting() {
  if (!state.shift) return;
  const entries = await entriesOfSession(state.shift.id);
  change({ screen: "variance", figures: shiftFigures({ float: state.shift.float, entries }), reason: "" });
}

export async function closeShift() {
  const { shift, cashier, catalogue, figures, reason } = state;
  if (!shift || !cashier || !figures || state.busy) return;
  const amount = countedAmount();
  if (amount !== figures.expected && !reason) return;
  change({ busy: true });
  try {
    await commit({
      kind: "session_close", session: shift.id, cashier: cashier.id, snapshot: catalogue?.snapshot ?? "", facts: () => ({ shift: undefined, draft: undefined }),
      make: (head) => ({
        body: {
          currency: currency(), counted: amount, denominations: numbers(), expected: figures.expected, sales: figures.sales,
          total: figures.total, cash: figures.cash, tax: figures.tax, head: head.hash, ...(reason ? { reason } : {}),
        },
      }),
    });
    change({ busy: false, shift: null, cashier: null, screen: "sign-in", notice: { title: t("closed"), text: "" }, counts: {}, figures: null, sold: null, pin: "" });
  } catch (error) {
    refuseAct(error);
  }
  afterCommit();
}

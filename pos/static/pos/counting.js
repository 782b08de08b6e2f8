// The drawer at the end of a shift: a blind count, then the close.
import { approvalBy, askApproval } from "./allowing.js";
import { holdsCardNumber } from "./card-numbers.js";
import { counted as sumOf, drawer } from "./cash.js";
import { leaveSold } from "./drawer.js";
import { commit } from "./journal.js";
import { keysOf } from "./keys.js";
import { money } from "./parts.js";
import { figuresNow, reportOf } from "./reporting.js";
import { backOf } from "./selling.js";
import { refuseAct } from "./shifts.js";
import { change, currency, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-later.js";
import "./strings-drawer.js";

/** What a store that says nothing lets one person close with. */
const VARIANCE_LIMIT = 500;

export function openCount() {
  if (state.sale.lines.length || state.busy) return;
  leaveSold();
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
  return sumOf(numbers());
}

/** @returns {Record<string, number>} */
function numbers() {
  return Object.fromEntries(Object.entries(state.counts).filter(([, count]) => Number(count) > 0).map(([value, count]) => [value, Number(count)]));
}

export function varianceLimit() {
  return state.identity?.rules?.variance_limit ?? VARIANCE_LIMIT;
}

export function difference() {
  return countedAmount() - (state.figures?.expected ?? 0);
}

/** More than the store lets one person close with. */
export function needsManager() {
  return Math.abs(difference()) > varianceLimit();
}

export function mayClose() {
  return !state.busy && (difference() === 0 || (Boolean(state.reason) && !holdsCardNumber(state.note)));
}

export async function doneCounting() {
  const figures = await figuresNow();
  if (figures) change({ screen: "variance", figures, reason: "", note: "" });
}

/** @param {() => unknown} beside what stays in view while a manager is asked */
export function askToClose(beside) {
  if (!mayClose()) return undefined;
  if (!needsManager()) return closeShift(null);
  const words = t(difference() < 0 ? "reason.short" : "reason.over", { amount: money(Math.abs(difference())) });
  return askApproval({ kind: "variance", title: words, text: t("variance.above", { amount: money(varianceLimit()) }), beside, then: (by) => void closeShift(by) });
}

/** The Z is made of what this browser knows, kept with the close, and waits for nobody. @param {Cashier | null} by who allowed the difference */
async function closeShift(by) {
  const { shift, cashier, catalogue, figures } = state;
  if (!shift || !cashier || !figures || !mayClose()) return;
  const counted = countedAmount();
  const why = { ...(state.reason && { reason: state.reason }), ...(state.note.trim() && { note: state.note.trim() }) };
  /** @type {ShiftReport | null} */
  let report = null;
  change({ busy: true });
  try {
    await commit({
      kind: "session_close", session: shift.id, cashier: cashier.id, snapshot: catalogue?.snapshot ?? "", approvals: by ? [approvalBy("variance", by, { amount: difference() })] : [],
      make: (head) => ({ body: { currency: currency(), counted, denominations: numbers(), business_date: shift.business_date, ...figures, head: head.hash, ...why } }),
      facts(entry) {
        report = reportOf(entry, { kind: "z", figures, counted, ...why, ...(by && { allowed: by.name }) });
        return { shift: undefined, draft: undefined, lastZ: report };
      },
    });
    change({ busy: false, shift: null, cashier: null, screen: "report", report, notice: { title: t("closed"), text: "" }, counts: {}, figures: null, note: "", sold: null, pin: "" });
  } catch (error) {
    refuseAct(error);
  }
}

keysOf("count", countKey);
backOf("count", () => change({ screen: "sell" }));
backOf("variance", () => change({ screen: "count" }));

// X and Z: made of this browser's own journal, so that neither waits for the line or for anybody's books.
import { approvalBy, askApproval } from "./allowing.js";
import { entriesOfSession, readFact, writeFacts } from "./db.js";
import { shiftFigures } from "./figures.js";
import { commit } from "./journal.js";
import { backOf } from "./selling.js";
import { refuseAct } from "./shifts.js";
import { change, currency, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-drawer.js";

/** The figures of the open shift, as they are now. @returns {Promise<ShiftFigures | null>} */
export async function figuresNow() {
  const { shift } = state;
  return shift && shiftFigures({ float: shift.float, entries: inOrder(await entriesOfSession(shift.id)) });
}

/** @param {StoredEntry[]} entries */
function inOrder(entries) {
  return entries.sort((one, two) => one.epoch - two.epoch || one.seq - two.seq);
}

/**
 * @param {StoredEntry} entry the X or the close @param {Pick<ShiftReport, "kind" | "figures"> & Partial<ShiftReport>} what
 * @returns {ShiftReport}
 */
export function reportOf(entry, what) {
  const { identity, shift, cashier, parked } = state;
  if (!identity || !shift || !cashier) throw new Error("no shift is open");
  return { id: entry.id, till: identity.till.number, epoch: entry.epoch, seq: entry.seq, shift, cashier: cashier.name, at_ms: entry.wall_ms, currency: currency(), parked: parked.length, ...what };
}

/** Kept, then shown: who looked before a blind count can be seen. @param {Cashier | null} [by] who allowed its sums to be shown */
export async function takeX(by = null) {
  const { shift, cashier, catalogue } = state;
  if (!shift || !cashier || state.busy) return;
  change({ busy: true });
  try {
    const figures = /** @type {ShiftFigures} */ (await figuresNow());
    const { entry } = await commit({ kind: "x_report", session: shift.id, cashier: cashier.id, snapshot: catalogue?.snapshot ?? "", approvals: by ? [approvalBy("x_report", by)] : [], make: () => ({ body: { totals: figures } }) });
    change({ busy: false, screen: "report", panel: null, notice: null, report: reportOf(entry, { kind: "x", figures, ...(by && { allowed: by.name }) }) });
  } catch (error) {
    refuseAct(error);
  }
}

/** What the drawer should hold is told after the count. Whoever manages the store may look before. @param {() => unknown} beside what stays in view */
export function askForSums(beside) {
  if (!state.busy) askApproval({ kind: "x_report", title: t("report.x"), text: t("report.blind"), beside, then: (by) => void takeX(by) });
}

export async function showLastZ() {
  /** @type {ShiftReport | undefined} */
  const report = await readFact("lastZ");
  if (report && state.screen === "sell") change({ screen: "report", panel: null, notice: null, report });
}

/** The first paper is the report itself; each further one says COPY, and the journal says that it was made. */
export async function printReport() {
  const { report, shift, cashier, catalogue } = state;
  if (!report || state.busy) return;
  change({ busy: true });
  try {
    const { printReportPaper } = await import("./receipt.js");
    if (report.printed) {
      const by = cashier?.id ?? report.shift.cashier;
      await commit({ kind: "reprint", session: shift?.id ?? report.shift.id, cashier: by, snapshot: catalogue?.snapshot ?? "", make: () => ({ body: { report: report.id, kind: report.kind } }) });
    }
    const printed = { ...report, printed: true };
    if (report.kind === "z") await writeFacts({ lastZ: printed });
    change({ busy: false, report: printed });
    printReportPaper(report, { copy: report.printed === true });
  } catch (error) {
    refuseAct(error);
  }
}

/** After a close nobody is signed in. */
export function leaveReport() {
  change({ screen: state.shift && state.cashier ? "sell" : "sign-in", report: null });
}

backOf("report", leaveReport);

// The drawer at the end of a shift: a blind count, then the close.
import { counted, drawer } from "./cash.js";
import { entriesOfSession } from "./db.js";
import { commit } from "./journal.js";
import { keysOf } from "./keys.js";
import { backOf } from "./selling.js";
import { refuseAct } from "./shifts.js";
import { change, currency, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-later.js";

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
}

keysOf("count", countKey);
backOf("count", () => change({ screen: "sell" }));
backOf("variance", () => change({ screen: "count" }));

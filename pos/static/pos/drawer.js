// What moves the drawer beside the sales. Each act is in the journal before the drawer opens.
import { approvalBy, askApproval } from "./allowing.js";
import { holdsCardNumber } from "./card-numbers.js";
import { settlePrint } from "./db.js";
import { commit } from "./journal.js";
import { panelKeysOf } from "./keys.js";
import { money } from "./parts.js";
import { showLastZ, takeX } from "./reporting.js";
import { change, currency, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-drawer.js";

/** With the reasons that are given most. @type {Record<string, string[]>} */
export const ACTS = {
  cash_in: ["change", "float", "other"],
  cash_out: ["change", "bank", "other"],
  payout: ["bottles", "goods", "other"],
  safe_drop: ["full", "end", "other"],
  no_sale: ["coins", "check", "other"],
};
/** What a store that says nothing allows. */
const CASH_LIMIT = 5000;
const LONGEST_NOTE = 120;
const DIGITS = 9;

export function cashLimit() {
  return state.identity?.rules?.cash_limit ?? CASH_LIMIT;
}

/** @param {string} act "" for the list of them */
export function openDrawer(act = "") {
  if (!["sell", "change"].includes(state.screen) || state.busy) return;
  leaveSold();
  change({ screen: "sell", panel: { kind: "drawer", act, entry: "", reason: "", note: "" }, query: "", results: [], multiplier: "", warning: null });
}

/** The change of the last sale was given: something else begins, and its paper is not asked about any more. */
export function leaveSold() {
  const { sold, soldPrint } = state;
  if (sold && soldPrint === "pending") settlePrint(sold.id).catch(console.warn);
  change({ sold: null, soldPrint: "none" });
}

/** @returns {Extract<Panel, {kind: "drawer"}> | null} */
function panelNow() {
  return state.panel?.kind === "drawer" ? state.panel : null;
}

/** @param {Partial<Extract<Panel, {kind: "drawer"}>>} patch */
export function fill(patch) {
  const panel = panelNow();
  if (panel) change({ panel: { ...panel, ...patch } });
}

/** @param {string} note */
export function setNote(note) {
  fill({ note: note.slice(0, LONGEST_NOTE) });
}

/** @param {string} key a digit, "00" or "erase" */
export function drawerKey(key) {
  const panel = panelNow();
  if (!panel || panel.act === "no_sale") return;
  if (panel.act) fill({ entry: key === "erase" ? panel.entry.slice(0, -1) : (panel.entry + key).replace(/^0+/, "").slice(0, DIGITS) });
  else LIST[Number(key) - 1]?.();
}

/** What the keys 1 to 7 of the list do, in its order. @type {(() => unknown)[]} */
export const LIST = [...Object.keys(ACTS).map((act) => () => openDrawer(act)), takeX, showLastZ];

/** @param {{act: string, entry: string, reason: string, note: string}} panel */
export function isReady({ act, entry, reason, note }) {
  return Boolean(reason || note.trim()) && !holdsCardNumber(note) && (act === "no_sale" || Number(entry) > 0);
}

/** @param {{act: string, entry: string}} panel */
export function needsManager({ act, entry }) {
  return act !== "no_sale" && Number(entry) > cashLimit();
}

/** Reason and note in one: what the books show. @param {{reason: string, note: string}} panel */
function reasonOf({ reason, note }) {
  return [reason, note.trim()].filter(Boolean).join(": ");
}

export function takeAct() {
  const panel = panelNow();
  if (!panel || !isReady(panel) || state.busy) return undefined;
  if (!needsManager(panel)) return keep(panel, null);
  const title = t("drawer.fact", { what: t(`drawer.${panel.act}`), amount: money(Number(panel.entry)) });
  return askApproval({ kind: "cash", title, text: t("drawer.above", { amount: money(cashLimit()) }), then: (by) => void keep(panel, by) });
}

/** @param {{act: string, entry: string, reason: string, note: string}} panel @param {Cashier | null} by who allowed it */
async function keep(panel, by) {
  const { shift, cashier, catalogue } = state;
  if (!shift || !cashier || state.busy) return;
  const { act } = panel;
  const amount = Number(panel.entry);
  const common = { reason: reasonOf(panel), business_date: shift.business_date };
  change({ busy: true });
  try {
    await commit({
      kind: act, session: shift.id, cashier: cashier.id, snapshot: catalogue?.snapshot ?? "", approvals: by ? [approvalBy("cash", by, { amount })] : [],
      make: () => ({ body: act === "no_sale" ? common : { currency: currency(), amount, ...common } }),
    });
    const title = act === "no_sale" ? t("drawer.opened") : t("drawer.done", { what: t(`drawer.${act}`), amount: money(amount) });
    change({ busy: false, panel: null, notice: { title, text: by ? t("approval.done", { name: by.name }) : t("drawer.kept") } });
  } catch (error) {
    console.error(error);
    change({ busy: false, warning: { title: t("drawer.failed"), text: t("drawer.failed.text"), search: false } });
  }
}

panelKeysOf("drawer", { press: drawerKey, enter: () => (void takeAct(), true) });

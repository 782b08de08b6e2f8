// Cash, the commit, the receipt. Order matters: the entry is in the journal before anything is printed or cleared.
import { entryById, readFact, settlePrint, unprinted, writeFacts } from "./db.js";
import { commit, receiptNumber } from "./journal.js";
import { printReceipt } from "./receipt.js";
import { emptySale, saleBody, totals } from "./sale.js";
import { onNextSale, scanWaiting } from "./selling.js";
import { soundError } from "./sounds.js";
import { alarm, change, currency, state } from "./state.js";
import { t } from "./strings.js";

let afterCommit = () => {};

/** @param {() => void} kick whoever sends what was committed */
export function onCommit(kick) {
  afterCommit = kick;
}

export function openPay() {
  if (state.screen === "sell" && state.sale.lines.length && !state.busy) change({ screen: "pay", entry: "", panel: null, query: "", results: [], multiplier: "" });
}

/** @param {string} key a digit, "00" or "erase" */
export function cashKey(key) {
  const entry = key === "erase" ? state.entry.slice(0, -1) : (state.entry + key).replace(/^0+/, "").slice(0, 9);
  change({ entry });
}

/** What the filled button would take now: what is typed, or the exact sum. */
export function tendered() {
  return state.entry ? Number(state.entry) : totals(state.sale).total;
}

export function takeExact() {
  if (state.screen === "sell" || state.screen === "pay") return takeCash(totals(state.sale).total);
  return undefined;
}

/** Too little is refused here, before anything is kept. @param {number} amount */
export async function takeCash(amount) {
  const { sale, shift, cashier, identity, catalogue } = state;
  if (state.busy || !sale.lines.length || !shift || !cashier || !identity || amount < totals(sale).total) return;
  change({ busy: true });
  try {
    const { entry, body } = await commit({
      kind: "sale", session: shift.id, cashier: cashier.id, snapshot: catalogue?.snapshot ?? "", prints: true, facts: (entry) => ({ draft: undefined, lastSale: entry.id }),
      make(head) {
        const receiptNo = head.receipt + 1;
        const receipt = receiptNumber({ till: identity.till.number, epoch: head.epoch, no: receiptNo });
        return { receipt, body: saleBody({ sale, tendered: amount, currency: currency(), businessDate: shift.business_date, receipt, receiptNo }) };
      },
    });
    sold({ id: entry.id, body, wall_ms: entry.wall_ms, cashier: cashier.name });
  } catch (error) {
    console.error(error);
    change({ busy: false, warning: { title: t("not.kept"), text: t("not.kept.text"), search: false } });
    alarm(`${t("not.kept")}. ${t("not.kept.text")}`);
    soundError();
  }
  scanWaiting();
}

/** @param {SoldSale} sale */
function sold(sale) {
  change({ busy: false, screen: "change", sold: sale, lastSale: sale, soldPrint: "pending", sale: emptySale(), past: [], entry: "", panel: keepsTry(), warning: null, notice: null, tinted: 0 });
  afterCommit();
  // After the change is on the screen: printing may hold the page.
  if (state.receiptChoice === "print") requestAnimationFrame(() => setTimeout(() => void printSold(), 0));
}

function keepsTry() {
  return state.panel?.kind === "try" ? state.panel : null;
}

export async function printSold() {
  const sale = state.sold;
  if (!sale || state.soldPrint !== "pending") return;
  printReceipt(sale, { copy: false });
  change({ soldPrint: "printed" });
  await settlePrint(sale.id);
}

onNextSale(() => {
  const sale = state.lastSale;
  if (sale && state.soldPrint === "pending") void settlePrint(sale.id);
  change({ soldPrint: "none" });
});

/** A further paper of a sale says COPY, and the journal says that it was made. @param {SoldSale} sale */
export async function printCopy(sale) {
  const { shift, cashier, catalogue } = state;
  if (!shift || !cashier) return;
  await commit({
    kind: "reprint", session: shift.id, cashier: cashier.id, snapshot: catalogue?.snapshot ?? "",
    make: () => ({ body: { sale: sale.id, receipt: sale.body.receipt } }),
  });
  afterCommit();
  printReceipt(sale, { copy: true });
}

/** @param {string} id @returns {Promise<SoldSale | null>} */
export async function soldById(id) {
  const entry = await entryById(id);
  if (!entry) return null;
  const { body, cashier } = JSON.parse(entry.text);
  const name = state.identity?.cashiers.find((one) => one.id === cashier)?.name ?? "";
  return { id, body, wall_ms: entry.wall_ms, cashier: name };
}

/** Sales that were kept while their paper may not have come out: asked about at start, never sold again. */
export async function findUnprinted() {
  change({ unprinted: await unprinted() });
}

/** @param {PrintRecord} record @param {boolean} print */
export async function answerUnprinted(record, print) {
  const sale = print ? await soldById(record.id) : null;
  if (sale) printReceipt(sale, { copy: false });
  await settlePrint(record.id);
  change({ unprinted: state.unprinted.filter((one) => one.id !== record.id) });
}

/** @param {string} receiptChoice */
export function chooseReceipt(receiptChoice) {
  change({ receiptChoice });
  void writeFacts({ receiptChoice });
}

/** The basket as it was when the page went away. */
export async function restoreBasket() {
  const [draft, receiptChoice, last] = await Promise.all([readFact("draft"), readFact("receiptChoice"), readFact("lastSale")]);
  const lastSale = last ? await soldById(last) : null;
  change({ sale: draft ?? emptySale(), receiptChoice: receiptChoice ?? "ask", lastSale });
}


// Papers of sales that are in the journal: the first one, a copy, and the one that may not have come out.
import { settlePrint } from "./db.js";
import { commit, soldById } from "./journal.js";
import { printReceipt } from "./receipt.js";
import { change, state } from "./state.js";

export async function printSold() {
  const sale = state.sold;
  if (!sale || state.soldPrint !== "pending") return;
  printReceipt(sale, { copy: false });
  change({ soldPrint: "printed" });
  await settlePrint(sale.id);
}

/** A further paper of a sale says COPY, and the journal says that it was made. @param {SoldSale} sale */
export async function printCopy(sale) {
  const { shift, cashier, catalogue } = state;
  if (!shift || !cashier) return;
  await commit({
    kind: "reprint", session: shift.id, cashier: cashier.id, snapshot: catalogue?.snapshot ?? "",
    make: () => ({ body: { sale: sale.id, receipt: sale.body.receipt } }),
  });
  printReceipt(sale, { copy: true });
}

/** @param {PrintRecord} record @param {boolean} print */
export async function answerUnprinted(record, print) {
  const sale = print ? await soldById(record.id, state.identity?.cashiers ?? []) : null;
  if (sale) printReceipt(sale, { copy: false });
  await settlePrint(record.id);
  change({ unprinted: state.unprinted.filter((one) => one.id !== record.id) });
}

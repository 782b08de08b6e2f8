// Cash, the commit, the receipt. Order matters: the entry is in the journal before anything is printed or cleared.
import { alarm } from "./alarm.js";
import { settlePrint, writeFacts } from "./db.js";
import { commit, receiptNumber, whyNot } from "./journal.js";
import { saleBody } from "./basket.js";
import { emptySale } from "./sale.js";
import { onNextSale } from "./selling.js";
import { change, currency, state, whenIdle } from "./state.js";
import { t } from "./strings.js";

/** What the shop has to say before goods are paid, once that has come. @type {{mayOpen: () => boolean, mayTake: () => Promise<Approval[] | null>}} */
let gate = { mayOpen: () => true, mayTake: async () => [] };

/** @param {typeof gate} asked */
export function beforePaying(asked) {
  gate = asked;
}

export function openPay() {
  if (state.screen === "sell" && state.sale.lines.length && !state.busy && gate.mayOpen()) change({ screen: "pay", entry: "", panel: null, query: "", results: [], multiplier: "" });
}

/** @param {string} key a digit, "00" or "erase" */
export function cashKey(key) {
  const entry = key === "erase" ? state.entry.slice(0, -1) : (state.entry + key).replace(/^0+/, "").slice(0, 9);
  change({ entry });
}

/** What the filled button would take now: what is typed, or the exact sum. */
export function tendered() {
  return state.entry ? Number(state.entry) : state.basket.total;
}

export function takeExact() {
  if (state.screen === "sell" || state.screen === "pay") return takeCash(state.basket.total);
  return undefined;
}

/** Too little is refused here, before anything is kept. @param {number} amount */
export async function takeCash(amount) {
  const { sale, basket, shift, cashier, identity, catalogue } = state;
  if (state.busy || !sale.lines.length || !shift || !cashier || !identity || amount < basket.total) return;
  change({ busy: true });
  try {
    const given = await gate.mayTake();
    if (!given) return change({ busy: false });
    const approvals = [...given, ...sale.lines.flatMap(({ approval }) => approval ?? [])];
    const { entry, body } = await commit({
      kind: "sale", session: shift.id, cashier: cashier.id, approvals, snapshot: catalogue?.snapshot ?? "", prints: true, facts: (entry) => ({ draft: undefined, lastSale: entry.id }),
      make(head) {
        const receiptNo = head.receipt + 1;
        const receipt = receiptNumber({ till: identity.till.number, epoch: head.epoch, no: receiptNo });
        return { receipt, body: saleBody({ sale, basket, tendered: amount, currency: currency(), businessDate: shift.business_date, receipt, receiptNo }) };
      },
    });
    sold({ id: entry.id, body, wall_ms: entry.wall_ms, cashier: cashier.name });
  } catch (error) {
    console.error(error);
    const text = t(whyNot(error));
    change({ busy: false, warning: { title: t("not.kept"), text, search: false } });
    alarm(`${t("not.kept")}. ${text}`);
  }
}

/** @param {SoldSale} sale */
function sold(sale) {
  change({ busy: false, screen: state.screen === "elsewhere" ? "elsewhere" : "change", sold: sale, lastSale: sale, soldPrint: "pending", sale: emptySale(), past: [], entry: "", panel: keepsTry(), stock: {}, warning: null, notice: null, tinted: 0 });
  // After the change is on the screen: printing may hold the page.
  if (state.receiptChoice === "print") requestAnimationFrame(() => setTimeout(async () => (await printing()).printSold(), 0));
}

function keepsTry() {
  return state.panel?.kind === "try" ? state.panel : null;
}

/** Whoever prints is fetched when the first paper is wanted. */
export function printing() {
  return import("./printing.js");
}

onNextSale(() => {
  const sale = state.lastSale;
  if (sale && state.soldPrint === "pending") whenIdle(() => settlePrint(sale.id).catch(console.warn));
  change({ soldPrint: "none" });
});

/** @param {string} receiptChoice */
export function chooseReceipt(receiptChoice) {
  change({ receiptChoice });
  writeFacts({ receiptChoice }).catch(console.warn);
}

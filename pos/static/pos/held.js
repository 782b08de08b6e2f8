// What the shop says of a line that cannot simply be sold: on the line, once aloud, and at Pay.
import { alarm } from "./alarm.js";
import { askApproval } from "./allowing.js";
import { change, state } from "./state.js";
import { kilograms, t } from "./strings.js";
import "./strings-stock.js";

/** What was said aloud already, by line and kind. @type {Set<string>} */
let said = new Set();

/** @param {HeldLine[]} lines */
export function show(lines) {
  const stock = Object.fromEntries(lines.map((line) => [line.n, words(line)]));
  if (JSON.stringify(stock) !== JSON.stringify(state.stock)) change({ stock });
  const now = new Set(lines.map(({ n, kind }) => `${n} ${kind}`));
  const fresh = lines.find(({ n, kind }) => !said.has(`${n} ${kind}`));
  said = now;
  if (!fresh) return;
  if (fresh.kind === "recall") refuse([fresh]);
  // The line says it too: what else is to be dealt with stays in sight.
  else if (!state.warning) change({ warning: warningOf(fresh) });
}

/** Aloud, and in the way of paying. @param {HeldLine[]} lines */
export function refuse(lines) {
  const line = lines.find(({ kind }) => kind === "recall");
  if (!line) return;
  const warning = warningOf(line);
  change({ warning, ...(["pay", "approval"].includes(state.screen) ? { screen: "sell", entry: "" } : {}) });
  alarm(`${warning.title}. ${warning.text}`);
}

/** What is on the belt when the answer comes is what is allowed. @param {() => HeldLine[]} blocked @param {(lines: HeldLine[], by: Cashier) => void} allow */
export function askManager(blocked, allow) {
  askApproval({
    kind: "short_stock", title: t("approval"), text: t("held.block.text"), facts: () => blocked().map((line) => ({ title: line.name, text: words(line) })),
    then(by) {
      allow(blocked(), by);
      change({ screen: "sell", notice: { title: t("approval.done", { name: by.name }), text: t("approval.done.text") } });
    },
  });
}

/** Under the line. @param {HeldLine} line @returns {string} */
export function words({ kind, stopped, left, quantity }) {
  if (kind === "recall") return t("held.recall", { lots: stopped.map(({ lot }) => lot).join(", "), reason: [...new Set(stopped.map(({ reason }) => reason))].join(", ") });
  const number = quantity % 1000 || left % 1000 ? `${kilograms(left)} ${t("kg")}` : String(left / 1000);
  return t(kind === "block" ? "held.block" : "held.warn", { left: number });
}

/** @param {HeldLine} line @returns {Warning} */
function warningOf(line) {
  const title = t(line.kind === "recall" ? "held.recall.title" : "held.short.title", { name: line.name });
  return { title, text: t(line.kind === "recall" ? "held.recall.text" : line.kind === "block" ? "held.block.text" : "held.warn.text"), search: false };
}

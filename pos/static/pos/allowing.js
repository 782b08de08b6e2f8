// Somebody who may, for what the one at the till may not alone: asked on a screen of its own, answered by a PIN that this till
// checks by itself, with a line or without. What was asked goes on with whoever allowed it.
import { backOf } from "./selling.js";
import { change, state } from "./state.js";

const MANAGERS = new Set(["owner", "store_manager"]);
/** What nobody allows themselves: a manager at the till asks another one. */
const TAKES_TWO = new Set(["variance", "cash", "open_item"]);

/**
 * The screen and the panel it was asked from come back, with the answer or without; what they need is kept by whoever asks.
 * @param {Omit<ApprovalAsked, "from" | "panel">} what `kind` as the entry will say it; `facts`: what it is about, read at every drawing
 */
export function askApproval(what) {
  const { screen, panel } = state;
  change({ asked: { ...what, from: screen, panel }, screen: "approval", panel: null, entry: "", query: "", results: [], multiplier: "", warning: null, notice: null, pin: "", pinMessage: "" });
}

/** @param {Cashier} person */
export function mayAllow({ id, roles }) {
  const other = !TAKES_TWO.has(state.asked?.kind ?? "") || id !== state.cashier?.id;
  return other && roles.some((role) => MANAGERS.has(role));
}

/** @param {Cashier} by */
export function allowed(by) {
  const { asked } = state;
  leave();
  asked?.then(by);
}

function leave() {
  change({ screen: state.asked?.from ?? "sell", panel: state.asked?.panel ?? null, asked: null, pin: "", pinMessage: "" });
}

/** As the entry of what was allowed says it. @param {string} kind @param {Cashier} by @param {object} [more] @returns {Approval} */
export function approvalBy(kind, by, more = {}) {
  return { kind, by: by.id, at_ms: Date.now(), ...more };
}

backOf("approval", leave);

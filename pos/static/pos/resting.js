// When a till rests: nothing is begun, nothing is being written and nobody is at it. Then it may be loaded anew.

// Whoever has signed in signs in again afterwards: only when nobody has been there for a while.
export const REST_MS = 120_000;

/** @type {Partial<Record<TillScreen, number>>} */
const RESTS = { "sign-in": 0, enrol: 0, sell: REST_MS, change: REST_MS };
/** Windows that sell nothing and decide nothing for the one that does. */
const ASIDE = new Set(["elsewhere", "broken"]);

/** @typedef {Pick<TillState, "screen" | "sale" | "busy" | "panel" | "entry" | "query" | "multiplier" | "pin" | "enrolCode" | "warning">} Resting */

/**
 * Whether a newer release may take over here. A basket that is kept behind the sign-in is somebody's sale.
 * @param {Resting} till
 * @param {number} untouched for how long no key and no finger was there
 */
export function mayTakeOver(till, untouched) {
  const rest = RESTS[till.screen];
  return rest !== undefined && untouched >= rest && !till.sale.lines.length && !till.busy && !till.panel && !till.warning && !begun(till);
}

/** Whether this window may load its page anew. @param {Resting} till @param {number} untouched */
export function mayReload(till, untouched) {
  return ASIDE.has(till.screen) || mayTakeOver(till, untouched);
}

/** @param {Resting} till */
function begun({ entry, query, multiplier, pin, enrolCode }) {
  return Boolean(entry || query || multiplier || pin || enrolCode);
}

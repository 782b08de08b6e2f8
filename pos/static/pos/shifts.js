// Who stands at the till, and the float the drawer begins with.
import { alarm } from "./alarm.js";
import { businessDate } from "./clock.js";
import { readFact, writeFacts } from "./db.js";
import { commit } from "./journal.js";
import { cashierByPin, waitAfter } from "./pins.js";
import { change, currency, state } from "./state.js";
import { t } from "./strings.js";

const DEFAULT_FLOAT = 15000;
const PIN_LENGTH = 4;

/** Four digits, no Enter. @param {string} key a digit, "erase" or "clear" */
export async function pinKey(key) {
  if (state.busy || Date.now() < state.pinWaitUntil) return;
  if (key === "clear") change({ pin: "", pinMessage: "" });
  else if (key === "erase") change({ pin: state.pin.slice(0, -1) });
  else change({ pin: (state.pin + key).slice(0, PIN_LENGTH), pinMessage: "" });
  if (state.pin.length === PIN_LENGTH) await signIn(state.pin);
}

/** @param {string} pin */
async function signIn(pin) {
  if (!state.identity) return;
  change({ busy: true });
  const cashier = await cashierByPin({ pin, facts: state.identity }).catch(() => undefined);
  if (cashier) {
    await writeFacts({ wrongPins: undefined });
    change({ busy: false, pin: "", pinMessage: "", cashier, notice: null, ...afterSignIn() });
  } else {
    await refusePin();
  }
}

/** @returns {Partial<TillState>} */
function afterSignIn() {
  if (!state.shift) return { screen: "open-shift", entry: "", panel: null };
  return { screen: "sell", panel: null };
}

/** Wrong PINs are counted on the disk: reloading the page gives no new tries. */
async function refusePin() {
  const wrong = ((await readFact("wrongPins"))?.count ?? 0) + 1;
  const until = Date.now() + waitAfter(wrong);
  await writeFacts({ wrongPins: { count: wrong, until } });
  change({ busy: false, pin: "", pinMessage: t("pin.wrong"), pinWaitUntil: waitAfter(wrong) ? until : 0 });
  alarm(t("pin.wrong"));
}

/** The basket stays; the next PIN goes on with it. */
export function lock() {
  if (!state.cashier || state.busy) return;
  change({ screen: "sign-in", cashier: null, panel: null, pin: "", pinMessage: "", query: "", results: [], multiplier: "", entry: "", warning: null, sold: null });
}

/** @param {string} key */
export function floatKey(key) {
  change({ entry: key === "erase" ? state.entry.slice(0, -1) : (state.entry + key).replace(/^0+(?=\d)/, "").slice(0, 9) });
}

export function floatAmount() {
  return state.entry ? Number(state.entry) : DEFAULT_FLOAT;
}

export async function openShift() {
  const { identity, cashier, catalogue } = state;
  if (!identity || !cashier || state.busy) return;
  const float = floatAmount();
  const { timezone, day_cutoff } = identity.store;
  const date = businessDate({ now: Date.now(), timeZone: timezone, cutoff: day_cutoff });
  change({ busy: true });
  try {
    /** @type {OpenShift | undefined} */
    let shift;
    await commit({
      kind: "session_open", cashier: cashier.id, snapshot: catalogue?.snapshot ?? "",
      make: () => ({ body: { currency: currency(), float, business_date: date } }),
      facts(entry) {
        shift = { id: entry.id, float, business_date: date, opened_ms: entry.wall_ms, cashier: cashier.id, cashier_name: cashier.name };
        return { shift };
      },
    });
    change({ busy: false, shift, screen: "sell", entry: "" });
  } catch (error) {
    refuseAct(error);
  }
}

/** @param {unknown} error */
export function refuseAct(error) {
  console.error(error);
  change({ busy: false, warning: { title: t("not.kept"), text: t("not.kept.text"), search: false } });
}

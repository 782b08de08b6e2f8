// Who stands at the till.
import { alarm } from "./alarm.js";
import { readFact, writeFacts } from "./db.js";
import { whyNot } from "./journal.js";
import { by } from "./later.js";
import { cashierByPin, waitAfter } from "./pins.js";
import { change, state } from "./state.js";
import { t } from "./strings.js";

const PIN_LENGTH = 4;

/**
 * Four digits, no Enter.
 * @param {string} key a digit, "erase" or "clear"
 * @param {{may: (cashier: Cashier) => boolean, then: (cashier: Cashier) => void, wrong: string}} [asked] for something else than signing in
 */
export async function pinKey(key, asked) {
  if (state.busy || Date.now() < state.pinWaitUntil) return;
  if (key === "clear") change({ pin: "", pinMessage: "" });
  else if (key === "erase") change({ pin: state.pin.slice(0, -1) });
  else change({ pin: (state.pin + key).slice(0, PIN_LENGTH), pinMessage: "" });
  if (state.pin.length === PIN_LENGTH) await enter(state.pin, asked ?? { may: () => true, then: signIn, wrong: "pin.wrong" });
}

/** @param {string} pin @param {NonNullable<Parameters<typeof pinKey>[1]>} asked */
async function enter(pin, { may, then, wrong }) {
  if (!state.identity) return;
  change({ busy: true });
  const cashier = await cashierByPin({ pin, facts: state.identity }).catch(() => undefined);
  if (cashier && may(cashier)) {
    await writeFacts({ wrongPins: undefined });
    change({ busy: false, pin: "", pinMessage: "" });
    then(cashier);
  } else {
    await refusePin(t(wrong));
  }
}

/** @param {Cashier} cashier */
function signIn(cashier) {
  change({ cashier, notice: null, ...afterSignIn() });
  if (state.identity?.asked?.[cashier.id]) void by("inbox", ({ tellAsked }) => tellAsked());
}

/** @returns {Partial<TillState>} */
function afterSignIn() {
  if (!state.shift) return { screen: "open-shift", entry: "", panel: null };
  return { screen: "sell", panel: null };
}

/** Wrong PINs are counted on the disk: reloading the page gives no new tries. @param {string} words */
async function refusePin(words) {
  const wrong = ((await readFact("wrongPins"))?.count ?? 0) + 1;
  const until = Date.now() + waitAfter(wrong);
  await writeFacts({ wrongPins: { count: wrong, until } });
  change({ busy: false, pin: "", pinMessage: words, pinWaitUntil: waitAfter(wrong) ? until : 0 });
  alarm(words);
}

/** The basket stays; the next PIN goes on with it. */
export function lock() {
  if (!state.cashier || state.busy) return;
  change({ screen: "sign-in", cashier: null, panel: null, pin: "", pinMessage: "", query: "", results: [], multiplier: "", entry: "", warning: null, sold: null });
}

/** @param {unknown} error */
export function refuseAct(error) {
  console.error(error);
  change({ busy: false, warning: { title: t("not.kept"), text: t(whyNot(error)), search: false } });
}

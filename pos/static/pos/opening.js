// The float the drawer begins with.
import { businessDate } from "./clock.js";
import { commit } from "./journal.js";
import { refuseAct } from "./shifts.js";
import { change, currency, state } from "./state.js";

const DEFAULT_FLOAT = 15000;

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

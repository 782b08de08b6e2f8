// Making this browser a till: a code, a key that never leaves, a new epoch.
import { readFact, writeFacts } from "./db.js";
import { change, state } from "./state.js";
import { t } from "./strings.js";
import "./strings-later.js";
import { ask, Refused } from "./sync.js";

/** @type {() => Promise<void>} */
let opened = async () => {};

/** The private half cannot leave the browser, not even to us. @returns {Promise<CryptoKeyPair>} */
export function makeKey() {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
}

/** @param {{code: string, publicKey: CryptoKey}} what @returns {Promise<Identity>} */
async function enrol({ code, publicKey }) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
  const answer = await ask("/api/v1/till-enrolments", { method: "POST", body: JSON.stringify({ code, public_key: { kty, crv, x, y } }) });
  return answer.json();
}

/** The tills of the demo shop, or none where there is no demo. @returns {Promise<{id: string, label: string}[]>} */
async function demoTills() {
  try {
    const answer = await (await ask("/demo/tills")).json();
    const tills = Array.isArray(answer) ? answer : (answer.tills ?? []);
    return tills.map((/** @type {any} */ till) => ({ id: till.id, label: till.label ?? [till.store?.name ?? till.store, till.name].filter(Boolean).join(" ") }));
  } catch {
    return [];
  }
}

/** @param {string} till @returns {Promise<string>} a one-time code */
async function demoCode(till) {
  return (await (await ask(`/demo/tills/${till}/enrolment-codes`, { method: "POST", body: "{}" })).json()).code;
}

/** A code may come with the address; it is taken out of the address at once. @param {() => Promise<void>} open what comes when this browser is a till */
export async function begin(open) {
  opened = open;
  const code = new URLSearchParams(location.hash.slice(1)).get("enrol") ?? "";
  if (code) history.replaceState(null, "", location.pathname);
  change({ screen: "enrol", enrolCode: code, enrolMessage: "" });
  if (code) await enrolTyped();
  return change({ demoTills: await demoTills() });
}

export async function enrolTyped() {
  await enrolBy(async () => state.enrolCode.trim());
}

/** @param {string} till */
export async function enrolDemo(till) {
  await enrolBy(() => demoCode(till));
}

/** What waits is sent first, unless the server does not know this till any more: then it is sent as what the browser becomes. */
async function stays() {
  if (!state.identity || state.sync.unknown) return "";
  const { mayLeave } = await import("./keeping.js");
  return (await mayLeave()).words;
}

/** The epoch the server gives is new: its sequence and its receipts begin at nothing. @param {() => Promise<string>} code */
async function enrolBy(code) {
  if (state.busy) return undefined;
  change({ busy: true, enrolMessage: "" });
  try {
    const words = await stays();
    if (words) return change({ busy: false, enrolMessage: words });
    const keys = await makeKey();
    const identity = await enrol({ code: await code(), publicKey: keys.publicKey });
    const { seq, hash, receipt } = identity.head;
    const head = { till: identity.till.id, epoch: identity.epoch, seq, hash, receipt };
    await writeFacts({ identity, keys, head, formers: await formers(), shift: undefined, lastSale: undefined, clockOffset: identity.server_time_ms - Date.now() });
    change({ busy: false, identity, shift: null, cashier: null, persisted: (await navigator.storage?.persist?.()) ?? false, sync: { ...state.sync, revoked: false, unknown: false } });
    return await opened();
  } catch (error) {
    return change({ busy: false, enrolMessage: t(error instanceof Refused ? "enrol.failed" : "enrol.offline") });
  }
}

/** @returns {Promise<Enrolment[]>} */
async function formers() {
  const { identity } = state;
  const known = (await readFact("formers")) ?? [];
  return identity && !known.some((/** @type {Enrolment} */ one) => one.token === identity.token) ? [...known, { till: identity.till.id, epoch: identity.epoch, token: identity.token }] : known;
}

/** @param {() => Promise<void>} open */
export async function again(open) {
  const words = await stays();
  if (words) return (await import("./keeping.js")).stay(words);
  opened = open;
  change({ panel: null, screen: "enrol", enrolCode: "", enrolMessage: "" });
  return change({ demoTills: await demoTills() });
}

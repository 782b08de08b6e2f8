// Between this till and the server. The only file that calls fetch. Nothing here is ever waited for by a sale.
import { keepCatalogue } from "./catalogue-store.js";
import * as db from "./db.js";

const MOST_ENTRIES = 50;
const MOST_BYTES = 256 * 1024;
const TIMEOUT_MS = 10_000;
const TICK_MS = 15_000;
const FACTS_EVERY = 4;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** A server that is busy may say when to come again. */
const LONGEST_ASKED_MS = 30_000;
const ANSWERS = new Set(["accepted", "conflict", "quarantined"]);

/** What the server said no to, with its stable code. */
export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} detail @param {number} [again] milliseconds until it may be asked again */
  constructor(status, code, detail, again = 0) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.again = again;
  }
}

let report = () => "";

/** @param {() => string} make what this device says of itself with what it sends */
export function reportWith(make) {
  report = make;
}

/** @type {(ids: string[]) => unknown} */
let answered = (_ids) => undefined;

/** @param {(ids: string[]) => unknown} tell whoever keeps entries a second time */
export function onAnswered(tell) {
  answered = tell;
}

/**
 * @param {string} path
 * @param {{method?: string, body?: string, token?: string, etag?: string, told?: string, who?: string}} [what] `who`: somebody who manages the store, with the proof of their PIN
 * @returns {Promise<Response>} 2xx or 304; throws Refused for other answers and what fetch throws when there is none
 */
export async function ask(path, { method = "GET", body, token, etag, told, who } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Till ${token}`;
  if (told) headers["X-Till-Report"] = told;
  if (who) headers["X-Till-Manager"] = who;
  if (etag) headers["If-None-Match"] = etag;
  const answer = await fetch(path, { method, body, headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.ok || answer.status === 304) return answer;
  const problem = await answer.json().catch(() => ({}));
  const again = Math.min(Number(answer.headers.get("Retry-After")) * 1000 || 0, LONGEST_ASKED_MS);
  throw new Refused(answer.status, problem?.code ?? `http_${answer.status}`, problem?.detail ?? problem?.title ?? "", again);
}

/** How long to wait after so many failures: doubling, up to a minute, each time a little different. @param {number} failures @param {number} chance 0..1 */
export function backOff(failures, chance) {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, failures - 1), LONGEST_WAIT_MS);
  return Math.round(longest * (0.5 + chance / 2));
}

/**
 * The first entries that go together: at most 50, at most 256 KB, but always one.
 * @param {StoredEntry[]} entries
 * @returns {StoredEntry[]}
 */
export function batchOf(entries) {
  const batch = [];
  let bytes = 0;
  for (const entry of entries) {
    bytes += new TextEncoder().encode(entry.text).length * 1.1 + 300;
    if (batch.length && (bytes > MOST_BYTES || batch.length === MOST_ENTRIES)) break;
    batch.push(entry);
  }
  return batch;
}

/**
 * @param {{identity: () => Identity | null, etag: () => string, tell: (news: Partial<SyncState>) => void,
 *   onCatalogue: () => Promise<void>, onFacts: (facts: TillFacts) => void}} till
 */
export function startSync({ identity, etag, tell, onCatalogue, onFacts }) {
  let failures = 0;
  let ticks = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  let stopped = false;
  let again = false;
  /** A catalogue may take longer than from one tick to the next. */
  let pulling = false;
  /** Before it the server does not want to be asked. */
  let notBefore = 0;

  /** One pusher, also across tabs: who does not get the lock leaves it to the other. */
  async function push() {
    const me = identity();
    if (stopped || Date.now() < notBefore) return;
    again = false;
    const pushed = await navigator.locks.request(`till-push:${me?.till.id ?? ""}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return false;
      await pushAll(me);
      return true;
    });
    if (pushed && again) await push();
  }

  /**
   * What this browser is, then what it was before. An enrolment whose token is gone is sent under what its till is now; of
   * another till's nobody would take it, and it stays for the lifeline.
   * @param {Identity | null} me @returns {Promise<Enrolment[]>}
   */
  async function enrolments(me) {
    const formers = /** @type {Enrolment[]} */ ((await db.readFact("formers")) ?? []);
    const own = me ? [{ till: me.till.id, epoch: me.epoch, token: me.token }] : [];
    return [...own, ...formers.flatMap((one) => (one.token && !one.lost ? one : one.till === me?.till.id ? { ...one, token: me.token } : []))];
  }

  /** @param {Identity | null} me */
  async function pushAll(me) {
    try {
      for (const enrolment of await enrolments(me)) await pushFrom(enrolment, enrolment.token === me?.token);
      failures = 0;
    } catch (error) {
      await failed(error, true);
    }
  }

  /** @param {Enrolment} enrolment @param {boolean} live */
  async function pushFrom(enrolment, live) {
    let most = MOST_ENTRIES;
    /** One that the server cannot read at all is tried again another time, and keeps nothing behind it back. @type {Set<string>} */
    const stuck = new Set();
    for (;;) {
      const found = await db.waitingEntries(enrolment, MOST_ENTRIES + stuck.size);
      const batch = batchOf(found.filter(({ id }) => !stuck.has(id))).slice(0, most);
      if (stopped) return;
      if (!batch.length) break;
      try {
        await pushBatch(enrolment, batch);
        most = MOST_ENTRIES;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status === 400 || error.status === 413) {
          if (batch.length > 1) most = Math.ceil(batch.length / 2);
          else stuck.add(batch[0].id);
          continue;
        }
        if (live || error.status !== 401) throw error;
        await forget(enrolment);
        return;
      }
      await tellWaiting({ online: true });
    }
    if (stuck.size) throw new Error(`the server reads ${stuck.size} of the entries not`);
  }

  /** @param {Enrolment} enrolment */
  async function forget(enrolment) {
    const formers = /** @type {Enrolment[]} */ (await db.readFact("formers"));
    await db.writeFacts({ formers: formers.map((one) => (one.token === enrolment.token ? { ...one, lost: true } : one)) });
  }

  /** Only ids that the answer names are done; whatever it does not name is sent again. @param {Enrolment} from @param {StoredEntry[]} batch */
  async function pushBatch({ till, epoch, token }, batch) {
    const body = JSON.stringify({ till, epoch, entries: batch.map(({ text, hash, sig }) => ({ text, hash, sig })) });
    const answer = await (await ask("/api/v1/till/journal", { method: "POST", body, token, told: report() })).json();
    const named = answer.results.filter((/** @type {{id: string, hash: string, status: string}} */ { id, hash, status }) => ANSWERS.has(status) && batch.some((entry) => entry.id === id && entry.hash === hash));
    if (!named.length) throw new Error("the answer names none of the entries");
    await db.markAnswered(named);
    answered(named.map((/** @type {{id: string}} */ { id }) => id));
    if (Number.isFinite(answer.server_time_ms)) await db.writeFacts({ clockOffset: answer.server_time_ms - Date.now() });
    const held = named.filter((/** @type {{status: string}} */ result) => result.status !== "accepted").length;
    if (held) tell({ held });
  }

  /** For ever: a till gives up nothing. @param {unknown} error @param {boolean} [pushing] */
  async function failed(error, pushing = false) {
    if (stopped) return;
    failures += 1;
    const known = error instanceof Refused ? error : null;
    const gone = known?.status === 401;
    await tellWaiting({ online: known !== null && known.status < 500, ...(gone ? { revoked: true } : {}), ...(gone && pushing ? { unknown: true } : {}) }).catch(console.warn);
    const wait = Math.max(backOff(failures, Math.random()), known?.again ?? 0);
    if (known?.again) notBefore = Date.now() + wait;
    clearTimeout(retry);
    retry = setTimeout(kick, wait);
  }

  /** @param {Partial<SyncState>} news */
  async function tellWaiting(news) {
    const me = identity();
    tell({ ...(await db.waitingFacts(await enrolments(me))), ...news });
  }

  async function pullCatalogue() {
    const me = identity();
    if (!me) return;
    const answer = await ask("/api/v1/till/catalogue?form=chunks", { token: me.token, etag: etag() ? `"${etag()}"` : undefined });
    const told = answer.status === 200 ? await answer.json() : null;
    if (isPast(me)) return;
    tell({ online: true, revoked: false, unknown: false });
    if (!told) return;
    const kept = await keepCatalogue(told, (id) => fetchChunk(me, id));
    if (kept && !isPast(me)) await onCatalogue();
  }

  /** What was asked as another till says nothing of this one. @param {Identity} me */
  function isPast(me) {
    return stopped || identity()?.token !== me.token;
  }

  /** @param {Identity} me @param {string} id */
  async function fetchChunk(me, id) {
    return (await ask(`/api/v1/till/catalogue/chunks/${id}`, { token: me.token })).arrayBuffer();
  }

  async function pullFacts() {
    const me = identity();
    if (!me) return;
    const facts = await (await ask("/api/v1/till", { token: me.token, told: report() })).json();
    if (!isPast(me)) onFacts(facts);
  }

  async function pull({ facts = false } = {}) {
    if (stopped) return;
    try {
      if (facts) await pullFacts();
      if (pulling) return;
      pulling = true;
      await pullCatalogue().finally(() => (pulling = false));
    } catch (error) {
      await failed(error);
    }
  }

  /** Something was committed, or the line may be back. */
  function kick() {
    again = true;
    void tellWaiting({}).catch(console.warn);
    void push().catch(console.warn);
  }

  function tick() {
    ticks += 1;
    kick();
    void pull({ facts: ticks % FACTS_EVERY === 0 });
  }

  const back = () => {
    failures = 0;
    notBefore = 0;
    tick();
  };
  const gone = () => void tellWaiting({ online: false }).catch(console.warn);
  globalThis.addEventListener("online", back);
  globalThis.addEventListener("offline", gone);
  globalThis.addEventListener("pageshow", back);
  const clock = setInterval(tick, TICK_MS);
  kick();
  const ready = pull({ facts: true });

  return {
    kick,
    ready,
    retryNow: back,
    stop() {
      stopped = true;
      clearInterval(clock);
      clearTimeout(retry);
      globalThis.removeEventListener("online", back);
      globalThis.removeEventListener("offline", gone);
      globalThis.removeEventListener("pageshow", back);
    },
  };
}

// Between this till and the server. The only file that calls fetch. Nothing here is ever waited for by a sale.
import * as db from "./db.js";

const MOST_ENTRIES = 50;
const MOST_BYTES = 256 * 1024;
const TIMEOUT_MS = 10_000;
const TICK_MS = 15_000;
const FACTS_EVERY = 4;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;

/** What the server said no to, with its stable code. */
export class Refused extends Error {
  /** @param {number} status @param {string} code @param {string} detail */
  constructor(status, code, detail) {
    super(detail || code);
    this.status = status;
    this.code = code;
  }
}

/**
 * @param {string} path
 * @param {{method?: string, body?: string, token?: string, etag?: string}} [what]
 * @returns {Promise<Response>} 2xx or 304; throws Refused for other answers and what fetch throws when there is none
 */
export async function ask(path, { method = "GET", body, token, etag } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Till ${token}`;
  if (etag) headers["If-None-Match"] = etag;
  const answer = await fetch(path, { method, body, headers, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.ok || answer.status === 304) return answer;
  const problem = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, problem.code ?? `http_${answer.status}`, problem.detail ?? problem.title ?? "");
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
 *   onCatalogue: (data: CatalogueData) => void, onFacts: (facts: TillFacts) => void}} till
 */
export function startSync({ identity, etag, tell, onCatalogue, onFacts }) {
  let failures = 0;
  let ticks = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let retry;
  let stopped = false;
  let again = false;

  /** One pusher, also across tabs: who does not get the lock leaves it to the other. */
  async function push() {
    const me = identity();
    if (!me || stopped) return;
    again = false;
    const pushed = await navigator.locks.request(`till-push:${me.till.id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) return false;
      await pushAll(me);
      return true;
    });
    if (pushed && again) await push();
  }

  /** What this browser is, then what it was before. @param {Identity} me @returns {Promise<Enrolment[]>} */
  async function enrolments(me) {
    const formers = /** @type {Enrolment[]} */ ((await db.readFact("formers")) ?? []);
    return [{ till: me.till.id, epoch: me.epoch, token: me.token }, ...formers.filter((one) => !one.lost)];
  }

  /** @param {Identity} me */
  async function pushAll(me) {
    try {
      for (const enrolment of await enrolments(me)) await pushFrom(enrolment, enrolment.token === me.token);
      failures = 0;
    } catch (error) {
      await failed(error);
    }
  }

  /** @param {Enrolment} enrolment @param {boolean} live */
  async function pushFrom(enrolment, live) {
    for (;;) {
      const batch = batchOf(await db.waitingEntries(enrolment, MOST_ENTRIES));
      if (!batch.length || stopped) return;
      try {
        await pushBatch(enrolment, batch);
      } catch (error) {
        if (live || !(error instanceof Refused) || error.status !== 401) throw error;
        await forget(enrolment);
        return;
      }
      await tellWaiting({ online: true });
    }
  }

  /** @param {Enrolment} enrolment */
  async function forget(enrolment) {
    const formers = /** @type {Enrolment[]} */ (await db.readFact("formers"));
    await db.writeFacts({ formers: formers.map((one) => (one.token === enrolment.token ? { ...one, lost: true } : one)) });
  }

  /** Only ids that the answer names are done; whatever it does not name is sent again. @param {Enrolment} from @param {StoredEntry[]} batch */
  async function pushBatch({ till, epoch, token }, batch) {
    const body = JSON.stringify({ till, epoch, entries: batch.map(({ text, hash, sig }) => ({ text, hash, sig })) });
    const answer = await (await ask("/api/v1/till/journal", { method: "POST", body, token })).json();
    const named = answer.results.filter((/** @type {{id: string}} */ result) => batch.some((entry) => entry.id === result.id));
    await Promise.all([db.markAnswered(named), db.writeFacts({ clockOffset: answer.server_time_ms - Date.now() })]);
    if (!named.length) throw new Error("the answer names none of the entries");
    const held = named.filter((/** @type {{status: string}} */ result) => result.status !== "accepted").length;
    if (held) tell({ held });
  }

  /** For ever: a till gives up nothing. @param {unknown} error */
  async function failed(error) {
    if (stopped) return;
    failures += 1;
    const answered = error instanceof Refused;
    await tellWaiting({ online: answered && error.status < 500, ...(answered && error.status === 401 ? { revoked: true } : {}) });
    clearTimeout(retry);
    retry = setTimeout(kick, backOff(failures, Math.random()));
  }

  /** @param {Partial<SyncState>} news */
  async function tellWaiting(news) {
    const me = identity();
    tell({ ...(me ? await db.waitingFacts(await enrolments(me)) : {}), ...news });
  }

  async function pullCatalogue() {
    const me = identity();
    if (!me) return;
    const answer = await ask("/api/v1/till/catalogue", { token: me.token, etag: etag() ? `"${etag()}"` : undefined });
    const data = answer.status === 200 ? await answer.json() : null;
    if (stopped || identity()?.token !== me.token) return;
    if (data) onCatalogue(data);
    tell({ online: true, revoked: false });
  }

  async function pullFacts() {
    const me = identity();
    if (!me) return;
    const facts = await (await ask("/api/v1/till", { token: me.token })).json();
    // What was asked as another till says nothing of this one.
    if (!stopped && identity()?.token === me.token) onFacts(facts);
  }

  async function pull({ facts = false } = {}) {
    if (stopped) return;
    try {
      if (facts) await pullFacts();
      await pullCatalogue();
    } catch (error) {
      await failed(error);
    }
  }

  /** Something was committed, or the line may be back. */
  function kick() {
    again = true;
    void tellWaiting({});
    void push();
  }

  function tick() {
    ticks += 1;
    kick();
    void pull({ facts: ticks % FACTS_EVERY === 0 });
  }

  const back = () => {
    failures = 0;
    tick();
  };
  const gone = () => void tellWaiting({ online: false });
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

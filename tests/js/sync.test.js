import assert from "node:assert/strict";
import { register } from "node:module";
import { afterEach, beforeEach, mock, test } from "node:test";

register("./vendor-sync.mjs", import.meta.url);
const db = await import("./standing-db.js");
const { onAnswered, reportWith, startSync } = await import("../../pos/static/pos/sync.js");

const ME = { till: { id: "t" }, epoch: 2, token: "own" };
const entry = (seq, more = {}) => ({ till: "t", epoch: 2, seq, id: `id-${seq}`, hash: `hash-${seq}`, text: `text ${seq}`, sig: "s", ...more });
const answer = (status, body, headers = {}) => new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
const taken = ({ entries }) => answer(200, { results: entries.map(({ text }) => ({ id: text.replace("text ", "id-"), hash: text.replace("text ", "hash-"), status: "accepted" })), server_time_ms: Date.now() });

/** What the server does with each delivery, one after the other; the last one for ever. */
let plan;
let sent;
let news;
let sync;
let locked;
/** What everything but the journal's door says. */
let standing;

const settled = async () => { for (let n = 0; n < 60; n += 1) await Promise.resolve(); };
const waiting = () => [...db.entries.values()].filter((one) => one.waiting).map(({ seq }) => seq);

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"], now: 1_000_000 });
  sent = [];
  news = {};
  locked = false;
  standing = 200;
  globalThis.addEventListener ??= () => {};
  globalThis.removeEventListener ??= () => {};
  const locks = { request: async (_name, _how, work) => {
    if (locked) return work(null);
    locked = true;
    return Promise.resolve(work({})).finally(() => (locked = false));
  } };
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
  AbortSignal.timeout = (ms) => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new DOMException("late", "TimeoutError")), ms);
    return abort.signal;
  };
  globalThis.fetch = async (path, { body, headers, signal }) => {
    if (!path.endsWith("/journal")) return answer(standing, path === "/api/v1/till" ? { server_time_ms: Date.now() } : {});
    const batch = JSON.parse(body);
    sent.push({ ...batch, headers, texts: batch.entries.map(({ text }) => text) });
    const act = plan.length > 1 ? plan.shift() : plan[0];
    return act(batch, signal);
  };
});

afterEach(() => {
  sync?.stop();
  mock.timers.reset();
});

function begin(list, facts) {
  db.begin(list, facts);
  sync = startSync({ identity: () => ME, etag: () => "", tell: (more) => Object.assign(news, more), onCatalogue: async () => {}, onFacts: () => {} });
}

/** Time passes until nothing waits. */
async function drained(seconds = 300) {
  for (let passed = 0; passed < seconds && waiting().length; passed += 1) {
    mock.timers.tick(1000);
    await settled();
  }
}

const TROUBLES = {
  "an answer that never comes": (_batch, signal) => new Promise((_done, failed) => signal.addEventListener("abort", () => failed(signal.reason))),
  "no line": () => Promise.reject(new TypeError("fetch failed")),
  "a 500": () => answer(500, "<h1>no</h1>"),
  "a 503": () => answer(503, { code: "busy" }),
  "a page of somebody else's network": () => answer(200, "<html>Sign in to the Wi-Fi</html>"),
  "an answer without results": () => answer(200, {}),
  "results of another shape": () => answer(200, { results: [null] }),
  "results that name nobody": () => answer(200, { results: [], server_time_ms: 1 }),
  "a status nobody knows": ({ entries }) => answer(200, { results: entries.map(({ text }) => ({ id: text.replace("text ", "id-"), hash: text.replace("text ", "hash-"), status: "perhaps" })) }),
  "another text's hash": ({ entries }) => answer(200, { results: entries.map(({ text }) => ({ id: text.replace("text ", "id-"), hash: "other", status: "accepted" })) }),
};

for (const [name, trouble] of Object.entries(TROUBLES)) {
  test(`${name} is tried again, later and later, and at last everything is sent`, async () => {
    plan = [trouble, trouble, trouble, taken];
    begin([entry(1), entry(2)]);
    await settled();
    assert.deepEqual(waiting(), [1, 2]);
    await drained();
    assert.deepEqual(waiting(), []);
    assert.equal(sent.length, 4);
    assert.equal(news.waiting, 0);
  });
}

test("a busy server is asked again when it said, not before", async () => {
  plan = [() => answer(429, { code: "slow_down" }, { "Retry-After": "20" }), taken];
  begin([entry(1)]);
  await settled();
  for (let passed = 0; passed < 19; passed += 1) {
    mock.timers.tick(1000);
    sync.kick();
    await settled();
  }
  assert.equal(sent.length, 1);
  await drained(12);
  assert.deepEqual(waiting(), []);
});

test("a server that asks for an hour is asked within half a minute all the same", async () => {
  plan = [() => answer(429, {}, { "Retry-After": "3600" }), taken];
  begin([entry(1)]);
  await settled();
  await drained(46);
  assert.deepEqual(waiting(), []);
});

test("a batch that is too large is sent in halves", async () => {
  const most = 3;
  plan = [(batch) => (batch.entries.length > most ? answer(413, { code: "journal_too_large" }) : taken(batch))];
  begin(Array.from({ length: 20 }, (_, n) => entry(n + 1)));
  await settled();
  await drained();
  assert.deepEqual(waiting(), []);
});

for (const status of [400, 413]) {
  test(`an entry that gets a ${status} by itself keeps nothing behind it back, and is tried again`, async () => {
    let poison = true;
    plan = [(batch) => (poison && batch.entries.some(({ text }) => text === "text 2") ? answer(status, {}) : taken(batch))];
    begin([1, 2, 3, 4, 5].map((seq) => entry(seq)));
    await settled();
    mock.timers.tick(1);
    await settled();
    assert.deepEqual(waiting(), [2]);
    poison = false;
    await drained();
    assert.deepEqual(waiting(), []);
  });
}

test("only what the answer names is done", async () => {
  const some = (batch) => taken({ entries: batch.entries.slice(0, 1) });
  plan = [some];
  begin([1, 2, 3].map((seq) => entry(seq)));
  await settled();
  await drained(5);
  assert.deepEqual(waiting(), []);
  assert.deepEqual(sent.map(({ texts }) => texts.length), [3, 2, 1]);
});

test("a time that is none does not become the till's clock", async () => {
  plan = [({ entries }) => answer(200, { results: entries.map(({ text }) => ({ id: text.replace("text ", "id-"), hash: text.replace("text ", "hash-"), status: "accepted" })), server_time_ms: "soon" })];
  begin([entry(1)], { clockOffset: 5 });
  await settled();
  assert.equal(db.facts.clockOffset, 5);
});

test("one pusher at a time, however often it is kicked", async () => {
  let open;
  plan = [(batch) => new Promise((done) => (open = () => done(taken(batch)))), taken];
  begin([entry(1), entry(2)]);
  await settled();
  for (let n = 0; n < 5; n += 1) sync.kick();
  await settled();
  assert.equal(sent.length, 1);
  open();
  await settled();
  assert.deepEqual(waiting(), []);
});

test("what was made before goes with its own token, or with today's when that is gone", async () => {
  plan = [(batch) => (sent.at(-1).headers.Authorization === "Till gone" ? answer(401, { code: "till_unknown" }) : taken(batch))];
  const formers = [{ till: "t", epoch: 1, token: "gone" }, { till: "t", epoch: 0, token: "" }, { till: "other", epoch: 7, token: "", lost: true }];
  begin([entry(5, { epoch: 1 }), entry(6, { epoch: 0 }), entry(7, { till: "other", epoch: 7 }), entry(8)], { formers });
  await settled();
  await drained(30);
  assert.deepEqual(waiting(), [7]);
  assert.deepEqual(sent.map(({ epoch, headers }) => [epoch, headers.Authorization]), [[2, "Till own"], [1, "Till gone"], [0, "Till own"], [1, "Till own"]]);
});

test("a token that the server does not know is said, and the entries stay", async () => {
  standing = 401;
  plan = [() => answer(401, { code: "till_unknown" })];
  begin([entry(1)]);
  await settled();
  assert.equal(news.revoked && news.unknown, true);
  assert.deepEqual(waiting(), [1]);
});

test("the device says of itself with what it sends, and hears whose answers came", async () => {
  const heard = [];
  reportWith(() => "waiting=1;persisted=1");
  onAnswered((ids) => heard.push(...ids));
  plan = [taken];
  begin([entry(1)]);
  await settled();
  assert.equal(sent[0].headers["X-Till-Report"], "waiting=1;persisted=1");
  assert.deepEqual(heard, ["id-1"]);
});

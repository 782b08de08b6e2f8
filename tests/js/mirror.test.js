import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { compacted, entriesOf, entryLine, KEPT_MS, line, nothing, read, written } from "../../pos/static/pos/mirror-lines.js";

const entry = (seq, more = {}) => ({ till: "t", epoch: 1, seq, id: `id-${seq}`, text: `{"n":${seq},"name":"Crème 🥐\\n"}`, hash: `h${seq}`, sig: "s", kind: "sale", session: "x", wall_ms: 1000 * seq, receipt: `1-1-${seq}`, ...more });
const seqs = (entries) => entries.map(({ seq }) => seq);

test("what is written line by line is read back, in its order, with what was answered", () => {
  const text = [entry(2), entry(1), entry(3)].map(entryLine).join("") + line({ answered: ["id-1"] }) + line({ facts: { enrolments: [], name: "Northside Till 1" } });
  const held = read(text, nothing());
  assert.deepEqual(entriesOf(held), [{ ...entry(1), result: "accepted" }, { ...entry(2), waiting: 1 }, { ...entry(3), waiting: 1 }]);
  assert.equal(held.facts.name, "Northside Till 1");
  assert.deepEqual(entriesOf(read(written(held), nothing())), entriesOf(held));
});

test("wherever a file is cut off, everything before is read", () => {
  const lines = [1, 2, 3].map((seq) => entryLine(entry(seq)));
  const text = lines.join("");
  for (let end = 0; end <= text.length; end += 1) {
    const held = read(text.slice(0, end), nothing());
    const whole = lines.filter((_, n) => end >= lines.slice(0, n + 1).join("").length - 1).length;
    assert.equal(held.entries.size, whole);
  }
});

test("a line that something else has damaged is counted and hurts no other", () => {
  const lines = [1, 2, 3].map((seq) => entryLine(entry(seq)));
  const held = read(lines[0] + lines[1].replace("{", "\u0000") + "null\n" + lines[2], nothing());
  assert.deepEqual(seqs(entriesOf(held)), [1, 3]);
  assert.equal(held.broken, 2);
});

test("only what was answered long ago is left out", () => {
  const held = read([1, 2, 3].map((seq) => entryLine(entry(seq))).join("") + line({ answered: ["id-1", "id-3"] }), nothing());
  assert.deepEqual(seqs(entriesOf(compacted(held, 2500))), [2, 3]);
  assert.deepEqual([...compacted(held, 2500).answered], ["id-3"]);
});

/** Files in memory; `room`: bytes until writing is cut short. `cut`: truncating and flushing stop the world after so many acts. */
const disk = { files: new Map(), room: Infinity, acts: Infinity };

class Stopped extends Error {}

function act() {
  if ((disk.acts -= 1) < 0) throw new Stopped();
}

function file(name) {
  return {
    getSize: () => (disk.files.get(name) ?? new Uint8Array()).length,
    read(to, { at }) {
      to.set((disk.files.get(name) ?? new Uint8Array()).slice(at, at + to.length));
      return to.length;
    },
    write(from, { at }) {
      act();
      const used = [...disk.files].reduce((sum, [other, bytes]) => sum + (other === name ? at : bytes.length), 0);
      const fits = from.slice(0, Math.max(0, Math.min(from.length, disk.room - used)));
      const before = disk.files.get(name) ?? new Uint8Array();
      const after = new Uint8Array(Math.max(before.length, at + fits.length));
      after.set(before);
      after.set(fits, at);
      disk.files.set(name, after);
      return fits.length;
    },
    truncate(size) {
      act();
      disk.files.set(name, (disk.files.get(name) ?? new Uint8Array()).slice(0, size));
    },
    flush: act,
    close() {},
  };
}

let started = 0;

/** A worker of its own, as a page that opens begins one. */
async function worker() {
  const asked = new Map();
  let listen;
  let n = 0;
  globalThis.self = { addEventListener: (_kind, told) => (listen = told), postMessage: ({ n: number, told, failed }) => (failed ? asked.get(number).failed(new Error(failed)) : asked.get(number).done(told)) };
  const directory = { getFileHandle: async (name) => ({ createSyncAccessHandle: async () => file(name) }) };
  Object.defineProperty(globalThis, "navigator", { value: { storage: { getDirectory: async () => directory } }, configurable: true });
  await import(`../../pos/static/pos/mirror-worker.js?${(started += 1)}`);
  const own = globalThis.self;
  return (what, more = {}) => new Promise((done, failed) => {
    globalThis.self = own;
    asked.set((n += 1), { done, failed });
    listen({ data: { act: what, n, ...more } });
  });
}

beforeEach(() => Object.assign(disk, { files: new Map(), room: Infinity, acts: Infinity }));

const now = Date.now();
const recent = (seq) => entry(seq, { wall_ms: now });
const old = (seq) => entry(seq, { wall_ms: now - KEPT_MS - 60_000 });
const held = async (ask) => (await ask("tell")).entries;

test("the next page finds what this one kept, each once", async () => {
  const first = await worker();
  await first("keep", { entries: [recent(1), recent(2)] });
  await first("keep", { entries: [recent(2), recent(3)] });
  await first("answered", { ids: ["id-1", "nobody"] });
  await first("facts", { facts: { enrolments: [{ till: "t", epoch: 1, token: "x" }], name: "Till 1" } });
  const second = await worker();
  const told = await second("tell");
  assert.deepEqual(told.entries.map(({ seq, waiting }) => [seq, waiting]), [[1, undefined], [2, 1], [3, 1]]);
  assert.equal(told.facts.name, "Till 1");
});

test("what was answered long ago goes when a page opens, and nothing that waits", async () => {
  const first = await worker();
  await first("keep", { entries: Array.from({ length: 300 }, (_, n) => old(n + 1)) });
  await first("answered", { ids: Array.from({ length: 290 }, (_, n) => `id-${n + 1}`) });
  const before = [...disk.files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const second = await worker();
  assert.deepEqual(seqs(await held(second)), Array.from({ length: 10 }, (_, n) => 291 + n));
  assert.ok([...disk.files.values()].reduce((sum, bytes) => sum + bytes.length, 0) < before / 10);
});

test("wherever tidying is cut off, the next page finds everything that waits", async () => {
  for (let acts = 0; acts < 14; acts += 1) {
    Object.assign(disk, { files: new Map(), room: Infinity, acts: Infinity });
    const first = await worker();
    await first("keep", { entries: Array.from({ length: 250 }, (_, n) => old(n + 1)) });
    await first("answered", { ids: Array.from({ length: 240 }, (_, n) => `id-${n + 1}`) });
    disk.acts = acts;
    const second = await worker();
    await second("tell").catch(() => undefined);
    disk.acts = Infinity;
    const third = await worker();
    await third("keep", { entries: [recent(900)] });
    const fourth = await worker();
    const waiting = (await held(fourth)).filter((one) => one.waiting);
    assert.deepEqual(seqs(waiting), [...Array.from({ length: 10 }, (_, n) => 241 + n), 900], `cut after ${acts}`);
  }
});

test("a disk that is full for good is told, and what was kept stays whole", async () => {
  const ask = await worker();
  await ask("keep", { entries: [recent(1)] });
  disk.room = [...disk.files.values()].reduce((sum, bytes) => sum + bytes.length, 0) + 10;
  await assert.rejects(ask("keep", { entries: [recent(2)] }));
  disk.room = Infinity;
  await ask("keep", { entries: [recent(3)] });
  assert.deepEqual(seqs(await held(await worker())), [1, 3]);
});

test("a disk with no room for a second file keeps the first", async () => {
  const ask = await worker();
  await ask("keep", { entries: Array.from({ length: 50 }, (_, n) => recent(n + 1)) });
  await ask("answered", { ids: ["id-1"] });
  disk.room = [...disk.files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  await assert.rejects(ask("keep", { entries: [recent(99)] }));
  await ask("shrink");
  assert.equal((await held(await worker())).length, 50);
});

test("nothing is left after it was wiped", async () => {
  const ask = await worker();
  await ask("keep", { entries: [recent(1)] });
  await ask("wipe");
  assert.deepEqual(await held(await worker()), []);
});

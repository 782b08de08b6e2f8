import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { careOf, LITTLE_ROOM, reportOf, roomWords, skewOf } from "../../pos/static/pos/keeping-rules.js";
import { readFile, written } from "../../pos/static/pos/lifeline-file.js";

const GB = 1024 ** 3;
const HOUR = 3_600_000;
const care = (more) => careOf({ free: 50 * GB, persisted: true, waiting: 0, oldest: 0, now: 100 * HOUR, ...more })?.key ?? "";

test("it warns of little room, of what waits long and of much that waits, and of nothing else", () => {
  assert.equal(care({}), "");
  assert.equal(care({ free: null }), "");
  assert.equal(care({ free: LITTLE_ROOM - 1 }), "care.room");
  assert.equal(care({ waiting: 3, oldest: 96 * HOUR }), "");
  assert.equal(care({ waiting: 3, oldest: 96 * HOUR - 1 }), "care.old");
  assert.equal(care({ waiting: 0, oldest: 0 }), "");
  assert.equal(care({ waiting: 501, oldest: 99 * HOUR }), "care.many");
});

test("a browser that may clear its storage is left alone with less, for less long", () => {
  assert.equal(care({ persisted: false, waiting: 101, oldest: 99.5 * HOUR }), "care.many");
  assert.equal(care({ persisted: true, waiting: 101, oldest: 99.5 * HOUR }), "");
  assert.equal(care({ persisted: false, waiting: 1, oldest: 98 * HOUR }), "care.old");
  assert.equal(care({ persisted: true, waiting: 1, oldest: 98 * HOUR }), "");
});

test("room is told shortly", () => {
  assert.deepEqual([0, 300 * 1024 ** 2, 1.25 * GB, 9.99 * GB, 120.7 * GB].map(roomWords), ["0 MB", "300 MB", "1.2 GB", "9.9 GB", "120 GB"]);
});

test("a clock counts as wrong from two minutes on", () => {
  assert.deepEqual([0, 120_000, -120_000, 121_000, -300_000].map(skewOf).map(Math.abs), [0, 0, 0, 2, 5]);
  assert.ok(skewOf(300_000) < 0, "the server is ahead: this device is behind");
});

test("what the device says of itself is one line without anything else in it", () => {
  const told = { waiting: 3, oldest: 4000, now: 10_000, free: 5, persisted: true, release: "0.9;\r\nX: y" };
  assert.equal(reportOf(told), "waiting=3;oldest_ms=6000;free_bytes=5;persisted=1;release=0.9Xy");
  assert.equal(reportOf({ ...told, waiting: 0, free: null, persisted: false, release: "" }), "waiting=0;oldest_ms=0;persisted=0");
});

const hashOf = async (text) => createHash("sha256").update(text).digest("hex");

async function entries(...seqs) {
  return Promise.all(seqs.map(async (seq) => {
    const text = JSON.stringify({ v: 1, id: `id-${seq}`, till: "t", epoch: 2, seq, kind: "sale", session: "s", wall_ms: 5, body: { receipt: `1-2-${seq}`, name: "Crème 🥐\n" } });
    return { till: "t", epoch: 2, seq, id: `id-${seq}`, text, hash: await hashOf(text), sig: "sig", kind: "sale", session: "s", wall_ms: 5, receipt: `1-2-${seq}`, waiting: 1 };
  }));
}

test("a journal that was saved is read back as it was", async () => {
  const all = await entries(1, 2, 3);
  const file = await readFile(written(all, { till: "t", now: 1 }), hashOf);
  assert.deepEqual(file, { till: "t", entries: all, broken: 0 });
});

test("no token, no key and nothing but the entries is in the file", async () => {
  const [one] = await entries(1);
  const lines = written([{ ...one, token: "secret", result: "accepted" }], { till: "t", now: 1 }).trim().split("\n").map((line) => Object.keys(JSON.parse(line)));
  assert.deepEqual(lines, [["onecounter_journal", "till", "saved_ms", "entries"], ["till", "epoch", "seq", "text", "hash", "sig"]]);
});

test("a changed, a cut and a missing line are found out, and another file is none", async () => {
  const text = written(await entries(1, 2, 3), { till: "t", now: 1 });
  assert.equal((await readFile(text.replace("1-2-2", "1-2-9"), hashOf)).broken, 1);
  assert.equal((await readFile(text.slice(0, -20), hashOf)).broken, 1);
  assert.equal((await readFile(text.split("\n").toSpliced(2, 1).join("\n"), hashOf)).broken, 1);
  assert.equal(await readFile("sku,price\n", hashOf), null);
  assert.equal(await readFile("", hashOf), null);
});

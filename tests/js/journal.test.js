import assert from "node:assert/strict";
import { pbkdf2Sync } from "node:crypto";
import { register } from "node:module";
import { test } from "node:test";

register("./vendor.mjs", import.meta.url);
const { entryText, GENESIS, hashOf, receiptNumber, signatureOf } = await import("../../pos/static/pos/journal.js");
const { makeKey } = await import("../../pos/static/pos/enrolling.js");
const { uuid7 } = await import("../../pos/static/pos/ids.js");
const { backOff, batchOf } = await import("../../pos/static/pos/sync.js");
const { pinDigest, waitAfter } = await import("../../pos/static/pos/pins.js");
const { age, businessDate } = await import("../../pos/static/pos/clock.js");

async function chain(length) {
  let head = { till: "t", epoch: 1, seq: 0, hash: GENESIS, receipt: 0 };
  const entries = [];
  for (let n = 1; n <= length; n += 1) {
    const text = entryText({ id: uuid7({ now: 1000 + n }), head, kind: "sale", session: "s", cashier: "c", wallMs: n, offsetMs: 0, snapshot: "x", body: { n, name: "Crème 🥐" } });
    const hash = await hashOf(text);
    entries.push({ text, hash });
    head = { ...head, seq: n, hash };
  }
  return entries;
}

/** Where the chain breaks first, or -1. */
async function brokenAt(entries, start = GENESIS) {
  let before = start;
  for (const [place, { text, hash }] of entries.entries()) {
    const { prev, seq } = JSON.parse(text);
    if (prev !== before || (await hashOf(text)) !== hash || (place > 0 && seq !== JSON.parse(entries[place - 1].text).seq + 1)) return place;
    before = hash;
  }
  return -1;
}

test("an entry carries what format 1 says, in its order", async () => {
  const [{ text }] = await chain(1);
  assert.deepEqual(Object.keys(JSON.parse(text)), ["v", "id", "till", "epoch", "seq", "prev", "kind", "session", "cashier", "approvals", "wall_ms", "clock_offset_ms", "snapshot", "body"]);
  assert.equal(JSON.parse(text).prev, "0".repeat(64));
});

test("the chain holds, and any change of a text, a hash or the order breaks it", async () => {
  const entries = await chain(6);
  assert.equal(await brokenAt(entries), -1);
  const changed = entries.with(3, { ...entries[3], text: entries[3].text.replace('"n":4', '"n":5') });
  assert.equal(await brokenAt(changed), 3);
  const forged = entries.with(3, { text: changed[3].text, hash: await hashOf(changed[3].text) });
  assert.equal(await brokenAt(forged), 4);
  assert.equal(await brokenAt([...entries.slice(0, 2), ...entries.slice(3)]), 2);
  assert.equal(await brokenAt([entries[1], entries[0]]), 0);
});

test("the hash is the SHA-256 of the UTF-8 text", async () => {
  assert.equal(await hashOf("é"), "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c");
});

test("the signature is raw r and s, verifies with the public half, and the private half cannot leave", async () => {
  const keys = await makeKey();
  const bytes = Buffer.from(await signatureOf(keys.privateKey, "text"), "base64url");
  assert.equal(bytes.length, 64);
  assert.ok(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, keys.publicKey, bytes, new TextEncoder().encode("text")));
  await assert.rejects(crypto.subtle.exportKey("jwk", keys.privateKey));
});

test("ids rise within a millisecond and when the clock steps back", () => {
  const ids = [5000, 5000, 5000, 4000, 5001].map((now) => uuid7({ now }));
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, ids.length);
  const many = Array.from({ length: 10_000 }, () => uuid7({ now: 9000 }));
  assert.deepEqual(many, [...many].sort());
  for (const id of many) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("a batch is at most 50 entries and 256 KB, and always at least one", () => {
  const entry = (size = 100) => ({ till: "t", epoch: 1, text: "x".repeat(size) });
  assert.equal(batchOf([]).length, 0);
  assert.equal(batchOf(Array.from({ length: 80 }, () => entry())).length, 50);
  assert.equal(batchOf([entry(150_000), entry(150_000)]).length, 1);
  assert.equal(batchOf([entry(400_000)]).length, 1);
});

test("sending backs off to a minute and never stops trying", () => {
  assert.ok(backOff(1, 0) >= 500 && backOff(1, 1) <= 1000);
  for (const failures of [7, 10, 1000]) assert.ok(backOff(failures, 1) === 60_000 && backOff(failures, 0) === 30_000);
});

test("receipt numbers name till, epoch and place", () => {
  assert.equal(receiptNumber({ till: 1, epoch: 1, no: 42 }), "1-1-0042");
  assert.equal(receiptNumber({ till: 2, epoch: 3, no: 12345 }), "2-3-12345");
});

test("PINs are digested as the server does it, and waiting grows after five wrong ones", async () => {
  const salt = "00112233445566778899aabbccddeeff";
  const expected = pbkdf2Sync("1234", Buffer.from(salt, "hex"), 1000, 32, "sha256").toString("hex");
  assert.equal(await pinDigest({ pin: "1234", salt, iterations: 1000 }), expected);
  assert.deepEqual([1, 4, 5, 6, 7, 40].map(waitAfter), [0, 0, 30_000, 60_000, 120_000, 900_000]);
});

test("before the cut-off the business day is still the day before, on the store's clock", () => {
  const at = (iso) => businessDate({ now: Date.parse(iso), timeZone: "Europe/Berlin", cutoff: "04:00" });
  assert.equal(at("2026-11-21T23:30:00+01:00"), "2026-11-21");
  assert.equal(at("2026-11-22T03:59:00+01:00"), "2026-11-21");
  assert.equal(at("2026-11-22T04:00:00+01:00"), "2026-11-22");
});

test("ages are told shortly", () => {
  assert.deepEqual([0, 6 * 60_000, 3 * 3_600_000, 72 * 3_600_000].map(age), ["just now", "6 min", "3 h", "3 days"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { createScanner, SILENCE_MS } from "../../pos/static/pos/scanner.js";
import { seeded } from "./seeded.js";

/** Plays keys with their gaps, asking for silence as the page does; tells scans, typed characters and keys the page was given. */
function play(keys, settings) {
  const scanner = createScanner(settings);
  const heard = { scans: [], typed: "", passed: [], restored: 0 };
  let at = 1000;
  const take = (answer) => {
    if (answer.scan) heard.scans.push(answer.scan);
    if (answer.restore) heard.restored += 1;
    heard.typed += answer.typed.join("");
  };
  for (const { key, gap, repeat, field } of keys) {
    if (gap > SILENCE_MS) take(scanner.silence(at + SILENCE_MS + 5));
    at += gap;
    const answer = scanner.press({ key, at, repeat, field });
    take(answer);
    if (!answer.swallow) heard.passed.push(key);
  }
  take(scanner.silence(at + SILENCE_MS + 5));
  return heard;
}

const burst = (code, gap, end = "Enter", field = false) => [...code, ...(end ? [end] : [])].map((key, place) => ({ key, gap: place ? gap : 500, field }));

test("a burst ended by Enter or Tab is one scan, and the page never sees its keys", () => {
  for (const end of ["Enter", "Tab"]) {
    const heard = play(burst("4006381333931", 5, end));
    assert.deepEqual(heard, { scans: ["4006381333931"], typed: "", passed: [], restored: 0 });
  }
});

test("a scanner without an ending key is understood by the silence after it", () => {
  assert.deepEqual(play(burst("96385074", 4, "")).scans, ["96385074"]);
});

test("an ending key that comes late, or twice, presses nothing", () => {
  const late = [...burst("96385074", 4, ""), { key: "Enter", gap: 150 }];
  assert.deepEqual(play(late), { scans: ["96385074"], typed: "", passed: [], restored: 0 });
  const twice = [...burst("96385074", 4), { key: "Enter", gap: 3 }];
  assert.deepEqual(play(twice).passed, []);
});

test("digits typed by hand never become a scan, and Enter after them is the page's", () => {
  const heard = play(burst("400638", 120));
  assert.deepEqual(heard, { scans: [], typed: "400638", passed: ["Enter"], restored: 0 });
});

test("a quick hand that presses Enter at once is still a hand", () => {
  assert.deepEqual(play(burst("4006381333931", 80)), { scans: [], typed: "4006381333931", passed: ["Enter"], restored: 0 });
});

test("one late key among quick ones does not break a scan in two", () => {
  const keys = burst("4006381333931", 4).map((key, place) => (place === 2 ? { ...key, gap: 95 } : key));
  assert.deepEqual(play(keys).scans, ["4006381333931"]);
});

test("a key held down repeats as fast as a scanner and is still no scan", () => {
  const keys = [{ key: "5", gap: 500 }, ...Array.from({ length: 20 }, () => ({ key: "5", gap: 30, repeat: true })), { key: "Enter", gap: 30 }];
  assert.deepEqual(play(keys).scans, []);
});

test("what is scanned into a field is taken out of it again", () => {
  const heard = play(burst("4006381333931", 5, "Enter", true));
  assert.deepEqual([heard.scans, heard.restored, heard.typed], [["4006381333931"], 1, ""]);
});

test("writing in a field is left alone", () => {
  const heard = play([..."oat drink"].map((key) => ({ key, gap: 45, field: true })));
  assert.deepEqual([heard.scans, heard.passed.join("")], [[], "oat drink"]);
});

test("Space presses the focused button, but inside a burst it belongs to the code", () => {
  assert.deepEqual(play([{ key: " ", gap: 500 }]).passed, [" "]);
  assert.deepEqual(play(burst("AB 123456", 5)).scans, ["AB 123456"]);
});

test("symbology marks and a prefix are not part of the code", () => {
  assert.deepEqual(play(burst("]E04006381333931", 5)).scans, ["4006381333931"]);
  assert.deepEqual(play(burst("~4006381333931", 5), { prefix: "~" }).scans, ["4006381333931"]);
});

test("the mouse or a modifier ends a burst", () => {
  const scanner = createScanner();
  scanner.press({ key: "4", at: 0 });
  scanner.press({ key: "0", at: 200 });
  assert.deepEqual(scanner.interrupt().typed, ["0"]);
  assert.equal(scanner.isHolding(), false);
});

test("among hands and scanners of every speed no scan is lost and none is invented", () => {
  const chance = seeded(4242);
  for (let round = 0; round < 2000; round += 1) {
    const keys = [];
    const scans = [];
    let typed = "";
    for (let acts = chance.between(1, 6); acts > 0; acts -= 1) {
      const field = chance.next() < 0.3;
      if (chance.next() < 0.6) {
        const end = chance.pick(["Enter", "Tab", ""]);
        const code = Array.from({ length: chance.pick([8, 12, 13, 14]) }, () => chance.between(0, 9)).join("");
        const slowest = end ? 58 : 30;
        keys.push(...[...code, ...(end ? [end] : [])].map((key, place) => ({ key, gap: place ? chance.between(1, slowest) : chance.between(250, 900), field })));
        scans.push(code);
      } else {
        const text = Array.from({ length: chance.between(1, 9) }, () => chance.between(0, 9)).join("");
        keys.push(...[...text].map((key, place) => ({ key, gap: place ? chance.between(70, 300) : chance.between(250, 900), field })));
        if (!field) typed += text;
      }
    }
    const heard = play(keys);
    assert.deepEqual(heard.scans, scans, `round ${round}`);
    assert.equal(heard.typed, typed, `round ${round}`);
    assert.ok(!heard.passed.includes("Enter") && !heard.passed.includes("Tab"), `round ${round}`);
  }
});

test("two scans back to back are two", () => {
  const keys = [...burst("4006381333931", 2), ...burst("96385074", 2).map((key, place) => (place ? key : { ...key, gap: 1 }))];
  assert.deepEqual(play(keys).scans, ["4006381333931", "96385074"]);
});

test("fingers that roll over keys by twos are a hand, however quick on average", () => {
  const keys = [500, 25, 80, 25, 80, 25].map((gap, place) => ({ key: String(place), gap }));
  assert.deepEqual(play([...keys, { key: "Enter", gap: 50 }]), { scans: [], typed: "012345", passed: ["Enter"], restored: 0 });
});

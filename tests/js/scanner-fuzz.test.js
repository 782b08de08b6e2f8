import assert from "node:assert/strict";
import { test } from "node:test";
import { createScanner, SILENCE_MS } from "../../pos/static/pos/scanner.js";
import { createStrokes } from "../../pos/static/pos/strokes.js";
import { seeded } from "./seeded.js";

const GS = "\u001d";
const ROUNDS = 20_000;

/** Events as the page hears them, in the order of their times; answers scans, characters given back, and keys the page may act on. */
function page(events, settings) {
  const scanner = createScanner(settings);
  const strokes = createStrokes();
  const heard = { scans: [], typed: "", acted: [], field: "" };
  let at = 0;
  let before = "";
  const take = (answer) => {
    if (answer.scan) heard.scans.push(answer.scan);
    if (answer.restore) heard.field = before;
    heard.typed += answer.typed.join("");
  };
  const press = (key, field, repeat) => {
    const answer = scanner.press({ key, at, repeat, field });
    take(answer);
    return answer.swallow;
  };
  for (const event of events) {
    if (event.gap > SILENCE_MS) take(scanner.silence(at + SILENCE_MS + 5));
    at += event.gap;
    const { field = false } = event;
    if (event.type === "keyup") {
      const character = strokes.up(event);
      if (character) press(character, field);
    } else if (event.type === "input") {
      heard.field += event.data;
      for (const character of strokes.written(event)) press(character, true);
    } else {
      const meaning = strokes.down(event, scanner.isHolding());
      if (field && !scanner.isHolding()) before = heard.field;
      if (meaning.kind === "command") take(scanner.interrupt());
      if (meaning.kind !== "stroke") continue;
      if (press(meaning.key, field, event.repeat)) continue;
      if (field && [...meaning.key].length === 1) heard.field += meaning.key;
      else heard.acted.push(meaning.key);
    }
  }
  take(scanner.silence(at + SILENCE_MS + 5));
  return heard;
}

const digits = (chance, many) => Array.from({ length: many }, () => chance.between(0, 9)).join("");
const SIGNS = [..."0123456789ABCDEFGHKMPRXZ-./"];

function codeOf(chance, ended) {
  const kind = chance.between(0, ended ? 4 : 2);
  if (kind === 0) return digits(chance, chance.pick([8, 12, 13, 14]));
  if (kind === 1) return `01${digits(chance, 14)}17${digits(chance, 6)}10${digits(chance, 4)}${GS}21${digits(chance, 5)}`;
  if (kind === 2) return `${digits(chance, chance.between(10, 24))}`;
  if (kind === 3) return Array.from({ length: chance.between(6, 20) }, () => chance.pick(SIGNS)).join("");
  return `https://id.gs1.org/01/${digits(chance, 14)}/10/AB${digits(chance, 3)}`;
}

/** The keydowns of one character, as this scanner writes it. */
function* written(character, how, gap, field) {
  if (character === GS) {
    if (how.gs === "ctrl") yield* [{ key: "Control", ctrlKey: true, gap, field }, { key: "]", code: "BracketRight", ctrlKey: true, gap: 0, field }];
    else if (how.gs === "f8") yield { key: "F8", code: "F8", gap, field };
    else if (how.gs === "raw") yield { key: GS, gap, field };
    else yield* alt("029", gap, field);
  } else if (how.alt) yield* alt(`0${character.charCodeAt(0)}`, gap, field);
  else if (how.ime === "hidden" && field) yield* [{ key: "Unidentified", keyCode: 229, gap, field }, { type: "input", inputType: "insertText", data: character, gap: 0, field }];
  else if (how.ime === "process" && /\d/.test(character)) yield { key: "Process", keyCode: 229, isComposing: true, code: `Digit${character}`, gap, field };
  else {
    const shifted = /[A-Z:?]/.test(character);
    if (shifted) yield { key: "Shift", shiftKey: true, gap, field };
    yield { key: character, shiftKey: shifted, gap: shifted ? 0 : gap, field };
  }
}

function* alt(number, gap, field) {
  yield { key: "Alt", altKey: true, gap, field };
  for (const digit of number) yield { key: digit, code: `Numpad${digit}`, altKey: true, gap: 0, field };
  yield { type: "keyup", key: "Alt", gap: 0, field };
}

function scanned(chance, sofar) {
  const field = chance.next() < 0.35;
  const end = chance.pick(["Enter", "Tab", ""]);
  const how = { gs: chance.pick(["ctrl", "f8", "raw", "alt"]), alt: chance.next() < 0.08, ime: field ? chance.pick(["", "", "hidden", "process"]) : "", end: chance.pick(["key", "key", "ctrl"]) };
  const code = codeOf(chance, end !== "");
  const mark = chance.pick(["", "", "]C1", "]E0", "]d2"]);
  const slowest = chance.pick([2, 10, 30, 60]);
  // Two of them back to back, where an end tells them apart.
  let gap = sofar.ended && chance.next() < 0.3 ? chance.between(1, 60) : chance.between(250, 900);
  const events = [];
  for (const character of (sofar.prefix ?? "") + mark + code + (sofar.suffix ?? "")) {
    events.push(...written(character, how, gap, field));
    gap = chance.between(1, slowest);
  }
  if (end === "Enter" && how.end === "ctrl") events.push({ key: "m", code: "KeyM", ctrlKey: true, gap, field });
  else if (end) events.push({ key: end, code: end, gap, field });
  return { code, events, ended: end !== "" };
}

/** A hand: rolls over two keys now and then, never over three; corrects, moves, presses Enter. */
function typed(chance) {
  const field = chance.next() < 0.4;
  const what = chance.next() < 0.6 ? digits(chance, chance.between(1, 14)) : Array.from({ length: chance.between(1, 12) }, () => chance.pick([..."oatdrinkmilk7 "])).join("").trim() || "a";
  let rolled = true;
  let gap = chance.between(250, 900);
  const events = [];
  for (const key of what) {
    events.push({ key, gap, field });
    rolled = !rolled && chance.next() < 0.2;
    gap = rolled ? chance.between(15, 60) : chance.between(75, 320);
  }
  if (chance.next() < 0.3) events.push({ key: "Enter", gap: chance.between(75, 400), field });
  return { events, written: field ? "" : what };
}

test("twenty thousand streams of scanners and hands: each scan arrives once, nothing typed becomes one, no button is pressed by a scanner", () => {
  const chance = seeded(20_261_122);
  let scans = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const settings = round % 7 === 0 ? { prefix: "~", suffix: "#" } : {};
    const events = [];
    const wanted = { scans: [], typed: "", enters: 0 };
    let ended = false;
    for (let acts = chance.between(1, 5); acts > 0; acts -= 1) {
      if (chance.next() < 0.65) {
        const scan = scanned(chance, { ended, ...settings });
        events.push(...scan.events);
        wanted.scans.push(scan.code);
        ended = scan.ended;
      } else {
        const hand = typed(chance);
        events.push(...hand.events);
        wanted.typed += hand.written;
        wanted.enters += hand.events.filter(({ key }) => key === "Enter").length;
        ended = false;
      }
    }
    const heard = page(events, settings);
    const enters = heard.acted.filter((key) => key === "Enter").length;
    const right = heard.scans.join(" ") === wanted.scans.join(" ") && heard.typed.replaceAll(" ", "") === wanted.typed.replaceAll(" ", "") && enters === wanted.enters && !heard.acted.includes("Tab");
    if (!right) assert.deepEqual({ scans: heard.scans, typed: heard.typed, enters }, wanted, `round ${round}: ${JSON.stringify(events)}`);
    assert.ok(right);
    scans += wanted.scans.length;
  }
  assert.ok(scans > 30_000);
});

test("what a hand writes into a field stays there, and what a scanner wrote is taken out", () => {
  const chance = seeded(77);
  for (let round = 0; round < 3000; round += 1) {
    const hand = [..."oat milk"].map((key, place) => ({ key, gap: place ? chance.between(75, 200) : 500, field: true }));
    const scan = scanned(chance, {});
    const heard = page([...hand, ...scan.events.map((event) => ({ ...event, field: true }))]);
    assert.deepEqual([heard.scans, heard.field], [[scan.code], "oat milk"], JSON.stringify(scan));
  }
});

test("a hand's shortcuts stay shortcuts, and a ] of AltGr is a character", () => {
  const strokes = createStrokes();
  assert.equal(strokes.down({ key: "z", ctrlKey: true }, false).kind, "command");
  assert.equal(strokes.down({ key: "]", code: "BracketRight", ctrlKey: true }, false).kind, "command");
  assert.equal(strokes.down({ key: "j", code: "KeyJ", ctrlKey: true }, false).kind, "command");
  assert.deepEqual(strokes.down({ key: "]", ctrlKey: true, altKey: true, getModifierState: () => true }, false), { kind: "stroke", key: "]" });
  assert.deepEqual(strokes.down({ key: "F8" }, false), { kind: "stroke", key: "F8" });
  assert.equal(strokes.up({ key: "Alt" }), "");
});

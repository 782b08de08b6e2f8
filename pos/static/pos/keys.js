// One always-armed path for keys: first the scanner has its say, then the keys of the till, then the page.
import { focusSearch } from "./parts.js";
import { cashKey, openPay, takeExact } from "./paying.js";
import { createScanner, SILENCE_MS } from "./scanner.js";
import { back, panelKey, removeChosen, scan, takeQuantity, typed, undo } from "./selling.js";
import { lock, pinKey } from "./shifts.js";
import { state } from "./state.js";
import { createStrokes } from "./strokes.js";

const scanner = createScanner();
const strokes = createStrokes();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let silence;
/** When the last key came. */
let strokeAt = 0;
/** The field a burst went into, as it was before. @type {{field: HTMLInputElement | HTMLTextAreaElement, value: string} | null} */
let before = null;

export function listenToKeys() {
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("keyup", onKeyUp, true);
  document.addEventListener("input", onInput, true);
  document.addEventListener("compositionstart", strokes.fresh, true);
  document.addEventListener("pointerdown", () => deal(scanner.interrupt()), true);
  document.addEventListener("mousedown", keepFocus);
}

/** A tap on a tile or key leaves the focus where it was, so that a later Enter does not press it again. @param {MouseEvent} event */
function keepFocus(event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("button") && !target.closest("form")) event.preventDefault();
}

/** @param {EventTarget | null} target @returns {target is HTMLInputElement | HTMLTextAreaElement} */
function isField(target) {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && !["radio", "checkbox", "button"].includes(target.type);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const meaning = strokes.down(event, scanner.isHolding());
  const field = isField(event.target);
  if (field && !scanner.isHolding()) before = { field: event.target, value: event.target.value };
  if (meaning.kind === "number") event.preventDefault();
  if (meaning.kind === "command") {
    deal(scanner.interrupt());
    command(event);
  }
  if (meaning.kind !== "stroke") return;
  const swallow = stroke(meaning.key, event, field, event.repeat);
  if (swallow || (meaning.key === "\u001d" && scanner.isHolding())) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  if (!event.isComposing) functionKey(event);
}

/** @param {string} key @param {Event} event @param {boolean} field @param {boolean} [repeat] @returns {boolean} the page is not to have it */
function stroke(key, { timeStamp }, field, repeat = false) {
  const answer = scanner.press({ key, at: timeStamp, repeat, field });
  deal(answer);
  strokeAt = timeStamp;
  if (scanner.isHolding()) listenForSilence(SILENCE_MS + 5);
  return answer.swallow;
}

/** @param {KeyboardEvent} event */
function onKeyUp(event) {
  const character = strokes.up(event);
  if (character) stroke(character, event, isField(event.target));
}

/** Input methods tell their keys only by what they write. @param {Event} event */
function onInput(event) {
  if (event instanceof InputEvent) for (const character of strokes.written(event)) stroke(character, event, true);
}

/**
 * One timer for a whole burst: where it fires behind a later key it waits for the rest. A busy page may fire its timers before
 * the keys that already wait: then it is no silence yet.
 * @param {number} wait
 */
function listenForSilence(wait) {
  silence ??= setTimeout(() => {
    silence = undefined;
    const scheduling = /** @type {{scheduling?: {isInputPending?: () => boolean}}} */ (navigator).scheduling;
    if (!scheduling?.isInputPending?.()) deal(scanner.silence(performance.now()));
    if (scanner.isHolding()) listenForSilence(Math.max(5, strokeAt + SILENCE_MS + 5 - performance.now()));
  }, wait);
}

/** @param {{scan: string, typed: string[], swallow: boolean, restore: boolean}} answer */
function deal(answer) {
  if (answer.restore && before) {
    before.field.value = before.value;
    before.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  answer.typed.forEach(byHand);
  if (answer.scan) scan(answer.scan);
}

/** Screens that take digits, and a panel that does. @type {Record<string, (key: string) => unknown>} */
const DIGITS = { "sign-in": pinKey, pay: cashKey };

/** Digits that were typed before the part they are for was here. @type {{screen: TillScreen, asked: ApprovalAsked | null, key: string}[]} */
const early = [];

/** @param {TillScreen} screen one that comes later @param {(key: string) => unknown} press */
export function keysOf(screen, press) {
  DIGITS[screen] = press;
  for (const one of early.splice(0)) if (one.screen === state.screen && one.screen === screen && one.asked === state.asked) press(one.key);
}

/** Panels that take digits; `enter` answers whether Enter was theirs. @type {Record<string, {press: (key: string) => unknown, enter: () => unknown}>} */
const PANELS = { quantity: { press: panelKey, enter: () => (takeQuantity(), true) } };

/** @param {string} kind of panel, one that comes later @param {(typeof PANELS)[string]} keys */
export function panelKeysOf(kind, keys) {
  PANELS[kind] = keys;
}

function panelNow() {
  return PANELS[state.panel?.kind ?? ""];
}

function digitsNow() {
  return DIGITS[state.screen] ?? panelNow()?.press;
}

/** A character typed where no field is. @param {string} key */
function byHand(key) {
  const press = digitsNow();
  if (press) /^\d$/.test(key) && press(key);
  else if (state.screen === "sell" || state.screen === "change") typed(key);
  else if (/^\d$/.test(key)) early.push({ screen: state.screen, asked: state.asked, key });
}

/** @param {KeyboardEvent} event */
function command(event) {
  if (event.key.toLowerCase() === "z" && !event.shiftKey && !isField(event.target) && state.screen === "sell") {
    event.preventDefault();
    undo();
  }
}

/** @type {Record<string, () => unknown>} */
const KEYS = { F2: toSearch, F9: openPay, F10: takeExact, F12: lock, Escape: escape };

/** @param {string} key of what comes later @param {() => unknown} act */
export function keyDoes(key, act) {
  KEYS[key] = act;
}

/** As if it was pressed: for the button that shows it. @param {string} key */
export function pressKey(key) {
  KEYS[key]?.();
}

/** @param {KeyboardEvent} event */
function functionKey(event) {
  const act = KEYS[event.key];
  if (act) {
    event.preventDefault();
    if (!event.repeat) act();
  } else if (event.key === "Enter") enter(event);
  else if (isField(event.target)) return;
  else if (event.key === "Backspace") erase();
  else if (event.key === "Delete") removeChosen();
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") moveInLines(event);
}

function toSearch() {
  if (state.screen === "pay" || state.panel) back();
  // Once it is drawn, and before the next key: a letter typed right behind F2 is the first of the search.
  queueMicrotask(focusSearch);
}

function escape() {
  if (isField(document.activeElement)) document.activeElement.blur();
  back();
}

/** Enter is the filled button, unless something in particular has the focus; what is being searched takes it itself. @param {KeyboardEvent} event */
function enter(event) {
  const target = /** @type {Element} */ (event.target);
  if (event.repeat || target.closest("button, a, form") || (isField(target) && (target.id !== "search" || target.value.trim()))) return;
  const button = /** @type {HTMLButtonElement | null} */ (document.querySelector(".button-primary:not(:disabled)"));
  if (!panelNow()?.enter()) button?.click();
  event.preventDefault();
}

function erase() {
  const press = digitsNow();
  if (press) press("erase");
  else early.pop();
}

/** @param {KeyboardEvent} event */
function moveInLines(event) {
  const lines = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("button.line-open")]);
  const target = /** @type {Element} */ (event.target);
  if (!lines.length || target.closest("[role=tablist], .choices, .tiles")) return;
  const now = lines.findIndex((line) => line === document.activeElement);
  const next = now < 0 ? lines.length - 1 : now + (event.key === "ArrowDown" ? 1 : -1);
  lines[Math.max(0, Math.min(lines.length - 1, next))].focus();
  event.preventDefault();
}

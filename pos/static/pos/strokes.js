// What a key event means to a scanner. Scanners write a separator as Ctrl+], as F8 or as Alt with the number of the character, a
// line's end as Ctrl+M; input methods hide the character and tell it afterwards. Pure: it is given events and answers strokes.

const GS = "\u001d";
const ALONE = new Set(["Shift", "CapsLock", "NumLock", "Control", "Alt", "AltGraph", "Meta", "Dead"]);
/** With Ctrl, inside a burst. @type {Record<string, string>} */
const CONTROLS = { "]": GS, "\u001d": GS, BracketRight: GS, KeyJ: "Enter", KeyM: "Enter", KeyI: "Tab" };
/** Where an input method hides the key: by its place, what codes are made of. @type {Record<string, string>} */
const PLACES = { Enter: "Enter", NumpadEnter: "Enter", Tab: "Tab", Minus: "-", Period: ".", NumpadSubtract: "-", NumpadDecimal: "." };

/**
 * @typedef {object} Pressed of a keydown
 * @property {string} key
 * @property {string} [code]
 * @property {number} [keyCode]
 * @property {boolean} [isComposing]
 * @property {boolean} [ctrlKey]
 * @property {boolean} [altKey]
 * @property {boolean} [metaKey]
 * @property {boolean} [shiftKey]
 * @property {(modifier: string) => boolean} [getModifierState]
 */

/** @typedef {{kind: "stroke", key: string} | {kind: "command" | "alone" | "hidden" | "number"}} Meaning */

export function createStrokes() {
  /** What was typed while Alt is held, or null while it is not. @type {string | null} */
  let number = null;
  /** An input method holds what the last keys were. */
  let hidden = false;
  let composed = "";

  /** @param {Pressed} event @param {boolean} holding a burst goes on @returns {Meaning} */
  function down(event, holding) {
    const { key, code = "" } = event;
    if (key === "Alt") number = "";
    if (ALONE.has(key)) return { kind: "alone" };
    if (key === "Process" || key === "Unidentified" || event.isComposing || event.keyCode === 229) return behind(event);
    hidden = false;
    // AltGr is how some layouts write ] and @: a character like any other.
    if (event.getModifierState?.("AltGraph")) return { kind: "stroke", key };
    if (event.altKey && !event.ctrlKey && number !== null && /^\d$/.test(key)) {
      number += key;
      return { kind: "number" };
    }
    if (event.ctrlKey && !event.altKey && !event.metaKey && holding) {
      const control = CONTROLS[key] ?? CONTROLS[code];
      if (control) return { kind: "stroke", key: control };
    }
    if (event.ctrlKey || event.altKey || event.metaKey) return { kind: "command" };
    return { kind: "stroke", key: key === "F8" && holding ? GS : key };
  }

  /** @param {Pressed} event @returns {Meaning} */
  function behind({ key, code = "", shiftKey = false }) {
    const [, digit, letter] = /^(?:Digit|Numpad)(\d)$|^Key([A-Z])$/.exec(code) ?? [];
    const known = digit ?? (letter && (shiftKey ? letter : letter.toLowerCase())) ?? PLACES[code];
    const own = [...key].length === 1 || key === "Enter" || key === "Tab" ? key : "";
    hidden = !known && !own;
    return hidden ? { kind: "hidden" } : { kind: "stroke", key: own || known || "" };
  }

  /** Alt is let go: the character whose number was typed, if one was. @param {{key: string}} event @returns {string} */
  function up({ key }) {
    if (key !== "Alt") return "";
    const typed = number ?? "";
    number = null;
    return typed.length >= 2 && Number(typed) < 0xd800 ? String.fromCharCode(Number(typed)) : "";
  }

  /** What came into a field out of sight of the keys. @param {{inputType: string, data: string | null}} event @returns {string[]} */
  function written({ inputType, data }) {
    if (!hidden || !data) return [];
    if (inputType !== "insertCompositionText") return inputType === "insertText" ? [...data] : [];
    const more = data.startsWith(composed) ? data.slice(composed.length) : data;
    composed = data;
    return [...more];
  }

  /** A composition begins or is over. */
  function fresh() {
    composed = "";
  }

  return { down, up, written, fresh };
}

// Telling a scanner from a hand. A wedge scanner types like a keyboard, only faster: characters within a few milliseconds,
// ended by Enter, Tab or nothing. Pure: it is told keys and times, and answers what to do; the page does it.

// No hand types six characters this quickly; one late key among quick ones, on a busy machine, spoils nothing.
const MEAN_MS = 60;
const SILENCE_MS = 110;
const LEAST = 6;
// Without an ending key only a clear burst counts: as long as the shortest barcode, and quicker than fingers roll.
const LEAST_UNENDED = 8;
const UNENDED_MEAN_MS = 35;
// Of so many keys one may come late. Fingers that roll over two keys are quick once, and slow before and after.
const KEYS_A_LATE_ONE = 6;
// An ending key that comes late still belongs to the scan before it.
const LATE_END_MS = 200;
const SYMBOLOGY = /^\][A-Za-z][0-9A-Za-z]/;

/**
 * @typedef {object} Answer
 * @property {string} scan a whole code, or ""
 * @property {string[]} typed characters that were held back and turn out to be typed by hand
 * @property {boolean} swallow keep this key from the page
 * @property {boolean} restore the scan went into a field: put the field back as it was
 */

/** @returns {Answer} */
function nothing() {
  return { scan: "", typed: [], swallow: false, restore: false };
}

/** @param {{prefix?: string, suffix?: string}} [settings] */
export function createScanner({ prefix = "", suffix = "" } = {}) {
  let held = "";
  let late = 0;
  let startedAt = 0;
  let lastAt = -Infinity;
  let scannedAt = -Infinity;
  let inField = false;

  /** @param {Answer} answer */
  function release(answer) {
    if (!inField) answer.typed.push(...held);
    held = "";
  }

  /** @param {number} at @param {Answer} answer */
  function give(at, answer) {
    answer.scan = held.replace(SYMBOLOGY, "");
    if (prefix && answer.scan.startsWith(prefix)) answer.scan = answer.scan.slice(prefix.length).replace(SYMBOLOGY, "");
    if (suffix && answer.scan.endsWith(suffix)) answer.scan = answer.scan.slice(0, -suffix.length);
    answer.restore = inField;
    scannedAt = at;
    held = "";
  }

  /** Milliseconds from key to key, on average. */
  function pace() {
    return (lastAt - startedAt) / Math.max(1, held.length - 1);
  }

  /** No hand does this. @param {number} mean @param {number} least */
  function isBurst(mean, least) {
    return held.length >= least && pace() <= mean && late <= Math.max(1, Math.floor(held.length / KEYS_A_LATE_ONE));
  }

  /** Codes are mostly digits, and words are not. */
  function looksLikeCode() {
    return (held.match(/\d/g) ?? []).length * 2 >= held.length;
  }

  /** The burst is over without an ending key. @param {Answer} answer */
  function settle(answer) {
    if (isBurst(looksLikeCode() ? MEAN_MS : UNENDED_MEAN_MS, LEAST_UNENDED)) give(lastAt, answer);
    else release(answer);
  }

  /**
   * @param {{key: string, at: number, repeat?: boolean, field?: boolean}} press `field`: it goes into something one writes in
   * @returns {Answer}
   */
  function press({ key, at, repeat = false, field = false }) {
    const answer = nothing();
    const going = held !== "" && at - lastAt <= SILENCE_MS;
    if (key === "Enter" || key === "Tab") {
      if (going && isBurst(MEAN_MS, LEAST)) {
        give(at, answer);
        answer.swallow = true;
      } else {
        if (held) settle(answer);
        answer.swallow = answer.scan !== "" || at - scannedAt <= LATE_END_MS;
        if (answer.swallow && !answer.scan) scannedAt = -Infinity;
      }
      return answer;
    }
    // A key held down repeats as fast as a scanner types; Space presses buttons.
    if ([...key].length !== 1 || repeat || (key === " " && !going)) {
      if (held) settle(answer);
      return answer;
    }
    if (held && (!going || field !== inField)) settle(answer);
    if (!held) {
      startedAt = at;
      inField = field;
      late = 0;
    } else if (at - lastAt > MEAN_MS) late += 1;
    held += key;
    lastAt = at;
    answer.swallow = !field;
    return answer;
  }

  /** No key has come until now. @param {number} at @returns {Answer} */
  function silence(at) {
    const answer = nothing();
    if (held && at - lastAt >= SILENCE_MS) settle(answer);
    return answer;
  }

  /** A modifier or the mouse: what is held was no scan. @returns {Answer} */
  function interrupt() {
    const answer = nothing();
    if (held) release(answer);
    return answer;
  }

  return { press, silence, interrupt, isHolding: () => held !== "" };
}

export { SILENCE_MS };

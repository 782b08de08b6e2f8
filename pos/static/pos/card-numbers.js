// A payment card's number must never enter the till: not the journal, not a search, not a note. Long digit strings that
// pass the check digit and begin as cards do are refused where they are typed or scanned.

/** @param {string} digits @returns {boolean} */
export function passesLuhn(digits) {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    let digit = Number(digits[digits.length - 1 - place]);
    if (place % 2 === 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 === 0;
}

/**
 * Is there a card number in this text? Digits count as one number when only spaces, points or dashes stand between them.
 * A code that is one of ours is never taken for a card.
 * @param {string} text
 * @param {(digits: string) => boolean} [isKnown]
 * @returns {boolean}
 */
export function holdsCardNumber(text, isKnown = () => false) {
  for (const [run] of text.matchAll(/\d(?:[ .\-\u00a0]?\d)+/g)) {
    const digits = run.replace(/\D/g, "");
    if (isKnown(digits)) continue;
    if (hasCardIn(digits)) return true;
  }
  return false;
}

/** Card readers wrap the number in other digits, so a longer run is looked through from its beginning. @param {string} digits @returns {boolean} */
function hasCardIn(digits) {
  if (digits.length < 15) return false;
  if (digits.length > 19) return [19, 16, 15].some((length) => isCard(digits.slice(0, length)));
  return isCard(digits);
}

/** @param {string} digits @returns {boolean} */
function isCard(digits) {
  return /^[2-6]\d{14,18}$/.test(digits) && passesLuhn(digits);
}

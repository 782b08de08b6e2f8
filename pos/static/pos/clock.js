// Times as people at the counter read them.
import { t } from "./strings.js";

/** To make one takes longer than to draw a screen, and the time stands on each of them. @type {Map<string, Intl.DateTimeFormat>} */
const clocks = new Map();

/** @param {number} ms @param {string} language @param {string} [timeZone] @returns {string} "14:06" */
export function timeOf(ms, language, timeZone) {
  const key = `${language} ${timeZone}`;
  const clock = clocks.get(key) ?? new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
  clocks.set(key, clock);
  return clock.format(ms);
}

/** @param {number} ms @param {string} language @param {string} [timeZone] @returns {string} "Saturday 21 November" */
export function dayOf(ms, language, timeZone) {
  return new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", { weekday: "long", day: "numeric", month: "long", timeZone }).format(ms).replace(",", "");
}

/** @param {number} ms @param {number} now @param {string} language @param {string} [timeZone] @returns {string} "Saturday 09:00", beyond a week "3 May 2027 09:00" */
export function momentOf(ms, now, language, timeZone) {
  const near = Math.abs(ms - now) < 6 * 86_400_000;
  const day = near ? { weekday: /** @type {const} */ ("long") } : { day: /** @type {const} */ ("numeric"), month: /** @type {const} */ ("long"), year: /** @type {const} */ ("numeric") };
  return `${new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", { ...day, timeZone }).format(ms)} ${timeOf(ms, language, timeZone)}`;
}

/** The day a shift belongs to: before the store's cut-off it is still the day before. @param {{now: number, timeZone: string, cutoff: string}} at */
export function businessDate({ now, timeZone, cutoff }) {
  const [hours, minutes] = cutoff.split(":").map(Number);
  return new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(now - (hours * 60 + minutes) * 60_000);
}

/** @param {number} ms @returns {string} */
export function age(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return t("age.now");
  if (minutes < 60) return t("age.min", { n: minutes });
  if (minutes < 48 * 60) return t("age.h", { n: Math.floor(minutes / 60) });
  return t("age.d", { n: Math.floor(minutes / 1440) });
}

// When somebody should look after what this browser keeps, and what it says of itself. Pure.

const MB = 1024 ** 2;
const HOUR = 3_600_000;

/** Below it the disk may soon be full. */
export const LITTLE_ROOM = 200 * MB;
/** A browser that may clear its storage is left alone with less, for less long. */
const PATIENCE = { promised: { ms: 4 * HOUR, entries: 500 }, unpromised: { ms: HOUR, entries: 100 } };
/** Said in the connection's panel; entries carry the difference anyway. */
export const SKEW_MS = 120_000;

/** As the lists count: 1.2 GB. @param {number} bytes @returns {string} */
export function roomWords(bytes) {
  if (bytes >= 10 * 1024 * MB) return `${Math.floor(bytes / (1024 * MB))} GB`;
  if (bytes >= 1024 * MB) return `${(Math.floor((bytes * 10) / (1024 * MB)) / 10).toFixed(1)} GB`;
  return `${Math.floor(bytes / MB)} MB`;
}

/**
 * The one thing that matters most, or none. It warns; cash sales never stop for it.
 * @param {{free: number | null, persisted: boolean, waiting: number, oldest: number, now: number}} facts `free`: bytes, null when the browser does not say
 * @returns {{key: string, values: Record<string, string | number>} | null}
 */
export function careOf({ free, persisted, waiting, oldest, now }) {
  const patience = persisted ? PATIENCE.promised : PATIENCE.unpromised;
  if (free !== null && free < LITTLE_ROOM) return { key: "care.room", values: { room: roomWords(free) } };
  if (waiting && now - oldest > patience.ms) return { key: "care.old", values: { n: Math.floor((now - oldest) / HOUR) } };
  if (waiting > patience.entries) return { key: "care.many", values: { n: waiting } };
  return null;
}

/** By how many minutes this device's clock is wrong; 0 when that does not matter. @param {number} offset milliseconds the server is ahead @returns {number} below zero: it is behind */
export function skewOf(offset) {
  return Math.abs(offset) > SKEW_MS ? -Math.round(offset / 60_000) : 0;
}

/**
 * What the device says of itself with every delivery. @param {{waiting: number, oldest: number, now: number, free: number | null, persisted: boolean, release: string}} facts
 * @returns {string}
 */
export function reportOf({ waiting, oldest, now, free, persisted, release }) {
  const told = { waiting, oldest_ms: waiting ? Math.max(0, now - oldest) : 0, free_bytes: free ?? "", persisted: Number(persisted), release: release.replace(/[^\w.-]/g, "").slice(0, 40) };
  return Object.entries(told).flatMap(([name, value]) => (value === "" ? [] : [`${name}=${value}`])).join(";");
}

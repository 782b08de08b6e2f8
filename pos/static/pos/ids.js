// UUIDv7: made offline, unique for ever, sorted by the time of making.

let lastMs = 0;
let counter = 0;

/**
 * @param {{now: number, random?: Uint8Array}} made
 * @returns {string}
 */
export function uuid7({ now, random = crypto.getRandomValues(new Uint8Array(10)) }) {
  // Two ids in one millisecond, or a clock that steps back, still rise: twelve bits count up.
  if (now > lastMs) {
    lastMs = now;
    counter = ((random[0] << 8) | random[1]) & 0x7ff;
  } else if (++counter > 0xfff) {
    lastMs += 1;
    counter = 0;
  }
  const hex = [lastMs.toString(16).padStart(12, "0"), (0x7000 | counter).toString(16), (0x8000 | (((random[2] << 8) | random[3]) & 0x3fff)).toString(16), toHex(random.slice(4, 10))];
  return `${hex[0].slice(0, 8)}-${hex[0].slice(8)}-${hex[1]}-${hex[2]}-${hex[3]}`;
}

/** @param {ArrayBuffer | Uint8Array} bytes @returns {string} */
export function toHex(bytes) {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {string} hex @returns {Uint8Array<ArrayBuffer>} */
export function fromHex(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** @param {ArrayBuffer} bytes @returns {string} */
export function toBase64Url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

// The catalogue as this browser keeps it: one record for each of its pieces, and one that says which they are. Everything is
// there before that one names it: whatever ends the page, what it finds afterwards is whole.
import { isFull, quiet, using, writing } from "./db.js";

const STORE = "catalogue";
const AT_ONCE = 4;
const CHUNK = 1000;

/** @param {Set<string>} [had] pieces that are at hand @returns {Promise<CatalogueData | null>} */
export function readCatalogue(had = new Set()) {
  return using(async (db) => {
    const tx = db.transaction(STORE);
    const manifest = await tx.store.get("manifest");
    if (!manifest) return readWhole(tx.store);
    const wanted = manifest.chunks.filter((/** @type {{id: string}} */ { id }) => !had.has(id));
    const found = await Promise.all(wanted.map((/** @type {{id: string}} */ { id }) => tx.store.get(id)));
    // Something is missing that was there: it is fetched anew.
    if (found.includes(undefined)) return null;
    return { ...manifest, bytes: new Map(wanted.map((/** @type {{id: string}} */ { id }, /** @type {number} */ place) => [id, found[place]])) };
  });
}

/** As the release before kept it. @param {{get: (key: IDBValidKey) => Promise<any>}} store @returns {Promise<CatalogueData | null>} */
async function readWhole(store) {
  const head = await store.get("head");
  if (!head) return null;
  const parts = await Promise.all(Array.from({ length: head.chunks }, (_, place) => store.get(place)));
  return parts.includes(undefined) ? null : { ...head, items: parts.flat() };
}

/**
 * Keeps what the server tells: pieces that are here stay, others are fetched, and only then it is what is sold by. Where it breaks
 * off it goes on the next time.
 * @param {CatalogueData} told
 * @param {(id: string) => Promise<ArrayBuffer>} fetchChunk
 * @returns {Promise<boolean>} not when there is no room: what was sold by until now goes on
 */
export async function keepCatalogue(told, fetchChunk) {
  try {
    await (told.items ? keepWhole(told) : keepChunks(told, fetchChunk));
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    console.warn(error);
    return false;
  }
}

/** @param {CatalogueData} told @param {(id: string) => Promise<ArrayBuffer>} fetchChunk */
async function keepChunks(told, fetchChunk) {
  const names = [...new Set((told.chunks ?? []).map(({ id }) => id))];
  const had = new Set(await using((db) => db.getAllKeys(STORE)));
  const wanted = names.filter((id) => !had.has(id));
  /** @type {unknown[]} */
  const failed = [];
  const take = async () => {
    try {
      for (let id = wanted.shift(); id && !failed.length; id = wanted.shift()) await keepChunk(id, await fetchChunk(id));
    } catch (error) {
      failed.push(error);
    }
  };
  // What is on its way arrives, or is fetched twice when this is tried again.
  await Promise.all(Array.from({ length: AT_ONCE }, take));
  if (failed.length) throw failed[0];
  await using(async (db) => {
    const tx = writing(db, STORE);
    const store = tx.objectStore(STORE);
    const stay = new Set(["manifest", ...names]);
    for (const key of await store.getAllKeys()) if (!stay.has(String(key))) quiet(store).delete(key);
    quiet(store).put(told, "manifest");
    await tx.done;
  });
}

/** It is known by what is in it: a piece that was cut short or changed on its way is not kept. @param {string} id @param {ArrayBuffer} bytes */
async function keepChunk(id, bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== id) throw new Error(`not the piece ${id} of the catalogue`);
  await using((db) => db.put(STORE, bytes, id));
}

/** From a server of the release before. All or nothing. @param {CatalogueData} told */
function keepWhole({ items = [], ...head }) {
  const chunks = Math.ceil(items.length / CHUNK);
  return using(async (db) => {
    const tx = writing(db, STORE);
    const store = quiet(tx.objectStore(STORE));
    store.clear();
    store.put({ ...head, chunks }, "head");
    for (let place = 0; place < chunks; place += 1) store.put(items.slice(place * CHUNK, (place + 1) * CHUNK), place);
    await tx.done;
  });
}

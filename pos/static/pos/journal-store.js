// What else is done with the journal that this browser keeps: looked through, put back, trimmed, taken leave of. No sale needs it.
import { quiet, using, writing } from "./db.js";

/** @typedef {{till: string, epoch: number, seq: number}} Place */

/** Everything that no server has named, of whatever enrolment. @returns {Promise<StoredEntry[]>} */
export async function allWaiting() {
  return using((db) => db.getAllFromIndex("entries", "waiting", IDBKeyRange.bound([1], [2])));
}

/** @returns {Promise<StoredEntry[]>} in the order they were made */
export async function allEntries() {
  return using((db) => db.getAll("entries"));
}

/** @param {Place} at @returns {Promise<StoredEntry | undefined>} */
export async function entryAt({ till, epoch, seq }) {
  return using((db) => db.get("entries", [till, epoch, seq]));
}

/**
 * Entries that this journal lacks; what it has stays as it is.
 * @param {StoredEntry[]} entries @returns {Promise<number>} how many were lacking
 */
export async function putBack(entries) {
  return using(async (db) => {
    const tx = writing(db, "entries");
    const store = tx.objectStore("entries");
    let added = 0;
    for (const entry of entries) {
      if (await store.getKey([entry.till, entry.epoch, entry.seq])) continue;
      if (await store.index("id").getKey(entry.id)) continue;
      quiet(store).put(entry);
      added += 1;
    }
    await tx.done;
    return added;
  });
}

/**
 * Answered entries of one enrolment that were made long ago, below what the server vouches for.
 * @param {{till: string, epoch: number, below: number, before: number, spare?: string[]}} what `spare`: sessions that go on @returns {Promise<number>}
 */
export async function trim({ till, epoch, below, before, spare = [] }) {
  return using(async (db) => {
    const tx = writing(db, "entries");
    let gone = 0;
    for (let cursor = await tx.objectStore("entries").openCursor(IDBKeyRange.bound([till, epoch, 0], [till, epoch, below], false, true)); cursor; cursor = await cursor.continue()) {
      /** @type {StoredEntry} */
      const { waiting, wall_ms, session } = cursor.value;
      if (waiting || wall_ms >= before || spare.includes(session)) continue;
      quiet(cursor).delete();
      gone += 1;
    }
    await tx.done;
    return gone;
  });
}

/** The paper of what was sold long ago is asked about no more. @param {string[]} still ids that are @returns {Promise<void>} */
export async function dropPrints(still) {
  await using(async (db) => {
    const tx = writing(db, "prints");
    const store = tx.objectStore("prints");
    for (const id of await store.getAllKeys()) if (!still.includes(String(id))) quiet(store).delete(id);
    await tx.done;
  });
}

/** This browser is no till any more. The caller has made sure that nothing waits. */
export async function wipe() {
  await using(async (db) => {
    const names = ["entries", "facts", "prints", "catalogue"];
    const tx = writing(db, ...names);
    const facts = tx.objectStore("facts");
    const holder = await facts.get("holder");
    for (const name of names) quiet(tx.objectStore(name)).clear();
    quiet(facts).put(holder, "holder");
    await tx.done;
  });
}

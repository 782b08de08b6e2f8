// Keeps a second copy of the journal, away from the page: a file in the origin's private file system, appended to after every
// commit. It helps when the browser's database breaks or is taken away, which happens and never heals by itself. It does not help
// against eviction: a browser that clears this site's storage clears the file with it. Nor is it safer than the database against
// a thief: whoever has this profile of the browser has both, so the till's token stands in it as it stands there; what ends a
// stolen token is the server's revoking it. The signing key cannot be copied and is in neither.
//
// Two files take turns. What was answered long ago is left out when the other one is begun; the one before is emptied only
// when the new one is on the disk. Should that be cut short, both are read and nothing is missing.
import { compacted, entriesOf, entryLine, KEPT_MS, line, nothing, read, written } from "./mirror-lines.js";

/** @typedef {import("./mirror-lines.js").Held} Held */
/** @typedef {{read: (to: Uint8Array, at: {at: number}) => number, write: (from: Uint8Array, at: {at: number}) => number, truncate: (size: number) => void, flush: () => void, getSize: () => number, close: () => void}} SyncFile */

const FILES = ["journal-0", "journal-1"];
const TRIES = 25;
const TRY_AGAIN_MS = 200;
/** A file is begun anew when that leaves out as much. */
const WORTH_IT = 200;

/** @type {SyncFile[]} */
let files = [];
let now = 0;
let held = nothing();

/** The window before may still be closing its own. @param {string} name @returns {Promise<SyncFile>} */
async function fileOf(name) {
  const directory = await navigator.storage.getDirectory();
  const handle = await directory.getFileHandle(name, { create: true });
  for (let tries = TRIES; ; tries -= 1) {
    try {
      return await /** @type {any} */ (handle).createSyncAccessHandle();
    } catch (error) {
      if (tries <= 1) throw error;
      await new Promise((resume) => setTimeout(resume, TRY_AGAIN_MS));
    }
  }
}

async function open() {
  files = [await fileOf(FILES[0]), await fileOf(FILES[1])];
  held = nothing();
  const turns = files.map((file) => {
    const own = read(textOf(file), nothing());
    read(written(own), held);
    return own.turn;
  });
  // Of two, the later one may be half written: the earlier one has everything.
  const full = files.map((file) => file.getSize() > 0);
  now = full[0] && full[1] ? Number(turns[1] < turns[0]) : Number(full[1]);
  if (full[0] && full[1]) files[1 - now].truncate(0);
  tidy(KEPT_MS, WORTH_IT);
}

/** @param {SyncFile} file */
function textOf(file) {
  const bytes = new Uint8Array(file.getSize());
  file.read(bytes, { at: 0 });
  return new TextDecoder().decode(bytes);
}

/** @param {string} text */
function append(text) {
  try {
    add(text);
  } catch {
    // Full, perhaps: what the server has makes room.
    tidy(0, 1);
    add(text);
  }
}

/** @param {string} text */
function add(text) {
  const file = files[now];
  const end = file.getSize();
  const bytes = new TextEncoder().encode(text);
  if (file.write(bytes, { at: end }) < bytes.length) {
    file.truncate(end);
    throw new Error("the mirror's file is full");
  }
  file.flush();
}

/** @param {number} keptMs @param {number} worth how many it must leave out */
function tidy(keptMs, worth) {
  const kept = compacted(held, Date.now() - keptMs);
  if (files[now].getSize() && held.entries.size - kept.entries.size < worth) return;
  kept.turn += 1;
  const other = 1 - now;
  const bytes = new TextEncoder().encode(written(kept));
  files[other].truncate(0);
  if (files[other].write(bytes, { at: 0 }) < bytes.length) {
    // No room for both: the one that is whole stays.
    files[other].truncate(0);
    return;
  }
  files[other].flush();
  files[now].truncate(0);
  files[now].flush();
  now = other;
  held = kept;
}

const ACTS = {
  /** @param {{entries: StoredEntry[]}} told */
  keep({ entries }) {
    const fresh = entries.filter(({ id }) => !held.entries.has(id));
    if (!fresh.length) return;
    append(fresh.map(entryLine).join(""));
    for (const entry of fresh) held.entries.set(entry.id, entry);
  },
  /** @param {{ids: string[]}} told */
  answered({ ids }) {
    const fresh = ids.filter((id) => held.entries.has(id) && !held.answered.has(id));
    if (!fresh.length) return;
    append(line({ answered: fresh }));
    for (const id of fresh) held.answered.add(id);
  },
  /** @param {{facts: import("./mirror-lines.js").MirrorFacts}} told */
  facts({ facts }) {
    if (JSON.stringify(facts) === JSON.stringify(held.facts)) return;
    append(line({ facts }));
    held.facts = facts;
  },
  tell: () => ({ entries: entriesOf(held), facts: held.facts, broken: held.broken }),
  /** The disk is full: only what no server has. */
  shrink: () => tidy(0, 1),
  wipe() {
    for (const file of files) {
      file.truncate(0);
      file.flush();
    }
    held = nothing();
  },
  close() {
    for (const file of files) file.close();
    files = [];
  },
};

/** One thing after the other, the opening first. @type {Promise<unknown>} */
let turn = open();

self.addEventListener("message", ({ data }) => {
  turn = turn.then(() => /** @type {any} */ (ACTS)[data.act](data)).then(
    (told) => self.postMessage({ n: data.n, told: told ?? null }),
    (error) => self.postMessage({ n: data.n, failed: String(error) }),
  );
  // What fails is told; the next thing is tried all the same, unless the files could not be opened.
  turn = turn.then(() => (files.length || data.act === "close" ? undefined : Promise.reject(new Error("no file"))));
  turn.catch(() => undefined);
});

// The search over what this browser keeps of the catalogue: reads it, and answers with the ids of what fits.
import { itemsOf } from "./chunks.js";
import { openWhatIsThere } from "./db.js";
import { addTo, emptyIndex, find, finish } from "./search.js";

/** @typedef {{read: () => Promise<void>, find: (query: string) => Promise<string[]>}} Searcher */

/** The things of the catalogue, piece by piece. */
async function* stored() {
  const db = await openWhatIsThere();
  try {
    const manifest = await db.get("catalogue", "manifest");
    const whole = manifest ? null : await db.get("catalogue", "head");
    const names = manifest ? manifest.chunks.map((/** @type {{id: string}} */ { id }) => id) : Array.from({ length: whole?.chunks ?? 0 }, (_, place) => place);
    for (const name of names) {
      const part = await db.get("catalogue", name);
      // A newer one took its place while this was being read; who brought it asks for it to be read too.
      if (!part) return;
      yield manifest ? itemsOf(part) : part;
    }
  } finally {
    db.close();
  }
}

/** @returns {Searcher} */
export function openSearcher() {
  /** @type {{index: SearchIndex, ids: string[]} | null} */
  let ready = null;
  /** @type {Promise<void> | null} */
  let reading = null;

  async function build() {
    const index = emptyIndex();
    /** @type {string[]} */
    const ids = [];
    for await (const part of stored()) {
      const items = part.filter((/** @type {CatalogueItem} */ item) => !item.only_deposit);
      addTo(index, items);
      for (const { id } of items) ids.push(id);
    }
    finish(index);
    ready = { index, ids };
  }

  return {
    /** One after the other: the last one read is the newest. */
    read() {
      return (reading = (reading ?? Promise.resolve()).then(build, build));
    },
    async find(query) {
      if (!ready) await reading?.catch(() => undefined);
      const { index, ids } = ready ?? { index: null, ids: [] };
      return index ? find(index, query).map((place) => ids[place]) : [];
    },
  };
}

// Reads what this browser keeps of the catalogue for the search.
import { itemsOf } from "./chunks.js";
import { openWhatIsThere } from "./db.js";
import { openIndex } from "./search-making.js";

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

/** @returns {Promise<SearchIndex>} */
export async function readIndex() {
  const index = openIndex();
  for await (const part of stored()) index.add(part.filter((/** @type {CatalogueItem} */ item) => !item.only_deposit));
  return index.finish();
}

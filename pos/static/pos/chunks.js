// A piece of the catalogue: lines, the first of which tells the codes of all its things. A thing is read when it is asked for:
// of fifty thousand a sale needs a handful.

const NEWLINE = 10;
const decoder = new TextDecoder();

/** @param {Uint8Array} bytes @returns {number[]} where each line begins; last, where one more would */
function linesOf(bytes) {
  const starts = [0];
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) starts.push(at + 1);
  starts.push(bytes.length + 1);
  return starts;
}

/** Every thing of a piece, for whoever looks through all of them. @param {ArrayBuffer} buffer @returns {CatalogueItem[]} */
export function itemsOf(buffer) {
  return decoder.decode(buffer).split("\n").slice(1).map((line) => JSON.parse(line));
}

/** @param {string} id @param {ArrayBuffer} buffer @returns {Chunk} */
export function openChunk(id, buffer) {
  const bytes = new Uint8Array(buffer);
  // Found at once: as the first scan of a piece it would be felt.
  const starts = linesOf(bytes);
  const line = (/** @type {number} */ at) => JSON.parse(decoder.decode(bytes.subarray(starts[at], starts[at + 1] - 1)));
  const { turns, codes } = line(0);
  return indexed(id, turns, codes, (place) => line(place + 1));
}

/** Of things that came in one document. @param {CatalogueItem[]} items @returns {Chunk} */
export function chunkOf(items) {
  const turns = items.flatMap(({ offers = [] }) => offers.flatMap(({ starts_at, ends_at }) => [starts_at, ends_at])).filter((at) => at !== null);
  const codes = items.map((item) => (item.only_deposit ? [null, 0, item.id] : [item.category, item.favourite, item.id, item.sku, ...item.gtins]));
  return indexed("", turns, /** @type {Codes[]} */ (codes), (place) => items[place]);
}

/** @typedef {[category: string | null, favourite: number, id: string, ...codes: string[]]} Codes */

/** @param {string} id @param {number[]} turns @param {Codes[]} codes @param {(place: number) => CatalogueItem} item @returns {Chunk} */
function indexed(id, turns, codes, item) {
  /** @type {Chunk} */
  const chunk = { id, turns, item, many: 0, byCode: new Map(), byId: new Map(), categories: new Map(), favourites: [] };
  for (let place = 0; place < codes.length; place += 1) {
    const [category, favourite, name] = codes[place];
    chunk.byId.set(name, place);
    // There as a deposit only: nobody scans it, no shelf has it.
    if (category === null) continue;
    chunk.many += 1;
    for (let at = 3; at < codes[place].length; at += 1) chunk.byCode.set(String(codes[place][at]), place);
    const shelf = chunk.categories.get(category);
    if (shelf) shelf.push(place);
    else chunk.categories.set(category, [place]);
    if (favourite) chunk.favourites.push(place);
  }
  return chunk;
}

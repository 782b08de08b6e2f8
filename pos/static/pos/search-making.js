// Makes ready what the search looks through (search.js): few long texts and lists of plain numbers, which go from a worker to
// the page at once.
import { words } from "./search.js";

/** Takes things, in as many slices as one likes; `finish` gives what they are found by. */
export function openIndex() {
  /** @type {Map<string, number[]>} */
  const postings = new Map();
  /** @type {string[]} */
  const texts = [];
  /** @type {string[]} */
  const ids = [];

  /** @param {CatalogueItem[]} items */
  function add(items) {
    for (const item of items) {
      const place = texts.length;
      const found = [...words(item.name), ...words(item.sku)];
      texts.push(found.join(" "));
      ids.push(item.id);
      for (const word of new Set(found)) {
        const list = postings.get(word);
        if (list) list.push(place);
        else postings.set(word, [place]);
      }
    }
  }

  /** From here on a thing is its rank: the names in their order, so that the best ones are those that come first. @returns {SearchIndex} */
  function finish() {
    const places = Uint32Array.from(texts.keys()).sort((one, two) => (texts[one] < texts[two] ? -1 : Number(texts[one] > texts[two])));
    const rankOf = new Uint32Array(texts.length);
    places.forEach((place, rank) => (rankOf[place] = rank));
    const tokens = [...postings.keys()].sort();
    const lists = tokens.map((token) => /** @type {number[]} */ (postings.get(token)));
    const from = sums(lists.map(({ length }) => length));
    const ranks = new Uint32Array(from[tokens.length]);
    lists.forEach((list, token) => list.forEach((place, at) => (ranks[from[token] + at] = rankOf[place])));
    const ranked = (/** @type {string[]} */ list) => joined([...places].map((place) => list[place]));
    return { words: joined(tokens), things: ranked(texts), ids: ranked(ids), from, ranks, marks: new Uint32Array(texts.length), mark: 0 };
  }

  return { add, finish };
}

/** @param {string[]} texts without line breaks @returns {Joined} */
function joined(texts) {
  return { text: texts.join("\n"), starts: sums(texts.map(({ length }) => length + 1)) };
}

/** Where each of so many begins, and where the last one ends. @param {number[]} lengths */
function sums(lengths) {
  const from = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, at) => (from[at + 1] = from[at] + length));
  return from;
}

// Search by name, code or SKU over everything the till sells: a sorted list of word beginnings, and a look through the
// whole text when no word begins so. Small and quick: 50,000 things answer in well under a frame.

// More than a hand would look through: ranking all of 50,000 would cost a frame.
const ENOUGH = 400;
const PLAIN = /^[\x20-\x7e]*$/;

/** @param {string} text @returns {string} lower case, without accents */
export function fold(text) {
  // Most texts have nothing to be changed but their case.
  if (PLAIN.test(text)) return text.toLowerCase();
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().replaceAll("ß", "ss");
}

/** @param {string} text @returns {string[]} */
export function words(text) {
  return fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** @returns {SearchIndex} */
export function emptyIndex() {
  return { postings: new Map(), tokens: [], texts: [], whole: "", starts: [] };
}

/** Adds things to an index; call `finish` before asking. May be called in slices. @param {SearchIndex} index @param {CatalogueItem[]} items */
export function addTo(index, items) {
  for (const item of items) {
    const place = index.texts.length;
    const found = [...words(item.name), ...words(item.sku)];
    // Every word with a space before it: a beginning is then a part.
    index.texts.push(` ${found.join(" ")}`);
    for (const word of new Set(found)) {
      const list = index.postings.get(word);
      if (list) list.push(place);
      else index.postings.set(word, [place]);
    }
  }
}

/** @param {SearchIndex} index */
export function finish(index) {
  index.tokens = [...index.postings.keys()].sort();
  const { whole, starts } = joined(index.texts);
  index.whole = whole;
  index.starts = starts;
  // Parts of the whole now: each had a copy of its own.
  index.texts = starts.map((from, place) => whole.slice(from, (starts[place + 1] ?? whole.length + 1) - 1));
}

/** @param {string[]} texts */
function joined(texts) {
  let at = 0;
  return { whole: texts.join("\n"), starts: texts.map((text) => (at += text.length + 1) - text.length - 1) };
}

/** The first place whose value is not below. @template T @param {T[]} list sorted @param {T} value @returns {number} */
function firstFrom(list, value) {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Things with a word that begins so, in no order, each perhaps more than once. @param {SearchIndex} index @param {string} prefix */
function* startingWith(index, prefix) {
  for (let at = firstFrom(index.tokens, prefix); at < index.tokens.length && index.tokens[at].startsWith(prefix); at += 1) {
    yield* /** @type {number[]} */ (index.postings.get(index.tokens[at]));
  }
}

/** How many there are of them. @param {SearchIndex} index @param {string} prefix */
function manyStartingWith(index, prefix) {
  let many = 0;
  for (let at = firstFrom(index.tokens, prefix); at < index.tokens.length && index.tokens[at].startsWith(prefix); at += 1) {
    many += /** @type {number[]} */ (index.postings.get(index.tokens[at])).length;
  }
  return many;
}

/**
 * The places of what fits, best first: the words of the query as beginnings of words; where nothing begins so, as parts.
 * @param {SearchIndex} index
 * @param {string} query
 * @param {number} [limit]
 * @returns {number[]}
 */
export function find(index, query, limit = 30) {
  // The rarest word leaves the fewest candidates; the others are looked for in their texts.
  const many = new Map(words(query).map((word) => [word, manyStartingWith(index, word)]));
  const asked = [...many.keys()].sort((one, two) => /** @type {number} */ (many.get(one)) - /** @type {number} */ (many.get(two)));
  if (!asked.length) return [];
  const others = asked.slice(1).map((word) => ` ${word}`);
  /** @type {Set<number>} */
  const hits = new Set();
  for (const place of startingWith(index, asked[0])) {
    if (others.every((word) => index.texts[place].includes(word))) hits.add(place);
    if (hits.size >= ENOUGH) break;
  }
  if (!hits.size) return partsOf(index, asked, limit);
  const first = ` ${words(query)[0]}`;
  const rank = (/** @type {number} */ place) => (index.texts[place].startsWith(first) ? 0 : 1);
  const byName = (/** @type {number} */ one, /** @type {number} */ two) => (index.texts[one] < index.texts[two] ? -1 : Number(index.texts[one] > index.texts[two]));
  return [...hits].sort((one, two) => rank(one) - rank(two) || byName(one, two)).slice(0, limit);
}

/** @param {SearchIndex} index @param {string[]} asked rarest first @param {number} limit @returns {number[]} */
function partsOf(index, asked, limit) {
  const found = [];
  for (let at = index.whole.indexOf(asked[0]); at >= 0 && found.length < limit; ) {
    const place = firstFrom(index.starts, at + 1) - 1;
    if (asked.every((word) => index.texts[place].includes(word))) found.push(place);
    const next = index.starts[place + 1];
    at = next === undefined ? -1 : index.whole.indexOf(asked[0], next);
  }
  return found;
}

// Search by name, code or SKU over everything the till sells: a sorted list of word beginnings, and a look through the
// whole text when no word begins so. Small and quick: 50,000 things answer in well under a frame.

/** @param {string} text @returns {string} lower case, without accents */
export function fold(text) {
  return text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase().replaceAll("ß", "ss");
}

/** @param {string} text @returns {string[]} */
export function words(text) {
  return fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** @returns {SearchIndex} */
export function emptyIndex() {
  return { postings: new Map(), tokens: [], texts: [] };
}

/** Adds things to an index; call `finish` before asking. May be called in slices. @param {SearchIndex} index @param {CatalogueItem[]} items */
export function addTo(index, items) {
  for (const item of items) {
    const place = index.texts.length;
    const found = new Set([...words(item.name), ...words(item.sku)]);
    index.texts.push(fold(`${item.name} ${item.sku}`));
    for (const word of found) {
      const list = index.postings.get(word);
      if (list) list.push(place);
      else index.postings.set(word, [place]);
    }
  }
}

/** @param {SearchIndex} index */
export function finish(index) {
  index.tokens = [...index.postings.keys()].sort();
}

/** @param {string[]} tokens @param {string} prefix @returns {number} */
function firstFrom(tokens, prefix) {
  let low = 0;
  let high = tokens.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (tokens[middle] < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {SearchIndex} index @param {string} prefix @returns {Set<number>} */
function startingWith(index, prefix) {
  /** @type {Set<number>} */
  const places = new Set();
  for (let at = firstFrom(index.tokens, prefix); at < index.tokens.length && index.tokens[at].startsWith(prefix); at += 1) {
    for (const place of index.postings.get(index.tokens[at]) ?? []) places.add(place);
  }
  return places;
}

/**
 * The places of what fits, best first: the words of the query as beginnings of words; where nothing begins so, as parts.
 * @param {SearchIndex} index
 * @param {string} query
 * @param {number} [limit]
 * @returns {number[]}
 */
export function find(index, query, limit = 30) {
  const asked = words(query);
  if (!asked.length) return [];
  const sets = asked.map((word) => startingWith(index, word)).sort((one, two) => one.size - two.size);
  const hits = [...sets[0]].filter((place) => sets.every((set) => set.has(place)));
  if (!hits.length) return partsOf(index, asked, limit);
  const first = asked[0];
  const rank = (/** @type {number} */ place) => (index.texts[place].startsWith(first) ? 0 : 1);
  return (hits.length > 2000 ? hits.slice(0, 2000) : hits).sort((one, two) => rank(one) - rank(two) || one - two).slice(0, limit);
}

/** @param {SearchIndex} index @param {string[]} asked @param {number} limit @returns {number[]} */
function partsOf(index, asked, limit) {
  const found = [];
  for (let place = 0; place < index.texts.length && found.length < limit; place += 1) {
    if (asked.every((word) => index.texts[place].includes(word))) found.push(place);
  }
  return found;
}

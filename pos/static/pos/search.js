// Search by name, code or SKU over everything the till sells: a sorted list of words with the things each stands in, and a look
// inside the words when none begins so. Small and quick: whatever is asked of 50,000 things is a few passes over plain numbers.

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
  const none = new Uint32Array();
  return { postings: new Map(), texts: [], tokens: [], from: none, ranks: none, places: none, marks: none, mark: 0, inside: "", starts: none };
}

/** Adds things to an index; call `finish` before asking. May be called in slices. @param {SearchIndex} index @param {CatalogueItem[]} items */
export function addTo(index, items) {
  for (const item of items) {
    const place = index.texts.length;
    const found = [...words(item.name), ...words(item.sku)];
    index.texts.push(found.join(" "));
    for (const word of new Set(found)) {
      const list = index.postings.get(word);
      if (list) list.push(place);
      else index.postings.set(word, [place]);
    }
  }
}

/**
 * From here on a thing is its rank: the names in their order, so that the best ones are those that come first.
 * @param {SearchIndex} index
 */
export function finish(index) {
  const { texts, postings } = index;
  const places = Uint32Array.from(texts.keys()).sort((one, two) => (texts[one] < texts[two] ? -1 : Number(texts[one] > texts[two])));
  const rankOf = new Uint32Array(texts.length);
  places.forEach((place, rank) => (rankOf[place] = rank));
  const tokens = [...postings.keys()].sort();
  const lists = tokens.map((token) => /** @type {number[]} */ (postings.get(token)));
  const from = sums(lists.map(({ length }) => length));
  const ranks = new Uint32Array(from[tokens.length]);
  lists.forEach((list, token) => list.forEach((place, at) => (ranks[from[token] + at] = rankOf[place])));
  Object.assign(index, {
    tokens, from, ranks, places, marks: new Uint32Array(texts.length), inside: tokens.join("\n"), starts: sums(tokens.map(({ length }) => length + 1)),
    texts: [...places].map((place) => texts[place]), postings: new Map(),
  });
}

/** Where each of so many begins, and where the last one ends. @param {number[]} lengths */
function sums(lengths) {
  const from = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, at) => (from[at + 1] = from[at] + length));
  return from;
}

/** The first place whose value is not below. @template T @param {ArrayLike<T>} list sorted @param {T} value @returns {number} */
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

/** Behind the last that begins so. @param {string[]} list sorted @param {string} prefix @param {number} low the first of them @returns {number} */
function endOf(list, prefix, low) {
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].startsWith(prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The words that begin so, and how often they stand in a thing. @param {SearchIndex} index @param {string} prefix */
function beginning({ tokens, from }, prefix) {
  const first = firstFrom(tokens, prefix);
  const end = endOf(tokens, prefix, first);
  return { first, end, many: from[end] - from[first] };
}

/**
 * The places of what fits, best first: the words of the query as beginnings of words; where nothing begins so, as parts. Names
 * that begin with the first word come first, each in the order of their names.
 * @param {SearchIndex} index
 * @param {string} query
 * @param {number} [limit]
 * @returns {number[]}
 */
export function find(index, query, limit = 30) {
  const asked = [...new Set(words(query))];
  if (!asked.length) return [];
  const found = withBeginnings(index, asked, limit);
  return (found.length ? found : withParts(index, asked, limit)).map((rank) => index.places[rank]);
}

/** Each word marks what the one before has marked: the rarest first, so that little is left. @param {SearchIndex} index @param {string[]} asked @param {number} limit */
function withBeginnings(index, asked, limit) {
  const ranges = asked.map((word) => beginning(index, word)).sort((one, two) => one.many - two.many);
  if (!ranges[0].many) return [];
  const { from, ranks, marks } = index;
  ranges.forEach(({ first, end }, turn) => {
    const mark = (index.mark += 1);
    for (let at = from[first]; at < from[end]; at += 1) if (!turn || marks[ranks[at]] === mark - 1) marks[ranks[at]] = mark;
  });
  const first = firstFrom(index.texts, asked[0]);
  const end = endOf(index.texts, asked[0], first);
  /** @type {number[]} */
  const found = [];
  marked(index, first, end, limit, found);
  marked(index, 0, first, limit, found);
  marked(index, end, marks.length, limit, found);
  return found;
}

/** @param {SearchIndex} index @param {number} first @param {number} end @param {number} limit @param {number[]} found added to */
function marked({ marks, mark }, first, end, limit, found) {
  for (let rank = first; rank < end && found.length < limit; rank += 1) if (marks[rank] === mark) found.push(rank);
}

/** A part of a thing's text is a part of one of its words: those are far fewer. @param {SearchIndex} index @param {string[]} asked @param {number} limit */
function withParts(index, asked, limit) {
  const { inside, starts, from, ranks, marks, texts } = index;
  if (!asked.every((word) => inside.includes(word))) return [];
  const [rarest, ...others] = [...asked].sort((one, two) => two.length - one.length);
  const mark = (index.mark += 1);
  for (let at = inside.indexOf(rarest); at >= 0; ) {
    const token = firstFrom(starts, at + 1) - 1;
    for (let one = from[token]; one < from[token + 1]; one += 1) marks[ranks[one]] = mark;
    at = token + 1 < index.tokens.length ? inside.indexOf(rarest, starts[token + 1]) : -1;
  }
  /** @type {number[]} */
  const found = [];
  for (let rank = 0; rank < marks.length && found.length < limit; rank += 1) {
    if (marks[rank] === mark && others.every((word) => texts[rank].includes(word))) found.push(rank);
  }
  return found;
}

// Search by name, code or SKU over everything the till sells: a sorted list of words with the things each stands in, and a look
// inside the words when none begins so. Small and quick: whatever is asked of 50,000 things is a few passes over plain numbers,
// made in the page itself, so that no answer waits for a frame that is being drawn. What is looked through was made ready
// beside the page (search-making.js).

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

/** One of many texts that stand in one. @param {Joined} joined @param {number} at */
function textAt({ text, starts }, at) {
  return text.slice(starts[at], starts[at + 1] - 1);
}

/** The first of so many that does not stand before. @param {number} many @param {(at: number) => boolean} before */
function first(many, before) {
  let low = 0;
  let high = many;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (before(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of sorted texts, those that begin so: the first, and behind the last. @param {Joined} sorted @param {string} prefix */
function beginning(sorted, prefix) {
  const many = sorted.starts.length - 1;
  const head = (/** @type {number} */ at) => textAt(sorted, at).slice(0, prefix.length);
  return { from: first(many, (at) => head(at) < prefix), end: first(many, (at) => head(at) <= prefix) };
}

/**
 * The ids of what fits, best first: the words of the query as beginnings of words; where nothing begins so, as parts. Names
 * that begin with the first word come first, each in the order of their names.
 * @param {SearchIndex} index
 * @param {string} query
 * @param {number} [limit]
 * @returns {string[]}
 */
export function find(index, query, limit = 30) {
  const asked = [...new Set(words(query))];
  if (!asked.length) return [];
  const found = withBeginnings(index, asked, limit);
  return (found.length ? found : withParts(index, asked, limit)).map((rank) => textAt(index.ids, rank));
}

/** Each word marks what the one before has marked: the rarest first, so that little is left. @param {SearchIndex} index @param {string[]} asked @param {number} limit */
function withBeginnings(index, asked, limit) {
  const { words, things, from, ranks, marks } = index;
  const ranges = asked.map((word) => beginning(words, word)).map((range) => ({ first: from[range.from], end: from[range.end] }));
  ranges.sort((one, two) => one.end - one.first - (two.end - two.first));
  if (ranges[0].first === ranges[0].end) return [];
  ranges.forEach(({ first, end }, turn) => {
    const mark = (index.mark += 1);
    for (let at = first; at < end; at += 1) if (!turn || marks[ranks[at]] === mark - 1) marks[ranks[at]] = mark;
  });
  const best = beginning(things, asked[0]);
  /** @type {number[]} */
  const found = [];
  marked(index, best.from, best.end, limit, found);
  marked(index, 0, best.from, limit, found);
  marked(index, best.end, marks.length, limit, found);
  return found;
}

/** @param {SearchIndex} index @param {number} first @param {number} end @param {number} limit @param {number[]} found added to */
function marked({ marks, mark }, first, end, limit, found) {
  for (let rank = first; rank < end && found.length < limit; rank += 1) if (marks[rank] === mark) found.push(rank);
}

/** A part of a thing's text is a part of one of its words: those are far fewer. @param {SearchIndex} index @param {string[]} asked @param {number} limit */
function withParts(index, asked, limit) {
  const { words: { text, starts }, things, from, ranks, marks } = index;
  if (!asked.every((word) => text.includes(word))) return [];
  const [rarest, ...others] = [...asked].sort((one, two) => two.length - one.length);
  const mark = (index.mark += 1);
  for (let at = text.indexOf(rarest); at >= 0; ) {
    const next = first(starts.length, (word) => starts[word] <= at);
    for (let one = from[next - 1]; one < from[next]; one += 1) marks[ranks[one]] = mark;
    at = next < starts.length - 1 ? text.indexOf(rarest, starts[next]) : -1;
  }
  /** @type {number[]} */
  const found = [];
  for (let rank = 0; rank < marks.length && found.length < limit; rank += 1) {
    if (marks[rank] === mark && others.every((word) => textAt(things, rank).includes(word))) found.push(rank);
  }
  return found;
}

// A note of the sync inbox in the till's own words, made of its facts: no page, no line, so that it can be tried by itself.

/**
 * The shape of words a note is told in: most kinds have one, some two.
 * @param {InboxNote} note
 */
export function shapeOf({ kind, facts }) {
  if (kind === "shift") return facts.what === "left" ? "shift.left" : facts.what === "other_till" ? "shift.other" : facts.entry_kind ? "shift.drawer" : "shift";
  if (kind === "limit" && facts.what) return `limit.${facts.what}`;
  if (kind === "item") return facts.what === "open" || facts.what === "serial" ? `item.${facts.what}` : "item";
  if (kind === "price") return facts.since ? "price" : "price.then";
  return kind;
}

/**
 * @param {InboxNote} note
 * @param {{words: (key: string, values?: Record<string, string | number>) => string, money: (amount: number) => string, time: (ms: number) => string}} say
 * @returns {{title: string, short: string, happened: string, safe: string, costs: string}} what a till has no words for is told in the server's
 */
export function storyOf(note, { words, money, time }) {
  const shape = shapeOf(note);
  const values = valuesOf(note, { money, time });
  const word = (/** @type {string} */ part) => {
    const key = `note.${shape}.${part}`;
    const text = words(key, values);
    return text === key ? "" : text;
  };
  const known = word("short");
  if (!known) return note;
  const made = ["sale", "drawer"].includes(about(note)) ? `${cameOf(note, words, time)} ` : "";
  return {
    title: words(shape.startsWith("limit.") ? "note.limit.alone" : `note.${note.kind}`),
    short: known,
    happened: made + word("happened"),
    safe: word("safe") || words("note.stands"),
    costs: note.kind === "price" && note.amount > 0 ? words("note.price.more", values) : word("costs") || words("note.costs.nothing"),
  };
}

/** What it is about, for whoever reads it. @param {InboxNote} note */
export function about({ kind, facts }) {
  if (["apart", "conflict", "hole", "clock"].includes(kind) || facts.what === "left") return "";
  return facts.entry_kind && facts.entry_kind !== "sale" ? "drawer" : "sale";
}

/** When it was made, by whom, and when it came. @param {InboxNote} note @param {(key: string, values?: Record<string, string | number>) => string} words @param {(ms: number) => string} time */
function cameOf(note, words, time) {
  const { facts, names, till } = note;
  const at = time(Date.parse(note.happened_at));
  const came = facts.received ? time(Date.parse(String(facts.received))) : at;
  const what = facts.receipt ? words("note.sale", { receipt: String(facts.receipt) }) : words(facts.entry_kind ? "note.entry" : "note.a.sale");
  const who = names[String(facts.cashier ?? "")] ?? "";
  const made = words(who ? "note.made.by" : "note.made", { what, till: till.name, at, who });
  return came === at ? made : `${made} ${words("note.came", { at: came })}`;
}

/** @param {InboxNote} note @param {{money: (amount: number) => string, time: (ms: number) => string}} say @returns {Record<string, string>} */
function valuesOf({ facts, names, amount, till, happened_at }, { money, time }) {
  const cents = (/** @type {unknown} */ value) => (typeof value === "number" ? money(value) : "–");
  const text = (/** @type {unknown} */ value) => (value === undefined || value === null || value === "" ? "–" : String(value));
  const moment = (/** @type {unknown} */ value) => (value ? time(Date.parse(String(value))) : "–");
  const seconds = typeof facts.seconds === "number" ? Math.abs(facts.seconds) : 0;
  return {
    name: text(facts.name), sold: cents(facts.sold), listed: cents(facts.listed), since: moment(facts.since), quantity: thousandths(facts.quantity), on_hand: thousandths(facts.on_hand),
    total: cents(facts.total), given: cents(facts.given), who: names[String(facts.shift_cashier ?? "")] || "–", words: text(facts.words), till: till.name, amount: money(Math.abs(amount)),
    epoch: text(facts.epoch), seq: text(facts.seq), first: text(facts.first), last: text(facts.last), opened: moment(facts.opened), at: moment(happened_at), minutes: String(Math.floor(seconds / 60)), seconds: String(seconds % 60),
  };
}

/** "2", "0.45", "−1" @param {unknown} value */
export function thousandths(value) {
  if (typeof value !== "number") return "–";
  return String(value / 1000).replace("-", "−");
}

/** Of what is typed, in thousandths; null for what is no number of things. @param {string} typed */
export function counted(typed) {
  return /^\d{1,6}$/.test(typed) ? Number(typed) * 1000 : null;
}

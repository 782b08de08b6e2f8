// Beside selling, the till asks the shop about what lies on the belt: recalls, and what the book has. No scan waits for it, and
// without a line everything is sold that nobody has spoken of.
import { FRESH_MS, heldLines, unanswered } from "./holding.js";
import { beforePaying } from "./paying.js";
import { state, whenIdle } from "./state.js";
import { ask } from "./sync.js";

const MOST_ASKED = 200;
const LONGEST_WAIT_MS = 1000;
// Asked once the scanner pauses, and now and then while it does not.
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2000;

/** @type {Map<string, StockAnswer>} */
const answers = new Map();
/** What somebody has allowed, by the line's number. @type {Map<number, {by: string, at: number, quantity: number, left: number}>} */
const allowed = new Map();
let policy = "allow";
/** The basket that was looked at last, and whether there was a line. @type {{sale: TillSale | null, online: boolean}} */
let followed = { sale: null, online: true };
/** @type {Promise<void> | null} */
let asking = null;
/** After a question without an answer Pay does not wait for the next one: until when. */
let silent = 0;

/** What cannot simply be sold of this basket, as far as is known. */
export function held() {
  return heldLines({ lines: state.sale.lines, answers, policy, online: state.sync.online, allowed });
}

function blocked() {
  return held().filter(({ kind }) => kind === "block");
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;
/** Since when something waits to be asked about. */
let since = 0;

/** After every change: what is known of the basket is said and what is new in it is asked about, once it stands on the screen. */
export function follow() {
  const { sale, sync: { online } } = state;
  if (sale === followed.sale && online === followed.online) return;
  followed = { sale, online };
  whenIdle(() => sale === state.sale && tell());
  since ||= Date.now();
  clearTimeout(soon);
  soon = setTimeout(() => {
    since = 0;
    void inquire();
  }, Math.min(PAUSE_MS, since + LONGEST_PAUSE_MS - Date.now()));
}

/** @param {HeldLine[]} lines @param {Cashier} by */
export function allow(lines, by) {
  for (const { n, quantity, left } of lines) allowed.set(n, { by: by.id, at: Date.now(), quantity, left });
  tell();
}

/** Whether there is more to be asked about, at once: more than a question holds, or scanned since. */
let again = false;

function inquire() {
  again = true;
  asking ??= askAll().finally(() => (asking = null));
  return asking;
}

async function askAll() {
  try {
    while (again) {
      again = false;
      await askSome();
    }
  } catch {
    // Sold as ever, and asked again with the next thing or at Pay.
    silent = Date.now() + FRESH_MS;
  }
}

async function askSome() {
  const variants = unanswered(state.sale.lines, answers, Date.now()).slice(0, MOST_ASKED);
  const token = state.identity?.token;
  if (!variants.length || !token || !state.sync.online) return;
  const answer = await (await ask("/api/v1/till/stock", { method: "POST", body: JSON.stringify({ variants }), token })).json();
  const goods = new Map(answer.goods.map((/** @type {StockAnswer & {variant: string}} */ one) => [one.variant, one]));
  policy = answer.short_sales;
  for (const id of variants) answers.set(id, { left: 0, stopped: [], ...goods.get(id), at: Date.now() });
  again ||= variants.length === MOST_ASKED;
  tell();
}

/** Who says it comes when there is something to say. @param {(voice: typeof import("./held.js")) => void} what */
function say(what) {
  import("./held.js").then(what).catch(console.warn);
}

/** What was told last. It may still be on its way: only the newest word is heard. @type {HeldLine[]} */
let told = [];

function tell(lines = held()) {
  if (!lines.length && !told.length) return;
  told = lines;
  say((voice) => told === lines && voice.show(lines));
}

/** Nothing that is stopped, and what the book has too little of only with somebody who may. */
function passes() {
  const lines = held();
  if (lines.some(({ kind }) => kind === "recall")) {
    say((voice) => voice.refuse(lines));
    return false;
  }
  if (lines.some(({ kind }) => kind === "block")) {
    say((voice) => voice.askManager(blocked, allow));
    return false;
  }
  return true;
}

/** The next basket has lines of its own, and the book less. What is recalled stays so until the shop says otherwise. */
export function forget() {
  allowed.clear();
  tell([]);
  for (const [id, { stopped }] of answers) if (!stopped.length) answers.delete(id);
}

beforePaying({
  mayOpen() {
    void inquire();
    return passes();
  },
  async mayTake() {
    const answered = inquire();
    if (Date.now() >= silent) await Promise.race([answered, new Promise((late) => setTimeout(late, LONGEST_WAIT_MS))]);
    if (!passes()) return null;
    const approvals = allowed.size ? (await import("./approvals.js")).approvalsOf({ lines: state.sale.lines, allowed }) : [];
    forget();
    return approvals;
  },
});

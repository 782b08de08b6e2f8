// Every word the till shows, by key. A value with "|" has a form for one and a form for more, chosen by {n}.
import { ONE } from "./sale.js";

/** @type {Record<string, string>} */
const en = {
  "till": "Till {n}", "lock": "Lock", "online": "Online", "offline": "Offline", "all.sent": "all sent", "waiting": "{n} waiting", "sending": "sending {n}",
  "basket": "Basket", "basket.lines": "1 line|{n} lines", "items": "1 item|{n} items", "hello": "Hello {name}", "float.line": "{till}, float {amount}",
  "ready": "Ready for the first item", "ready.text": "Scan it, search with F2, or tap a favourite.", "ready.touch": "Scan it, search, or tap a favourite.", "no.items": "No items yet", "incl.tax": "incl. tax {amount}",
  "basket.empty": "The basket is empty", "total": "Total", "quantity": "Quantity", "item": "Item", "price": "Price", "each": "{price} each", "per.kg": "{price} per kg",
  "search": "Search products", "search.short": "Search", "search.hint": "Scan, or search by name", "results": "Results", "no.results": "Nothing found", "no.results.text": "Try fewer letters, or scan the code.",
  "shelves": "Shelves", "favourites": "Favourites", "more": "More", "try": "Try this", "last": "Last receipt", "pay": "Pay", "exact": "Exact cash", "add.item": "Add item",
  "undo": "Undo", "undone": "Undone", "removed": "Removed", "cleared": "Basket cleared", "cleared.text": "Undo brings it back", "times": "{n} ×", "times.text": "Now scan or tap the item", "times.more": "Press * for a quantity, Esc to drop it",
  "unknown.title": "Not found", "unknown.text": "{code} · keep scanning", "unknown.misread": "{code} was misread: scan it again", "dismiss": "Dismiss",
  "card.title": "That looks like a card number", "card.text": "It was not kept. Use the card terminal.", "quantity.title": "Not added", "quantity.text": "That quantity is more than a line can hold.",
  "one.less": "One less", "one.more": "One more", "remove": "Remove", "close": "Close", "weigh": "Weigh: {name}", "weight": "Weight", "grams": "Type grams", "kg": "kg", "take.weight": "Add {amount}", "enter.weight": "Enter the weight",
  "back.basket": "Back to basket", "cash": "Cash", "cash.received": "Cash received", "cash.hint": "Tap a note, or type", "cash.short": "{amount} short", "cash.exact": "Exact cash {amount}", "cash.take": "Take {amount}, change {change}",
  "change.small": "change {amount}", "notes": "Notes", "receipt": "Receipt", "receipt.print": "Print", "receipt.ask": "Only if asked", "delete.digit": "Delete last digit", "clear": "Clear",
  "sold": "Sold", "sold.head": "Sale {receipt} · {time} · {sent}", "safe.sent": "safe and sent", "safe.here": "safe here", "receipt.printed": "Receipt printed", "receipt.waits": "Receipt {receipt}", "next.scan": "Next scan starts the next sale",
  "print.receipt": "Print receipt", "copy": "Copy", "change": "Change", "hand.out": "Hand out", "cash.given": "Cash {amount}", "print.left": "Print receipt {receipt}?", "print.left.text": "The sale is kept. Its paper may not have come out.", "no": "No", "print": "Print",
  "not.kept": "The sale was not kept", "not.kept.text": "Nothing was taken: the basket is as before. Try again.",
  "offline.lead": "Offline: keep selling.", "offline.safe": "1 sale safe here|{n} sales safe here", "oldest": "oldest {age}", "offline.none": "Everything you do is kept here.", "what.works": "What works now",
  "age.now": "just now", "age.min": "{n} min", "age.h": "{n} h", "age.d": "1 day|{n} days",
  "sync.title": "Connection", "sync.waiting": "Waiting to be sent", "sync.nothing": "Nothing waits", "sync.since": "since {age}", "sync.works": "Selling, cash, receipts and closing the shift work without a line. Sales go out by themselves when it is back.", "sync.now": "Send now",
  "sync.held": "1 entry needs a manager|{n} entries need a manager", "sync.held.text": "The server kept it and will not post it by itself.", "sync.revoked": "This till was switched off", "sync.revoked.text": "Sales are safe here. Enrol this browser again to send them.", "sync.enrol": "Enrol again",
  "try.text": "Each button is a scan, as if you held the product to the scanner.", "scan": "Scan", "try.invite": "Try this: sell with on-screen scan buttons", "open": "Open",
  "more.close": "Close shift", "more.clear": "Clear basket", "more.lock": "Lock till", "more.theme": "Appearance", "theme.": "As the device", "theme.light": "Light", "theme.dark": "Dark", "more.language": "Language",
  "last.sale": "Last sale {receipt} · {amount} · cash", "no.last": "No sale yet", "no.last.text": "The receipt of the last sale is shown here.", "copy.print": "Print a copy",
  "pin.title": "Enter your PIN", "pin.dots": "{n} of 4 digits", "pin.wrong": "That PIN is not known here", "pin.wait": "Too many tries. Wait {n} s.", "pin.lock": "Basket kept: {items}", "pin.checking": "One moment",
  "check": "Till check", "check.online": "every sale sent", "check.waiting": "1 entry safe here, not sent yet|{n} entries safe here, not sent yet", "check.prices": "Prices", "check.prices.text": "1 item ready|{n} items ready", "check.none": "No prices yet", "check.none.text": "they come as soon as there is a line",
  "check.float": "Float {amount}", "check.float.text": "shift of {name}, {time}", "check.noshift": "No shift open", "check.noshift.text": "sign in to open one", "check.storage": "Storage may be cleared", "check.storage.text": "this browser did not promise to keep it: keep the till online",
  "open.title": "Open shift", "open.head": "{till} · {name}", "open.float": "Float in the drawer", "open.float.text": "Count it, then type it", "open.text": "Count the float before the first sale", "open.today": "Business date", "open.store": "Store", "open.till": "Till", "float": "Float",
  "count.title": "Close shift", "count.step": "Step 1 of 2 · count the drawer", "count.clear": "Clear count", "count.notes": "Notes: how many?", "count.coins": "Coins: how many?", "count.many": "How many {value}?", "count.of": "How many of {value}", "counted": "Counted", "count.progress": "{n} of {of} counted",
  "count.next": "Next", "count.blind": "Counted blind", "count.blind.text": "What we expect is shown after your count, so that nobody counts towards it.", "count.done": "Done counting", "back.till": "Back to till",
  "variance.step": "Step 2 of 2 · {name}, {till}, {from} to {to}", "variance.sales": "Cash sales", "variance.sales.n": "1 sale|{n} sales", "expected": "Expected", "short": "Short", "over": "Over", "difference": "Difference", "variance.right": "The drawer is right", "reason": "Reason?", "all.right": "All right",
  "reason.short": "Cash is short by {amount}", "reason.over": "Cash is over by {amount}", "reason.change": "Wrong change", "reason.unknown": "Not known", "reason.miscount": "Miscount", "reason.slip": "Slip missing", "count.again": "Count again", "nothing.waits": "Nothing waits", "nothing.waits.text": "Every sale of this shift was sent. You can go home.",
  "some.wait": "1 entry waits here|{n} entries wait here", "some.wait.text": "They are safe and go out by themselves when the line is back. You can go home.", "close.shift": "Close shift", "cash.title": "Cash", "tax.included": "Tax in the sales",
  "closed": "Shift closed", "enrol.title": "Make this browser a till", "enrol.text": "Type the code from the back office", "enrol.code": "Enrolment code", "enrol.button": "Enrol this till", "enrol.demo": "Demo shop", "enrol.use": "Use this browser as {name}", "enrol.failed": "That code did not work: it may be used or out of date.", "enrol.offline": "No answer from the server. Try again when there is a line.",
  "enrol.welcome": "Onecounter till", "enrol.once": "Once per browser", "enrol.once.text": "a key is made here and never leaves", "enrol.sell": "Sells without a line", "enrol.sell.text": "every sale is kept here first", "enrol.two": "One till, one window", "enrol.two.text": "a second window asks to take over",
  "elsewhere.title": "The till is open elsewhere", "elsewhere.text": "One window sells at a time, so that no number is used twice. The basket stays where it is.", "elsewhere.take": "Take over here", "broken.title": "This browser cannot keep sales", "broken.text": "Its storage could not be opened. Nothing was lost: reload, or leave private browsing.", "reload": "Reload",
  "loading": "Opening the till", "line.said": "{quantity} {name}, {price}", "main.basket": "Basket", "main.actions": "Actions", "main.till": "This till", "main.last": "Last sale", "main.count": "Count sheet", "main.totals": "Shift totals", "status": "Till status",
  "paper.copy": "COPY", "paper.tax": "incl. tax {rate}%", "paper.cash": "Cash", "paper.change": "Change", "paper.cashier": "Served by {name}", "paper.thanks": "Thank you", "item.added": "Added: scan goes on",
};

export const ENGLISH = en;
export const LANGUAGES = ["en", "de"];
let words = en;

/** Other languages are fetched when they are spoken. @param {string} language @returns {Promise<string>} the one that is spoken now */
export async function speak(language) {
  try {
    words = language === "de" ? (await import("./strings-de.js")).GERMAN : en;
  } catch {
    words = en;
  }
  const spoken = words === en ? "en" : language;
  document.documentElement.lang = spoken;
  return spoken;
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values] n chooses between one and more
 * @returns {string}
 */
export function t(key, values = {}) {
  const forms = (words[key] ?? en[key] ?? key).split("|");
  const form = forms.length > 1 && values.n !== 1 ? forms[1] : forms[0];
  return form.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** "2 × Oat drink 1 L", "0.742 kg Apples". @param {{quantity: number, sold_by?: string, name: string}} line */
export function lineWords(line) {
  return `${quantityWords(line)} ${line.name}`;
}

/** @param {{quantity: number, sold_by?: string}} line */
export function quantityWords({ quantity, sold_by }) {
  return sold_by === "weight" || quantity % ONE ? `${kilograms(quantity)} ${t("kg")}` : `${quantity / ONE} ×`;
}

/** @param {number} thousandths @returns {string} "0.742" */
export function kilograms(thousandths) {
  return `${Math.trunc(thousandths / ONE)}.${String(thousandths % ONE).padStart(3, "0")}`;
}

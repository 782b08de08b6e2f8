// The words of selling, by key; what comes later brings its own. A value with "|" has a form for one and a form for more, chosen by {n}.
import { ONE } from "./sale.js";

/** @type {Record<string, string>} */
const en = {
  "till": "Till {n}", "lock": "Lock", "online": "Online", "offline": "Offline", "all.sent": "all sent", "waiting": "{n} waiting", "sending": "sending {n}",
  "basket": "Basket", "basket.lines": "1 line|{n} lines", "items": "1 item|{n} items", "hello": "Hello {name}", "float.line": "{till}, float {amount}",
  "ready": "Ready for the first item", "ready.text": "Scan it, search with F2, or tap a favourite.", "ready.touch": "Scan it, search, or tap a favourite.", "no.items": "No items yet", "incl.tax": "incl. tax {amount}",
  "basket.empty": "The basket is empty", "total": "Total", "quantity": "Quantity", "item": "Item", "price": "Price", "each": "{price} each", "per.kg": "{price} per kg",
  "search": "Search products", "search.short": "Search", "search.hint": "Scan, or search by name", "results": "Results", "no.results": "Nothing found", "no.results.text": "Try fewer letters, or scan the code.",
  "shelves": "Shelves", "shelf.more": "{n} more: search for them.", "favourites": "Favourites", "more": "More", "try": "Try this", "last": "Last receipt", "pay": "Pay", "exact": "Exact cash", "add.item": "Add item",
  "undo": "Undo", "undone": "Undone", "removed": "Removed", "cleared": "Basket cleared", "cleared.text": "Undo brings it back", "times": "{n} ×", "times.text": "Now scan or tap the item", "times.more": "Press * for a quantity, Esc to drop it",
  "unknown.title": "Not found", "unknown.text": "{code} · keep scanning", "unknown.misread": "{code} was misread: scan it again", "dismiss": "Dismiss",
  "card.title": "That looks like a card number", "card.text": "It was not kept. Use the card terminal.", "quantity.title": "Not added", "quantity.text": "That quantity is more than a line can hold.",
  "was": "was", "offer.saved": "{name}, saved {amount}", "saved": "saved {amount}", "saves": "Customer saves {amount}", "markdown": "Marked down", "hint.add": "Add {n} more for {name}", "hint.spend": "{amount} more for {name}",
  "sticker.title": "The sticker is out of date", "sticker.text": "{code}: scan the product itself", "prices.changed": "Prices have changed",
  "close": "Close", "weigh": "Weigh: {name}", "weight": "Weight", "grams": "Type grams", "kg": "kg", "take.weight": "Add {amount}", "enter.weight": "Enter the weight",
  "back.basket": "Back to basket", "cash": "Cash", "cash.received": "Cash received", "cash.hint": "Tap a note, or type", "cash.short": "{amount} short", "cash.exact": "Exact cash {amount}", "cash.take": "Take {amount}, change {change}",
  "change.small": "change {amount}", "notes": "Notes", "receipt": "Receipt", "receipt.print": "Print", "receipt.ask": "Only if asked", "delete.digit": "Delete last digit", "clear": "Clear",
  "sold": "Sold", "sold.head": "Sale {receipt} · {time} · {sent}", "safe.sent": "safe and sent", "safe.here": "safe here", "receipt.printed": "Receipt printed", "receipt.waits": "Receipt {receipt}", "next.scan": "Next scan starts the next sale",
  "print.receipt": "Print receipt", "copy": "Copy", "change": "Change", "hand.out": "Hand out", "cash.given": "Cash {amount}", "print.left": "Print receipt {receipt}?", "print.left.text": "The sale is kept. Its paper may not have come out.", "no": "No", "print": "Print",
  "not.kept": "The sale was not kept", "not.kept.text": "Nothing was taken: the basket is as before. Try again.", "not.kept.full": "This device’s disk is full. Nothing was taken: the basket is as before. Free some space, then try again.", "room": "{room} free",
  "offline.lead": "Offline: keep selling.", "offline.safe": "1 sale safe here|{n} sales safe here", "oldest": "oldest {age}", "offline.none": "Everything you do is kept here.", "what.works": "What works now",
  "age.now": "just now", "age.min": "{n} min", "age.h": "{n} h", "age.d": "1 day|{n} days",
  "sync.revoked": "This till was switched off", "sync.revoked.text": "Sales are safe here. Enrol this browser again to send them.",
  "try.invite": "Try this: sell with on-screen scan buttons", "open": "Open",
  "last.sale": "Last sale {receipt} · {amount} · cash",
  "pin.title": "Enter your PIN", "pin.dots": "{n} of 4 digits", "pin.wrong": "That PIN is not known here", "pin.wait": "Too many tries. Wait {n} s.", "pin.lock": "Basket kept: {items}", "pin.checking": "One moment",
  "check": "Till check", "check.online": "every sale sent", "check.waiting": "1 entry safe here, not sent yet|{n} entries safe here, not sent yet", "check.prices": "Prices", "check.prices.text": "1 item ready|{n} items ready", "check.none": "No prices yet", "check.none.text": "they come as soon as there is a line",
  "check.float": "Float {amount}", "check.float.text": "shift of {name}, {time}", "check.noshift": "No shift open", "check.noshift.text": "sign in to open one", "check.storage": "Storage may be cleared", "check.storage.text": "this browser did not promise to keep it: keep the till online",
  "count.next": "Next", "park": "Park", "parked": "1 parked|{n} parked", "parked.short": "Parked {time} · {items} · {amount}", "resume": "Resume", "sell.open": "Sell as open item",
  "part.gone": "Reload the till: the basket stays",
  "loading": "Opening the till", "line.said": "{quantity} {name}, {price}", "inbox.need": "1 needs a look|{n} need a look", "main.basket": "Basket", "main.actions": "Actions", "main.till": "This till", "main.last": "Last sale", "status": "Till status",
};

export const ENGLISH = en;
export const LANGUAGES = ["en", "de"];
let words = en;

/** @param {Record<string, string>} more */
export function addWords(more) {
  Object.assign(en, more);
}

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
  const text = words[key] ?? en[key] ?? key;
  // Most are as they stand, and a screen has a hundred of them.
  if (!/[|{]/.test(text)) return text;
  const forms = text.split("|");
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

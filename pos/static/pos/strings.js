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

/** @type {Record<string, string>} */
const de = {
  "till": "Kasse {n}", "lock": "Sperren", "online": "Online", "offline": "Offline", "all.sent": "alles gesendet", "waiting": "{n} warten", "sending": "sendet {n}",
  "basket": "Korb", "basket.lines": "1 Zeile|{n} Zeilen", "items": "1 Artikel|{n} Artikel", "hello": "Hallo {name}", "float.line": "{till}, Wechselgeld {amount}",
  "ready": "Bereit für den ersten Artikel", "ready.text": "Scannen, mit F2 suchen oder einen Favoriten tippen.", "ready.touch": "Scannen, suchen oder einen Favoriten tippen.", "no.items": "Noch keine Artikel", "incl.tax": "inkl. MwSt. {amount}",
  "basket.empty": "Der Korb ist leer", "total": "Gesamt", "quantity": "Menge", "item": "Artikel", "price": "Preis", "each": "je {price}", "per.kg": "{price} je kg",
  "search": "Artikel suchen", "search.short": "Suchen", "search.hint": "Scannen oder nach Namen suchen", "results": "Treffer", "no.results": "Nichts gefunden", "no.results.text": "Weniger Buchstaben versuchen oder den Code scannen.",
  "shelves": "Regale", "favourites": "Favoriten", "more": "Mehr", "try": "Ausprobieren", "last": "Letzter Bon", "pay": "Bezahlen", "exact": "Passend bar", "add.item": "Artikel",
  "undo": "Rückgängig", "undone": "Rückgängig gemacht", "removed": "Entfernt", "cleared": "Korb geleert", "cleared.text": "Rückgängig holt ihn zurück", "times.text": "Jetzt den Artikel scannen oder tippen", "times.more": "* für eine Menge, Esc zum Verwerfen",
  "unknown.title": "Nicht gefunden", "unknown.text": "{code} · weiter scannen", "unknown.misread": "{code} falsch gelesen: noch einmal scannen", "dismiss": "Schließen",
  "card.title": "Das sieht nach einer Kartennummer aus", "card.text": "Sie wurde nicht behalten. Bitte das Kartenterminal benutzen.", "quantity.title": "Nicht hinzugefügt", "quantity.text": "Diese Menge passt nicht in eine Zeile.",
  "one.less": "Eins weniger", "one.more": "Eins mehr", "remove": "Entfernen", "close": "Schließen", "weigh": "Wiegen: {name}", "weight": "Gewicht", "grams": "Gramm tippen", "take.weight": "{amount} hinzufügen", "enter.weight": "Gewicht eingeben",
  "back.basket": "Zum Korb", "cash": "Bar", "cash.received": "Bar erhalten", "cash.hint": "Schein tippen oder eingeben", "cash.short": "{amount} fehlen", "cash.exact": "Passend bar {amount}", "cash.take": "{amount} nehmen, zurück {change}",
  "change.small": "zurück {amount}", "notes": "Scheine", "receipt": "Bon", "receipt.print": "Drucken", "receipt.ask": "Nur auf Wunsch", "delete.digit": "Letzte Ziffer löschen", "clear": "Löschen",
  "sold": "Verkauft", "sold.head": "Verkauf {receipt} · {time} · {sent}", "safe.sent": "sicher und gesendet", "safe.here": "hier sicher", "receipt.printed": "Bon gedruckt", "receipt.waits": "Bon {receipt}", "next.scan": "Der nächste Scan beginnt den nächsten Verkauf",
  "print.receipt": "Bon drucken", "copy": "Kopie", "change": "Rückgeld", "hand.out": "Herausgeben", "cash.given": "Bar {amount}", "print.left": "Bon {receipt} drucken?", "print.left.text": "Der Verkauf ist behalten. Vielleicht fehlt das Papier.", "no": "Nein", "print": "Drucken",
  "not.kept": "Der Verkauf wurde nicht behalten", "not.kept.text": "Nichts wurde kassiert: Der Korb ist wie vorher. Noch einmal versuchen.",
  "offline.lead": "Offline: weiter verkaufen.", "offline.safe": "1 Verkauf hier sicher|{n} Verkäufe hier sicher", "oldest": "ältester {age}", "offline.none": "Alles bleibt hier aufbewahrt.", "what.works": "Was jetzt geht",
  "age.now": "gerade eben", "age.min": "{n} Min.", "age.h": "{n} Std.", "age.d": "1 Tag|{n} Tage", "sync.title": "Verbindung", "sync.waiting": "Wartet auf Senden", "sync.nothing": "Nichts wartet", "sync.since": "seit {age}", "sync.works": "Verkauf, Bargeld, Bons und Schichtende gehen ohne Leitung. Verkäufe gehen von selbst hinaus, sobald sie wieder da ist.", "sync.now": "Jetzt senden",
  "sync.held": "1 Eintrag braucht die Leitung|{n} Einträge brauchen die Leitung", "sync.held.text": "Der Server hat ihn behalten und bucht ihn nicht von selbst.", "sync.revoked": "Diese Kasse wurde abgeschaltet", "sync.revoked.text": "Verkäufe sind hier sicher. Diesen Browser neu anmelden, um sie zu senden.", "sync.enrol": "Neu anmelden",
  "try.text": "Jeder Knopf ist ein Scan, als hielten Sie den Artikel an den Scanner.", "scan": "Scannen", "try.invite": "Ausprobieren: mit Scan-Knöpfen verkaufen", "open": "Öffnen",
  "more.close": "Schicht schließen", "more.clear": "Korb leeren", "more.lock": "Kasse sperren", "more.theme": "Darstellung", "theme.": "Wie das Gerät", "theme.light": "Hell", "theme.dark": "Dunkel", "more.language": "Sprache",
  "last.sale": "Letzter Verkauf {receipt} · {amount} · bar", "no.last": "Noch kein Verkauf", "no.last.text": "Hier steht der Bon des letzten Verkaufs.", "copy.print": "Kopie drucken",
  "pin.title": "PIN eingeben", "pin.dots": "{n} von 4 Ziffern", "pin.wrong": "Diese PIN ist hier unbekannt", "pin.wait": "Zu viele Versuche. {n} s warten.", "pin.lock": "Korb behalten: {items}", "pin.checking": "Einen Moment",
  "check": "Kassenprüfung", "check.online": "alle Verkäufe gesendet", "check.waiting": "1 Eintrag hier sicher, noch nicht gesendet|{n} Einträge hier sicher, noch nicht gesendet", "check.prices": "Preise", "check.prices.text": "1 Artikel bereit|{n} Artikel bereit", "check.none": "Noch keine Preise", "check.none.text": "sie kommen, sobald die Leitung da ist",
  "check.float": "Wechselgeld {amount}", "check.float.text": "Schicht von {name}, {time}", "check.noshift": "Keine Schicht offen", "check.noshift.text": "anmelden, um eine zu öffnen", "check.storage": "Speicher kann geleert werden", "check.storage.text": "dieser Browser verspricht ihn nicht: Kasse online halten",
  "open.title": "Schicht öffnen", "open.float": "Wechselgeld in der Lade", "open.float.text": "Zählen, dann tippen", "open.text": "Wechselgeld vor dem ersten Verkauf zählen", "open.today": "Geschäftstag", "open.store": "Filiale", "open.till": "Kasse", "float": "Wechselgeld",
  "count.title": "Schicht schließen", "count.step": "Schritt 1 von 2 · Lade zählen", "count.clear": "Zählung löschen", "count.notes": "Scheine: wie viele?", "count.coins": "Münzen: wie viele?", "count.many": "Wie viele {value}?", "count.of": "Wie viele zu {value}", "counted": "Gezählt", "count.progress": "{n} von {of} gezählt",
  "count.next": "Weiter", "count.blind": "Blind gezählt", "count.blind.text": "Der Sollwert erscheint erst nach der Zählung, damit niemand auf ihn hin zählt.", "count.done": "Fertig gezählt", "back.till": "Zur Kasse",
  "variance.step": "Schritt 2 von 2 · {name}, {till}, {from} bis {to}", "variance.sales": "Barverkäufe", "variance.sales.n": "1 Verkauf|{n} Verkäufe", "expected": "Soll", "short": "Fehlbetrag", "over": "Überschuss", "difference": "Differenz", "variance.right": "Die Lade stimmt", "reason": "Grund?", "all.right": "Alles richtig",
  "reason.short": "Es fehlen {amount}", "reason.over": "Es sind {amount} zu viel", "reason.change": "Falsch herausgegeben", "reason.unknown": "Unbekannt", "reason.miscount": "Verzählt", "reason.slip": "Beleg fehlt", "count.again": "Neu zählen", "nothing.waits": "Nichts wartet", "nothing.waits.text": "Alle Verkäufe der Schicht sind gesendet. Feierabend.",
  "some.wait": "1 Eintrag wartet hier|{n} Einträge warten hier", "some.wait.text": "Sie sind sicher und gehen von selbst hinaus, sobald die Leitung da ist. Feierabend.", "close.shift": "Schicht schließen", "cash.title": "Bargeld", "tax.included": "Steuer in den Verkäufen",
  "closed": "Schicht geschlossen", "enrol.title": "Diesen Browser zur Kasse machen", "enrol.text": "Code aus der Verwaltung eingeben", "enrol.code": "Anmeldecode", "enrol.button": "Kasse anmelden", "enrol.demo": "Demoladen", "enrol.use": "Diesen Browser als {name} benutzen", "enrol.failed": "Dieser Code gilt nicht: vielleicht benutzt oder abgelaufen.", "enrol.offline": "Keine Antwort vom Server. Später noch einmal versuchen.",
  "enrol.welcome": "Onecounter-Kasse", "enrol.once": "Einmal je Browser", "enrol.once.text": "ein Schlüssel entsteht hier und bleibt hier", "enrol.sell": "Verkauft ohne Leitung", "enrol.sell.text": "jeder Verkauf wird zuerst hier behalten", "enrol.two": "Eine Kasse, ein Fenster", "enrol.two.text": "ein zweites fragt, ob es übernehmen soll",
  "elsewhere.title": "Die Kasse ist anderswo offen", "elsewhere.text": "Nur ein Fenster verkauft, damit keine Nummer doppelt vergeben wird. Der Korb bleibt, wo er ist.", "elsewhere.take": "Hier übernehmen", "broken.title": "Dieser Browser kann keine Verkäufe behalten", "broken.text": "Sein Speicher ließ sich nicht öffnen. Nichts ging verloren: neu laden oder privates Fenster verlassen.", "reload": "Neu laden",
  "loading": "Kasse wird geöffnet", "main.basket": "Korb", "main.actions": "Aktionen", "main.till": "Diese Kasse", "main.last": "Letzter Verkauf", "main.count": "Zählblatt", "main.totals": "Schichtsummen", "status": "Kassenstatus",
  "paper.copy": "KOPIE", "paper.tax": "inkl. MwSt. {rate} %", "paper.cash": "Bar", "paper.change": "Rückgeld", "paper.cashier": "Es bediente Sie {name}", "paper.thanks": "Vielen Dank", "item.added": "Hinzugefügt: weiter scannen",
};

/** @type {Record<string, Record<string, string>>} */
export const LANGUAGES = { en, de };
let words = en;

/** @param {string} language */
export function speak(language) {
  words = LANGUAGES[language] ?? en;
  document.documentElement.lang = language in LANGUAGES ? language : "en";
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

// Words of selling what is not an everyday thing: open items, parked baskets, prices that are only asked for, what codes tell.
import { addWords } from "./strings.js";

addWords({
  "expired.title": "Past its date: {name}", "expired.text": "It says {day}. Added: remove it if it may not be sold.",
  "serial.title": "Scanned before: {name}", "serial.text": "The piece with the number {serial} is in the basket already.",
  "line.type": "Type a number for more", "line.take": "Make it {n}", "lot": "Lot", "serial": "Serial number", "expires.on": "Use by", "embedded": "Label",
  "open.item": "Open item", "open.name": "What is it?", "open.none": "Open item", "open.price": "Price", "open.price.text": "Type the price", "open.add": "Add {amount}", "open.enter": "Enter the price", "open.approve": "Ask a manager: {amount}",
  "open.most": "Above {amount} a manager has to allow it", "open.most.title": "Open item of {amount}", "open.code": "Code {code}",
  "check.price": "Check a price", "check.price.text": "Scan, search or tap. The basket stays as it is.", "check.left": "{left} left by the book", "check.offer": "Offers", "check.none.here": "No offers now", "check.add": "Add to the basket", "check.asking": "Asking the shop what is left", "check.in.case": "A case of {n}",
  "parked.head": "Parked baskets", "parked.none": "Nothing is parked", "parked.none.text": "Park puts a basket aside: it waits here, on this till, until you go on with it.", "parked.line": "{time} · {items} · {amount}", "parked.age": "{age} · {name}", "parked.resume": "Go on",
  "parked.delete": "Delete", "parked.deleted": "Deleted: {items} · {amount}", "parked.done": "Parked", "parked.done.text": "{items} · {amount}. F4 brings it back.", "parked.resumed": "Back in the basket", "parked.stay": "1 parked basket stays for the next shift|{n} parked baskets stay for the next shift",
  "why.fixed.embedded": "Its price stands on its label", "why.fixed.open": "Its price was typed",
});

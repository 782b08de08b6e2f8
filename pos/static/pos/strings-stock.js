// Words of what is recalled, and of what the book has too little of.
import { addWords } from "./strings.js";

addWords({
  "held.recall": "Recalled, lot {lots}: {reason}", "held.recall.title": "Recalled: {name}", "held.recall.text": "It cannot be sold. Keep it, and remove the line to go on.",
  "held.short.title": "Not enough by the book: {name}", "held.warn": "{left} left by the book", "held.warn.text": "It can be sold. Tell whoever looks after the stock.",
  "held.block": "{left} left by the book: a manager has to allow it", "held.block.text": "A manager has to allow it before it is paid.",
  "approval": "Manager approval", "approval.who": "{names}: enter your PIN", "approval.nobody": "A manager: enter your PIN", "approval.note": "Checked on this till. Both names are kept with it.", "approval.back": "Back", "approval.wrong": "That PIN may not allow it",
  "approval.done": "Allowed by {name}", "approval.done.text": "Now take the payment",
});

// Words of the drawer and of its reports.
import { addWords } from "./strings.js";

addWords({
  "drawer": "Drawer", "drawer.cash_in": "Cash in", "drawer.cash_out": "Cash out", "drawer.payout": "Payout", "drawer.safe_drop": "Safe drop", "drawer.no_sale": "Open drawer",
  "drawer.cash_in.text": "Change or float that is brought", "drawer.cash_out.text": "Cash that goes elsewhere", "drawer.payout.text": "Something paid from the till", "drawer.safe_drop.text": "Notes that go to the safe", "drawer.no_sale.text": "No sale, with a reason",
  "drawer.amount": "Amount", "drawer.enter": "Type the amount", "drawer.take.in": "Put in {amount}", "drawer.take.out": "Take out {amount}", "drawer.take.safe_drop": "Drop {amount}", "drawer.done": "{what} {amount}", "drawer.opened": "Drawer opened", "drawer.kept": "Kept in the journal",
  "drawer.note": "Note, if it helps", "drawer.card": "That looks like a card number: leave it out", "drawer.above": "Above {amount} a manager has to allow it", "drawer.ask": "Ask a manager", "drawer.fact": "{what} {amount}", "drawer.of": "by {name}",
  "drawer.failed": "It was not kept", "drawer.failed.text": "Nothing happened to the drawer. Try again.",
  "drawer.reason": "Why?", "why.change": "Change", "why.float": "Float", "why.other": "Other", "why.bank": "Bank", "why.goods": "Bought for the shop", "why.bottles": "Bottles", "why.full": "Drawer is full", "why.end": "End of the day", "why.coins": "Change for a customer", "why.check": "To check it",
  "report.x": "X report", "report.x.text": "So far, without closing", "report.z": "Z report", "report.z.text": "Of the shift that was closed last", "report.print": "Print", "report.copy": "Print a copy", "report.printed": "Printed", "report.done": "Done", "report.go": "You can go home",
  "report.blind": "Sums are told after the count", "report.blind.text": "So that nobody counts towards them. A manager may look before.", "report.ask": "Show the sums",
  "report.shift": "Shift of {name}", "report.when": "{from} to {to}", "report.sold": "Sold", "report.sales": "Sales", "report.gross": "At list prices", "report.discounts": "Discounts", "report.rounding": "Rounding", "report.total": "Total",
  "report.tax": "Tax {rate}%", "report.tenders": "Paid with", "tender.cash": "Cash", "tender.card": "Card", "report.drawer": "Drawer", "report.opened": "Opened without a sale", "report.copies": "Copies printed", "report.parked": "Baskets parked", "report.receipts": "Receipts", "report.from": "{first} to {last}", "report.none": "none",
  "report.day": "Business date", "report.epoch": "Till {till}, epoch {epoch}", "report.entry": "Entry {seq}", "report.allowed": "Allowed by {name}", "report.reason": "Reason", "report.signed": "Signature",
  "variance.within": "Within {amount}: no manager needed", "variance.above": "Above {amount}: a manager has to allow it", "variance.note": "Note, if it helps", "variance.ask": "Ask a manager", "shift.closed": "Shift closed",
});

// Words of what no sale needs: counting, closing, enrolment, the papers and the panels.
import { addWords } from "./strings.js";

addWords({
  "sync.title": "Connection", "sync.waiting": "Waiting to be sent", "sync.nothing": "Nothing waits", "sync.since": "since {age}",
  "sync.works": "Selling, cash, receipts and closing the shift work without a line. Sales go out by themselves when it is back.", "sync.now": "Send now", "sync.held": "1 entry needs a manager|{n} entries need a manager",
  "sync.held.text": "The server kept it and will not post it by itself.", "sync.enrol": "Enrol again", "try.text": "Each button is a scan, as if you held the product to the scanner.", "more.close": "Close shift",
  "more.clear": "Clear basket", "more.lock": "Lock till", "more.theme": "Appearance", "theme.": "As the device", "theme.light": "Light", "theme.dark": "Dark", "more.language": "Language", "no.last": "No sale yet",
  "no.last.text": "The receipt of the last sale is shown here.", "copy.print": "Print a copy", "count.title": "Close shift", "count.step": "Step 1 of 2 · count the drawer", "count.clear": "Clear count",
  "count.notes": "Notes: how many?", "count.coins": "Coins: how many?", "count.many": "How many {value}?", "count.of": "How many of {value}", "counted": "Counted", "count.progress": "{n} of {of} counted",
  "count.blind": "Counted blind", "count.blind.text": "What we expect is shown after your count, so that nobody counts towards it.", "count.done": "Done counting", "back.till": "Back to till",
  "variance.step": "Step 2 of 2 · {name}, {till}, {from} to {to}", "variance.sales": "Cash sales", "variance.sales.n": "1 sale|{n} sales", "expected": "Expected", "short": "Short", "over": "Over",
  "difference": "Difference", "variance.right": "The drawer is right", "reason": "Reason?", "all.right": "All right", "reason.short": "Cash is short by {amount}", "reason.over": "Cash is over by {amount}",
  "reason.change": "Wrong change", "reason.unknown": "Not known", "reason.miscount": "Miscount", "reason.slip": "Slip missing", "count.again": "Count again", "nothing.waits": "Nothing waits",
  "nothing.waits.text": "Every sale of this shift was sent. You can go home.", "some.wait": "1 entry waits here|{n} entries wait here",
  "some.wait.text": "They are safe and go out by themselves when the line is back. You can go home.", "close.shift": "Close shift", "cash.title": "Cash", "tax.included": "Tax in the sales", "closed": "Shift closed",
  "enrol.title": "Make this browser a till", "enrol.text": "Type the code from the back office", "enrol.code": "Enrolment code", "enrol.button": "Enrol this till", "enrol.demo": "Demo shop",
  "enrol.use": "Use this browser as {name}", "enrol.failed": "That code did not work: it may be used or out of date.", "enrol.offline": "No answer from the server. Try again when there is a line.",
  "enrol.welcome": "Onecounter till", "enrol.once": "Once per browser", "enrol.once.text": "a key is made here and never leaves", "enrol.sell": "Sells without a line", "enrol.sell.text": "every sale is kept here first",
  "enrol.two": "One till, one window", "enrol.two.text": "a second window asks to take over", "main.count": "Count sheet", "main.totals": "Shift totals", "paper.copy": "COPY", "paper.tax": "incl. tax {rate}%",
  "paper.cash": "Cash", "paper.change": "Change", "paper.cashier": "Served by {name}", "paper.thanks": "Thank you",
  "elsewhere.title": "The till is open elsewhere", "elsewhere.text": "One window sells at a time, so that no number is used twice. The basket stays where it is.", "elsewhere.take": "Take over here", "broken.title": "This browser cannot keep sales", "reload": "Reload", "broken.text": "Its storage could not be opened. Nothing was lost: reload, or leave private browsing.",
  "one.less": "One less", "one.more": "One more", "remove": "Remove",
});

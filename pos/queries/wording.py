"""A note of the sync inbox in plain words, made of its facts in this one place. A till with words of its own makes them of the same facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from kernel.money import format_amount

MINUS = "−"
STANDS = "The sale, its receipt and its tax stand as paid."
KEPT = "What the till wrote is kept exactly as it came. It is not in the books yet."
NOTHING = "Nothing."
TITLES = {
    "price": "Price had changed",
    "stock": "Stock was gone",
    "shift": "Shift was already closed",
    "customer": "Customer is not known",
    "item": "Item is not known",
    "limit": "Given beyond its limit",
    "sums": "Sums do not agree",
    "held": "Could not be posted",
    "apart": "Kept apart",
    "conflict": "Two texts for one entry",
    "hole": "Entries are missing",
    "clock": "The till's clock was wrong",
}
NOT_ALLOWED = "No manager allowed it"
APART = {
    "old_epoch": "The till was enrolled anew or signed out before this came",
    "bad_signature": "Its signature is not this till's",
    "bad_hash": "Its text is not the one that was sealed",
    "card_number": "It seems to hold a card number",
    "other_till": "It names another till",
}


@dataclass(frozen=True, slots=True)
class Story:
    """`short`: one line below the title in a list."""

    title: str
    short: str
    happened: str
    safe: str
    costs: str


@dataclass(frozen=True, slots=True)
class Setting:
    """Where and when a note belongs, and the names of those in its facts."""

    till: str
    currency: str
    zone: ZoneInfo
    at: datetime
    amount: int
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Telling:
    """A note's facts ready to be put into words. What is missing reads as a dash; a note never fails to be shown."""

    kind: str
    facts: Mapping[str, Any]
    where: Setting

    def text(self, name: str) -> str:
        return str(self.facts.get(name) or "–")

    def money(self, name: str) -> str:
        return self.amount(self.facts.get(name))

    def amount(self, value: Any) -> str:
        if type(value) is not int:
            return "–"
        return (MINUS if value < 0 else "") + format_amount(abs(value), self.where.currency)

    def count(self, name: str) -> str:
        value = self.facts.get(name)
        if type(value) is not int:
            return "–"
        whole, rest = divmod(abs(value), 1000)
        return f"{MINUS if value < 0 else ''}{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")

    def name(self, fact: str) -> str:
        return self.where.names.get(str(self.facts.get(fact) or ""), "")

    def time(self, value: Any) -> str:
        """By the store's clock; the day too where it is not the note's."""
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            there = at.astimezone(self.where.zone)
        except (ValueError, OverflowError):
            return ""
        day = there.date() == self.where.at.astimezone(self.where.zone).date()
        return f"{there:%H:%M}" if day else f"{there.day} {there:%b %H:%M}"

    @property
    def sale(self) -> str:
        receipt = self.facts.get("receipt")
        return f"Sale {receipt}" if receipt else "A sale"

    @property
    def came(self) -> str:
        """When it was made and when it arrived, where these differ."""
        made, received = self.time(self.where.at), self.time(self.facts.get("received") or self.where.at)
        who = f" by {self.name('cashier')}" if self.name("cashier") else ""
        arrived = f" and arrived at {received}" if received and received != made else ""
        return f"{self.sale} was made on {self.where.till} at {made}{who}{arrived}."


def story(told: Telling) -> Story:
    short, happened, safe, costs = WORDS[told.kind](told) if told.kind in WORDS else ("", "", STANDS, NOTHING)
    title = NOT_ALLOWED if told.kind == "limit" and told.facts.get("what") in ALONE else TITLES.get(told.kind, told.kind)
    return Story(title=title, short=short, happened=happened, safe=safe, costs=costs)


Words = tuple[str, str, str, str]


def _price(told: Telling) -> Words:
    since = told.time(told.facts["since"]) if told.facts.get("since") else ""
    in_force = f"since {since}" if since else "then"
    short = f"{told.text('name')} sold at {told.money('sold')}, list price {told.money('listed')} {in_force}"
    happened = f"{told.came} It used the {told.money('sold')} the till knew; {told.money('listed')} was in force {in_force}."
    amount = told.where.amount
    costs = f"{told.amount(abs(amount))} of margin." if amount < 0 else f"Nothing: the customer paid {told.amount(amount)} more than the list price."
    return short, happened, f"{STANDS[:-1]}: {told.count('quantity')} × {told.text('name')}.", costs


def _stock(told: Telling) -> Words:
    short = f"{told.text('name')}: {told.count('quantity')} sold, shelf now shows {told.count('on_hand')}"
    happened = f"{told.came} {told.count('quantity')} × {told.text('name')} left the shop; the book had fewer and shows {told.count('on_hand')} now."
    return short, happened, STANDS, "Nothing yet. The book is wrong until somebody counts the shelf."


def _shift(told: Telling) -> Words:
    if told.facts.get("what") == "other_till":
        return "The sale names a shift of another till", f"{told.came} It names a shift of another till.", STANDS, "Nothing. It counts for no shift."
    who = told.name("shift_cashier")
    if told.facts.get("what") == "left":
        return _left_open(told, who)
    closed = told.time(told.facts.get("closed"))
    after = f"{who or 'the shift'} {'closed' if who else 'was closed'}" + (f" at {closed}" if closed else "")
    moved = "1 drawer entry" if "entry_kind" in told.facts else "1 sale"
    short = f"{moved} arrived after {who or 'the shift'} {'closed' if who else 'was closed'}; added to that shift"
    costs = f"{told.amount(told.where.amount)} that were not counted with that shift."
    return short, f"{told.came} It reached us after {after}.", f"{STANDS} It belongs to the shift it was made in.", costs


def _left_open(told: Telling, who: str) -> Words:
    whose = f"{who}'s shift" if who else "A shift"
    why = {"lost": "was lost and signed out", "retired": "was signed out"}.get(str(told.facts.get("why")), "was enrolled anew")
    opened, at, till = told.time(told.facts.get("opened")), told.time(told.where.at), told.where.till
    happened = f"{till} {why} at {at}. {whose}, open since {opened}, stayed open: nobody counted its drawer."
    last = f" Receipts after {told.text('last')} may exist." if told.facts.get("last") else ""
    safe = "Every sale that came counts for that shift. What its device still sends is kept apart, and added to that shift once it is released."
    return f"{whose} stayed open when {till} {why}", happened, safe, f"Nothing yet. Count what is in the drawer to close it.{last}"


def _customer(told: Telling) -> Words:
    return "The sale names a customer nobody knows here", f"{told.came} It names a customer nobody knows here.", STANDS, NOTHING


def _item(told: Telling) -> Words:
    if told.facts.get("what") == "open":
        short = f"{told.text('name')}, {told.money('total')}, sold as an open item"
        happened = f"{told.came} {told.text('name')} was typed in: the catalogue has no such item."
        return short, happened, STANDS, "No stock was taken. Add the item to the catalogue if it is sold again."
    if told.facts.get("what") == "serial":
        short = f"The piece with the number {told.text('name')} was not in the book"
        return short, f"{told.came} The book did not have the piece {told.text('name')} here.", STANDS, "Nothing. Look which piece it was."
    short = f"{told.text('name')} is not in the catalogue any more"
    return short, f"{told.came} The catalogue does not have {told.text('name')}.", STANDS, "No stock was taken."


def _limit(told: Telling) -> Words:
    if told.facts.get("what") in ALONE:
        given = told.money("given")
        short = ALONE[str(told.facts["what"])].format(amount=given, name=told.text("name"))
        who = told.name("cashier") or "Somebody"
        did = "closed a shift" if str(told.facts["what"]).startswith("drawer_") else "did it"
        made = told.came if told.facts.get("receipt") else f"{who} {did} on {told.where.till} at {told.time(told.where.at)}."
        happened = f"{made} {short}: above what a cashier may alone, and nobody who may has allowed it."
        costs = f"{given}, unless it is found." if told.facts["what"] == "drawer_short" else "Nothing more. Ask about it if you do not know why."
        return f"{short}, and no manager allowed it", happened, "It stands as it was done.", costs
    short = f"{told.text('name')} was used up already"
    return short, f"{told.came} {told.text('name')} had reached its limit.", STANDS, "What the offer gave once more than planned."


ALONE = {
    "open_item": "{name} was sold as an open item for {amount}",
    "discount": "{amount} was taken off {name} by hand",
    "price": "The price of {name} was set by hand, {amount} in all",
    "cash": "{amount} moved in or out of the drawer",
    "drawer_short": "The drawer was short by {amount} at the close",
    "drawer_over": "The drawer was over by {amount} at the close",
}


def _sums(told: Telling) -> Words:
    costs = NOTHING if not told.where.amount else f"{told.amount(told.where.amount)} beside what the rules say."
    return told.text("words"), f"{told.came} {told.text('words')}", STANDS, costs


def _held(told: Telling) -> Words:
    what = {"sale": told.came, "session_close": "A shift was closed.", "session_open": "A shift was opened."}
    start = what.get(told.text("entry_kind"), f"{told.where.till} wrote it at {told.time(told.where.at)}.")
    costs = (
        f"{told.amount(told.where.amount)} are missing in the books until then." if told.where.amount else "It is missing in the books until then."
    )
    return told.text("words"), f"{start} {told.text('words')}", KEPT, costs


def _apart(told: Telling) -> Words:
    reason = str(told.facts.get("reason") or "")
    why = APART.get(reason, "It cannot be read as what a till writes" if reason.startswith("unreadable") else "It does not fit")
    return why, f"{told.where.till} delivered an entry. {why}.", KEPT, "It does not count until somebody vouches for it."


def _conflict(told: Telling) -> Words:
    place = f"{told.text('epoch')}/{told.text('seq')}"
    happened = f"{told.where.till} wrote two different texts for entry {place}. Only one can have happened."
    return f"Entry {place} came with two texts", happened, "Both are kept. The first one counts.", "Look whether the second was a sale of its own."


def _hole(told: Telling) -> Words:
    first, last = told.text("first"), told.text("last")
    which = f"entry {first}" if first == last else f"entries {first} to {last}"
    happened = f"{told.where.till} sent what it wrote later, but not {which}."
    return (
        f"{which[0].upper()}{which[1:]} did not arrive",
        happened,
        "What came later counts.",
        "What is missing, if it was a sale. Keep that till's browser.",
    )


def _clock(told: Telling) -> Words:
    seconds = told.facts.get("seconds")
    minutes = f"{abs(seconds) // 60} min {abs(seconds) % 60} s" if type(seconds) is int else "much"
    way = "fast" if type(seconds) is int and seconds > 0 else "slow"
    short = f"It was {minutes} {way}"
    return short, f"The clock of {told.where.till} was {minutes} {way}.", "Times were corrected by the server's clock.", NOTHING


WORDS: dict[str, Callable[[Telling], Words]] = {
    "price": _price,
    "stock": _stock,
    "shift": _shift,
    "customer": _customer,
    "item": _item,
    "limit": _limit,
    "sums": _sums,
    "held": _held,
    "apart": _apart,
    "conflict": _conflict,
    "hole": _hole,
    "clock": _clock,
}

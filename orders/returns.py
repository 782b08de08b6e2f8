"""What comes back is worth what it was sold for: the stored allocation is replayed, never computed anew; and until when it may come back.

Of a line the part [start, start + quantity) is what its first `start + quantity` thousandths came to, less what its first `start` did. So any
sequence of parts that covers the line sums to it, in its total, its discount, its tax, each tax and each promotion. Pure: facts in, parts out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final, Protocol

from kernel.money import divided
from orders.allocation import Segment

AMOUNTS: Final = ("total", "discount", "tax")
# What a sticker takes off is the last price of the goods.
FINAL_SALE: Final = "markdown:"

ORIGINAL, STORE_CREDIT = "original", "store_credit"


class SoldLine(Protocol):
    """orders.models.OrderLine, or anything that has its amounts."""

    @property
    def quantity(self) -> int: ...
    @property
    def allocation(self) -> Sequence[Segment]: ...
    @property
    def taxes(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def discounts(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, kw_only=True)
class Part:
    """What some units of a line were sold for; above zero, as the sale had it. `total` is `list_total` less `discount`."""

    quantity: int
    total: int
    discount: int
    tax: int
    taxes: list[dict[str, Any]]
    discounts: list[dict[str, Any]]
    allocation: list[Segment]

    @property
    def list_total(self) -> int:
        return self.total + self.discount


def part(*, sold: SoldLine, start: int, quantity: int) -> Part:
    """Thousandths `start` to `start + quantity` of a line that was sold; both lie within it."""
    if not 0 <= start < start + quantity <= sold.quantity:
        raise ValueError("a part lies within its line")
    before, after = _first(sold.allocation, start), _first(sold.allocation, start + quantity)
    amounts = {name: after[name] - before[name] for name in AMOUNTS}
    return Part(
        quantity=quantity,
        taxes=_of_each(sold.taxes, "amount", before["tax"], after["tax"]),
        discounts=_given(sold.discounts, before["discount"], after["discount"]),
        allocation=_runs(sold.allocation, start, start + quantity),
        **amounts,
    )


def turned(part: Part) -> dict[str, Any]:
    """The line of a return: what was sold, with the sign turned. Names are those of orders.models.OrderLine."""
    return {
        "quantity": -part.quantity,
        "list_total": -part.list_total,
        "discount": -part.discount,
        "total": -part.total,
        "tax": -part.tax,
        "taxes": [one | {"amount": -one["amount"]} for one in part.taxes],
        "discounts": [one | _turned_amounts(one) for one in part.discounts],
        "allocation": [{name: -value for name, value in run.items()} for run in part.allocation],
    }


def shares(*, amounts: Sequence[int], of: int) -> list[int]:
    """How the first `of` minor units of all these amounts fall on each of them: none ever shrinks while `of` grows, and at their sum each is whole.

    Amounts below zero have no such order; with one of them the shares only sum to `of`.
    """
    whole = sum(amounts)
    if not whole or min(amounts) < 0:
        return _in_turn(amounts, of)
    # Sainte-Laguë, begun safely below where it ends: the next unit goes to whoever has least for what it is.
    given = [max(0, amount * (of - len(amounts)) // whole - 1) for amount in amounts]
    for _ in range(of - sum(given)):
        given[max(range(len(amounts)), key=lambda place: (Fraction(amounts[place], 2 * given[place] + 1), -place))] += 1
    return given


def _in_turn(amounts: Sequence[int], of: int) -> list[int]:
    whole, passed, told, parts = sum(amounts), 0, 0, []
    for amount in amounts:
        passed += amount
        upto = divided(passed * of * (1 if whole > 0 else -1), abs(whole)) if whole else passed * bool(of)
        parts.append(upto - told)
        told = upto
    return parts


def _first(segments: Sequence[Segment], quantity: int) -> dict[str, int]:
    """What the first `quantity` thousandths carry. Within a run by cumulative remainder: exact where its units are equal."""
    sums = dict.fromkeys(AMOUNTS, 0)
    for segment in segments:
        taken = min(quantity, segment["quantity"])
        for name in AMOUNTS:
            sums[name] += divided(segment[name] * taken, segment["quantity"])
        quantity -= taken
    return sums


def _runs(segments: Sequence[Segment], start: int, end: int) -> list[Segment]:
    runs: list[Segment] = []
    at = 0
    for segment in segments:
        first, last = max(start, at), min(end, at + segment["quantity"])
        if first < last:
            upto, before = (_first([segment], place - at) for place in (last, first))
            runs.append({"quantity": last - first} | {name: upto[name] - before[name] for name in AMOUNTS})
        at += segment["quantity"]
    return runs


def _of_each(parts: Sequence[Mapping[str, Any]], name: str, before: int, after: int) -> list[dict[str, Any]]:
    amounts = [part[name] for part in parts]
    first, upto = shares(amounts=amounts, of=before), shares(amounts=amounts, of=after)
    return [dict(part) | {name: last - gone} for part, last, gone in zip(parts, upto, first, strict=True)]


def _given(discounts: Sequence[Mapping[str, Any]], before: int, after: int) -> list[dict[str, Any]]:
    """Who gave the discount, and what of it the supplier bears, cumulated over what was given."""
    amounts = [one["amount"] for one in discounts]
    gone, upto = (shares(amounts=amounts, of=of) for of in (before, after))
    found = []
    for one, last, first in zip(discounts, upto, gone, strict=True):
        borne = one.get("supplier_amount", 0)
        supplier = {"supplier_amount": _borne(borne, one["amount"], last) - _borne(borne, one["amount"], first)} if "supplier_amount" in one else {}
        found.append(dict(one) | {"amount": last - first} | supplier)
    return found


def _borne(borne: int, amount: int, given: int) -> int:
    return divided(borne * given, amount) if amount > 0 else 0


def _turned_amounts(one: Mapping[str, Any]) -> dict[str, int]:
    return {name: -one[name] for name in ("amount", "supplier_amount") if name in one}


# --- Until when, and for what.


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the rules look at, of one line that would come back."""

    bought_on: date
    # Codes of its category and of those above it, the nearest first.
    categories: Sequence[str] = ()
    discounts: Sequence[Mapping[str, Any]] = ()
    # Years a buyer must be; 0: anybody.
    age_limit: int = 0
    numbered: bool = False
    # The number it was sold with, and the one that is on what came back.
    sold_serial: str = ""
    shown_serial: str = ""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why not simply: `code` and its `facts` are for programs, `text` is what somebody is told."""

    code: str
    text: str
    facts: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`allowed`: what may be given for it as it is ("original" tenders, "store_credit"); `with_approval`: what else a manager may allow."""

    last_day: date
    reasons: tuple[Reason, ...]
    allowed: frozenset[str]
    with_approval: frozenset[str]


BOTH: Final = frozenset({ORIGINAL, STORE_CREDIT})
CREDIT: Final = frozenset({STORE_CREDIT})
NOTHING: Final[frozenset[str]] = frozenset()
# What each reason leaves without a manager. What two leave is what both do.
LEAVES: Final[Mapping[str, frozenset[str]]] = {
    "window_over": CREDIT,
    "final_sale": NOTHING,
    "age_restricted": NOTHING,
    "serial_missing": NOTHING,
    "serial_differs": NOTHING,
}


def verdict(*, facts: Facts, policy: Mapping[str, Any], on: date) -> Verdict:
    """`policy` as the setting returns.policy has it. A manager may allow everything."""
    last_day = until(bought_on=facts.bought_on, categories=facts.categories, policy=policy)
    reasons = tuple(_reasons(facts, last_day, on))
    return _allowed(reasons, last_day)


def until(*, bought_on: date, categories: Sequence[str], policy: Mapping[str, Any]) -> date:
    """The last day. The nearest category that has its own days counts; a span can only make it later."""
    by_category = policy["categories"]
    days = next((by_category[code] for code in categories if code in by_category), policy["days"])
    spans = (span for span in policy["extended"] if span["from"] <= bought_on.isoformat() <= span["through"])
    return max([bought_on + timedelta(days=days), *(date.fromisoformat(span["until"]) for span in spans)])


def without_receipt() -> Verdict:
    """Nobody knows when or for what it was bought: only a manager, and only store credit."""
    reason = Reason(code="no_receipt", text="No receipt. A manager may give store credit.", facts={})
    return Verdict(last_day=date.min, reasons=(reason,), allowed=NOTHING, with_approval=CREDIT)


def together(verdicts: Iterable[Verdict]) -> tuple[frozenset[str], frozenset[str]]:
    """What may be given for all of them, as it is and with a manager."""
    allowed, approved = BOTH, BOTH
    for one in verdicts:
        allowed, approved = allowed & one.allowed, approved & (one.allowed | one.with_approval)
    return allowed, approved - allowed


def _allowed(reasons: Collection[Reason], last_day: date) -> Verdict:
    allowed = BOTH
    for reason in reasons:
        allowed &= LEAVES[reason.code]
    return Verdict(last_day=last_day, reasons=tuple(reasons), allowed=allowed, with_approval=BOTH - allowed)


def _reasons(facts: Facts, last_day: date, on: date) -> Iterable[Reason]:
    if on > last_day:
        ago, limit = (on - facts.bought_on).days, (last_day - facts.bought_on).days
        text = f"Bought {ago} days ago, limit {limit}. Store credit, or ask a manager."
        yield Reason(code="window_over", text=text, facts={"days": ago, "limit": limit, "last_day": last_day.isoformat()})
    if any(str(one.get("promotion", "")).startswith(FINAL_SALE) for one in facts.discounts):
        yield Reason(code="final_sale", text="Marked down, final sale. Ask a manager.", facts={})
    if facts.age_limit:
        text = f"Only for people of {facts.age_limit} and older. Ask a manager."
        yield Reason(code="age_restricted", text=text, facts={"age_limit": facts.age_limit})
    if facts.numbered:
        yield from _serial_reasons(facts)


def _serial_reasons(facts: Facts) -> Iterable[Reason]:
    if not facts.shown_serial:
        yield Reason(code="serial_missing", text="Each piece of this has a serial number. Read it from what came back, or ask a manager.", facts={})
    elif facts.sold_serial and facts.sold_serial != facts.shown_serial:
        text = f"Sold with serial number {facts.sold_serial}. This is another piece: ask a manager."
        yield Reason(code="serial_differs", text=text, facts={"sold": facts.sold_serial, "shown": facts.shown_serial})

"""What a cashier may not do alone, found again here: a till asks a manager above the store's limits, and whoever alters a till asks nobody.

What was done above a limit without somebody's word for it is a note for the manager. The sale stands, nothing is re-priced, a close stands.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.money import format_amount
from orders.services import MANUAL
from org import settings
from pos import journal
from pos.queries import managing
from pos.services.notes import Remark

# What of an entry asks for somebody's word, by how an approval names it.
OPEN_ITEM, REDUCED, PRICED, CASH, VARIANCE = "open_item", "discount", "price", "cash", "variance"
# Nobody allows themselves these, whoever they are.
TAKES_TWO = frozenset({OPEN_ITEM, CASH, VARIANCE})
# Prices that a person set: a list's and a label's are neither.
BY_HAND = frozenset({"manual", "override"})
MOVES = frozenset({"cash_in", "cash_out", "payout"})
LONGEST_NAME = 80
MOST_APPROVALS = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that needs a word above `limit` minor units. `about` tells those of one entry apart. `costs`: it takes money from the store."""

    kind: str
    amount: int
    about: str
    name: str
    costs: bool = False


@dataclass(frozen=True, slots=True)
class Done:
    """An entry with what it did that may need somebody's word; `store` is where."""

    entry: journal.Entry
    store: UUID
    currency: str
    asked: tuple[Asked, ...]


def asked_of(body: journal.Body | None, kind: str) -> tuple[Asked, ...]:
    """Nothing for nearly every sale. Pure."""
    if isinstance(body, journal.SaleBody):
        return tuple(_of_sale(body))
    if isinstance(body, journal.DrawerMove) and kind in MOVES:
        return (Asked(CASH, abs(body.amount), CASH, kind, costs=True),)
    return ()


def asked_of_close(difference: int) -> tuple[Asked, ...]:
    """Of a drawer that was off by so much when all of its shift was here: what the till itself worked out proves nothing."""
    return (Asked(VARIANCE, abs(difference), VARIANCE, "", costs=difference < 0),) if difference else ()


def _of_sale(body: journal.SaleBody) -> Iterator[Asked]:
    for line in body.lines:
        name = line.name[:LONGEST_NAME]
        if line.kind == "open":
            yield Asked(OPEN_ITEM, line.unit_price, f"{OPEN_ITEM} line {line.position}", name)
        elif line.price_source in BY_HAND:
            yield Asked(PRICED, line.total, f"{PRICED} line {line.position}", name)
        # What no offer says it has taken off was taken off by hand too.
        off = sum(one.amount for one in line.discounts if one.promotion == MANUAL) if line.discounts else line.discount
        if off > 0:
            yield Asked(REDUCED, off, f"{REDUCED} line {line.position}", name, costs=True)


def beyond(done: Sequence[Done]) -> dict[UUID, list[Remark]]:
    """By entry, what was done above its store's limit without the word of somebody who manages that store. No statement where nothing asks
    for a word, and as many for fifty entries as for one of a store."""
    if not done:
        return {}
    stores = managing.stores(ids={one.store for one in done})
    kinds = {(one.store, asked.kind) for one in done for asked in one.asked}
    limits = {(id, kind): LIMITS[kind](stores[id]) for id, kind in sorted(kinds)}
    above = [(one, [asked for asked in one.asked if asked.amount > limits[one.store, asked.kind]]) for one in done]
    above = [(one, asked) for one, asked in above if asked]
    people = {id for one, _ in above for id in (one.entry.cashier, *_named(one.entry)) if id}
    managers = managing.managing(people=people, stores=stores)
    found = {one.entry.id: [_remark(one, asked) for asked in every if not _allowed(one, asked, managers)] for one, every in above}
    return {id: remarks for id, remarks in found.items() if remarks}


def _open_items(store: Any) -> int:
    rule = settings.get("till.open_item", store=store)
    return int(rule["most"]) if rule["allowed"] else 0


# Up to how much a cashier may alone, by an org.models.Store; nobody sets a price alone.
LIMITS: dict[str, Callable[[Any], int]] = {
    OPEN_ITEM: _open_items,
    REDUCED: lambda store: int(settings.get("till.discount_limit", store=store)),
    PRICED: lambda store: -1,
    CASH: lambda store: int(settings.get("till.cash_limit", store=store)),
    VARIANCE: lambda store: int(settings.get("till.variance_limit", store=store)),
}


def _named(entry: journal.Entry) -> list[UUID]:
    return [id for _kind, id, _amount in _approvals(entry)]


def _approvals(entry: journal.Entry) -> Iterator[tuple[str, UUID, int | None]]:
    """What can be read of them: kind, by whom, up to what amount where it says one."""
    for approval in entry.approvals[:MOST_APPROVALS]:
        try:
            by = journal.identifier(approval, "by")
        except (journal.Unreadable, AttributeError):
            continue
        amount = approval.get("amount")
        # A drawer that is short is allowed by an amount below zero.
        yield str(approval.get("kind") or ""), by, abs(amount) if type(amount) is int else None


def _allowed(done: Done, asked: Asked, managers: set[tuple[UUID, UUID]]) -> bool:
    entry = done.entry
    if asked.kind not in TAKES_TWO and entry.cashier and (entry.cashier, done.store) in managers:
        return True
    return any(
        kind == asked.kind
        and (by, done.store) in managers
        and (by != entry.cashier or kind not in TAKES_TWO)
        and (amount is None or amount >= asked.amount)
        for kind, by, amount in _approvals(entry)
    )


def _remark(done: Done, asked: Asked) -> Remark:
    words = f"{WORDS[asked.kind]} {format_amount(asked.amount, done.currency)} was allowed by nobody who may."
    # Whoever counted wants to know which way.
    what = asked.kind if asked.kind != VARIANCE else "drawer_short" if asked.costs else "drawer_over"
    facts = {"what": what, "name": asked.name, "given": asked.amount, "entry_kind": done.entry.kind}
    return Remark("limit", words, asked.about, -asked.amount if asked.costs else asked.amount, facts)


WORDS = {
    OPEN_ITEM: "An open item of",
    REDUCED: "A reduction by hand of",
    PRICED: "A price set by hand of",
    CASH: "Moving cash of",
    VARIANCE: "A drawer that is off by",
}

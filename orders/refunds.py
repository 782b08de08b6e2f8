"""How money that goes back falls on the tenders it came by. Pure: amounts are minor units above 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from catalog.pricing import cash
from kernel.errors import Conflict
from orders.tenders import TenderMismatch

CASH: Final = "cash"
# Kinds that stand for store credit: the shop owes it, and no money leaves.
CREDIT: Final = frozenset({"store_credit", "gift_card"})
# Why a provider's refund is over that was refused: given as store credit; and one that went back at the provider all the same.
GIVEN_INSTEAD: Final = "given_instead"
GIVEN_TWICE: Final = "given_twice"


class RefundExceedsCapture(Conflict):
    """`details`: asked, left."""

    code = "refund_exceeds_capture"
    title = "This is more than is left of what was paid"


@dataclass(frozen=True, kw_only=True)
class Tender:
    """What was paid and has not gone back yet. `way`: the kind it goes back as; `why`: a code, where that is not its own."""

    id: int
    kind: str
    left: int
    way: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Back:
    """`amount` of the tender goes back as `kind`. `tender` None: of none that is known, nobody has a receipt."""

    tender: int | None
    kind: str
    amount: int
    why: str = ""


def in_order(*, owed: int, tenders: Sequence[Tender]) -> list[Back]:
    """To the tenders in their order, each up to what is left of it. Raises RefundExceedsCapture."""
    backs = []
    rest = owed
    for tender in tenders:
        if taken := min(rest, tender.left):
            backs.append(Back(tender=tender.id, kind=tender.way, amount=taken, why=tender.why))
            rest -= taken
    if rest:
        raise RefundExceedsCapture(asked=owed, left=owed - rest)
    return backs


def all_as(*, kind: str, owed: int, tenders: Sequence[Tender], why: str) -> list[Back]:
    """All of it in one way, counted against the tenders in their order."""
    return in_order(owed=owed, tenders=[replace(one, way=kind, why="" if one.kind == kind == one.way else why) for one in tenders])


def as_chosen(*, chosen: Sequence[tuple[str, int]], tenders: Sequence[Tender]) -> list[Back]:
    """As somebody chose: each kind, named once, to the tenders of that kind first, what is over counted against the others in their order."""
    left = {tender.id: tender.left for tender in tenders}
    rests = dict(chosen)
    backs: list[Back] = []
    for own in (True, False):
        for kind in rests:
            for tender in tenders:
                fits = tender.way == tender.kind == kind
                if fits == own and (taken := min(rests[kind], left[tender.id])):
                    backs.append(Back(tender=tender.id, kind=kind, amount=taken, why="" if own else "chosen"))
                    left[tender.id] -= taken
                    rests[kind] -= taken
    if over := sum(rests.values()):
        asked = sum(amount for _, amount in chosen)
        raise RefundExceedsCapture(asked=asked, left=asked - over)
    return backs


def exact(*, chosen: Sequence[tuple[str, int]], owed: int, step: int) -> list[tuple[str, int]]:
    """What was chosen, with the cash in it as it was before rounding. Raises TenderMismatch."""
    others = sum(amount for kind, amount in chosen if kind != CASH)
    in_cash = [amount for kind, amount in chosen if kind == CASH]
    due = owed - others
    fits = sum(in_cash) in (due, cash.rounded(due, step=step)) if in_cash else not due
    if not fits or due < 0 or any(amount <= 0 for _, amount in chosen):
        raise TenderMismatch("Choose tenders that come to what goes back.", field="refunds", due=owed, due_cash=cash.rounded(due, step=step))
    return [(kind, amount) for kind, amount in chosen if kind != CASH] + ([(CASH, due)] if in_cash and due else [])


def cash_rounded(*, backs: Sequence[Back], left: Mapping[int, int], step: int) -> list[Back]:
    """Cash that goes back comes in coins there are: the nearest amount, or the one below where more than was paid would go back.

    `left`: of each tender, before this.
    """
    in_cash = [back for back in backs if back.kind == CASH]
    change = cash.rounded(sum(back.amount for back in in_cash), step=step) - sum(back.amount for back in in_cash)
    if not change:
        return list(backs)
    others = [back for back in backs if back.kind != CASH]
    last = in_cash[-1]
    if change > 0:
        taken = sum(back.amount for back in backs if back.tender == last.tender)
        change -= 0 if last.tender is None or taken + change <= left[last.tender] else step
    return others + _changed(in_cash, change)


def _changed(in_cash: Sequence[Back], change: int) -> list[Back]:
    """The last of them carry it."""
    found = list(in_cash)
    for place in range(len(found))[::-1]:
        amount = max(0, found[place].amount + change)
        change -= amount - found[place].amount
        found[place] = replace(found[place], amount=amount)
    return [back for back in found if back.amount]

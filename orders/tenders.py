"""Which tenders cover a total. Pure: amounts are minor units above 0, and what comes out comes to the total exactly.

Only cash is ever handed over beyond what is owed, and only cash gives change. What a program offers beside it must fit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from kernel.errors import Conflict, Invalid

CASH: Final = "cash"
GIFT_CARD, STORE_CREDIT, POINTS, ACCOUNT = "gift_card", "store_credit", "points", "account"
# What the shop keeps itself: taken and given back in the order's own transaction.
INTERNAL: Final = frozenset({GIFT_CARD, STORE_CREDIT, POINTS, ACCOUNT})
# What is awaited: the order stands, and is paid when it has come.
AWAITED: Final = frozenset({"card", "transfer"})
KINDS: Final = INTERNAL | AWAITED | {CASH}
# Two of one kind are two cards; of these there is only one.
ONCE: Final = frozenset({STORE_CREDIT, POINTS, ACCOUNT, "transfer"})
MOST: Final = 20


class TenderMismatch(Invalid):
    """`details.missing`: what is not covered; below zero: what is too much and cannot be given back as change."""

    code = "tender_mismatch"
    title = "The tenders do not come to the total"


class TenderUnknown(Invalid):
    code = "tender_unknown"
    title = f"A tender is one of {', '.join(sorted(KINDS))}"


class NeedsCustomer(Invalid):
    code = "tender_needs_customer"
    title = "Credit, points and an account belong to a customer: say who buys"


class AccountLimit(Conflict):
    """`details`: asked, left (minor units)."""

    code = "account_limit"
    title = "This is more than the customer may still owe"


@dataclass(frozen=True, kw_only=True)
class Tender:
    """What is offered. `amount` of cash: what was handed over. Of a gift card `code`, or `account` where staff chose it.

    `backend` and `token`: of a card, who takes it, and what the provider gave the shopper's browser for it.
    """

    kind: str
    amount: int
    code: str = field(default="", repr=False)
    account: UUID | None = None
    backend: str = ""
    token: str = field(default="", repr=False)
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class Share:
    """What a tender pays of the total: `tendered` less `change`."""

    tender: Tender
    amount: int
    change: int = 0

    @property
    def kind(self) -> str:
        return self.tender.kind

    @property
    def tendered(self) -> int:
        return self.amount + self.change


def cover(*, total: int, tenders: Sequence[Tender], point_worth: int = 0) -> list[Share]:
    """What each pays, in their order. `point_worth`: minor units; 0: points pay nothing here.

    Raises TenderMismatch, TenderUnknown.
    """
    checked(tenders, point_worth=point_worth)
    offered = sum(tender.amount for tender in tenders)
    if offered < total:
        raise TenderMismatch(field="tenders", missing=total - offered)
    change = offered - total
    in_cash = [place for place, tender in enumerate(tenders) if tender.kind == CASH]
    # A note that was not needed is handed back, not taken and changed.
    if change and (not in_cash or change >= tenders[in_cash[-1]].amount):
        raise TenderMismatch("More is offered than is owed, and only cash gives change.", field="tenders", missing=-change)
    back = {in_cash[-1]: change} if change else {}
    return [Share(tender=tender, amount=tender.amount - back.get(place, 0), change=back.get(place, 0)) for place, tender in enumerate(tenders)]


def checked(tenders: Sequence[Tender], *, point_worth: int) -> None:
    """What is wrong with a tender whatever the total is. Raises TenderMismatch, TenderUnknown."""
    if len(tenders) > MOST:
        raise TenderMismatch(f"Pay with at most {MOST} tenders.", field="tenders", maximum=MOST)
    for place, tender in enumerate(tenders):
        where = f"tenders.{place}"
        if tender.kind not in KINDS:
            raise TenderUnknown(field=f"{where}.kind")
        if tender.amount <= 0:
            raise TenderMismatch("A tender pays more than nothing.", field=f"{where}.amount")
        if tender.kind == GIFT_CARD and not tender.code and tender.account is None:
            raise TenderMismatch("Send the gift card's code.", field=f"{where}.code")
        if tender.kind == POINTS:
            whole_points(amount=tender.amount, point_worth=point_worth, field=f"{where}.amount")
        if tender.kind in ONCE and any(other.kind == tender.kind for other in tenders[:place]):
            raise TenderMismatch("This tender comes once.", field=f"{where}.kind")


def whole_points(*, amount: int, point_worth: int, field: str = "amount") -> int:
    """How many points pay an amount: whole ones."""
    if point_worth <= 0:
        raise TenderUnknown("Points pay nothing here.", field=field)
    if amount % point_worth:
        raise TenderMismatch(f"Points pay in steps of {point_worth}.", field=field, step=point_worth)
    return amount // point_worth


def points_back(*, spent: int, paid: int, before: int, amount: int) -> int:
    """Of `spent` points that paid `paid`, what goes back with `amount` of it when `before` went back already: never more in all than were spent."""
    return spent * (before + amount) // paid - spent * before // paid

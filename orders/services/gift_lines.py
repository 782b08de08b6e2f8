"""Gift cards that were sold: made when their order is paid, and found again whenever their code has to be told.

A code is kept nowhere. It follows from the order, the line and a secret of the shop, so that a mail sent again tells the same one.
"""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from customers import queries as held
from customers import sealing
from customers import services as customers
from orders.models import Order, OrderLine

LETTERS: Final = 16


def code_of(*, order: Order, line: OrderLine, copy: int = 0) -> str:
    """16 letters of 32: 80 bits that nobody guesses."""
    return base64.b32encode(sealing.digest("gift_line", f"{order.id} {line.position} {copy}")).decode()[:LETTERS]


def codes_of(*, order: Order) -> list[str]:
    """Of all cards that were sold with it, in their order."""
    return [code_of(order=order, line=line, copy=copy) for line, copy in _pieces(order)]


def _pieces(order: Order) -> Iterator[tuple[OrderLine, int]]:
    for line in OrderLine.objects.filter(order=order, kind=OrderLine.Kind.GIFT_CARD, quantity__gt=0).order_by("position"):
        yield from ((line, copy) for copy in range(max(1, line.quantity // 1000)))


@dataclass(frozen=True, kw_only=True)
class Sold:
    """A card that was sold: `account` in the ledger, what it cost, and its place among all of its order."""

    account: UUID
    amount: int
    place: int


def sold_cards(*, line: OrderLine) -> list[Sold]:
    """Of one line, in the order of its pieces; whether they are made yet or not."""
    return [
        Sold(account=customers.card_of(reference=line.order_id, line=place), amount=_amount(line, copy), place=place)
        for copy in range(max(1, line.quantity // 1000))
        for place in [line.position * 1000 + copy]
    ]


def coming_back(*, line: OrderLine, start: int, quantity: int) -> list[Sold]:
    """Which cards the pieces from `start` are (thousandths): of those that cost as much, the first that nothing was paid with.

    Raises GiftCardUsed.
    """
    known = sold_cards(line=line)
    wanted = known[start // 1000 : (start + quantity) // 1000]
    left = held.balances(accounts=[card.account for card in known])
    unused = [card for card in known if left.get(card.account) == card.amount]
    found = []
    for card in wanted:
        fitting = next((one for one in unused if one.amount == card.amount), None)
        if fitting is None:
            raise customers.GiftCardUsed(field="lines", sold=card.amount, left=max(left.values(), default=0))
        unused.remove(fitting)
        found.append(fitting)
    return found


def void_cards(*, cards: Sequence[Sold], reference: UUID, actor: UUID | None, note: str, now: datetime) -> None:
    """In the transaction that gives their money back, under the lock of all value that moves in it. Raises GiftCardUsed."""
    for card in cards:
        customers.void(id=card.account, amount=card.amount, reference=reference, line=card.place, actor=actor, note=note, now=now)


def _amount(line: OrderLine, copy: int) -> int:
    pieces = max(1, line.quantity // 1000)
    return line.total // pieces + (1 if copy < line.total % pieces else 0)


def issue_cards(*, order: Order, now: datetime) -> None:
    """One card a line and piece, with what the piece cost on it. Once: the ledger knows what it has issued."""
    if order.status == Order.Status.CANCELLED:
        return
    for line, copy in _pieces(order):
        customers.issue_gift_card(
            amount=_amount(line, copy),
            currency=order.currency,
            reference=order.id,
            line=line.position * 1000 + copy,
            actor=None,
            now=now,
            code=code_of(order=order, line=line, copy=copy),
        )

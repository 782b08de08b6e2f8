"""Gift cards that were sold: made when their order is paid, and found again whenever their code has to be told.

A code is kept nowhere. It follows from the order, the line and a secret of the shop, so that a mail sent again tells the same one.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Final

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


def issue_cards(*, order: Order, now: datetime) -> None:
    """One card a line and piece, with what the piece cost on it. Once: the ledger knows what it has issued."""
    for line, copy in _pieces(order):
        pieces = max(1, line.quantity // 1000)
        customers.issue_gift_card(
            amount=line.total // pieces + (1 if copy < line.total % pieces else 0),
            currency=order.currency,
            reference=order.id,
            line=line.position * 1000 + copy,
            actor=None,
            now=now,
            code=code_of(order=order, line=line, copy=copy),
        )

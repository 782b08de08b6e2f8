"""Gift cards that were sold: made when their order is paid, and found again whenever their code has to be told.

A code is kept nowhere. It follows from the order, the line and a secret of the shop, so that a mail sent again tells the same one.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Final

from django.conf import settings

from customers import services as customers
from orders.models import Order, OrderLine

LETTERS: Final = 16


def code_of(*, order: Order, line: OrderLine, copy: int = 0) -> str:
    """16 letters of 32: 80 bits that nobody guesses."""
    said = f"gift card {order.id} {line.position} {copy}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).digest()
    return base64.b32encode(digest).decode()[:LETTERS]


def issue_cards(*, order: Order, now: datetime) -> None:
    """One card a line and piece, with what the piece cost on it. Once: the ledger knows what it has issued."""
    lines = OrderLine.objects.filter(order=order, kind=OrderLine.Kind.GIFT_CARD, quantity__gt=0).order_by("position")
    for line in lines:
        for copy in range(pieces := max(1, line.quantity // 1000)):
            customers.issue_gift_card(
                amount=line.total // pieces + (1 if copy < line.total % pieces else 0),
                currency=order.currency,
                reference=order.id,
                line=line.position * 1000 + copy,
                actor=None,
                now=now,
                code=code_of(order=order, line=line, copy=copy),
            )

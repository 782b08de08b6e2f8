"""What businesses owe: what they bought on account and have not paid. Amounts are minor units.

A tender "account" is owed until something stands against it: what was paid since (orders.services.on_account), or goods that came back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

# Whoever was merged into them counts with them.
OPEN = """
from orders_payment payment join orders_order o on o.id = payment.order_id
where payment.kind = 'account' and payment.amount > payment.refunded and o.currency = %s
    and o.customer_id in (select id from customers_customer where id = %s or merged_into_id = %s)
"""


@dataclass(frozen=True, kw_only=True)
class OpenItem:
    """A tender on account of which `left` is owed."""

    payment: int
    order: UUID
    number: str
    business_date: date
    amount: int
    left: int


def owed(*, customer: UUID, currency: str, without: UUID | None = None) -> int:
    """In one statement. `without`: an order that is being counted anew."""
    wanted = f"select coalesce(sum(payment.amount - payment.refunded), 0)::bigint {OPEN} and (%s::uuid is null or o.id <> %s::uuid)"
    return int(_rows(wanted, [currency, customer, customer, without, without])[0][0])


def open_items(*, customer: UUID, currency: str) -> list[OpenItem]:
    """Oldest first, in one statement."""
    names = "payment.id, o.id, o.number, o.business_date, payment.amount, payment.amount - payment.refunded"
    rows = _rows(f"select {names} {OPEN} order by o.placed_at, payment.id", [currency, customer, customer])
    return [OpenItem(**dict(zip(OpenItem.__dataclass_fields__, row, strict=True))) for row in rows]


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()

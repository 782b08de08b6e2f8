"""What a business owes is paid: later, in one sum for many orders, oldest first.

On each order the tender "account" is taken back and the money that came stands in its place, so the order stays paid exactly, what is owed
is what is left of its tenders on account, and the books see money come for a receivable.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from customers import services as customers
from kernel.errors import Conflict, Invalid
from orders.models import Order, Payment
from orders.queries.owed import OpenItem, open_items
from orders.services.life import moved, record_step, tell_change

KINDS: Final = (Payment.Kind.CASH, Payment.Kind.CARD, Payment.Kind.TRANSFER, Payment.Kind.OTHER)


class SettlementInvalid(Invalid):
    code = "settlement_invalid"
    title = f"A settlement is more than nothing, and comes as one of {', '.join(KINDS)}"


class MoreThanOwed(Conflict):
    """`details.owed`: minor units."""

    code = "more_than_owed"
    title = "This is more than the customer owes"


@dataclass(frozen=True, kw_only=True)
class Settled:
    """How much of an order's tender on account was paid."""

    order: UUID
    number: str
    amount: int


@transaction.atomic
def settle_account(
    *, customer: UUID, amount: int, currency: str, kind: str, reference: UUID, label: str = "", actor: UUID | None, now: datetime
) -> list[Settled]:
    """Money of a customer for what they owe, minor units; which orders it paid. Once per `reference`: again it answers the same.

    Raises SettlementInvalid, MoreThanOwed, NotFound.
    """
    if amount <= 0 or kind not in KINDS:
        raise SettlementInvalid(field="amount" if amount <= 0 else "kind")
    # One settlement of a customer at a time, and none beside a new order on account.
    customers.account_limit(customer=customer)
    if before := _settled_by(reference):
        return before
    items = open_items(customer=customer, currency=currency)
    if amount > sum(item.left for item in items):
        raise MoreThanOwed(field="amount", owed=sum(item.left for item in items))
    paid = _shared(items, amount)
    # In one order, as everybody locks orders.
    for item, share in sorted(paid, key=lambda one: one[0].order):
        _settle(item, share, kind, reference, label, actor, now)
    return _settled_by(reference)


def _shared(items: list[OpenItem], amount: int) -> list[tuple[OpenItem, int]]:
    shares = []
    for item in items:
        share = min(amount, item.left)
        amount -= share
        if share:
            shares.append((item, share))
    return shares


def _settle(item: OpenItem, share: int, kind: str, reference: UUID, label: str, actor: UUID | None, now: datetime) -> None:
    order = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("channel", "store").get(id=item.order)
    last = Payment.objects.filter(order=order).aggregate(last=Max("position"))["last"] or 0
    common = {"order": order, "paid_at": now, "source": reference}
    owed = Payment(**common, position=last + 1, kind=Payment.Kind.ACCOUNT, amount=-share, tendered=-share, refunds_id=item.payment)
    came = Payment(**common, position=last + 2, kind=kind, amount=share, tendered=share, label=label)
    Payment.objects.bulk_create([owed, came])
    moved(order)
    record_step(order=order.id, kind="settled", facts={"amount": share, "kind": kind, "reference": str(reference)}, actor=actor, now=now)
    tell_change(order, "settled", now=now)


def _settled_by(reference: UUID) -> list[Settled]:
    rows = Payment.objects.filter(source=reference, kind__in=KINDS, amount__gt=0).order_by("order__placed_at", "id")
    return [Settled(order=order, number=number, amount=amount) for order, number, amount in rows.values_list("order_id", "order__number", "amount")]

"""What customers tell of orders: in somebody's timeline, in the export of all that is known of them, and before they are erased."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q

from customers.above import Entry, Held
from orders.models import Order, OrderLine, OrderStep, Payment

Json = dict[str, Any]
SORTS: Final[dict[str, str]] = {Order.Kind.RETURN: "return"}


def timeline(*, customers: Sequence[UUID], until: datetime | None, first: int) -> list[Entry]:
    """Orders and returns by when they were placed; one statement, along the index of customers."""
    rows = Order.objects.filter(customer__in=customers)
    if until is not None:
        rows = rows.filter(placed_at__lte=until)
    told = rows.select_related("store", "channel").order_by("-placed_at", "-id")[:first]
    return [Entry(at=order.placed_at, kind="order", id=str(order.id), facts=_told(order), sort=SORTS.get(order.kind, "")) for order in told]


def mails(*, customers: Sequence[UUID], until: datetime | None, first: int) -> list[Entry]:
    """Which mail went about which of their orders; one statement."""
    rows = OrderStep.objects.filter(kind="mailed", order__customer__in=customers)
    if until is not None:
        rows = rows.filter(at__lte=until)
    told = rows.order_by("-at", "-id").values_list("id", "at", "order", "order__number", "facts__type")[:first]
    return [
        Entry(at=at, kind="mail", id=f"{id:020}", facts={"order": str(order), "number": number, "type": type}) for id, at, order, number, type in told
    ]


def _told(order: Order) -> Json:
    return {
        "number": order.number,
        "kind": order.kind,
        "status": order.status,
        "source": order.source,
        "channel": order.channel.code,
        "store": order.store.code if order.store else None,
        "currency": order.currency,
        "total": order.total,
    }


def export(customers: Sequence[UUID]) -> list[Json]:
    """Three statements however many there are."""
    orders = list(Order.objects.filter(customer__in=customers).select_related("store", "channel").order_by("placed_at", "id"))
    ids = [order.id for order in orders]
    lines, payments = defaultdict(list), defaultdict(list)
    for line in OrderLine.objects.filter(order__in=ids).order_by("order", "position"):
        lines[line.order_id].append({"sku": line.sku, "name": line.name, "quantity": line.quantity, "total": line.total})
    for payment in Payment.objects.filter(order__in=ids).order_by("order", "id"):
        payments[payment.order_id].append({"kind": payment.kind, "amount": payment.amount})
    return [
        {"id": order.id, "placed_at": order.placed_at, **_told(order), "lines": lines[order.id], "payments": payments[order.id]} for order in orders
    ]


def holds(customers: Sequence[UUID]) -> list[Held]:
    """An order that awaits money or a person, goods that have not left, and what is owed on account."""
    theirs = Order.objects.filter(customer__in=customers)
    waits = Q(status__in=["pending", "review"]) | Q(status="paid", kind="sale", source__in=["web", "staff"], handed_over_at=None)
    found = []
    if number := theirs.filter(waits).order_by("placed_at").values_list("number", flat=True).first():
        found.append(Held(code="order_unsettled", message=f"Order {number} is not settled."))
    owed = Payment.objects.filter(order__in=theirs, kind="account", amount__gt=F("refunded"))
    if number := owed.order_by("id").values_list("order__number", flat=True).first():
        found.append(Held(code="account_owed", message=f"What was bought on account with order {number} is not paid."))
    return found

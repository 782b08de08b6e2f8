"""What was done to orders, what is still to be paid, and what was issued for them."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from customers.addresses import printed
from customers.queries import read, read_address
from orders import paper
from orders.models import Due, Invoice, Order, OrderStep


@dataclass(frozen=True, kw_only=True)
class StepRow:
    kind: str
    facts: dict[str, Any]
    actor: UUID | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class DueRow:
    position: int
    amount: int
    paid: int
    due_on: date | None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is told of an order beside its rows."""

    kind: str
    version: int
    customer: UUID | None
    delivery: str
    delivery_option: str
    held_reason: str
    handed_over_at: datetime | None
    cancelled_at: datetime | None
    expires_at: datetime | None


def within(*, order: UUID, stores: Collection[UUID] | None, channel: UUID | None) -> bool:
    bounds = Q() if stores is None else Q(store_id__in=list(stores))
    return Order.objects.filter(bounds & (Q(channel_id=channel) if channel else Q()), id=order).exists()


def standings(*, orders: Iterable[UUID]) -> dict[UUID, Standing]:
    names = [name for name in Standing.__dataclass_fields__ if name != "customer"]
    rows = Order.objects.filter(id__in=list(orders)).values_list("id", "customer_id", *names)
    return {row[0]: Standing(customer=row[1], **dict(zip(names, row[2:], strict=True))) for row in rows}


def steps(*, orders: Iterable[UUID]) -> dict[UUID, list[StepRow]]:
    """Of each order, oldest first."""
    found: dict[UUID, list[StepRow]] = defaultdict(list)
    for row in OrderStep.objects.filter(order_id__in=list(orders)).order_by("order_id", "id").values("order_id", *StepRow.__dataclass_fields__):
        found[row.pop("order_id")].append(StepRow(**row))
    return found


def dues(*, orders: Iterable[UUID]) -> dict[UUID, list[DueRow]]:
    found: dict[UUID, list[DueRow]] = defaultdict(list)
    for row in Due.objects.filter(order_id__in=list(orders)).order_by("order_id", "position").values("order_id", *DueRow.__dataclass_fields__):
        found[row.pop("order_id")].append(DueRow(**row))
    return found


def invoices(*, order: UUID) -> list[Invoice]:
    return list(Invoice.objects.filter(order=order).order_by("issued_at", "id"))


def all_invoices(*, orders: Iterable[UUID]) -> dict[UUID, list[Invoice]]:
    """Of each order, the first one first."""
    found: dict[UUID, list[Invoice]] = defaultdict(list)
    for row in Invoice.objects.filter(order__in=list(orders)).order_by("issued_at", "id"):
        found[row.order_id].append(row)
    return found


def printed_invoice(*, order: UUID, id: UUID) -> tuple[str, bytes] | None:
    """Its name and its page. Who it is for is read now; somebody who was erased is not named any more."""
    found = Invoice.objects.select_related("order__customer").filter(order=order, id=id).first()
    if found is None:
        return None
    customer = found.order.customer
    page = paper.invoice(
        document=found.document,
        address=_address(found.order),
        issued_at=found.issued_at,
        language=customer.language if customer else "",
        tax_number=_tax_number(found.order),
    )
    return found.name, page


def _address(order: Order) -> list[str] | None:
    """None: it was erased."""
    at = order.bill_to_id or order.ship_to_id
    if order.customer is not None and order.customer.erased_at is not None:
        return None
    return printed(read_address(id=at)) if at else []


def _tax_number(order: Order) -> str:
    """Of a business that still is somebody: the same rule that names it names its number."""
    customer = order.customer
    if customer is None or customer.erased_at is not None or customer.kind != "business":
        return ""
    return str(read(id=customer.id)["tax_number"])

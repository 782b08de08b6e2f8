"""What can be asked about orders: some in full, pages of them, what shifts and days came to. Amounts are minor units."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleLessThan

from orders.models import Order, OrderLine, Payment
from org.paging import Page, page_of


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """`channel` and `store_code` are codes; `tax` is contained in `total`, and in the lines' totals when `tax_included`."""

    id: UUID
    number: str
    source: str
    status: str
    channel_id: UUID
    channel: str
    store_id: UUID | None
    store_code: str | None
    store_name: str | None
    currency: str
    total: int
    tax: int
    tax_included: bool
    rounding: int
    shift: UUID | None
    cashier: UUID | None
    business_date: date
    placed_at: datetime


@dataclass(frozen=True, kw_only=True)
class LineRow:
    position: int
    kind: str
    variant_id: UUID | None
    sku: str
    gtin: str
    name: str
    quantity: int
    unit_price: int
    price_quantity: int
    list_total: int
    discount: int
    total: int
    tax_class: str
    tax_rate: int
    tax: int
    taxes: list[dict[str, Any]]
    discounts: list[dict[str, Any]]
    allocation: list[dict[str, int]]
    extra: dict[str, Any]
    # Thousandths that came back since.
    returned: int


@dataclass(frozen=True, kw_only=True)
class PaymentRow:
    position: int
    kind: str
    amount: int
    tendered: int
    change: int
    paid_at: datetime
    label: str
    refunded: int


@dataclass(frozen=True, kw_only=True)
class OrderDetail:
    order: OrderRow
    lines: tuple[LineRow, ...]
    payments: tuple[PaymentRow, ...]


@dataclass(frozen=True, kw_only=True)
class Totals:
    """`cash` is what cash payments covered, so what they left in the drawer."""

    sales: int = 0
    total: int = 0
    cash: int = 0
    tax: int = 0


ORDER_COLUMNS = {
    **{name: name for name in OrderRow.__dataclass_fields__ if name not in ("channel", "store_code", "store_name")},
    "channel": "channel__code",
    "store_code": "store__code",
    "store_name": "store__name",
}


def page(
    *,
    first: int,
    after: tuple[datetime, UUID] | None = None,
    stores: Collection[UUID] | None = None,
    channel: UUID | None = None,
    shift: UUID | None = None,
) -> Page[OrderRow]:
    """Orders, newest first, in one statement. `after` is (placed_at, id) of the last one seen; None for `stores` or `channel` means no bound."""
    bounds = _bounds(stores, channel) & (Q(shift=shift) if shift else Q())
    found = Order.objects.filter(bounds)
    if after:
        # A row comparison walks the index from there; "older, or as old and smaller" would not.
        found = found.filter(TupleLessThan(Tuple(F("placed_at"), F("id")), after))
    return page_of(_order_rows(found.order_by("-placed_at", "-id")[: first + 1]), first=first)


def detail(
    *, id: UUID | None = None, number: str | None = None, stores: Collection[UUID] | None = None, channel: UUID | None = None
) -> OrderDetail | None:
    """One order in full; None when there is none or it lies outside the bounds: the answer is the same."""
    wanted = Q(id=id) if id else Q(number=number)
    found = _order_rows(Order.objects.filter(wanted & _bounds(stores, channel)))
    return _details(found)[0] if found else None


def details(*, ids: Iterable[UUID], stores: Collection[UUID] | None = None, channel: UUID | None = None) -> dict[UUID, OrderDetail]:
    """Many in full, in three statements whatever their number."""
    found = _order_rows(Order.objects.filter(_bounds(stores, channel), id__in=list(ids)))
    return {order.order.id: order for order in _details(found)}


def lines(*, orders: Iterable[UUID]) -> dict[UUID, list[LineRow]]:
    rows = OrderLine.objects.filter(order_id__in=list(orders)).order_by("order_id", "position")
    found: dict[UUID, list[LineRow]] = defaultdict(list)
    for row in rows.values("order_id", *LineRow.__dataclass_fields__):
        found[row.pop("order_id")].append(LineRow(**row))
    return found


def payments(*, orders: Iterable[UUID]) -> dict[UUID, list[PaymentRow]]:
    rows = Payment.objects.filter(order_id__in=list(orders)).order_by("order_id", "position")
    found: dict[UUID, list[PaymentRow]] = defaultdict(list)
    for row in rows.values("order_id", *PaymentRow.__dataclass_fields__):
        found[row.pop("order_id")].append(PaymentRow(**row))
    return found


TOTALS = """
select {key}, count(*), sum(total)::bigint, sum(cash.amount)::bigint, sum(tax)::bigint
from orders_order
cross join lateral (
    select coalesce(sum(amount), 0) as amount from orders_payment where order_id = orders_order.id and kind = 'cash'
) cash
where {where}
group by {key}
"""


def totals_by_shift(*, shifts: Iterable[UUID]) -> dict[UUID, Totals]:
    """What each shift sold; a shift without sales is all zeros."""
    wanted = list(shifts)
    sql = TOTALS.format(key="shift", where="shift = any(%s)")
    return dict.fromkeys(wanted, Totals()) | dict(_totals(sql, [wanted]))


def totals_by_day(*, since: date, until: date, stores: Collection[UUID] | None = None) -> dict[date, Totals]:
    """What each business day sold, both ends included; a day without sales is missing. Only stores that trade in one currency add up."""
    if stores is None:
        rows = _totals(TOTALS.format(key="business_date", where="business_date between %s and %s"), [since, until])
    else:
        where = "business_date between %s and %s and store_id = any(%s)"
        rows = _totals(TOTALS.format(key="business_date", where=where), [since, until, list(stores)])
    return dict(rows)


def _totals(sql: str, values: list[Any]) -> list[tuple[Any, Totals]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(key, Totals(sales=sales, total=total, cash=cash, tax=tax)) for key, sales, total, cash, tax in cursor.fetchall()]


def _bounds(stores: Collection[UUID] | None, channel: UUID | None) -> Q:
    within = Q() if stores is None else Q(store_id__in=list(stores))
    return within & (Q(channel_id=channel) if channel else Q())


def _order_rows(found: Any) -> list[OrderRow]:
    return [OrderRow(**dict(zip(ORDER_COLUMNS, row, strict=True))) for row in found.values_list(*ORDER_COLUMNS.values())]


def _details(found: list[OrderRow]) -> list[OrderDetail]:
    ids = [order.id for order in found]
    lines_of, payments_of = lines(orders=ids), payments(orders=ids)
    return [OrderDetail(order=order, lines=tuple(lines_of[order.id]), payments=tuple(payments_of[order.id])) for order in found]

"""What a return looks at: the lines as they were sold, the tenders that paid them, what the catalogue says of the goods. Amounts are minor units."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from catalog.models import ChannelTax
from customers.models import Customer
from orders.models import Order, OrderLine, Payment, ProviderRefund

# Far above what anybody paid with, far below what would not end.
MOST_GENERATIONS: Final = 50
# What is money for money, or comes back as money, earns no points.
EARNS_NOTHING: Final = (OrderLine.Kind.GIFT_CARD, OrderLine.Kind.DEPOSIT)


@dataclass(frozen=True, kw_only=True)
class GoodsFacts:
    """What returns ask of goods. `categories`: codes, the nearest first."""

    sku: str
    name: str
    by_piece: bool
    age_limit: int
    numbered: bool
    categories: list[str]
    tax_class: str


@dataclass(frozen=True, kw_only=True)
class Held:
    """Whose account a tender was taken from, and how much of it: points of "PTS" or minor units. `blocked`: it takes nothing back."""

    account: UUID
    kind: str
    units: int
    blocked: bool


@dataclass(frozen=True, kw_only=True)
class TenderRow:
    """A tender that came in. `left` has not gone back yet; `held`: of gift cards, credit and points; `attempt`: of a gateway."""

    id: int
    order: UUID
    position: int
    kind: str
    label: str
    amount: int
    refunded: int
    attempt: UUID | None
    held: Held | None

    @property
    def left(self) -> int:
        return self.amount - self.refunded


@dataclass(frozen=True, kw_only=True)
class ReturnRow:
    """One return of an order, as a list shows it."""

    id: UUID
    number: str
    total: int
    currency: str
    store_id: UUID | None
    business_date: date
    placed_at: datetime


GOODS = """
with recursive asked as (
    select v.id, v.sku, v.name as variant_name, v.sold_by, p.name, p.age_limit, p.tracks_serials, p.category_id, t.code as tax_class
    from catalog_variant v join catalog_product p on p.id = v.product_id join catalog_taxclass t on t.id = p.tax_class_id
    where v.id = any(%s::uuid[])
), up as (
    select asked.id as variant, c.id, c.code, c.parent_id, 0 as far from asked join catalog_category c on c.id = asked.category_id
    union all
    select up.variant, c.id, c.code, c.parent_id, up.far + 1 from up join catalog_category c on c.id = up.parent_id
)
select id, sku, concat_ws(' ', name, nullif(variant_name, '')), sold_by = 'each', coalesce(age_limit, 0), tracks_serials, tax_class,
    coalesce((select array_agg(up.code order by far) from up where up.variant = asked.id), '{}')
from asked
"""

HELD = """
select moved.id, account.id, account.kind, -posting.amount, account.blocked_at is not null
from customers_transaction moved
join customers_posting posting on posting.transaction_id = moved.id
join customers_account account on account.id = posting.account_id and account.kind <> 'counter'
where moved.id = any(%s::uuid[]) and moved.cause = 'spend'
"""


def goods(*, variants: Iterable[UUID]) -> dict[UUID, GoodsFacts]:
    names = ("sku", "name", "by_piece", "age_limit", "numbered", "tax_class", "categories")
    return {row[0]: GoodsFacts(**dict(zip(names, row[1:], strict=True))) for row in _rows(GOODS, [list(set(variants))])}


def sold_lines(*, ids: Collection[int]) -> dict[int, OrderLine]:
    return {line.pk: line for line in OrderLine.objects.filter(pk__in=list(ids)).select_related("order__store", "order__channel")}


DEPOSITS = """
select line.id, deposit.id, (deposit.quantity - deposit.returned)::bigint, line.quantity = line.returned + asked.quantity
from unnest(%s::bigint[], %s::bigint[]) asked (line, quantity)
join orders_orderline line on line.id = asked.line and line.kind = 'goods'
join catalog_variant variant on variant.id = line.variant_id
join orders_orderline deposit on deposit.order_id = line.order_id and deposit.kind = 'deposit' and deposit.variant_id = variant.deposit_id
where deposit.quantity > deposit.returned
order by line.position, deposit.position
"""


def deposits(*, coming: Mapping[int, int]) -> list[tuple[int, int, int, bool]]:
    """Of lines of goods that come back (thousandths by line): the lines of their deposit with what is left of each, and whether all of the
    goods are back then. One statement."""
    return _rows(DEPOSITS, [list(coming), list(coming.values())]) if coming else []  # type: ignore[return-value]


def all_returned(*, order: UUID, besides: dict[int, int]) -> bool:
    """Whether nothing of it is left with the customer when `besides` (thousandths by line) comes back as well."""
    lines = OrderLine.objects.filter(order=order, quantity__gt=0).values_list("pk", "quantity", "returned")
    return all(returned + besides.get(id, 0) == quantity for id, quantity, returned in lines)


def rounding_told(*, sale: UUID) -> int:
    """What returns of this sale have carried as their rounding."""
    told = OrderLine.objects.filter(returns__order=sale, extra__has_key="rounding")
    return int(told.aggregate(sum=Sum(Cast(KT("extra__rounding"), BigIntegerField())))["sum"] or 0)


def own_rounding(*, order: Order) -> int:
    """An order's rounding but for what it carries of sales that it returns goods of."""
    told = OrderLine.objects.filter(order=order, extra__has_key="rounding")
    return order.rounding - int(told.aggregate(sum=Sum(Cast(KT("extra__rounding"), BigIntegerField())))["sum"] or 0)


def tenders(*, sale: UUID) -> list[TenderRow]:
    """What paid it, in the order in which it was tendered; then what paid the goods that were brought back for it, and so on."""
    found: list[TenderRow] = []
    seen, generation = set[UUID](), [sale]
    for _ in range(MOST_GENERATIONS):
        generation = [id for id in generation if id not in seen]
        if not generation:
            break
        seen.update(generation)
        found += _tenders_of(generation)
        brought = OrderLine.objects.filter(order_id__in=generation, returns__isnull=False)
        generation = list(brought.values_list("returns__order_id", flat=True).distinct().order_by("returns__order_id"))
    return found


def _tenders_of(orders: Collection[UUID]) -> list[TenderRow]:
    paid = list(Payment.objects.filter(order_id__in=orders, amount__gt=0).select_related("attempt").order_by("order_id", "position"))
    held = _held([one.source for one in paid if one.source])
    return [
        TenderRow(
            id=one.pk,
            order=one.order_id,
            position=one.position,
            kind=one.kind,
            label=one.label,
            amount=one.amount,
            refunded=one.refunded,
            attempt=one.attempt.pk if hasattr(one, "attempt") else None,
            held=held.get(one.source) if one.source else None,
        )
        for one in paid
    ]


def _held(sources: Collection[UUID]) -> dict[UUID, Held]:
    rows = _rows(HELD, [list(sources)]) if sources else []
    return {id: Held(account=account, kind=kind, units=units, blocked=blocked) for id, account, kind, units, blocked in rows}


def cash_step(*, channel: UUID) -> int:
    """Minor units that cash is paid in multiples of; 1: to the last cent."""
    return ChannelTax.objects.filter(channel=channel).values_list("cash_rounding", flat=True).first() or 1


def returns_of(*, order: UUID) -> list[ReturnRow]:
    """The returns of an order, the oldest first."""
    found = Order.objects.filter(pk__in=OrderLine.objects.filter(returns__order=order).values("order")).order_by("placed_at", "id")
    return [ReturnRow(**row) for row in found.values(*ReturnRow.__dataclass_fields__)]


def all_returns(*, orders: Collection[UUID]) -> dict[UUID, list[ReturnRow]]:
    """As returns_of, of many: one statement for what belongs to what, one for the returns."""
    pairs = set(OrderLine.objects.filter(returns__order__in=list(orders)).values_list("returns__order", "order"))
    rows = Order.objects.filter(pk__in={back for _, back in pairs}).order_by("placed_at", "id").values(*ReturnRow.__dataclass_fields__)
    found: dict[UUID, list[ReturnRow]] = {id: [] for id in orders}
    for row in rows:
        for of in (of for of, back in pairs if back == row["id"]):
            found[of].append(ReturnRow(**row))
    return found


def receipts(*, number: str = "", store: UUID | None = None, on: date | None = None, total: int | None = None, most: int = 20) -> list[UUID]:
    """Sales by their whole number, wherever they were made; or by day and amount in one store. The newest first."""
    wanted = Q(number__iexact=number) if number else Q(store=store, business_date=on)
    if total is not None:
        wanted &= Q(total=total)
    found = Order.objects.filter(wanted, lines__quantity__gt=0, status=Order.Status.PAID).order_by("-placed_at", "-id").distinct()
    return list(found.values_list("id", flat=True)[:most])


def sellable_lines(*, orders: Collection[UUID]) -> dict[UUID, list[OrderLine]]:
    """The lines of which something can come back, by order."""
    found: dict[UUID, list[OrderLine]] = {id: [] for id in orders}
    for line in OrderLine.objects.filter(order_id__in=list(orders), quantity__gt=0).order_by("order_id", "position"):
        found[line.order_id].append(line)
    return found


def line_ids(*, wanted: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], int]:
    """Of lines that are named by their order and position."""
    rows = OrderLine.objects.filter(order_id__in={order for order, _ in wanted}).values_list("order_id", "position", "pk")
    return {(order, position): id for order, position, id in rows if (order, position) in wanted}


def seen(*, orders: Collection[UUID], stores: Collection[UUID] | None, channel: UUID | None, anywhere: bool) -> set[UUID]:
    """Those of these orders that lie within the bounds; `anywhere`: or were sold in no store."""
    within = Q() if stores is None else Q(store_id__in=list(stores)) | (Q(store=None) if anywhere and stores else Q(pk__in=[]))
    bounds = within & (Q(channel_id=channel) if channel else Q())
    return set(Order.objects.filter(bounds, pk__in=list(orders)).values_list("pk", flat=True))


def provider_refunds(*, order: UUID) -> list[UUID]:
    """Of a return: what providers have to give back for it."""
    return list(ProviderRefund.objects.filter(payment__order=order).order_by("payment__position").values_list("id", flat=True))


def knows_customer(*, id: UUID) -> bool:
    return Customer.objects.filter(pk=id, erased_at=None, merged_into=None).exists()


def share_returned(*, sale: UUID) -> Fraction:
    """How much of what earns points in a sale has come back by now, 0 to 1."""
    earning = OrderLine.objects.exclude(kind__in=EARNS_NOTHING)
    sold = earning.filter(order=sale, quantity__gt=0).aggregate(sum=Sum("total"))["sum"] or 0
    back = earning.filter(returns__order=sale).aggregate(sum=Sum("total"))["sum"] or 0
    return min(Fraction(1), Fraction(int(-back), int(sold))) if sold else Fraction(0)


def document(*, id: UUID) -> Order | None:
    return Order.objects.filter(pk=id).prefetch_related("lines", "payments").first()


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()

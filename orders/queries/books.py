"""What the books are made from, and what they say. Amounts are minor units; debit above zero."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from kernel.models import Message
from orders.accounts import Document, Key, Line, Postings, cost_at
from orders.models import Order, PeriodLock
from orders.queries.sold_costs import sold_costs
from org.paging import Page, page_of

SUBSCRIBER: Final = "orders.books"
COUNTED: Final = ("pos.shift.closed", "pos.shift.recounted")


@dataclass(frozen=True, kw_only=True)
class Booked:
    """An order as the books see it. `left_at`: when its goods left or came; `entries`: how many times it was booked."""

    id: UUID
    kind: str
    source: str
    version: int
    number: str
    store: UUID | None
    channel: UUID
    company: UUID
    currency: str
    company_currency: str
    business_date: date
    left_at: datetime | None
    entries: int
    cost_booked: bool
    document: Document


@dataclass(frozen=True, kw_only=True)
class PlaceOf:
    store: UUID | None
    channel: UUID
    company: UUID
    currency: str
    timezone: str


# What counts as sold: paid in full, or gone before it was. Of what waits for a person, what has been paid in full.
DOCUMENTS = """
select o.id, o.kind, o.source, o.version, o.number, o.store_id, o.channel_id, channel.company_id, o.currency, company.currency, o.business_date,
    case when o.source = 'till' or (o.kind = 'return' and o.status = 'paid') then o.placed_at else o.handed_over_at end,
    (select count(distinct cause) from orders_bookline b where b.reference = o.id and b.cause <> 'cost'),
    exists (select from orders_bookline b where b.reference = o.id and b.cause = 'cost'),
    o.total, o.tax_included, o.rounding, o.shift is not null,
    o.status = 'paid' or o.handed_over_at is not null or (o.status = 'review' and coalesce(
        (select sum(amount) from orders_payment p where p.order_id = o.id), 0) = o.total)
from orders_order o join org_channel channel on channel.id = o.channel_id join org_company company on company.id = channel.company_id
where o.id = any(%s)
order by o.placed_at, o.id
"""
LINES = "select order_id, kind, total, tax, tax_class, tax_rate, taxes::text from orders_orderline where order_id = any(%s)"
PAYMENTS = "select order_id, kind, sum(amount)::bigint from orders_payment where order_id = any(%s) group by order_id, kind"
BOOKED = """
select reference, account, rate, tax_class, sum(amount)::bigint from orders_bookline
where reference = any(%s) and cause <> 'cost' group by reference, account, rate, tax_class
"""
COSTS = """
select line.order_id, line.id, line.quantity, coalesce(item.average, variant.reference_cost * 1000, 0), line.condition
from orders_orderline line join catalog_variant variant on variant.id = line.variant_id
left join inventory_itemcost item on item.variant_id = line.variant_id
where line.order_id = any(%s)
"""


def documents(*, orders: Sequence[UUID]) -> list[Booked]:
    """In three statements, oldest first."""
    wanted = list(orders)
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for id, kind, total, tax, tax_class, rate, taxes in rows(LINES, [wanted]):
        lines[id].append(Line(kind=kind, total=total, tax=tax, tax_class=tax_class, tax_rate=rate, taxes=orjson.loads(taxes)))
    payments: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for id, kind, amount in rows(PAYMENTS, [wanted]):
        payments[id].append((kind, amount))
    return [_booked(row, lines[row[0]], payments[row[0]]) for row in rows(DOCUMENTS, [wanted])]


def _booked(row: Sequence[Any], lines: Sequence[Line], payments: Sequence[tuple[str, int]]) -> Booked:
    names = ("id", "kind", "source", "version", "number", "store", "channel", "company", "currency", "company_currency", "business_date", "left_at")
    facts = dict(zip((*names, "entries", "cost_booked"), row, strict=False))
    total, tax_included, rounding, drawer, sold = row[14:]
    document = Document(
        total=total, tax_included=tax_included, rounding=rounding, drawer=drawer, sold=sold, lines=tuple(lines), payments=tuple(payments)
    )
    return Booked(**facts, document=document)


def booked(*, references: Sequence[UUID]) -> dict[UUID, Postings]:
    """What was booked of each, its cost aside; what was never booked is missing."""
    found: dict[UUID, Postings] = defaultdict(dict)
    for reference, account, rate, tax_class, amount in rows(BOOKED, [list(references)]):
        found[reference][Key(account=account, rate=rate, tax_class=tax_class)] = amount
    return dict(found)


def costs(*, orders: Sequence[UUID]) -> dict[UUID, list[tuple[int, int, str]]]:
    """Of each line of goods: thousandths, what they cost and where they went. What comes back costs what it was sold at; else the average
    counts (inventory.models.ItemCost)."""
    lines = rows(COSTS, [list(orders)])
    sold = sold_costs(returns=list({line[0] for line in lines if line[2] < 0}))
    found: dict[UUID, list[tuple[int, int, str]]] = defaultdict(list)
    for id, line, quantity, average, condition in lines:
        found[id].append((quantity, sold.get(line, cost_at(quantity=quantity, average=average)), condition))
    return found


def closed_through() -> dict[UUID, date]:
    """By company: the last day that is closed."""
    return {row.company_id: row.through for row in PeriodLock.objects.order_by("through")}


PLACES = """
select store.code, store.id, store.channel_id, channel.company_id, store.currency, store.timezone
from org_store store join org_channel channel on channel.id = store.channel_id where store.code = any(%s)
"""


def places(*, codes: Collection[str]) -> dict[str, PlaceOf]:
    names = ("store", "channel", "company", "currency", "timezone")
    return {row[0]: PlaceOf(**dict(zip(names, row[1:], strict=True))) for row in rows(PLACES, [list(codes)])}


def first_place() -> PlaceOf | None:
    """Where value is booked that belongs to no place: the shop's first channel, a web shop if there is one."""
    found = rows("select null, c.id, c.company_id, c.currency, 'UTC' from org_channel c order by c.kind <> 'web', c.code limit 1", [])
    names = ("store", "channel", "company", "currency", "timezone")
    return PlaceOf(**dict(zip(names, found[0], strict=True))) if found else None


def openings(*, shifts: Collection[UUID]) -> dict[UUID, date]:
    """The business day of shifts, as their opening told it."""
    found = Message.objects.filter(type="pos.shift.opened", aggregate_type="shift", aggregate_id__in=list(shifts))
    return {message.aggregate_id: date.fromisoformat(message.data["business_date"]) for message in found}


def newest_count(*, shift: UUID) -> Message | None:
    found = Message.objects.filter(aggregate_type="shift", aggregate_id=shift, type__in=COUNTED)
    return found.order_by("-sequence").first()


COUNTS_BOOKED = """
select account, rate, tax_class, sum(amount)::bigint from orders_bookline where reference = %s and cause like 'count%%' group by 1, 2, 3
"""


def counts_booked(*, shift: UUID) -> Postings:
    found = rows(COUNTS_BOOKED, [shift])
    return {Key(account=account, rate=rate, tax_class=tax_class): amount for account, rate, tax_class, amount in found}


def known_orders(*, ids: Collection[UUID]) -> set[UUID]:
    return set(Order.objects.filter(id__in=list(ids)).values_list("id", flat=True))


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What a day, or a period, came to on one account; of sales and taxes by rate and class."""

    account: str
    rate: int | None
    tax_class: str
    currency: str
    debit: int
    credit: int

    @property
    def amount(self) -> int:
        return self.debit - self.credit


# The parameters that are null bound nothing; the planner sees that they are.
DAY = """
select account, rate, tax_class, currency, coalesce(sum(amount) filter (where amount > 0), 0)::bigint,
    coalesce(-sum(amount) filter (where amount < 0), 0)::bigint
from orders_bookline where {where} group by account, rate, tax_class, currency order by account, rate nulls first, tax_class, currency
"""


def day(*, on: date, store: UUID | None = None, channel: UUID | None = None) -> list[Balance]:
    """The journal of a day as it is booked: of a store, of a channel, or of all."""
    return period(since=on, until=on, store=store, channel=channel)


def period(*, since: date, until: date, store: UUID | None = None, channel: UUID | None = None, accounts: Sequence[str] = ()) -> list[Balance]:
    """From the first to the last day, both with it."""
    where, values = ["booked_on between %s and %s"], [since, until]
    for name, value in (("store_id", store), ("channel_id", channel)):
        if value:
            where.append(f"{name} = %s")
            values.append(value)  # type: ignore[arg-type]
    if accounts:
        where.append("(account = any(%s) or account like any(%s))")
        values += [list(accounts), [f"{account}:%" for account in accounts]]  # type: ignore[list-item]
    names = ("account", "rate", "tax_class", "currency", "debit", "credit")
    return [Balance(**dict(zip(names, row, strict=True))) for row in rows(DAY.format(where=" and ".join(where)), values)]


@dataclass(frozen=True, kw_only=True)
class TaxReport:
    """What is owed to the state: turnover without tax by class and rate, and each tax by its rate. Credits are above zero here."""

    sales: Sequence[Balance]
    taxes: Sequence[Balance]


def tax_report(*, since: date, until: date, store: UUID | None = None, channel: UUID | None = None) -> TaxReport:
    found = period(since=since, until=until, store=store, channel=channel, accounts=("sales", "tax"))
    sales = [row for row in found if row.account == "sales"]
    return TaxReport(sales=sales, taxes=[row for row in found if row.account != "sales"])


# One line after another, in the order of their days.
EXPORT = """
select b.id, b.booked_on, b.business_date, store.code, channel.code, b.account, b.rate, b.tax_class, b.currency, b.amount,
    b.reference, b.cause, b.line
from orders_bookline b join org_channel channel on channel.id = b.channel_id left join org_store store on store.id = b.store_id
where b.booked_on between %s and %s and (b.booked_on, b.id) > (%s, %s)
    and (%s::uuid is null or b.store_id = %s) and (%s::uuid is null or b.channel_id = %s)
order by b.booked_on, b.id limit %s
"""
EXPORTED: Final = (
    *("booked_on", "business_date", "store", "channel", "account", "rate", "tax_class", "currency", "debit", "credit", "reference", "cause", "line"),
)
CHUNK: Final = 2000


def export(*, since: date, until: date, store: UUID | None = None, channel: UUID | None = None) -> Iterator[list[Any]]:
    """Every line of the period in the order of its days, read in chunks: rows as EXPORTED names them."""
    after: tuple[date, int] = (since, 0)
    while found := rows(EXPORT, [since, until, *after, store, store, channel, channel, CHUNK]):
        for id, *told, amount, reference, cause, line in found:
            yield [*("" if cell is None else cell for cell in told), max(amount, 0), max(-amount, 0), reference, cause, line]
            after = (told[0], id)


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """A line of the journal. `store` is empty where it belongs to none; `line` tells what of the reference it is about."""

    id: int
    booked_on: date
    business_date: date
    store: str
    channel: str
    account: str
    rate: int | None
    tax_class: str
    currency: str
    debit: int
    credit: int
    reference: UUID
    cause: str
    line: int


def lines(
    *, since: date, until: date, store: UUID | None = None, channel: UUID | None = None, first: int, after: tuple[date, int] | None = None
) -> Page[LineRow]:
    """What `export` tells, a page at a time. `after`: the day and the id of the last line of the page before."""
    place = max(after or (since, 0), (since, 0))
    found = rows(EXPORT, [since, until, *place, store, store, channel, channel, first + 1])
    return page_of([_line(row) for row in found], first=first)


def _line(row: Sequence[Any]) -> LineRow:
    id, *told, amount, reference, cause, line = row
    names = ("booked_on", "business_date", "store", "channel", "account", "rate", "tax_class", "currency")
    facts = dict(zip(names, told, strict=True)) | {"store": told[2] or ""}
    return LineRow(id=id, **facts, debit=max(amount, 0), credit=max(-amount, 0), reference=reference, cause=cause, line=line)


PLACE_IDS: Final = {
    "store": "select id from org_store where code = %s",
    "channel": "select id from org_channel where code = %s",
    "company": "select id from org_company where code = %s",
}


def place_id(*, kind: str, code: str) -> UUID | None:
    found = rows(PLACE_IDS[kind], [code])
    return found[0][0] if found else None


LOCKS: Final = """
select company.code, max(lock.through) from orders_periodlock lock join org_company company on company.id = lock.company_id group by 1 order by 1
"""


def locks() -> list[tuple[str, date]]:
    """The last closed day of each company, by its code."""
    return [(code, through) for code, through in rows(LOCKS, [])]


UNBOOKED = """
select message.type, message.aggregate_id, message.store
from kernel_message message
where message.id in (
    select id from kernel_message where position is null and type like any(%(types)s)
    union all
    select message_id from kernel_delivery where subscriber = %(subscriber)s and state = 'pending'
    union all
    select message_id from kernel_delivery where subscriber = %(subscriber)s and state = 'parked'
)
and coalesce((message.data ->> 'business_date')::date, message.occurred_at::date) <= %(through)s
order by message.id
limit 20
"""
OPEN_SHIFTS = """
select opened.type, opened.aggregate_id, opened.store
from kernel_message opened join org_store store on store.code = opened.store join org_channel channel on channel.id = store.channel_id
where opened.type = 'pos.shift.opened' and channel.company_id = %(company)s
and (opened.data ->> 'business_date')::date <= %(through)s
and not exists (
    select from kernel_message closed
    where closed.aggregate_type = 'shift' and closed.aggregate_id = opened.aggregate_id and closed.type = 'pos.shift.closed'
)
order by opened.id
limit 20
"""


def unbooked(*, company: UUID, through: date) -> list[dict[str, Any]]:
    """What stands in the way of closing: events that are not booked yet, and drawers that were not counted. At most 20 of each."""
    values: dict[str, Any] = {"types": ["orders.%", "pos.shift.%", "pos.drawer.%", "customers.value.%"], "subscriber": SUBSCRIBER}
    values |= {"company": company, "through": through}
    found = rows(UNBOOKED, values) + rows(OPEN_SHIFTS, values)
    return [{"type": type, "id": str(id), "store": store} for type, id, store in found]


def rows(statement: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()

"""Orders of another system, out of a file: they count in history and reports, and move neither stock nor money nor books.

The file says what each order was called there, so a second run of the same file adds nothing. An order with a line that cannot be
kept is refused whole: half an order tells a wrong total.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from kernel import money
from kernel.errors import Invalid
from kernel.staging import stage
from orders.models import Order, OrderLine, Payment

NEEDED = frozenset({"order", "placed_at", "sku", "quantity", "total"})
MORE = frozenset({"store", "name", "discount"})
# Orders that are written in one transaction: what a stop loses, and how often progress is told.
BATCH = 2_000
SAMPLES = 5
LONGEST_SOURCE = 12


class WrongFile(Invalid):
    code = "history_wrong_file"
    title = "The file's first line must name its columns"


@dataclass(kw_only=True)
class Loaded:
    """Of the file: `read` lines, in `orders` new orders and `known` that were there before; `nothing`: lines of no goods and no money.

    `total`: minor units of the new orders. `rounded`: lines that said more decimals than the currency has. `refused`: reason -> how many
    lines, and the first of them; `refused_orders` went with them.
    """

    read: int = 0
    lines: int = 0
    orders: int = 0
    known: int = 0
    nothing: int = 0
    rounded: int = 0
    total: int = 0
    refused_orders: int = 0
    refused: dict[str, tuple[int, list[int]]] = field(default_factory=dict)


STAGE = """
create temporary table orders_loading (
    row bigint generated always as identity, "order" text, placed_at text, store text, sku text, name text, quantity text, total text, discount text
)
"""
# What no column can hold is found before anything is written.
CHECK = """
create temporary table orders_loading_checked as
select s.*, store.id as store_id, store.channel_id, coalesce(store.timezone, %(zone)s) as zone,
    coalesce(store.day_cutoff, time '00:00') as cutoff, variant.id as variant_id, case
    when coalesce(s."order", '') = '' or length(s."order") > 25 then 'order'
    when s.placed_at is null or s.placed_at !~ '^[0-9]{4}-' or not pg_input_is_valid(s.placed_at, 'timestamptz') then 'placed_at'
    when coalesce(s.store, '') <> '' and store.id is null then 'store'
    when length(s.sku) > 60 then 'sku'
    when s.quantity is null or s.quantity !~ '^-?[0-9]{1,9}([.][0-9]{1,3})?$' then 'quantity'
    when s.total is null or s.total !~ '^-?[0-9]{1,12}([.][0-9]{1,6})?$' then 'total'
    when coalesce(s.discount, '') !~ '^([0-9]{1,12}([.][0-9]{1,6})?)?$' then 'discount'
    when length(s.name) > 300 then 'name'
end as wrong
from orders_loading s left join org_store store on store.code = s.store left join catalog_variant variant on variant.sku = s.sku
"""
ORDERS = """
create temporary table orders_loading_orders as
select row_number() over (order by min(row)) as place, "order" as name, bool_or(wrong is not null) as refused
from orders_loading_checked where "order" is not null group by "order"
"""
# Money is worked out in whole minor units from here on. The case keeps PostgreSQL from reading as a number what was found to be none.
LINES = """
create temporary table orders_loading_lines as
select o.place, s.row, s."order" as name, s.placed_at::timestamptz as placed_at, s.store_id, s.channel_id, s.zone, s.cutoff, s.variant_id,
    coalesce(s.sku, '') as sku, coalesce(nullif(s.name, ''), nullif(s.sku, ''), '?') as label, (s.quantity::numeric * 1000)::bigint as quantity,
    round(s.total::numeric * %(unit)s)::bigint as total, round(coalesce(nullif(s.discount, ''), '0')::numeric * %(unit)s)::bigint as discount,
    s.total::numeric * %(unit)s <> round(s.total::numeric * %(unit)s) as rounded
from orders_loading_checked s join orders_loading_orders o on o.name = s."order"
where case when not o.refused then s.quantity::numeric <> 0 or s.total::numeric <> 0 end
"""
INSERT_ORDERS = """
insert into orders_order (id, number, kind, source, status, channel_id, store_id, currency, total, tax, tax_included, rounding,
    business_date, placed_at, recorded_at)
select md5('order ' || %(source)s || ' ' || name)::uuid, %(source)s || '-' || name, case when min(quantity) < 0 then %(return)s else %(sale)s end,
    %(import)s, %(paid)s, coalesce(min(channel_id::text)::uuid, %(channel)s), min(store_id::text)::uuid, %(currency)s, sum(total), 0, true, 0,
    (min(placed_at) at time zone min(zone) - min(cutoff))::date, min(placed_at), %(now)s
from orders_loading_lines where place > %(after)s and place <= %(until)s group by place, name
on conflict do nothing
returning id, total
"""
# Money without goods (a correction, a bad debt) is a fee: no goods ever moved.
INSERT_LINES = """
insert into orders_orderline (order_id, position, kind, variant_id, sku, gtin, name, quantity, unit_price, price_quantity, list_total, discount,
    total, tax_class, tax_rate, tax, allocation, extra)
select made.id, row_number() over (partition by line.place order by line.row), case when line.quantity = 0 then %(fee)s else %(goods)s end,
    case when line.quantity <> 0 then line.variant_id end, line.sku, '', line.label, kept.quantity,
    abs(round((line.total + line.discount)::numeric * 1000 / kept.quantity))::bigint, 1000, line.total + line.discount, line.discount, line.total,
    '', 0, 0, jsonb_build_array(jsonb_build_object('quantity', kept.quantity, 'total', line.total, 'discount', line.discount, 'tax', 0)),
    '{}'::jsonb
from orders_loading_lines line
join unnest(%(made)s::uuid[]) made(id) on made.id = md5('order ' || %(source)s || ' ' || line.name)::uuid
cross join lateral (select case when line.quantity = 0 then 1000 else line.quantity end as quantity) kept
where line.place > %(after)s and line.place <= %(until)s
"""
INSERT_PAYMENTS = """
insert into orders_payment (order_id, position, kind, amount, tendered, change, paid_at)
select id, 1, %(other)s, total, total, 0, placed_at from orders_order where id = any(%(made)s::uuid[]) and total <> 0
"""
SIZE = """
select (select count(*) from orders_loading), (select coalesce(max(place), 0) from orders_loading_orders),
    (select count(*) from orders_loading_orders where refused), (select count(*) from orders_loading_lines where rounded),
    (select count(*) from orders_loading_checked s join orders_loading_orders o on o.name = s."order" where not o.refused)
        - (select count(*) from orders_loading_lines)
"""
WRONG = """
select wrong, count(*), (array_agg(row order by row))[1:%(samples)s] from orders_loading_checked where wrong is not null group by 1 order by 1
"""
TABLES = ("orders_loading", "orders_loading_checked", "orders_loading_orders", "orders_loading_lines")
WORDS = {
    "return": Order.Kind.RETURN,
    "sale": Order.Kind.SALE,
    "import": Order.Source.IMPORT,
    "paid": Order.Status.PAID,
    "fee": OrderLine.Kind.FEE,
    "goods": OrderLine.Kind.GOODS,
    "other": Payment.Kind.OTHER,
}


def load_history(
    *,
    file: Iterable[bytes],
    source: str,
    channel: UUID,
    currency: str,
    zone: str,
    now: datetime,
    progress: Callable[[int, int], None] | None = None,
) -> Loaded:
    """`file` is CSV in UTF-8, in pieces of any size: order, placed_at, sku, quantity and total (in the currency, 12.34), perhaps store (its
    code), name and discount (given off, within what `total` already lacks). Without a store an order is of `channel`, in `zone`.

    `source` names the system: the same numbers of two systems are two orders. Raises WrongFile.
    """
    if not 0 < len(source) <= LONGEST_SOURCE or not source.isascii() or not source.isalnum():
        raise WrongFile(f"Name the system in up to {LONGEST_SOURCE} letters and digits.", field="source")
    asked = {"source": source, "channel": channel, "currency": currency, "zone": zone, "now": now, "unit": 10 ** money.exponent(currency)}
    with connection.cursor() as cursor:
        try:
            cursor.execute(STAGE)
            stage(cursor=cursor, table="orders_loading", file=file, needed=NEEDED, also=MORE, refuse=_wrong)
            return _loaded(cursor, asked, progress)
        finally:
            cursor.execute(f"drop table if exists {', '.join(TABLES)}")


def _wrong(why: str) -> WrongFile:
    return WrongFile(why, field="file")


def _loaded(cursor: Any, asked: dict[str, Any], progress: Callable[[int, int], None] | None) -> Loaded:
    for statement in (CHECK, ORDERS, LINES):
        cursor.execute(statement, {name: asked[name] for name in ("zone", "unit") if f"%({name})s" in statement})
    cursor.execute("create index on orders_loading_lines (place); analyze orders_loading_lines")
    cursor.execute(SIZE)
    read, size, refused, rounded, nothing = cursor.fetchone()
    loaded = Loaded(read=read, refused_orders=refused, rounded=rounded, nothing=nothing)
    cursor.execute(WRONG, {"samples": SAMPLES})
    # The header is line 1 of the file.
    loaded.refused = {reason: (count, [row + 1 for row in rows]) for reason, count, rows in cursor.fetchall()}
    for after in range(0, size, BATCH):
        _batch(cursor, asked | WORDS | {"after": after, "until": after + BATCH}, loaded)
        if progress:
            progress(min(after + BATCH, size), size)
    cursor.execute("select count(distinct place) from orders_loading_lines")
    loaded.known = cursor.fetchone()[0] - loaded.orders
    return loaded


def _batch(cursor: Any, asked: dict[str, Any], loaded: Loaded) -> None:
    with transaction.atomic():
        cursor.execute(INSERT_ORDERS, _of(INSERT_ORDERS, asked))
        made = cursor.fetchall()
        if not made:
            return
        asked["made"] = [id for id, _total in made]
        cursor.execute(INSERT_LINES, _of(INSERT_LINES, asked))
        lines = cursor.rowcount
        cursor.execute(INSERT_PAYMENTS, _of(INSERT_PAYMENTS, asked))
    loaded.orders += len(made)
    loaded.lines += lines
    loaded.total += sum(total for _id, total in made)


def _of(statement: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if f"%({name})s" in statement}

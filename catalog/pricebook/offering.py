"""What variants cost in a place, now and to come: offers of its price lists and the base price, and lines for the engine."""
# ruff: noqa: S608  # statements are put together of this package's own parts; every value that comes from outside is a parameter

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from catalog import facets
from catalog.documents import OFFERED
from catalog.pricebook.books import APART, Book
from catalog.pricebook.clocks import Clock, milliseconds
from catalog.pricebook.standing import STANDING, Place, Standing, standing, told
from kernel.errors import NotFound

Json = dict[str, Any]


class UnknownGoods(NotFound):
    code = "sku_unknown"
    title = "There is no such SKU here"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something in a basket, by its variant or its SKU. Thousandths. `fixed`: a markdown or a price by hand, as the engine takes it."""

    sku: str = ""
    quantity: int = 1000
    variant: UUID | None = None
    fixed: Json | None = None


@dataclass(frozen=True, slots=True)
class Goods:
    """A variant as the engine needs it, and what people call it."""

    id: UUID
    sku: str
    name: str
    sold_by: str
    deposit: UUID | None
    tax_class: str
    facets: list[str]
    net_content: int | None
    net_unit: str
    offered: bool


# Which lists hold in the place, and how they stand to one another (docs/pricing.md).
LISTS = """lists as materialized (
    select l.id, l.code, l.customer_group, (l.priority + 1001) * 100 + case when l.customer_group <> '' then 10 else 0 end
        + case when named.here then 3 when l.store_group_id is not null then 2 when l.channel_id is not null then 1 else 0 end as rank
    from catalog_pricelist l
    left join (select s.price_list_id, bool_or(s.store_id is not distinct from %(store)s::uuid) as here
        from catalog_priceliststore s group by 1) named on named.price_list_id = l.id
    where l.archived_at is null and l.currency = %(currency)s and coalesce(named.here, true)
        and (l.channel_id is null or l.channel_id = %(channel)s)
        and (l.store_group_id is null or exists (select from org_storegroup_stores m
            where m.storegroup_id = l.store_group_id and m.store_id = %(store)s))
)"""
COLUMNS = "variant_id, code, amount, price_quantity, from_quantity, starts_at, ends_at, customer_group, rank"
ENTRIES = """select e.variant_id, lists.code, e.amount, e.price_quantity, e.from_quantity, e.starts_at, e.ends_at, lists.customer_group, lists.rank
    from {entries} join lists on lists.id = e.price_list_id"""
LIVE = "e.live and (e.ends_at is null or e.ends_at > %(since)s)"
BASE = """select r.variant_id, '', r.amount, r.price_quantity, 0, null::timestamptz, null::timestamptz, '', 0 from {prices}"""
# Few among many are found one by one, whatever the planner knows of them.
OF_WANTED = f"wanted cross join lateral (select * from catalog_priceentry e where e.variant_id = wanted.id and {LIVE} offset 0) e"
BASE_OF_WANTED = """wanted cross join lateral (
    select * from catalog_price r where r.variant_id = wanted.id and r.currency = %(currency)s offset 0) r"""
OF_SOME = f"""with wanted as materialized (select id::uuid from jsonb_array_elements_text(%(variants)s::jsonb) w(id)), {LISTS}
{ENTRIES.format(entries=OF_WANTED)}"""
BASE_OF_SOME = BASE.format(prices=BASE_OF_WANTED)
OF_ALL = f"with {LISTS} {ENTRIES.format(entries=f'(select * from catalog_priceentry e where {LIVE}) e')}"
BASE_OF_ALL = BASE.format(prices="catalog_price r where r.currency = %(currency)s")

VARIANT = """select v.id, v.product_id, v.sku, v.name, v.sold_by, v.deposit_id, v.net_content, v.net_unit, v.archived_at
    from catalog_variant v where {} limit 1"""
# What is wanted comes as JSON, into which the planner cannot look, and is found row by row: so one plan is right for a till's three
# lines and for two hundred, and is made once a connection. To make it costs five times what it takes to run.
# Only the categories above what is wanted are walked through, not the whole tree; `tree` is what catalog.facets asks for.
NAMED = f"""named as materialized (
    select found.* from jsonb_array_elements_text(%(ids)s::jsonb) w(id) cross join lateral ({VARIANT.format("v.id = w.id::uuid")}) found
    union select found.* from jsonb_array_elements_text(%(skus)s::jsonb) w(sku) cross join lateral ({VARIANT.format("v.sku = w.sku")}) found
),
chosen as materialized (
    select * from named
    union select found.* from named w cross join lateral ({VARIANT.format("v.id = w.deposit_id")}) found
),
products as materialized (
    select found.* from (select distinct product_id as id from chosen) w
    cross join lateral (select * from catalog_product p where p.id = w.id limit 1) found
),
above as (
    select w.category_id as lowest, found.parent_id, found.code from (select distinct category_id from products) w
    cross join lateral (select c.parent_id, c.code from catalog_category c where c.id = w.category_id limit 1) found
    union all select above.lowest, found.parent_id, found.code from above
    cross join lateral (select c.parent_id, c.code from catalog_category c where c.id = above.parent_id limit 1) found
),
tree as materialized (select lowest as id, array_agg(code::text) as codes from above group by lowest),
told as materialized (
    select p.id, p.handle, p.name, f.facets, t.code as tax_class, ({OFFERED}) as offered
    from products p cross join lateral (select t.code from catalog_taxclass t where t.id = p.tax_class_id limit 1) t
    left join tree on tree.id = p.category_id
    left join lateral (select b.code from catalog_brand b where b.id = p.brand_id limit 1) b on true
    left join lateral (select k.code from catalog_producttype k where k.id = p.type_id limit 1) k on true
    cross join lateral (select {facets.ARRAY} as facets) f
)"""
PARTS = "id, sku, name, sold_by, deposit_id, tax_class, facets, net_content, net_unit, offered"
THINGS = """select v.id, v.sku, concat_ws(' ', told.name, nullif(v.name, '')) as name, v.sold_by, v.deposit_id, told.tax_class,
    told.facets || array['product:' || told.handle, 'sku:' || v.sku]::varchar[] as facets, v.net_content, v.net_unit,
    told.offered and v.archived_at is null as offered
from chosen v join told on told.id = v.product_id"""
GOODS = f"with recursive {NAMED} {THINGS}"
# All that a basket is priced by, in one statement: where it is bought, what is in it, and what that costs there, as JSON each.
HERE = "(select currency from here)"
LOOK = f"""with recursive here as materialized ({STANDING}), {NAMED.replace("%(currency)s", HERE)}, things as materialized ({THINGS}),
wanted as materialized (select id from chosen), {LISTS.replace("%(currency)s", HERE)},
costs as ({ENTRIES.format(entries=OF_WANTED)} union all {BASE.format(prices=BASE_OF_WANTED.replace("%(currency)s", HERE))})
select (select json_build_array(channel, store, currency, timezone, shop_timezone, groups, version) from here)::text,
    (select json_agg(json_build_array({PARTS})) from things)::text, (select json_agg(json_build_array({COLUMNS})) from costs)::text"""


def offers(
    *, place: Place, currency: str, variants: Collection[UUID] | None, now: datetime, base: bool = True, clock: Clock | None = None
) -> Mapping[UUID, list[Json]]:
    """Offers as the engine takes them, of every list that holds in the place: those of now and those to come; with `base` the base price too.
    None: of all variants that have any. One statement; without a clock one more for the place's."""
    if clock is None:
        clock = standing(place=place).clock
    entries, bases = (OF_ALL, BASE_OF_ALL) if variants is None else (OF_SOME, BASE_OF_SOME)
    statement = f"{entries} union all {bases}" if base else entries
    values: dict[str, Any] = {"channel": place.channel, "store": place.store, "currency": currency, "since": now - APART}
    values["variants"] = orjson.dumps([*(variants or ())]).decode()
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return _by_variant(cursor, clock, milliseconds(now))


def _by_variant(rows: Iterable[Sequence[Any]], clock: Clock, now: int) -> dict[UUID, list[Json]]:
    """In one order whatever the database's; without those that the place's clock has left behind or never shows."""
    found: dict[UUID, list[Json]] = {}
    for variant, code, amount, price_quantity, from_quantity, starts_at, ends_at, group, rank in rows:
        starts, ends = clock.instant(starts_at), clock.instant(ends_at)
        if ends is not None and (ends <= now or (starts is not None and ends <= starts)):
            continue
        offer = {
            "list": code,
            "amount": amount,
            "price_quantity": price_quantity,
            "from_quantity": from_quantity,
            "starts_at": starts,
            "ends_at": ends,
            "group": group,
            "rank": rank,
        }
        found.setdefault(variant, []).append(offer)
    for several in found.values():
        several.sort(key=lambda one: (-one["rank"], one["list"], one["from_quantity"], one["starts_at"] or 0))
    return found


@dataclass(frozen=True, slots=True)
class Look:
    """What a basket is priced by: the place, the goods with their deposits, and of each the offers that engine lines need."""

    where: Standing
    goods: list[Goods]
    prices: Mapping[UUID, list[Json]]


def look(*, place: Place, wanted: Sequence[Wanted], at: datetime, now: datetime) -> Look:
    """What is wanted as it is offered `at`, and what it costs from `now` on. One statement. Raises UnknownPlace."""
    values = {**_named(wanted), "channel": place.channel, "store": place.store, "at": at, "since": now - APART}
    with connection.cursor() as cursor:
        cursor.execute(LOOK, values)
        here, things, costs = (orjson.loads(text or "null") for text in cursor.fetchone())
    where = told(here, place=place)
    rows = ((UUID(id), *given, _moment(starts), _moment(ends), group, rank) for id, *given, starts, ends, group, rank in costs or ())
    return Look(where, [_goods(*one) for one in things or ()], _by_variant(rows, where.clock, milliseconds(now)))


def _goods(id: str, sku: str, name: str, sold_by: str, deposit: str | None, *more: Any) -> Goods:
    return Goods(UUID(id), sku, name, sold_by, UUID(deposit) if deposit else None, *more)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _named(wanted: Sequence[Wanted]) -> dict[str, Any]:
    ids, skus = [one.variant for one in wanted if one.variant], [one.sku for one in wanted if not one.variant]
    return {"ids": orjson.dumps(ids).decode(), "skus": orjson.dumps(skus).decode()}


def goods(*, book: Book | Standing, wanted: Sequence[Wanted], now: datetime) -> list[Goods]:
    """What is wanted and the deposits on it. One statement."""
    values = {**_named(wanted), "channel": book.place.channel, "currency": book.currency, "at": now}
    with connection.cursor() as cursor:
        cursor.execute(GOODS, values)
        return [Goods(*row) for row in cursor]


def items(*, book: Book, wanted: Sequence[Wanted], now: datetime, only_offered: bool = False) -> list[Json]:
    """Lines for the engine, numbered from 1 as they were wanted, each followed by its deposit. Two statements, however many.

    UnknownGoods for what does not exist, and with `only_offered` for what the channel does not offer: the answer is the same.
    """
    found = goods(book=book, wanted=wanted, now=now)
    prices = offers(place=book.place, currency=book.currency, variants=[one.id for one in found], now=now, clock=book.clock)
    return lined(wanted=wanted, found=found, prices=prices, only_offered=only_offered)


def lined(*, wanted: Sequence[Wanted], found: Sequence[Goods], prices: Mapping[UUID, list[Json]], only_offered: bool = False) -> list[Json]:
    by_id = {one.id: one for one in found}
    by_sku = {one.sku: one for one in found}
    lines: list[Json] = []
    for number, one in enumerate(wanted):
        thing = by_id.get(one.variant) if one.variant else by_sku.get(one.sku)
        if thing is None or (only_offered and not thing.offered):
            raise UnknownGoods(f"There is no {one.sku or one.variant} here.", field=f"lines.{number}.sku", sku=one.sku)
        lines.append(_line(len(lines) + 1, "goods", thing, one.quantity, prices, one.fixed))
        if thing.deposit:
            deposit = by_id[thing.deposit]
            lines.append(_line(len(lines) + 1, "deposit", deposit, pieces(one.quantity), prices, None))
    return lines


def pieces(quantity: int) -> int:
    """Deposits are charged by the piece, for what is weighed too."""
    return max(quantity // 1000, 1) * 1000


def _line(id: int, kind: str, thing: Goods, quantity: int, priced: Mapping[UUID, list[Json]], fixed: Json | None) -> Json:
    return {
        "id": id,
        "kind": kind,
        "sku": thing.sku,
        "quantity": quantity,
        "sold_by": thing.sold_by,
        "prices": priced.get(thing.id, []),
        "tax_class": thing.tax_class,
        "facets": thing.facets,
        "fixed": fixed,
    }

"""What variants cost in a place, now and to come: offers of its price lists and the base price, and lines for the engine."""
# ruff: noqa: S608  # statements are put together of this package's own parts; every value that comes from outside is a parameter

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from catalog import facets
from catalog.documents import OFFERED
from catalog.pricebook.books import APART, Book
from catalog.pricebook.clocks import Clock, milliseconds
from catalog.pricebook.standing import Place, Standing, standing
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
ENTRIES = """select e.variant_id, lists.code, e.amount, e.price_quantity, e.from_quantity, e.starts_at, e.ends_at, lists.customer_group, lists.rank
    from lists join catalog_priceentry e on e.price_list_id = lists.id
    where e.live and (e.ends_at is null or e.ends_at > %(since)s) {variants}"""
BASE = """select r.variant_id, '', r.amount, r.price_quantity, 0, null::timestamptz, null::timestamptz, '', 0
    from catalog_price r where r.currency = %(currency)s {variants}"""

GOODS = f"""with recursive {facets.TREE},
named as materialized (select v.id, v.deposit_id from catalog_variant v where v.id = any(%(ids)s::uuid[])
    union select v.id, v.deposit_id from catalog_variant v where v.sku = any(%(skus)s::varchar[])),
chosen as materialized (select v.id, v.product_id from catalog_variant v
    where v.id in (select id from named union select deposit_id from named where deposit_id is not null)),
told as materialized (
    select p.id, p.handle, p.name, f.facets, t.code as tax_class, ({OFFERED}) as offered
    from catalog_product p join catalog_taxclass t on t.id = p.tax_class_id
    left join tree on tree.id = p.category_id left join catalog_brand b on b.id = p.brand_id left join catalog_producttype k on k.id = p.type_id
    cross join lateral (select {facets.ARRAY} as facets) f
    where p.id in (select product_id from chosen)
)
select v.id, v.sku, concat_ws(' ', told.name, nullif(v.name, '')), v.sold_by, v.deposit_id, told.tax_class,
    told.facets || array['product:' || told.handle, 'sku:' || v.sku]::varchar[], v.net_content, v.net_unit,
    told.offered and v.archived_at is null
from chosen join catalog_variant v on v.id = chosen.id join told on told.id = chosen.product_id"""


def offers(
    *, place: Place, currency: str, variants: Collection[UUID] | None, now: datetime, base: bool = True, clock: Clock | None = None
) -> Mapping[UUID, list[Json]]:
    """Offers as the engine takes them, of every list that holds in the place: those of now and those to come; with `base` the base price too.
    None: of all variants that have any. One statement; without a clock one more for the place's."""
    if clock is None:
        clock = standing(place=place).clock
    bound = "and {}.variant_id = any(%(variants)s::uuid[])" if variants is not None else ""
    statement = f"with {LISTS} {ENTRIES.format(variants=bound.format('e'))}"
    statement += f" union all {BASE.format(variants=bound.format('r'))}" if base else ""
    values = {"channel": place.channel, "store": place.store, "currency": currency, "since": now - APART, "variants": list(variants or ())}
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


def goods(*, book: Book | Standing, wanted: Sequence[Wanted], now: datetime) -> list[Goods]:
    """What is wanted and the deposits on it. One statement."""
    values: dict[str, Any] = {
        "ids": [one.variant for one in wanted if one.variant],
        "skus": [one.sku for one in wanted if not one.variant],
        "channel": book.place.channel,
        "currency": book.currency,
        "at": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(GOODS, values)
        return [Goods(*row) for row in cursor]


def items(*, book: Book, wanted: Sequence[Wanted], now: datetime, only_offered: bool = False) -> list[Json]:
    """Lines for the engine, numbered from 1 as they were wanted, each followed by its deposit. Two statements, however many.

    UnknownGoods for what does not exist, and with `only_offered` for what the channel does not offer: the answer is the same.
    """
    return lined(book=book, wanted=wanted, found=goods(book=book, wanted=wanted, now=now), now=now, only_offered=only_offered)


def lined(*, book: Book, wanted: Sequence[Wanted], found: Sequence[Goods], now: datetime, only_offered: bool = False) -> list[Json]:
    by_id = {one.id: one for one in found}
    by_sku = {one.sku: one for one in found}
    priced = offers(place=book.place, currency=book.currency, variants=list(by_id), now=now, clock=book.clock)
    lines: list[Json] = []
    for number, one in enumerate(wanted):
        thing = by_id.get(one.variant) if one.variant else by_sku.get(one.sku)
        if thing is None or (only_offered and not thing.offered):
            raise UnknownGoods(f"There is no {one.sku or one.variant} here.", field=f"lines.{number}.sku", sku=one.sku)
        lines.append(_line(len(lines) + 1, "goods", thing, one.quantity, priced, one.fixed))
        if thing.deposit:
            deposit = by_id[thing.deposit]
            lines.append(_line(len(lines) + 1, "deposit", deposit, pieces(one.quantity), priced, None))
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

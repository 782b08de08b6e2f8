"""What tills sell by when they are alone: every item with its prices to come, and the rules that price a basket of them."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from catalog import pricebook, search
from catalog.documents import Sight
from org import settings
from org.models import Store

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one store as its tills have them: the exact text, and what it is known by."""

    id: str
    text: bytes


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The feed for one store's tills: ready bytes, and the snapshot they are known by."""

    snapshot: str
    body: bytes
    rules: Rules


@dataclass(frozen=True, slots=True)
class Shelf:
    """The feed before it is put into words."""

    categories: list[Json]
    pricing: Json
    items: list[Json]
    rules: Rules


# One statement for the whole shelf; codes are gathered per variant beside it, so that nothing is multiplied.
ROWS = """
    select v.id::text, v.sku, p.name, v.name, v.net_content, v.net_unit, coalesce(g.gtins, '{}'),
           r.amount, r.price_quantity, t.code, t.rate, coalesce(c.code, ''), p.tile, v.sold_by, v.deposit_id::text, p.id::text, p.handle,
           p.status = 'active' and p.archived_at is null and v.archived_at is null
    from catalog_variant v
    join catalog_product p on p.id = v.product_id
    join catalog_price r on r.variant_id = v.id and r.currency = %s
    join catalog_taxclass t on t.id = p.tax_class_id
    left join catalog_category c on c.id = p.category_id
    left join (select variant_id, array_agg(gtin::text order by gtin) as gtins from catalog_gtin group by variant_id) g on g.variant_id = v.id
"""
SOLD = "p.status = 'active' and p.archived_at is null and v.archived_at is null"
# A deposit is charged with its goods whether or not anybody could buy it alone.
DEPOSIT = """v.id in (select d.deposit_id from catalog_variant d join catalog_product o on o.id = d.product_id
        where d.deposit_id is not null and d.archived_at is null and o.status = 'active' and o.archived_at is null)"""
ITEMS = f"{ROWS} where ({SOLD}) or {DEPOSIT} order by p.sort_key, v.position, v.id"
FOUND = f"{ROWS} where {SOLD} and v.product_id = any(%s)"
CATEGORIES = "select code, name from catalog_category order by position, name, id"
# The index on facets finds the products; which of theirs are asked for is seen only on those.
FACETS = """
    select e.product_id::text, array(select facet from unnest(e.facets) facet where facet = any(%(named)s::varchar[]) order by facet)
    from catalog_searchentry e where e.facets && %(named)s::varchar[]
"""
STICKERS = """
    select s.code, s.variant_id::text, s.kind, s.value, s.expires_at from catalog_sticker s
    where s.store_id = %s and s.expires_at > %s order by s.code
"""


def catalogue(*, store: Store, now: datetime) -> Catalogue:
    """The feed as one document. As many statements for fifty thousand items as for one."""
    shelf = shelf_of(store=store, now=now)
    content = orjson.dumps({"currency": store.currency, "categories": shelf.categories, "pricing": shelf.pricing, "items": shelf.items})
    snapshot = hashlib.sha256(content).hexdigest()[:16]
    return Catalogue(snapshot=snapshot, body=b'{"snapshot":"%s",' % snapshot.encode() + content[1:], rules=shelf.rules)


def shelf_of(*, store: Store, now: datetime) -> Shelf:
    """What the store's tills may sell: active, not archived, with a price in the store's currency; deposits with what they come with."""
    book = _book(store, now)
    rules = rules_of(book)
    named = facets_named(book.rules["promotions"])
    favourites = {sku: place for place, sku in enumerate(settings.get("till.favourites", store=store), 1)}
    offers = pricebook.offers(place=book.place, currency=store.currency, variants=None, now=now, base=False, clock=book.clock)
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, [store.currency])
        rows = cursor.fetchall()
        known = _facets(cursor, named)
        cursor.execute(CATEGORIES)
        categories = cursor.fetchall()
        pricing = _pricing(book, rules, _stickers(cursor, store, now))
    items = _items(rows, favourites, {str(variant): found for variant, found in offers.items()}, known, named)
    used = {item["category"] for item in items}
    told = [{"code": code, "name": name} for code, name in categories if code in used]
    return Shelf(categories=told, pricing=pricing, items=items, rules=rules)


def found(*, store: Store, words: str, now: datetime, first: int = 20) -> list[Json]:
    """What the search of the whole shop finds, best first, as the feed has it: for words the till's own catalogue does not know."""
    sight = Sight(channel=store.channel_id, currency=store.currency)
    chosen = search.selection(sight=sight, asked=search.Asked(words=words, first=first), now=now)
    favourites = {sku: place for place, sku in enumerate(settings.get("till.favourites", store=store), 1)}
    book = _book(store, now)
    named = facets_named(book.rules["promotions"])
    with connection.cursor() as cursor:
        cursor.execute(chosen.sql, chosen.params)
        places = {str(id): place for place, (id, *_) in enumerate(cursor.fetchall())}
        cursor.execute(FOUND, [store.currency, list(places)])
        rows = sorted(cursor.fetchall(), key=lambda row: places[row[PRODUCT]])[:first]
        known = _facets(cursor, named)
    variants = [UUID(row[0]) for row in rows]
    offers = pricebook.offers(place=book.place, currency=store.currency, variants=variants, now=now, base=False, clock=book.clock)
    return _items(rows, favourites, {str(variant): several for variant, several in offers.items()}, known, named, deposits=None)


def rules_of(book: pricebook.Book) -> Rules:
    """All that pricing a basket needs besides the basket, as exact text: what it is known by stands for it for ever."""
    content = {"rules": book.rules, "timezone": book.timezone, "channel": book.channel, "store": book.store, "place": book.place.store}
    text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return Rules(id=hashlib.sha256(text).hexdigest(), text=text)


def facets_named(promotions: Iterable[Json]) -> frozenset[str]:
    """Every facet that says whether a promotion is about some goods: items are told with these and no others."""
    return frozenset(
        f"{group}:{value}"
        for promotion in promotions
        for selection in _selections(promotion)
        for part in ("any", "except")
        for group, values in selection[part].items()
        for value in values
    )


def _selections(promotion: Json) -> Iterator[Json]:
    yield promotion["selection"]
    yield from (need["selection"] for need in promotion["needs"])
    yield from (slot["selection"] for slot in promotion["reward"].get("slots", ()))
    if promotion["reward"].get("selection"):
        yield promotion["reward"]["selection"]


def _book(store: Store, now: datetime) -> pricebook.Book:
    return pricebook.book(place=pricebook.Place(channel=store.channel_id, store=store.id), now=now)


def _pricing(book: pricebook.Book, rules: Rules, stickers: Sequence[Json]) -> Json:
    return {
        "snapshot": rules.id,
        "rules": book.rules,
        "timezone": book.timezone,
        "channel": book.channel,
        "store": book.store,
        "stickers": stickers,
    }


def _facets(cursor: Any, named: Collection[str]) -> dict[str, list[str]]:
    """By product. Of what was looked up before cards were made there may be nothing yet: an offer that is not known is not given."""
    asked = sorted(facet for facet in named if not facet.startswith(OWN))
    if not asked:
        return {}
    cursor.execute(FACETS, {"named": asked})
    return dict(cursor.fetchall())


def _stickers(cursor: Any, store: Store, now: datetime) -> list[Json]:
    cursor.execute(STICKERS, [store.id, now])
    return [
        {"code": code, "variant": variant, "kind": kind, "value": value, "expires_at": pricebook.milliseconds(expires_at)}
        for code, variant, kind, value, expires_at in cursor.fetchall()
    ]


# What no search entry holds: a product and a SKU by name.
OWN = ("product:", "sku:")
DEPOSIT_ID, PRODUCT = 14, 15


def _items(
    rows: Sequence[tuple[Any, ...]],
    favourites: Mapping[str, int],
    offers: Mapping[str, list[Json]],
    facets: Mapping[str, list[str]],
    named: Collection[str],
    deposits: Collection[str] | None = (),
) -> list[Json]:
    """`deposits` None: those of the rows are told whether or not they are among them."""
    own = any(facet.startswith(OWN) for facet in named)
    here = None if deposits is None else {row[0] for row in rows}
    items = []
    for row in rows:
        item = _item(row, favourites)
        if row[0] in offers:
            item["offers"] = offers[row[0]]
        held = facets.get(row[PRODUCT], [])
        item["facets"] = [*held, *(one for one in (f"product:{row[16]}", f"sku:{row[1]}") if one in named)] if own else held
        # Without a price the deposit cannot be charged; the goods can.
        item["deposit"] = row[DEPOSIT_ID] if here is None or row[DEPOSIT_ID] in here else None
        items.append(item)
    return items


def _item(row: tuple[Any, ...], favourites: Mapping[str, int]) -> Json:
    id, sku, product, variant, net_content, net_unit, gtins, price, price_quantity, tax_class, tax_rate, category, tile, sold_by, *_, sold = row
    return {
        "id": id,
        "sku": sku,
        "name": " ".join(part for part in (product, variant, net_text(net_content, net_unit)) if part)[:300],
        "gtins": gtins,
        "price": price,
        "price_quantity": price_quantity,
        "tax_class": tax_class,
        "tax_rate": tax_rate,
        "category": category,
        "tile": tile,
        "sold_by": sold_by,
        "favourite": favourites.get(sku, 0),
        **({} if sold else {"only_deposit": True}),
    }


def net_text(content: int | None, unit: str) -> str:
    """750 thousandths of "l" is "0.75 l"."""
    if content is None or not unit:
        return ""
    whole, part = divmod(content, 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".") + f" {unit}"

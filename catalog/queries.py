"""What can be asked of the catalogue: products as documents (catalog.documents), in one statement a list.

Both doors read through here. Somebody bound to a channel reads its shelf; staff read the tables. `tables` has even
a channel's documents made from the tables: the slow way, which the quick one must agree with.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from catalog import documents, search, shelf
from catalog.documents import Document, Sight
from catalog.gtin import normalise
from catalog.search import Asked
from kernel.errors import Invalid, NotFound
from org.access import Principal
from org.paging import Page, page_of, plain_text

Rows = tuple[tuple[str, Any], ...]
MOST_CHOICES = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """`rows`: place in the order, document or line. `version`: of the shelf; None when it was read elsewhere, too, and may not be kept."""

    rows: Rows
    more: bool
    version: int | None
    corrected: str | None = None
    # Words that nobody found anything for: to be counted once the answer stands.
    missed: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A product; of a search for a variant also that one."""

    product: Document
    version: int | None
    variant: Document | None = None


def sight_of(principal: Principal) -> Sight:
    """A key sees its channel's offer; staff see all there is."""
    channel = principal.channel
    return Sight(channel=channel.id, currency=channel.currency) if channel else Sight()


def products(*, sight: Sight, asked: Asked, now: datetime, tables: bool = False, short: bool = False) -> Listed:
    """`asked.first` of what was asked for, beyond `asked.after`. `short`: lines (catalog.lines) will do where there are any."""
    chosen = search.selection(sight=sight, asked=asked, now=now, carrying=not tables)
    version, rows = _read(chosen.sql, chosen.params, sight, now, tables, short=short, carrying=chosen.carrying)
    # What is found by words follows the index of words, which moves on its own.
    kept = None if asked.words else version
    missed = partial(search.record_miss, words=asked.words, sight=sight, now=now) if asked.words and not rows and not asked.after else None
    return Listed(rows=rows[: asked.first], more=len(rows) > asked.first, version=kept, corrected=chosen.corrected, missed=missed)


BY_ID = "select id as product_id, '' as place from catalog_product where id = %(wanted)s"
# Today's handle before one of earlier days.
BY_HANDLE = """select product_id, '' as place from (
    select id as product_id, 1 as rank from catalog_product where handle = %(wanted)s
    union all select product_id, 2 from catalog_handleredirect where handle = %(wanted)s) named order by rank"""
BY_VARIANT = "select product_id, '' as place from catalog_variant where id = %(wanted)s"
BY_SKU = "select product_id, '' as place from catalog_variant where sku = %(wanted)s"
BY_GTIN = """select v.product_id, '' as place from catalog_gtin g join catalog_variant v on v.id = g.variant_id
    where g.gtin = %(wanted)s"""


def product(*, sight: Sight, now: datetime, id: UUID | None = None, handle: str | None = None, tables: bool = False) -> Found:
    """NotFound also for what is not for these eyes: a draft answers as a product that does not exist.

    An old handle leads to the product; the answer has the new one.
    """
    version, rows = _read(BY_ID if id else BY_HANDLE, {"wanted": id or handle}, sight, now, tables)
    if not rows:
        raise NotFound("There is no such product.")
    return Found(product=rows[0][1], version=version)


def variant(*, sight: Sight, now: datetime, id: UUID | None = None, sku: str | None = None, gtin: str | None = None, tables: bool = False) -> Found:
    """By any of its names. A GTIN has 8 to 14 digits; one that cannot be right is refused (catalog.gtin.BadGtin)."""
    statement, wanted = _named(id, sku, gtin)
    version, rows = _read(statement, {"wanted": wanted}, sight, now, tables)
    name = str(wanted)
    for _, product in rows:
        for candidate in product["variants"]:
            if name in (candidate["id"], candidate["sku"]) or (gtin and name in candidate["gtins"]):
                return Found(product=product, version=version, variant=candidate)
    raise NotFound("There is no such variant.")


def _named(id: UUID | None, sku: str | None, gtin: str | None) -> tuple[str, UUID | str]:
    if id:
        return BY_VARIANT, id
    return (BY_SKU, sku) if sku else (BY_GTIN, normalise(gtin or ""))


def _read(selection: str, values: Mapping[str, Any], sight: Sight, now: datetime, tables: bool, **how: bool) -> tuple[int | None, Rows]:
    if sight.channel and not tables:
        read = shelf.read(selection=selection, values=values, channel=sight.channel, now=now, **how)
        return read.version, read.rows
    if sight.channel:
        values = {**values, "channel": sight.channel}
    with connection.cursor() as cursor:
        cursor.execute(f"select product_id, place from ({selection}) found", values)
        places = cursor.fetchall()
    made = documents.read(ids="select unnest(%(products)s::uuid[]) as id", values={"products": [id for id, _ in places]}, sight=sight, now=now)
    return None, tuple((place, made[id]) for id, place in places if id in made)


def asked(
    *,
    words: str = "",
    filters: Mapping[str, Sequence[str]] | None = None,
    price_from: int | None = None,
    price_to: int | None = None,
    sort: str = "",
    first: int,
    after: str | None = None,
) -> Asked:
    """What a door was asked for, as far as it can be answered at all. `filters` as in catalog.facets."""
    chosen = {plain_text(facet, field="filter", longest=80): values for facet, values in (filters or {}).items() if values}
    if sum(len(values) for values in chosen.values()) > MOST_CHOICES:
        raise Invalid(f"Choose at most {MOST_CHOICES} values.", field="filter", maximum=MOST_CHOICES)
    checked = {facet: [plain_text(value, field="filter", longest=100) for value in values] for facet, values in chosen.items()}
    for field, amount in (("price_from", price_from), ("price_to", price_to)):
        if amount is not None and abs(amount) >= 2**63:
            raise Invalid("There is no such price.", field=field)
    words = plain_text(words, field="search", longest=100)
    return Asked(words=words, filters=checked, price_from=price_from, price_to=price_to, sort=sort, first=first, after=after)


def facets(*, sight: Sight, asked: Asked, now: datetime) -> list[search.Facet]:
    return search.facets(sight=sight, asked=asked, now=now)


def total(*, sight: Sight, asked: Asked, now: datetime) -> int:
    return search.total(sight=sight, asked=asked, now=now)


def cursor_of(place: str) -> str:
    """What leads a caller on from here: the place as the selection tells it."""
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


DESCRIBED = "'code', {0}.code, 'name', {0}.name, 'description', {0}.description, 'seo_title', {0}.seo_title, 'seo_description', {0}.seo_description"
# What holds nothing for a channel is not told of in it: its name alone could be a secret.
HELD = """where (%(channel)s::uuid is null or exists (select from catalog_card c where c.channel_id = %(channel)s
    and c.facets @> array['{facet}:' || {of}.code]::varchar[]))"""
CATEGORIES = f"""with recursive tree as (
    select c.*, null::varchar as parent, 1 as level, array[c.position, c.id] as place from catalog_category c where c.parent_id is null
    union all
    select c.*, tree.code, tree.level + 1, tree.place || array[c.position, c.id] from catalog_category c join tree on c.parent_id = tree.id
)
select json_build_object({DESCRIBED.format("tree")}, 'translations', tree.translations, 'parent', tree.parent, 'level', tree.level)::text
from tree {HELD.format(facet="category", of="tree")} order by tree.place"""
COLLECTIONS = f"""select json_build_object('id', l.id, 'position', l.position, {DESCRIBED.format("l")}, 'translations', l.translations)::text
from catalog_collection l {HELD.format(facet="collection", of="l")}
    and (%(code)s::text is null or l.code = %(code)s) and (l.position, l.id) > (%(position)s, %(id)s)
order by l.position, l.id limit %(limit)s"""


def categories(*, sight: Sight) -> list[Document]:
    """The tree in order, each below its parent: code, name, texts, translations, the parent's code, the level from 1."""
    return _documents(CATEGORIES, {"channel": sight.channel})


def collections(*, sight: Sight, first: int, after: tuple[int, int] | None = None) -> Page[Document]:
    position, id = after or (-1, 0)
    if max(abs(position), abs(id)) >= 2**31:
        raise Invalid("This cursor is not one of ours. Start again without it.", field="after")
    values = {"channel": sight.channel, "code": None, "position": position, "id": id, "limit": first + 1}
    return page_of(_documents(COLLECTIONS, values), first=first)


def collection(*, sight: Sight, code: str) -> Document:
    found = _documents(COLLECTIONS, {"channel": sight.channel, "code": code, "position": -1, "id": 0, "limit": 1})
    if not found:
        raise NotFound("There is no such collection.")
    return found[0]


def _documents(statement: str, values: Mapping[str, Any]) -> list[Document]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [orjson.loads(text) for (text,) in cursor]

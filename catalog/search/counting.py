"""How many there are: in all, and of each value that a list can be narrowed by."""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.documents import Sight
from catalog.search.asking import Asked, Question, question
from catalog.search.choosing import COUNTED, Source, matching, narrowed_by, source_of, terms

# Of one facet; those that are chosen are told however few they have.
MOST_VALUES = 50
# Answers kept by this process, the latest of them; a newer version of the catalogue asks under another key.
KEPT = 200
_kept: OrderedDict[bytes, list[list[Any]]] = OrderedDict()


@dataclass(frozen=True)
class Value:
    code: str
    name: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    code: str
    name: str
    values: tuple[Value, ...]


NAMES = {
    "category": "Category",
    "brand": "Brand",
    "type": "Product type",
    "collection": "Collection",
    "promotion": "Offer",
    "tag": "Tag",
    "status": "Status",
    "life_cycle": "Life cycle",
    "channel": "Channel",
    "missing": "Missing",
}
WORDS = {
    "status": {"draft": "Draft", "active": "Active", "archived": "Archived"},
    "life_cycle": {"planned": "Planned", "active": "Active", "run_down": "Run-down", "delisted": "Delisted"},
    "missing": {"net_content": "Net content", "picture": "Picture", "barcode": "Barcode", "price": "Price"},
}
_TRUTH = {"true": "Yes", "false": "No"}

# The name of a value, where a table has it.
_NAMED = """case counted.facet
    when 'category' then (select name from catalog_category where code = counted.value)
    when 'brand' then (select name from catalog_brand where code = counted.value)
    when 'type' then (select name from catalog_producttype where code = counted.value)
    when 'collection' then (select name from catalog_collection where code = counted.value)
    when 'promotion' then (select coalesce(nullif(receipt_text, ''), name) from catalog_promotion where code = counted.value)
    when 'channel' then (select name from org_channel where code = counted.value)
    else case when left(counted.facet, 10) = 'attribute.' then (select h.name from catalog_attributechoice h
        join catalog_attribute a on a.id = h.attribute_id where a.code = substr(counted.facet, 11) and h.code = counted.value) end end"""


_FAILS = "case when n.facets && %(chosen{number})s::varchar[] then '{{}}'::text[] else array[%(name{number})s::text] end"


def total(*, sight: Sight, asked: Asked, now: datetime) -> int:
    """Counted to 10,000 and no further."""
    params: dict[str, Any] = {"counted": COUNTED, **_seen_by(sight)}
    source, wanted = source_of(sight), None
    if asked.words.strip():
        wanted = question(sight=sight, text=asked.words)
        if wanted is None:
            return 0
        params |= terms(wanted)
    text = f"select from {_hits(source, wanted)} where {source.bound}{narrowed_by(source, asked, params)} limit %(counted)s"
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from ({text}) counted", params)
        [count] = cursor.fetchone()
    return int(count)


def facets(*, sight: Sight, asked: Asked, now: datetime) -> list[Facet]:
    """Counts of a facet honour what is chosen of the others. Kept until the catalogue changes."""
    key = _key(sight, asked, now)
    rows = _kept.get(key)
    if rows is None:
        rows = _kept[key] = _counted(sight, asked)
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return _shaped(rows, asked.filters)


def _key(sight: Sight, asked: Asked, now: datetime) -> bytes:
    """The shelf's version moves with every change that can be seen in it; staff's with every change of a product."""
    narrowing = [asked.words, {name: sorted(values) for name, values in sorted(asked.filters.items())}, asked.price_from, asked.price_to]
    # What drafts say follows a moment after they changed, and no shelf's version tells of it: staff's counts are kept a minute.
    minute = None if sight.channel else int(now.timestamp()) // 60
    return hashlib.sha256(repr([sight, _version(sight), minute, narrowing]).encode("utf-8", "backslashreplace")).digest()


def _version(sight: Sight) -> str:
    statement = "select version::text from catalog_shelfstate where channel_id = %(channel)s"
    if not sight.channel:
        statement = (
            "select coalesce(max(updated_at)::text, '') || (select coalesce(sum(version), 0)::text from catalog_shelfstate) from catalog_product"
        )
    with connection.cursor() as cursor:
        cursor.execute(statement, {"channel": sight.channel} if sight.channel else None)
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def _counted(sight: Sight, asked: Asked) -> list[list[Any]]:
    """Facet, its name, value, its name, count. A product that fails one choice still counts for the values of that facet."""
    params: dict[str, Any] = {"most": MOST_VALUES, **_seen_by(sight)}
    source, wanted = source_of(sight), None
    if asked.words.strip():
        wanted = question(sight=sight, text=asked.words)
        if wanted is None:
            return []
        params |= terms(wanted)
    chosen = {name: values for name, values in asked.filters.items() if values}
    params["chosen"] = [f"{name}:{value}" for name, values in chosen.items() for value in values]
    priced = narrowed_by(source, replace(asked, filters={}), params)
    with connection.cursor() as cursor:
        cursor.execute(_statement(source, wanted, list(chosen), priced, params), params)
        return [list(row) for row in cursor]


def _statement(source: Source, wanted: Question | None, chosen: list[str], priced: str, params: dict[str, Any]) -> str:
    fails = " || ".join(_FAILS.format(number=number) for number in range(len(chosen)))
    for number, name in enumerate(chosen):
        params[f"name{number}"] = name
        params[f"chosen{number}"] = [value for value in params["chosen"] if value.startswith(f"{name}:")]
    base = f"select {source.facets} as facets from {_hits(source, wanted)} where {source.bound}{priced}"
    failing = f"select n.facets, {fails} as fails from ({base}) n" if chosen else f"select n.facets, '{{}}'::text[] as fails from ({base}) n"
    return f"""with each as (
            select value, count(*) as products from ({failing}) f cross join lateral unnest(f.facets) value
            where cardinality(f.fails) = 0 or (cardinality(f.fails) = 1 and left(value, length(f.fails[1]) + 1) = f.fails[1] || ':')
            group by value
        ),
        counted as (
            select split_part(value, ':', 1) as facet, substr(value, strpos(value, ':') + 1) as value, products,
                value = any(%(chosen)s::text[]) as chosen
            from each
        ),
        ranked as (select *, row_number() over (partition by facet order by chosen desc, products desc, value) as place from counted)
        select counted.facet, (select name from catalog_attribute a where 'attribute.' || a.code = counted.facet),
            counted.value, {_NAMED}, counted.products
        from ranked counted where counted.place <= %(most)s or counted.chosen order by counted.facet, counted.products desc, counted.value"""


def _hits(source: Source, wanted: Question | None) -> str:
    if wanted is None:
        return f"{source.table} c"
    return f"{source.table} c join catalog_searchentry e on e.product_id = {source.id} and {matching(wanted)}"


def _seen_by(sight: Sight) -> dict[str, Any]:
    if sight.channel:
        return {"channel": sight.channel}
    return {"currency": sight.currency} if sight.currency else {}


def _shaped(rows: list[list[Any]], filters: Mapping[str, Any]) -> list[Facet]:
    found: dict[str, tuple[str, list[Value]]] = {}
    for facet, facet_name, value, name, count in rows:
        told = NAMES.get(facet) or facet_name or facet
        shown = name or WORDS.get(facet, {}).get(value) or (_TRUTH.get(value) if facet.startswith("attribute.") else None) or value
        found.setdefault(facet, (told, []))[1].append(Value(value, shown, count, value in filters.get(facet, ())))
    order = {name: place for place, name in enumerate(NAMES)}
    made = [Facet(code, name, tuple(values)) for code, (name, values) in found.items()]
    return sorted(made, key=lambda facet: (order.get(facet.code, len(order)), facet.name))

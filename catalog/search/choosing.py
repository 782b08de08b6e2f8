"""Products chosen and put in order, as one statement that the reader of cards completes.

Words are looked up in the index of words first and its hits are ordered; a word that thousands have is instead met while
walking along the names, so that the cost of a page stays the same however large the catalogue is.
"""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog import facets
from catalog.documents import Sight
from catalog.search.asking import Asked, Question, question
from kernel.errors import Invalid
from org import paging

# From so many hits on they are no longer all put in order.
MANY = 2_000
COUNTED = 10_000
_LOWEST = """(select min(o.amount) from catalog_variant w join catalog_price o on o.variant_id = w.id
    where w.product_id = c.id and w.archived_at is null {currency})"""


@dataclass(frozen=True)
class Selection:
    """`sql` yields product_id and place, the position of a cursor as JSON, in order: at most one more than was asked for.
    `corrected`: the words that were looked for instead."""

    sql: str
    params: dict[str, Any]
    corrected: str | None = None


@dataclass(frozen=True)
class Source:
    """Where products are read from, as c, and what their columns are called there."""

    table: str
    id: str
    price: str
    facets: str
    bound: str

    def column(self, name: str) -> str:
        return self.price if name == "price" else f"c.{name}"


def source_of(sight: Sight) -> Source:
    if sight.channel:
        return Source("catalog_card", "c.product_id", "c.price", "c.facets", "c.channel_id = %(channel)s")
    lowest = _LOWEST.format(currency="and o.currency = %(currency)s" if sight.currency else "")
    own = "(select n.facets from catalog_searchentry n where n.product_id = c.id)"
    return Source("catalog_product", "c.id", lowest, own, "true")


# Column, its type, direction, how a cursor's text is read.
ORDERS: dict[str, tuple[str, str, str, Any]] = {
    "name": ("sort_key", "text", "", str),
    "price": ("price", "bigint", "", int),
    "-price": ("price", "bigint", " desc", int),
    "newest": ("created_at", "timestamptz", " desc", paging.moment),
}


def selection(*, sight: Sight, asked: Asked, now: datetime) -> Selection:
    """Nothing that the channel does not show is looked at, ordered or corrected to."""
    after = cursor_position(asked)
    source, params = source_of(sight), {"limit": asked.first + 1, **_bound(sight)}
    if not asked.words.strip():
        if asked.order == "relevance":
            raise Invalid("Without words there is no relevance to sort by.", field="sort")
        return Selection(_listed(source, asked, after, narrowed_by(source, asked, params), params), params)
    wanted = question(sight=sight, text=asked.words)
    if wanted is None:
        return Selection("select null::uuid as product_id, null::text as place limit 0", {})
    params |= terms(wanted)
    narrowed = narrowed_by(source, asked, params)
    make = _ranked if asked.order == "relevance" else _sorted
    return Selection(make(source, asked, after, narrowed, params, wanted), params, wanted.corrected)


def cursor_position(asked: Asked) -> tuple[Any, UUID] | None:
    """Of a cursor of this sort; any other is refused."""
    order = asked.order
    if order != "relevance" and order not in ORDERS:
        raise Invalid(f"Sort by {', '.join(ORDERS)} or relevance.", field="sort")
    kind = str if order == "relevance" else ORDERS[order][3]
    found = paging.position(asked.after, str, kind, UUID, field="after")
    if found is None:
        return None
    sort, place, id = found
    if sort != order or (isinstance(place, int) and abs(place) >= 2**63):
        raise Invalid("This cursor belongs to another order. Start again without it.", field="after")
    return place, id


def _bound(sight: Sight) -> dict[str, Any]:
    bound: dict[str, Any] = {"channel": sight.channel} if sight.channel else {}
    return bound | ({"currency": sight.currency} if sight.currency and not sight.channel else {})


def narrowed_by(source: Source, asked: Asked, params: dict[str, Any]) -> str:
    text = ""
    for number, values in enumerate(facets.overlaps(asked.filters)):
        params[f"facet{number}"] = [value.replace("\0", "") for value in values]
        text += f" and {source.facets} && %(facet{number})s::varchar[]"
    for name, sign, amount in (("price_from", ">=", asked.price_from), ("price_to", "<=", asked.price_to)):
        if amount is not None:
            params[name] = amount
            text += f" and {source.price} {sign} %({name})s"
    return text


def _beyond(column: str, kind: str, direction: str, source: Source, after: tuple[Any, UUID] | None, params: dict[str, Any]) -> str:
    if after is None:
        return ""
    params["after"], params["after_id"] = after
    return f" and ({column}, {source.id}) {'<' if direction else '>'} (%(after)s::{kind}, %(after_id)s::uuid)"


def _place(order: str, column: str, source: Source) -> str:
    return f"json_build_array('{order}', ({column})::text, {source.id}::text)::text"


def _listed(source: Source, asked: Asked, after: tuple[Any, UUID] | None, narrowed: str, params: dict[str, Any]) -> str:
    name, kind, direction, _ = ORDERS[asked.order]
    column = source.column(name)
    if name == "price":
        column = f"coalesce({column}, 0)" if source.table == "catalog_product" else column
    beyond = _beyond(column, kind, direction, source, after, params)
    return f"""select {source.id} as product_id, {_place(asked.order, column, source)} as place from {source.table} c
        where {source.bound}{narrowed}{beyond} order by {column}{direction}, {source.id}{direction} limit %(limit)s"""


# Of catalog_searchentry e.
def matching(wanted: Question) -> str:
    """What is a hit. Each arm has its own index."""
    arms = ["e.document @@ %(query)s::tsquery"] if wanted.query or wanted.code else []
    if wanted.pins:
        arms.append("e.product_id = any(%(pins)s::uuid[])")
    if wanted.part:
        arms.append("e.codes like %(part)s" + (" and e.codes ~ %(part_of_sku)s" if _digits(wanted.part) else ""))
    return "(" + " or ".join(f"({arm})" for arm in arms) + ")"


def _digits(part: str) -> bool:
    """So few digits are in many barcodes: only SKUs, which are not 14 digits long, are meant."""
    return part.isdecimal() and len(part) < 6


def terms(wanted: Question) -> dict[str, Any]:
    """The parameters of `matching` and of the ranks."""
    parts = [f"({one})" for one in (wanted.code, wanted.query) if one]
    terms: dict[str, Any] = {"query": " | ".join(parts)}
    if wanted.pins:
        terms["pins"] = list(wanted.pins)
    if wanted.part:
        escaped = wanted.part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        terms["part"] = f"%{escaped}%"
        if _digits(wanted.part):
            terms["part_of_sku"] = f"(?n)^(?!\\d{{14}}$).*{wanted.part}"
    return terms


def _sorted(source: Source, asked: Asked, after: tuple[Any, UUID] | None, narrowed: str, params: dict[str, Any], wanted: Question) -> str:
    name, kind, direction, _ = ORDERS[asked.order]
    column = source.column(name)
    beyond = _beyond(column, kind, direction, source, after, params)
    hits = f"with hit as materialized (select e.product_id from catalog_searchentry e where {matching(wanted)})"
    if wanted.estimate > MANY:
        hits = ""
        met = f"join lateral (select from catalog_searchentry e where e.product_id = {source.id} and {matching(wanted)} offset 0) met on true"
    else:
        met = f"join hit on hit.product_id = {source.id}"
    return f"""{hits} select {source.id} as product_id, {_place(asked.order, column, source)} as place from {source.table} c {met}
        where {source.bound}{narrowed}{beyond} order by {column}{direction}, {source.id}{direction} limit %(limit)s"""


def _ranked(source: Source, asked: Asked, after: tuple[Any, UUID] | None, narrowed: str, params: dict[str, Any], wanted: Question) -> str:
    """Whole codes, then what is pinned, then names that begin with the words, then the others by how well they match."""
    scheme = after[0][:1] if after else ""
    many = wanted.query and (scheme == "4" if scheme in ("3", "4") else wanted.estimate > MANY)
    params |= {"head": wanted.head, "named": wanted.named, "begun": wanted.begun, "exact": wanted.exact, "code": wanted.code, "words": wanted.query}
    rank = f"""case when e.document @@ %(code)s::tsquery then '0' {_pinned(wanted)}
        when not e.document @@ %(words)s::tsquery then '5' when e.document @@ %(head)s::tsquery then '2' else '3' end
        || (7 - 4 * (e.document @@ %(named)s::tsquery)::int - 2 * (e.document @@ %(begun)s::tsquery)::int
            - (e.document @@ %(exact)s::tsquery)::int)
        || to_char(least(length(c.sort_key), 99), 'FM00') || ' ' || left(c.sort_key, 100)"""
    beyond = ""
    if after:
        params["after"], params["after_id"] = after
        beyond = 'where (rank, product_id) > (%(after)s::text collate "C", %(after_id)s::uuid)'
    of = "" if not many else " and false" if scheme == "4" else " and " + _front(wanted)
    front = f"""select {source.id} as product_id, ({rank}) collate "C" as rank from catalog_searchentry e
        join {source.table} c on {source.id} = e.product_id where {source.bound} and {matching(wanted)}{of}{narrowed}"""
    tail = _walked(source, narrowed, wanted, scheme) if many else ""
    return f"""with front as materialized (select product_id, rank from ({front}) f {beyond} order by rank, product_id limit %(limit)s) {tail}
        select product_id, json_build_array('relevance', rank, product_id::text)::text as place from
        (select * from front {"union all select * from rest" if many else ""}) found order by rank, product_id limit %(limit)s"""


def _pinned(wanted: Question) -> str:
    if not wanted.pins:
        return ""
    return "when e.product_id = any(%(pins)s::uuid[]) then '1' || to_char(array_position(%(pins)s::uuid[], e.product_id), 'FM000')"


def _front(wanted: Question) -> str:
    arms = ["e.document @@ %(head)s::tsquery"]
    if wanted.code:
        arms.append("e.document @@ %(code)s::tsquery")
    if wanted.pins:
        arms.append("e.product_id = any(%(pins)s::uuid[])")
    return "(" + " or ".join(arms) + ")"


def _walked(source: Source, narrowed: str, wanted: Question, scheme: str) -> str:
    """What begins otherwise, by name; only looked at when the beginning of the list does not fill the page."""
    beyond = f"and (c.sort_key, {source.id}) > (substr(%(after)s::text, 2), %(after_id)s::uuid)" if scheme == "4" else ""
    return f""", rest as (
        select {source.id} as product_id, ('4' || c.sort_key) collate "C" as rank from {source.table} c
        join lateral (select from catalog_searchentry e where e.product_id = {source.id} and e.document @@ %(words)s::tsquery
            and not {_front(wanted)} offset 0) met on true
        where {source.bound}{narrowed} {beyond} and (select count(*) from front) < %(limit)s order by c.sort_key, {source.id} limit %(limit)s)"""

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
MANY = 1_000
COUNTED = 10_000
_LOWEST = """(select min(o.amount) from catalog_variant w join catalog_price o on o.variant_id = w.id
    where w.product_id = c.id and w.archived_at is null {currency})"""


@dataclass(frozen=True)
class Selection:
    """`sql` yields product_id and place, the position of a cursor as JSON, in order: at most one more than was asked for.
    `corrected`: the words that were looked for instead. `carrying`: it yields the body of the card, too."""

    sql: str
    params: dict[str, Any]
    corrected: str | None = None
    carrying: bool = False


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


def selection(*, sight: Sight, asked: Asked, now: datetime, carrying: bool = False) -> Selection:
    """Nothing that the channel does not show is looked at, ordered or corrected to. The shelf's reader keeps step with the clock.
    `carrying`: cards that are walked to may be brought along."""
    return chosen(sight, asked, carrying)


def chosen(sight: Sight, asked: Asked, carrying: bool = False) -> Selection:
    after = cursor_position(asked)
    source, params = source_of(sight), {"limit": asked.first + 1, **_bound(sight)}
    if not asked.words.strip():
        if asked.order == "relevance":
            raise Invalid("Without words there is no relevance to sort by.", field="sort")
        narrowed = narrowed_by(source, asked, params)
        # What is narrowed may have to be sorted, and bodies are heavy.
        carrying = carrying and not narrowed and sight.channel is not None
        return Selection(_listed(source, asked, after, narrowed, params, carrying), params, carrying=carrying)
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


def _listed(source: Source, asked: Asked, after: tuple[Any, UUID] | None, narrowed: str, params: dict[str, Any], carrying: bool) -> str:
    name, kind, direction, _ = ORDERS[asked.order]
    column = source.column(name)
    if name == "price":
        column = f"coalesce({column}, 0)" if source.table == "catalog_product" else column
    beyond = _beyond(column, kind, direction, source, after, params)
    # A number that PostgreSQL sees is planned for once and for all; what is narrowed is better planned with its values.
    limit = "%(limit)s" if narrowed else params.pop("limit")
    body = ", c.body" if carrying else ""
    return f"""select {source.id} as product_id, {_place(asked.order, column, source)} as place{body} from {source.table} c
        where {source.bound}{narrowed}{beyond} order by {column}{direction}, {source.id}{direction} limit {limit}"""


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
    """Whole codes, then what is pinned, then names that begin with the words, then the others by how well they match.

    Ranks begin with a digit: 0 a code, 1 pinned, 2 a name that begins so, 3 others, 5 part of a code. Of very many only 0 and 1 are
    ranked; after them come names that begin so (6) and the others (7), both by name. A page goes on as the one before it began.
    """
    params |= {"head": wanted.head, "named": wanted.named, "begun": wanted.begun, "exact": wanted.exact, "code": wanted.code, "words": wanted.query}
    scheme = after[0][:1] if after else ""
    if wanted.first and (scheme in "67" if scheme > "1" else wanted.estimate > MANY):
        return _walked(source, after, narrowed, params, wanted)
    return f"""with front as materialized ({_front(source, matching(wanted), narrowed, wanted, after, params)})
        select product_id, {_RANKED_PLACE} from front order by rank, product_id"""


_RANKED_PLACE = "json_build_array('relevance', rank, product_id::text)::text as place"


def _front(source: Source, matched: str, narrowed: str, wanted: Question, after: tuple[Any, UUID] | None, params: dict[str, Any]) -> str:
    return f"""select product_id, rank from (
            select {source.id} as product_id, ({_rank(wanted)}) collate "C" as rank from catalog_searchentry e
            join {source.table} c on {source.id} = e.product_id where {source.bound} and {matched}{narrowed}) f
        {_beyond_rank(after, params)} order by rank, product_id limit %(limit)s"""


def _beyond_rank(after: tuple[Any, UUID] | None, params: dict[str, Any]) -> str:
    if not after:
        return ""
    params["after"], params["after_id"] = after
    return 'where (rank, product_id) > (%(after)s::text collate "C", %(after_id)s::uuid)'


def _rank(wanted: Question) -> str:
    """Short names before long ones: there is less in them that was not asked for."""
    firsts = ["when e.document @@ %(code)s::tsquery then '0'"] if wanted.code else []
    if wanted.pins:
        firsts.append("when e.product_id = any(%(pins)s::uuid[]) then '1' || to_char(array_position(%(pins)s::uuid[], e.product_id), 'FM000')")
    if wanted.part or wanted.pins:
        firsts.append("when not e.document @@ %(words)s::tsquery then '5'")
    return f"""case {" ".join(firsts)} when e.document @@ %(head)s::tsquery then '2' else '3' end
        || case when e.document @@ %(named)s::tsquery then '1' when e.document @@ %(begun)s::tsquery then '2'
            when e.document @@ %(exact)s::tsquery then '3' else '4' end
        || to_char(least(length(c.sort_key), 99), 'FM00') || ' ' || left(c.sort_key, 100)"""


def _walked(source: Source, after: tuple[Any, UUID] | None, narrowed: str, params: dict[str, Any], wanted: Question) -> str:
    """Each part is only looked at when those before it do not fill the page; names that begin with a word stand together."""
    scheme = after[0][:1] if after else ""
    params["from"], params["to"] = wanted.first, wanted.first + "\U0010ffff"
    arms = [("front", _front(source, _certain(wanted), narrowed, wanted, after, params))] if scheme < "6" and (wanted.code or wanted.pins) else []
    others = "(e.document @@ %(words)s::tsquery)" + "".join(f" and not {arm}" for arm in _certain_arms(wanted))
    met = f"join lateral (select from catalog_searchentry e where e.product_id = {source.id} and {others} offset 0) met on true"
    # Three stretches of the names: those that begin so, those before them, those behind.
    begins = ("6", "c.sort_key >= %(from)s and c.sort_key < %(to)s")
    for name, (digit, stretch) in {"begins": begins, "before": ("7", "c.sort_key < %(from)s"), "behind": ("7", "c.sort_key >= %(to)s")}.items():
        if scheme > digit:
            continue
        beyond = ""
        if scheme == digit:
            params["after_key"], params["after_id"] = (after or ("", None))[0][1:], (after or ("", None))[1]
            beyond = f" and (c.sort_key, {source.id}) > (%(after_key)s, %(after_id)s::uuid)"
        before = "".join(f" - (select count(*) from {one})" for one, _ in arms)
        arms.append(
            (
                name,
                f"""select {source.id} as product_id, ('{digit}' || c.sort_key) collate "C" as rank from {source.table} c {met}
                where {source.bound} and {stretch}{narrowed}{beyond} and %(limit)s{before} > 0 order by c.sort_key, {source.id} limit %(limit)s""",
            )
        )
    parts = ", ".join(f"{name} as materialized ({arm})" for name, arm in arms)
    union = " union all ".join(f"select * from {name}" for name, _ in arms)
    return f"""with {parts} select product_id, {_RANKED_PLACE} from ({union}) found order by rank, product_id limit %(limit)s"""


def _certain_arms(wanted: Question) -> list[str]:
    arms = ["e.document @@ %(code)s::tsquery"] if wanted.code else []
    return [*arms, "e.product_id = any(%(pins)s::uuid[])"] if wanted.pins else arms


def _certain(wanted: Question) -> str:
    return "(" + " or ".join(_certain_arms(wanted)) + ")"

"""What search knows of each product, written: one row with its words, codes and facets, and a count of every word.

A document's lexemes: a word as it is; "~" and a stem of it in English, German or French; "^" or "^~" before those the
name begins with; "=" and a whole code (a SKU without case, the 14 digits of a GTIN). Weights: A name, B brand and tags, C categories
and variants, D attributes and parts of SKUs.
"""
# ruff: noqa: S608  # statements are put together of this package's own parts; every value that comes from outside is a parameter

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from catalog import facets
from catalog.search import words

BATCH = 2_000
# A product, its words by weight, its codes.
Told = tuple[UUID, list[tuple[str, Sequence[str]]], list[str]]
# One writer at a time, so that the count of words stays right. Any constant will do that no other advisory lock has.
LOCK = 0x7365_6172_6368
STEMS_KEPT = 300_000
_stems: dict[str, tuple[str, ...]] = {}
_quoted: dict[str, tuple[str, ...]] = {}

SOURCE = f"""with recursive {facets.TREE}
select p.id, p.name, p.translations::json, b.name, tree.path::json, p.tags,
    (select json_agg(coalesce(h.names, to_json(v.value))) from jsonb_each(p.attributes) v join catalog_attribute a on a.code = v.key
        left join lateral (select json_agg(json_build_array(h.name, h.translations)) as names from catalog_attributechoice h
            where h.attribute_id = a.id and v.value @> to_jsonb(h.code)) h on a.kind in ('choice', 'multi_choice')
        where a.kind in ('text', 'choice', 'multi_choice')),
    (select json_agg(json_build_array(w.sku, w.name, w.options, w.translations,
            (select json_agg(g.gtin) from catalog_gtin g where g.variant_id = w.id)) order by w.position, w.id)
        from catalog_variant w where w.product_id = p.id)
from catalog_product p left join catalog_brand b on b.id = p.brand_id left join tree on tree.id = p.category_id
where p.id = any(%(products)s::uuid[])
"""

# Of the product p: only for staff, beside what cards have.
STAFF = """array['status:' || p.status]
    || array(select 'channel:' || n.code from catalog_card c join org_channel n on n.id = c.channel_id where c.product_id = p.id)
    || case when not exists (select from catalog_productmedia i where i.product_id = p.id) then array['missing:picture'] else '{}' end
    || coalesce((select array_remove(array[
            case when bool_or(w.net_content is null) then 'missing:net_content' end,
            case when bool_or(not exists (select from catalog_gtin g where g.variant_id = w.id)) then 'missing:barcode' end,
            case when bool_or(not exists (select from catalog_price o where o.variant_id = w.id)) then 'missing:price' end], null)
        from catalog_variant w where w.product_id = p.id and w.archived_at is null), '{}')"""

# Of the product p, for lists in the back office: they are ordered by what is on sale, in the shop's own currency.
LOWEST = """select min(w.sku collate "C") as sku, min(o.amount) as price from catalog_variant w
    left join catalog_price o on o.variant_id = w.id and o.currency = (select y.currency from org_company y order by y.id limit 1)
    where w.product_id = p.id and w.archived_at is null"""

# Lexemes that are words; numbers of articles are none that somebody could mean with a slip.
WORD = "left(word, 1) not in ('~', '^', '=') and not (length(word) > 5 and word ~ '[0-9]')"

PUT = f"""with recursive {facets.TREE},
made as materialized (
    select n.product_id, n.document::tsvector as document, n.codes, (f.facets || {STAFF})::varchar[] as facets,
        coalesce(low.sku, '') as sku, low.price
    from unnest(%(ids)s::uuid[], %(documents)s::text[], %(codes)s::text[]) n(product_id, document, codes)
    join catalog_product p on p.id = n.product_id
    left join tree on tree.id = p.category_id left join catalog_brand b on b.id = p.brand_id left join catalog_producttype k on k.id = p.type_id
    cross join lateral (select {facets.ARRAY} as facets) f
    cross join lateral ({LOWEST}) low
),
-- As it was before this statement: what it writes it does not see.
before as materialized (select e.product_id, e.document from catalog_searchentry e where e.product_id = any(%(ids)s::uuid[])),
put as (
    insert into catalog_searchentry as e (product_id, document, codes, facets, sku, price)
    select product_id, document, codes, facets, sku, price from made
    on conflict (product_id) do update set document = excluded.document, codes = excluded.codes, facets = excluded.facets, sku = excluded.sku,
        price = excluded.price where (e.document, e.codes, e.facets, e.sku, e.price)
            is distinct from (excluded.document, excluded.codes, excluded.facets, excluded.sku, excluded.price)
),
counted as (
    select left(word, {words.LONGEST_WORD}) as word, sum(number) as number from (
        select unnest(tsvector_to_array(document)) as word, 1 as number from made
        union all select unnest(tsvector_to_array(document)), -1 from before) each
    where {WORD} group by 1 having sum(number) <> 0
)
insert into catalog_searchword as w (word, products) select word, greatest(number, 0) from counted where %(counting)s order by word
on conflict (word) do update set products = greatest(w.products + (select number from counted where counted.word = excluded.word), 0)
"""

RECOUNT = f"""with counted as materialized (
    select left(word, {words.LONGEST_WORD}) as word, sum(ndoc) as products from ts_stat('select document from catalog_searchentry')
    where {WORD} group by 1
),
gone as (delete from catalog_searchword w where not exists (select from counted where counted.word = w.word))
insert into catalog_searchword as w (word, products) select word, products from counted order by word
on conflict (word) do update set products = excluded.products where w.products <> excluded.products
"""

STEM = """select word, array(select distinct unnest(ts_lexize('english_stem', word) || ts_lexize('german_stem', word)
    || ts_lexize('french_stem', word))) from unnest(%(words)s::text[]) word"""


# What waits for an index is read through by every search. Only the owner of the tables may empty the lists; for another
# writer the server does it by and by.
SETTLE = """select gin_clean_pending_list(oid) from pg_class
    where relname in ('search_words', 'search_codes', 'search_facets', 'search_word_likeness') and relkind = 'i' and pg_has_role(relowner, 'usage')"""


def refresh(*, products: Sequence[UUID]) -> None:
    """These products as they are now. A constant number of statements for each batch."""
    if not products:
        return
    with transaction.atomic():
        _hold()
        for start in range(0, len(products), BATCH):
            _put(products[start : start + BATCH], counting=True)


def rebuild() -> int:
    """Every product anew; what is the same already is not written. How many there are. Nobody else writes meanwhile.

    A thread cuts the texts of the next batch into words while the database writes this one.
    """
    with transaction.atomic(), connection.cursor() as cursor, ThreadPoolExecutor(max_workers=1) as beside:
        _hold()
        cursor.execute("select id from catalog_product order by id")
        products = [id for (id,) in cursor]
        waiting: Future[list[Told]] | None = None
        for start in range(0, len(products), BATCH):
            rows = _read(cursor, products[start : start + BATCH])
            ready, waiting = waiting, beside.submit(_cut, rows)
            if ready is not None:
                _write(cursor, ready.result(), counting=False)
        if waiting is not None:
            _write(cursor, waiting.result(), counting=False)
        cursor.execute("delete from catalog_searchentry e where not exists (select from catalog_product p where p.id = e.product_id)")
        cursor.execute(RECOUNT)
        cursor.execute(SETTLE)
        cursor.execute("analyze catalog_searchentry, catalog_searchword")
    return len(products)


def _hold() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(%s)", [LOCK])


def _put(products: Sequence[UUID], *, counting: bool) -> None:
    with connection.cursor() as cursor:
        _write(cursor, _cut(_read(cursor, products)), counting=counting)


def _read(cursor: Any, products: Sequence[UUID]) -> list[Any]:
    cursor.execute(SOURCE, {"products": list(products)})
    rows: list[Any] = cursor.fetchall()
    return rows


def _cut(rows: Sequence[Any]) -> list[Told]:
    return [(row[0], list(_texts(*row[1:])), _codes(row[7])) for row in rows]


def _write(cursor: Any, told: Sequence[Told], *, counting: bool) -> None:
    _learn(cursor, {word for _, weighed, _ in told for _, found in weighed for word in found})
    documents = [document(weighed, coded) for _, weighed, coded in told]
    codes = ["\n".join(coded) for _, _, coded in told]
    cursor.execute(PUT, {"ids": [id for id, _, _ in told], "documents": documents, "codes": codes, "counting": counting})
    cursor.execute(SETTLE)


def _texts(
    name: str, translations: Any, brand: str | None, path: Any, tags: Any, attributes: Any, variants: Any
) -> Iterator[tuple[str, Sequence[str]]]:
    """Weight and words. "^" is no weight of the database's: it marks the beginnings of names."""
    for text in (name, *_translated(translations)):
        yield "^", words.first(text)
        yield "A", words.indexed(text)
    if brand:
        yield "B", _often(brand)
    for tag in tags:
        yield "B", _often(tag.replace("_", " "))
    for category in path or ():
        yield "C", _often(category["name"])
        for text in _translated(category["translations"]):
            yield "C", _often(text)
    for sku, own, options, own_translations, _ in variants or ():
        for text in (own, *_translated(own_translations), *map(str, options.values())):
            yield "C", _often(text)
        yield "D", words.indexed(sku.replace("_", " "))
    for text in _told(attributes):
        yield "D", _often(text)


@lru_cache(maxsize=20_000)
def _often(text: str) -> tuple[str, ...]:
    """Of texts that many products share."""
    return tuple(words.indexed(text))


def _translated(translations: Mapping[str, Any]) -> Iterator[str]:
    for told in translations.values():
        if isinstance(told, Mapping) and isinstance(told.get("name"), str):
            yield told["name"]


def _told(attributes: Any) -> Iterator[str]:
    """A text, or the names of choices: [[name, translations], …]."""
    for value in attributes or ():
        if isinstance(value, str):
            yield value[:1000]
        for name, translations in value if isinstance(value, list) else ():
            yield from (name, *_translated(translations))


def _codes(variants: Any) -> list[str]:
    rows = variants or ()
    return list(dict.fromkeys([row[0].casefold() for row in rows] + [gtin for row in rows for gtin in row[4] or ()]))


def document(weighed: Iterable[tuple[str, Sequence[str]]], codes: Iterable[str]) -> str:
    """As the text of a tsvector."""
    weights: dict[str, int] = {quoted("=" + code): 1 for code in codes}
    for weight, found in weighed:
        sign = _SIGNS[weight]
        for word in found:
            for lexeme in _beginnings(word) if weight == "^" else _lexemes(word):
                weights[lexeme] = weights.get(lexeme, 0) | sign
    return " ".join([lexeme + _PLACES[signs] for lexeme, signs in weights.items()])


# Weights of a lexeme as bits, and those bits as the text of a tsvector has them.
_SIGNS = {"A": 8, "B": 4, "C": 2, "D": 1, "^": 1}
_PLACES = [":" + ",".join(f"{place}{weight}" for place, weight in enumerate((w for w in "ABCD" if _SIGNS[w] & signs), 1)) for signs in range(16)]


def _lexemes(word: str) -> tuple[str, ...]:
    if word not in _stems:
        return (quoted(word),)
    found = _quoted.get(word)
    if found is None:
        found = _quoted[word] = (quoted(word), *(quoted("~" + stem) for stem in _stems[word] if stem != word))
    return found


def _beginnings(word: str) -> list[str]:
    return ["'^" + lexeme[1:] for lexeme in _lexemes(word)]


def quoted(word: str) -> str:
    """A lexeme in the text of a tsvector or tsquery, whatever it is made of."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _learn(cursor: Any, found: set[str]) -> None:
    """The stems of words that this process has not met yet; numbers have none."""
    if len(_stems) > STEMS_KEPT:
        _stems.clear()
        _quoted.clear()
    unknown = [word for word in found if word not in _stems and word.isalpha()]
    if unknown:
        cursor.execute(STEM, {"words": unknown})
        for word, stems in cursor.fetchall():
            _stems[word] = tuple(stems)

"""Which products a change of something else shows on: a brand's name stands on all its cards."""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from catalog import facets, offers
from catalog.models import Collection

OF_CATEGORY = f"""with recursive {facets.TREE}
    select p.id from catalog_product p join tree on tree.id = p.category_id where %(code)s = any(tree.codes)"""
OF: Mapping[str, str] = {
    "brand": "select p.id from catalog_product p join catalog_brand b on b.id = p.brand_id where b.code = %(code)s",
    "category": OF_CATEGORY,
    "product_type": "select p.id from catalog_product p join catalog_producttype k on k.id = p.type_id where k.code = %(code)s",
    "tax_class": "select p.id from catalog_product p join catalog_taxclass t on t.id = p.tax_class_id where t.code = %(code)s",
    "attribute": "select p.id from catalog_product p where p.attributes ? %(code)s",
}
# Who was in it, who was put into it, and whom its rule finds now.
OF_COLLECTION = """select c.product_id from catalog_card c where c.facets @> array['collection:' || %(code)s]::varchar[]
    union select e.product_id from catalog_searchentry e where e.facets @> array['collection:' || %(code)s]::varchar[]
    union select i.product_id from catalog_collectionproduct i join catalog_collection l on l.id = i.collection_id where l.code = %(code)s"""


CHARGED = """select distinct w.product_id from catalog_variant d join catalog_variant w on w.deposit_id = d.id
    where d.product_id = any(%s::uuid[])"""


# Prices of a list that hold, and those that ended when it was told of. What came in began then or later, what was ended has
# an end: where only prices changed, those that have held on and on are not looked at.
OF_PRICE_LIST = """select distinct w.product_id from catalog_priceentry e join catalog_variant w on w.id = e.variant_id
    where e.price_list_id = %(price_list)s and e.live and (e.starts_at is null or e.starts_at <= %(now)s)
        and (e.ends_at >= %(since)s or (e.ends_at is null and (%(all)s or e.starts_at >= %(since)s)))"""
# What carries its badge now, and what it is about: of that more is looked at than is changed.
OF_PROMOTION = f"""select c.product_id from catalog_card c where c.facets @> array['{offers.FACET}:' || %(code)s]::varchar[]
    union {offers.REACHED}"""
OF_CODE = "m.code = %(code)s and (m.starts_at is null or m.starts_at <= %(now)s) and (m.ends_at is null or m.ends_at > %(now)s)"
# Entries end at the moment that is told, to the millisecond.
ABOUT = timedelta(seconds=1)


def products_of(*, kind: str, code: str) -> list[UUID]:
    """Empty for a kind that no card tells of."""
    statement, values = _collection(code) if kind == "collection" else (OF.get(kind), {"code": code})
    return _ids(statement, values) if statement is not None else []


def products_of_price_list(*, price_list: UUID, prices: bool, since: datetime, now: datetime) -> list[UUID]:
    """What costs something else by a change that was told at `since`: of `prices` of the list, or of the list itself."""
    return _ids(OF_PRICE_LIST, {"price_list": price_list, "all": not prices, "since": since - ABOUT, "now": now})


def products_of_promotion(*, code: str, now: datetime) -> list[UUID]:
    found = offers.told(which=OF_CODE, values={"code": code, "now": now})
    return _ids(OF_PROMOTION, {"code": code, **offers.reached(key for offer in found for key in offer.keys)})


def charged_with(*, products: Sequence[UUID]) -> list[UUID]:
    """Whose cards name one of these as their deposit, by its SKU."""
    return _ids(CHARGED, [list(products)])


def _ids(statement: str, values: Mapping[str, Any] | Sequence[Any]) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [id for (id,) in cursor]


def _collection(code: str) -> tuple[str | None, dict[str, Any]]:
    values: dict[str, Any] = {"code": code}
    collection = Collection.objects.filter(code=code, kind=Collection.Kind.RULE).first()
    parts: Sequence[Sequence[str]] = facets.overlaps(collection.rule) if collection else ()
    if not parts:
        return OF_COLLECTION, values
    values |= {f"part{number}": list(part) for number, part in enumerate(parts)}
    ruled = " and ".join(f"e.facets && %(part{number})s::varchar[]" for number in range(len(parts)))
    return f"{OF_COLLECTION} union select e.product_id from catalog_searchentry e where {ruled}", values

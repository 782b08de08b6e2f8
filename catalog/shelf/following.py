"""Which products a change of something else shows on: a brand's name stands on all its cards."""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from catalog import facets
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


def products_of(*, kind: str, code: str) -> list[UUID]:
    """Empty for a kind that no card tells of."""
    statement, values = _collection(code) if kind == "collection" else (OF.get(kind), {"code": code})
    if statement is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [id for (id,) in cursor]


def charged_with(*, products: Sequence[UUID]) -> list[UUID]:
    """Whose cards name one of these as their deposit, by its SKU."""
    with connection.cursor() as cursor:
        cursor.execute(CHARGED, [list(products)])
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

"""What the catalogue has under a thousand keys at once: one parameter for all of them, where `in` would take one for each."""

from collections.abc import Iterable
from typing import Any, Final

from django.db import connection

# Said again although nothing else can be meant: only so is the index used, which holds no empty keys.
OF_SOURCE: Final = "select source_key, id, source_hash from catalog_product where source = %s and source_key = any(%s) and source_key <> ''"
BY_HANDLE: Final = "select handle, id from catalog_product where handle = any(%s)"
BY_SKU: Final = "select sku, product_id, id from catalog_variant where sku = any(%s)"
BY_CODE: Final = """
select g.gtin, v.product_id, v.sku, p.name
from catalog_gtin g join catalog_variant v on v.id = g.variant_id join catalog_product p on p.id = v.product_id
where g.gtin = any(%s)
"""


def found(statement: str, keys: Iterable[str], *, source: str | None = None) -> list[tuple[Any, ...]]:
    parameters: list[Any] = [list(keys)] if source is None else [source, list(keys)]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()

"""What the catalogue has under a thousand keys at once: one parameter for all of them, where `in` would take one for each.
The keys come as JSON, because psycopg writes an array text by text."""

import json
from collections.abc import Iterable
from typing import Any, Final

from django.db import connection

# That the key is not empty is said again although none is: only so is the index used, which has no empty ones.
OF_SOURCE: Final = """
select source_key, id, source_hash from catalog_product
where source_key = any(array(select json_array_elements_text(%s))) and source = %s and source_key <> ''
"""
BY_HANDLE: Final = "select handle, id from catalog_product where handle = any(array(select json_array_elements_text(%s)))"
BY_SKU: Final = "select sku, product_id, id from catalog_variant where sku = any(array(select json_array_elements_text(%s)))"
BY_CODE: Final = """
select g.gtin, v.product_id, v.sku, p.name
from catalog_gtin g join catalog_variant v on v.id = g.variant_id join catalog_product p on p.id = v.product_id
where g.gtin = any(array(select json_array_elements_text(%s)))
"""


def found(statement: str, keys: Iterable[str], *more: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(list(keys)), *more])
        return cursor.fetchall()

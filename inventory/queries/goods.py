"""What stock needs to know of goods, however they were named: by id, by SKU, by a code on the pack or on a case."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection


@dataclass(frozen=True, slots=True)
class Good:
    """`bundle`: it has no stock of its own, its components have. `pieces`: it is counted in whole ones."""

    variant: UUID
    sku: str
    name: str
    pieces: bool
    by_lot: bool
    by_serial: bool
    bundle: bool
    archived: bool


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code stands for so many thousandths of a variant: 1000 on the pack, more on a case."""

    variant: UUID
    quantity: int


# One parameter for all keys, where `in` would take one for each.
GOODS: Final = """
select v.id, v.sku, concat_ws(' ', p.name, nullif(v.name, '')), v.sold_by = 'each', p.tracks_lots, p.tracks_serials,
    exists (select from inventory_component c where c.bundle_id = v.id), v.archived_at is not null
from catalog_variant v join catalog_product p on p.id = v.product_id
where v.id = any(array(select jsonb_array_elements_text(%s::jsonb)::uuid))
"""
# A code that is on a case here and on a pack there is the pack's: the catalogue came first.
CODES: Final = """
select gtin, variant_id, quantity from inventory_pack where gtin = any(array(select jsonb_array_elements_text(%(codes)s::jsonb)))
union all
select gtin, variant_id, 1000 from catalog_gtin where gtin = any(array(select jsonb_array_elements_text(%(codes)s::jsonb)))
order by gtin, quantity desc
"""
SKUS: Final = "select sku, id from catalog_variant where sku = any(array(select jsonb_array_elements_text(%s::jsonb)))"


def goods(*, variants: Iterable[UUID]) -> dict[UUID, Good]:
    """Variants that are not there are missing."""
    asked = [str(variant) for variant in variants]
    return {row[0]: Good(*row) for row in _rows(GOODS, [json.dumps(asked)])} if asked else {}


def scanned(*, codes: Iterable[str]) -> dict[str, Scanned]:
    """By GTINs of 14 digits. Codes that nothing has are missing."""
    asked = list(codes)
    rows = _rows(CODES, {"codes": json.dumps(asked)}) if asked else []
    # The pack's row comes last.
    return {code: Scanned(variant, quantity) for code, variant, quantity in sorted(rows, key=lambda row: (row[0], row[2] == 1000))}


def by_sku(*, skus: Iterable[str]) -> dict[str, UUID]:
    asked = list(skus)
    return dict(_rows(SKUS, [json.dumps(asked)])) if asked else {}


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()

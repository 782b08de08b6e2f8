"""What goods cost the shop, set for many variants at once: by whoever keeps the average of what was paid."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalog import revisions
from catalog.models import Product
from catalog.services import changes
from catalog.services.prices import HIGHEST
from kernel.errors import Invalid

# One parameter for all keys, where `in` would take one for each, and the database takes 65,535.
READ: Final = """
select id, product_id, reference_cost from catalog_variant
where id = any(array(select jsonb_array_elements_text(%s::jsonb)::uuid))
"""
PUT: Final = """
update catalog_variant variant set reference_cost = told.cost
from jsonb_to_recordset(%s::jsonb) as told(variant uuid, cost bigint) where variant.id = told.variant
"""
BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class _Different:
    variant: UUID
    product: UUID
    before: int | None
    after: int | None


def set_reference_costs(*, costs: Mapping[UUID, int | None], now: datetime, actor: UUID | None) -> int:
    """Minor units of the company's currency for 1000 thousandths, by variant; None: nobody knows. How many are different now.

    Each product gets one revision and one event; statements grow by the 5,000 products. A variant that is not there is left out.
    """
    for cost in costs.values():
        if cost is not None and not 0 <= cost <= HIGHEST:
            raise Invalid("What it costs is zero or more, and at most ten billion.", field="reference_cost")
    by_product: dict[UUID, list[UUID]] = defaultdict(list)
    for one in _different(costs, costs):
        by_product[one.product].append(one.variant)
    with changes.written_by(actor):
        # In the order of ids, as everybody who locks several products does.
        batches = _batches(sorted(by_product))
        return sum(_set(ids, costs, list(chain.from_iterable(by_product[id] for id in ids)), now, actor) for ids in batches)


def _batches(products: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [products[start : start + BATCH] for start in range(0, len(products), BATCH)]


def _set(ids: Sequence[UUID], costs: Mapping[UUID, int | None], variants: Collection[UUID], now: datetime, actor: UUID | None) -> int:
    locked = list(Product.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
    # As they are now that nobody else can write them.
    different = _different(variants, costs)
    before, after = _paths(different)
    changed = [product for product in locked if product.id in after]
    with connection.cursor() as cursor:
        cursor.execute(PUT, [json.dumps([{"variant": str(one.variant), "cost": one.after} for one in different])])
    Product.objects.filter(id__in=list(after)).update(updated_at=now)
    revisions.record(before, after, created=(), run=None, actor=str(actor or ""), at=now)
    changes.record(changed, {product.id: "changed" for product in changed}, now=now)
    return len(different)


def _different(variants: Collection[UUID], costs: Mapping[UUID, int | None]) -> list[_Different]:
    if not variants:
        return []
    with connection.cursor() as cursor:
        cursor.execute(READ, [json.dumps([str(variant) for variant in variants])])
        rows = cursor.fetchall()
    return [_Different(variant, product, cost, costs[variant]) for variant, product, cost in rows if cost != costs[variant]]


def _paths(rows: Sequence[_Different]) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, dict[str, Any]]]:
    """Before and after in the words of catalog.revisions: nothing else of these products is different."""
    before: dict[UUID, dict[str, Any]] = defaultdict(dict)
    after: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        path = f"variant.{row.variant}.reference_cost"
        before[row.product][path], after[row.product][path] = row.before, row.after
    return before, after

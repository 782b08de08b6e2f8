"""What goods cost the shop, set for many variants at once: by whoever keeps the average of what was paid."""

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalog import revisions
from catalog.models import Product, Variant
from catalog.services import changes
from catalog.services.prices import HIGHEST
from kernel.errors import Invalid

PUT: Final = """
update catalog_variant variant set reference_cost = told.cost
from jsonb_to_recordset(%s::jsonb) as told(variant uuid, cost bigint) where variant.id = told.variant
"""


def set_reference_costs(*, costs: Mapping[UUID, int | None], now: datetime, actor: UUID | None) -> int:
    """Minor units of the company's currency for 1000 thousandths, by variant; None: nobody knows. How many are different now.

    Each product gets one revision and one event, and the statements do not grow with their number. A variant that is not there is left out.
    """
    for cost in costs.values():
        if cost is not None and not 0 <= cost <= HIGHEST:
            raise Invalid("What it costs is zero or more, and at most ten billion.", field="reference_cost")
    with changes.written_by(actor):
        different = _different(costs)
        if not different:
            return 0
        # In the order of ids, as everybody who locks several products does.
        products = list(Product.objects.select_for_update(no_key=True).filter(id__in={row.product_id for row in different}).order_by("id"))
        # As they are now that nobody else can write them.
        different = _different({row.id: costs[row.id] for row in different})
        before, after = _paths(different, costs)
        changed = [product for product in products if product.id in after]
        _put(different, costs, changed, now)
        revisions.record(before, after, created=(), run=None, actor=str(actor or ""), at=now)
        changes.record(changed, {product.id: "changed" for product in changed}, now=now)
        return len(different)


def _different(costs: Mapping[UUID, int | None]) -> list[Variant]:
    rows = Variant.objects.filter(id__in=list(costs)).only("id", "product_id", "reference_cost")
    return [row for row in rows if row.reference_cost != costs[row.id]]


def _paths(rows: list[Variant], costs: Mapping[UUID, int | None]) -> tuple[dict[UUID, dict[str, Any]], dict[UUID, dict[str, Any]]]:
    """Before and after in the words of catalog.revisions: nothing else of these products is different."""
    before: dict[UUID, dict[str, Any]] = defaultdict(dict)
    after: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for row in rows:
        path = f"variant.{row.id}.reference_cost"
        before[row.product_id][path], after[row.product_id][path] = row.reference_cost, costs[row.id]
    return before, after


def _put(rows: list[Variant], costs: Mapping[UUID, int | None], products: list[Product], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PUT, [json.dumps([{"variant": str(row.id), "cost": costs[row.id]} for row in rows])])
    Product.objects.filter(id__in=[product.id for product in products]).update(updated_at=now)

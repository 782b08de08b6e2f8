"""What goods cost on average, moved by what is paid for them.

An average is kept in thousandths of a minor unit for 1000 thousandths of the goods. It moves in the order in which receipts are recorded,
not in that of the days they happened on: what was sold at the average of its day stays so.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from catalog import services as catalog
from kernel.money import divided

# A cost of one minor unit, in the average's measure times the quantity's.
UNIT: Final = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Paid:
    """Thousandths, and minor units for all of them."""

    quantity: int
    cost: int


@dataclass(frozen=True, kw_only=True)
class Averaged:
    """None before: nobody knew."""

    before: int | None
    after: int


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """What was paid, and how the average stood before and after it came. `alone`: nothing else came with it and stays."""

    paid: Paid
    before: int | None
    after: int | None
    alone: bool = True


def averaged(*, average: int | None, held: int, paid: Paid) -> int:
    """What there was keeps its worth, what comes brings its own, and the sum is spread over both: half a thousandth up. What there was
    is worth what comes where nobody knows what it cost; less than nothing is worth nothing."""
    held = max(held, 0) if average is not None else 0
    return divided((average or 0) * held + paid.cost * UNIT, held + paid.quantity)


def without(*, average: int, held: int, paid: Paid) -> int:
    """The worth of what came taken out again. Where that leaves nothing to spread, or less than no worth (much has been sold since,
    at the average), the average stays."""
    left, worth = max(held, 0) - paid.quantity, average * max(held, 0) - paid.cost * UNIT
    return divided(worth, left) if left > 0 and worth >= 0 else average


# In one order for everybody. Whoever comes second waits here, and then sees what the first one's goods have made of the levels.
# Where nobody knows what a variant costs, what the catalogue says it does is as good a beginning as any.
HOLD: Final = """
insert into inventory_itemcost as item (variant_id, average, changed_at)
select id, coalesce(reference_cost, 0) * 1000, %s from catalog_variant
where id = any(array(select jsonb_array_elements_text(%s::jsonb)::uuid)) order by id
on conflict (variant_id) do update set average = item.average
returning variant_id, average, xmax = 0
"""
HOLD_KNOWN: Final = """
select variant_id, average from inventory_itemcost
where variant_id = any(array(select jsonb_array_elements_text(%s::jsonb)::uuid)) order by variant_id for update
"""
HELD: Final = """
select variant_id, sum(on_hand)::bigint from inventory_level
where variant_id = any(array(select jsonb_array_elements_text(%s::jsonb)::uuid)) group by variant_id
"""
KEEP: Final = """
update inventory_itemcost item set average = told.average, changed_at = %s
from jsonb_to_recordset(%s::jsonb) as told(variant uuid, average bigint) where item.variant_id = told.variant
"""
FORGET: Final = "delete from inventory_itemcost where variant_id = any(array(select jsonb_array_elements_text(%s::jsonb)::uuid))"


def bring_in(*, paid: Mapping[UUID, Paid], now: datetime) -> dict[UUID, Averaged]:
    """Before the goods are moved, in the transaction that moves them: the averages with them."""
    if not paid:
        return {}
    found = {variant: (average, new) for variant, average, new in _rows(HOLD, [now, _ids(paid)])}
    held = _held(paid)
    moved: dict[UUID, Averaged] = {}
    for variant, one in paid.items():
        average, new = found[variant]
        before = None if new and not average else average
        moved[variant] = Averaged(before=before, after=averaged(average=before, held=held.get(variant, 0), paid=one))
    _keep({variant: one.after for variant, one in moved.items()}, now)
    return moved


def hold(variants: Collection[UUID]) -> dict[UUID, int]:
    """The averages that are known, and nobody else's until the end of the transaction."""
    return dict(_rows(HOLD_KNOWN, [_ids(variants)]))


def take_out(*, gone: Mapping[UUID, TakenBack], now: datetime) -> dict[UUID, int | None]:
    """Before the goods are moved back. An average that still says what their coming made of it is what it was before, None where
    nobody knew; one that has been moved since loses their worth (see `without`). Answers those that changed."""
    if not gone:
        return {}
    known = hold(gone)
    held = _held(known)
    changed: dict[UUID, int | None] = {}
    for variant, average in known.items():
        one = gone[variant]
        back = one.alone and average == one.after
        after = one.before if back else without(average=average, held=held.get(variant, 0), paid=one.paid)
        if after != average:
            changed[variant] = after
    _keep({variant: after for variant, after in changed.items() if after is not None}, now)
    _forget([variant for variant, after in changed.items() if after is None])
    return changed


def tell_catalog(*, averages: Mapping[UUID, int | None], now: datetime, actor: UUID | None) -> None:
    """Minor units: whoever edits the catalogue's cost by hand is overruled by the next receipt."""
    if averages:
        costs = {variant: None if average is None else divided(average, 1000) for variant, average in averages.items()}
        catalog.set_reference_costs(costs=costs, now=now, actor=actor)


def _held(variants: Collection[UUID]) -> dict[UUID, int]:
    """Over all places: what lies in quarantine or is on its way was paid for too."""
    return dict(_rows(HELD, [_ids(variants)]))


def _keep(averages: Mapping[UUID, int], now: datetime) -> None:
    if averages:
        rows = [{"variant": str(variant), "average": average} for variant, average in averages.items()]
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [now, json.dumps(rows)])


def _forget(variants: Collection[UUID]) -> None:
    if variants:
        with connection.cursor() as cursor:
            cursor.execute(FORGET, [_ids(variants)])


def _ids(variants: Collection[UUID] | Mapping[UUID, Any]) -> str:
    return json.dumps([str(variant) for variant in variants])


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()

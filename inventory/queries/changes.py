"""What has happened, page by page: levels as they change, for whoever follows them, and movements, newest first.
Quantities are integer thousandths."""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from inventory.queries.levels import PART_NAMES, PARTS, Stock
from org.paging import Page, page_of

# A level that changed and was not told since has no position, and comes back with a higher one: nobody misses anything by reading on
# from the last position read, and whoever reads slowly reads each level once, as it is now.
CHANGES = f"""
select change.position, {PARTS}
from inventory_levelchange change
join inventory_level level using (variant_id, location_id)
join inventory_location location on location.id = change.location_id
where change.position > %(after)s and (%(stores)s::uuid[] is null or location.store_id = any(%(stores)s))
order by change.position
limit %(limit)s
"""


@dataclass(frozen=True, kw_only=True)
class Change:
    position: int
    stock: Stock


def changes(*, after: int = 0, first: int = 100, stores: Collection[UUID] | None = None) -> Page[Change]:
    """Levels that were told after this position, in the order of their positions, as they are now. Positions are commit-safe."""
    values = {"after": after, "stores": None if stores is None else list(stores), "limit": first + 1}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES, values)
        rows = cursor.fetchall()
    return page_of([Change(position=row[0], stock=Stock(**dict(zip(PART_NAMES, row[1:], strict=True)))) for row in rows], first=first)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A movement with the names it is told by."""

    id: int
    variant: UUID
    sku: str
    location: UUID
    location_code: str
    quantity: int
    cause: str
    lot: str | None
    reference: UUID
    line: int
    part: int
    actor: UUID | None
    note: str
    occurred_at: datetime
    recorded_at: datetime


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which movements. `location` is its id or code, `lot` its code as printed; `since` and `until` are when it happened,
    `until` not included."""

    variant: UUID | None = None
    location: str = ""
    lot: str = ""
    cause: str = ""
    since: datetime | None = None
    until: datetime | None = None


MOVEMENTS = """
select movement.id, movement.variant_id, variant.sku, movement.location_id, location.code, movement.quantity, movement.cause, lot.code,
    movement.reference, movement.line, movement.part, movement.actor, movement.note, movement.occurred_at, movement.recorded_at
from (select * from inventory_movement where {conditions} order by id desc limit %(limit)s) movement
join inventory_location location on location.id = movement.location_id
join catalog_variant variant on variant.id = movement.variant_id
left join inventory_lot lot on lot.id = movement.lot_id
order by movement.id desc
"""
# Only what is asked for stands in the statement, so that each way of asking has the plan it needs.
CONDITIONS = {
    "before": "id < %(before)s",
    "variant": "variant_id = %(variant)s",
    "location": "location_id = (select id from inventory_location where %(location)s in (id::text, code))",
    "lot": "lot_id = any(array(select id from inventory_lot where code = %(lot)s and (%(of)s::uuid is null or variant_id = %(of)s)))",
    "cause": "cause = %(cause)s",
    "since": "occurred_at >= %(since)s",
    "until": "occurred_at < %(until)s",
    "stores": "location_id in (select id from inventory_location where store_id = any(%(stores)s::uuid[]))",
}


def movements(*, wanted: Wanted, first: int, before: int | None = None, stores: Collection[UUID] | None = None) -> Page[Moved]:
    """Newest first, in one statement; the page after another one is `before` its last id."""
    values: dict[str, Any] = {name: value for name, value in vars(wanted).items() if value}
    values |= {} if before is None else {"before": before}
    values |= {} if stores is None else {"stores": list(stores)}
    conditions = " and ".join(CONDITIONS[name] for name in values) or "true"
    with connection.cursor() as cursor:
        cursor.execute(MOVEMENTS.format(conditions=conditions), {**values, "of": wanted.variant, "limit": first + 1})
        rows = cursor.fetchall()
    names = tuple(Moved.__dataclass_fields__)
    return page_of([Moved(**dict(zip(names, row, strict=True))) for row in rows], first=first)

"""Telling others what changed. Levels move as often as goods do; they are told once a second at most, each with what is true then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import OperationalError, connection, transaction

from inventory import events
from kernel import outbox

# Any constant will do; it only has to differ from the other advisory locks of this database.
TELLING_LOCK: Final = 0x6C65_7665_6C73
MOST_AWAITED: Final = 50
PATIENCE: Final = "100ms"

# Whoever moves goods holds the row of each level until the commit, also when it has no position yet. What is held now is passed by.
UNTOLD = """
select id, variant_id, location_id from inventory_levelchange where position is null and (variant_id, location_id) > (%s, %s)
order by variant_id, location_id limit %s for update skip locked
"""
# A variant and a location: a pass goes through levels by them.
BEGINNING: Final = (UUID(int=0), UUID(int=0))

# Without the locks, so that what is held is seen too.
HELD = "select id from inventory_levelchange where position is null order by variant_id, location_id limit %s"
ONE = "select id from inventory_levelchange where id = %s and position is null for update"

# A statement of its own behind the one that locks: its snapshot has every commit that let go of the rows before.
TELL = """
update inventory_levelchange change set position = nextval('inventory_level_position'), told = change.told + 1
from inventory_level level
join inventory_location place on place.id = level.location_id
join catalog_variant variant on variant.id = level.variant_id
left join org_store store on store.id = place.store_id
where change.id = any(%s::uuid[]) and level.variant_id = change.variant_id and level.location_id = change.location_id
returning change.id, change.told, change.position, change.variant_id, variant.sku, place.code, store.code, level.on_hand, level.reserved,
    case when level.blocked > 0 or place.archived_at is not null or place.kind not in ('store', 'warehouse') then 0
         else greatest(0, level.on_hand - level.reserved - level.safety + level.ahead) end
"""

NAMES = """
select short.variant_id, variant.sku, place.code, store.code, short.on_hand
from unnest(%s::uuid[], %s::uuid[], %s::bigint[]) as short(location_id, variant_id, on_hand)
join inventory_location place on place.id = short.location_id
join catalog_variant variant on variant.id = short.variant_id
left join org_store store on store.id = place.store_id
order by place.code, variant.sku
"""


def tell_levels(*, now: datetime, limit: int = 500) -> int:
    """Tells up to `limit` levels that changed, one event each however often they did. How many; 0 when another teller is at it.

    Positions become visible in their order: whoever asks for position > last misses nothing. A level that changes again loses
    its position and gets a higher one at its next telling.
    """
    batch = _tell_free(now, limit, BEGINNING)
    if batch is None:
        return 0
    return batch.told + (_tell_held(now) if batch.last is None else 0)


def tell_all_levels(*, now: datetime, limit: int = 500) -> int:
    """One pass over all that changed, a batch at a time: none waits behind those that change all the time. How many."""
    told, last = 0, BEGINNING
    while batch := _tell_free(now, limit, last):
        told += batch.told
        if batch.last is None:
            return told + _tell_held(now)
        last = batch.last
    return told


@dataclass(frozen=True, slots=True)
class Batch:
    """`last`: where the next one goes on; None when there is no more."""

    told: int
    last: tuple[UUID, UUID] | None


@transaction.atomic
def _tell_free(now: datetime, limit: int, after: tuple[UUID, UUID]) -> Batch | None:
    """None: another teller is at it."""
    with connection.cursor() as cursor:
        if not _alone(cursor):
            return None
        cursor.execute(UNTOLD, [*after, limit])
        rows = cursor.fetchall()
        told = _tell(cursor, [row[0] for row in rows], now)
    return Batch(told, rows[-1][1:] if len(rows) == limit else None)


def _tell_held(now: datetime) -> int:
    """Goods that never stand still are never free of their movers: these are waited for, each by itself, holding up nothing else."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, [MOST_AWAITED])
        return sum(_tell_awaited(id, now) for (id,) in cursor.fetchall())


def _tell_awaited(id: UUID, now: datetime) -> int:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if not _alone(cursor):
                return 0
            cursor.execute("select set_config('lock_timeout', %s, true)", [PATIENCE])
            cursor.execute(ONE, [id])
            return _tell(cursor, [row[0] for row in cursor.fetchall()], now)
    except OperationalError:
        # Whoever holds it takes long: the next telling asks again.
        return 0


def _alone(cursor: Any) -> bool:
    """Held until the commit is visible, so that positions follow the order of commits."""
    cursor.execute("select pg_try_advisory_xact_lock(%s)", [TELLING_LOCK])
    return bool(cursor.fetchone()[0])


def _tell(cursor: Any, ids: Sequence[UUID], now: datetime) -> int:
    if not ids:
        return 0
    cursor.execute(TELL, [list(ids)])
    changed = sorted((_changed(row) for row in cursor.fetchall()), key=lambda event: event.position)
    outbox.record_many(changed, now=now)
    return len(changed)


def _changed(row: tuple[Any, ...]) -> events.LevelChanged:
    id, told, position, variant, sku, location, store, on_hand, reserved, available = row
    return events.LevelChanged(
        aggregate_id=id,
        sequence=told,
        store=store,
        variant=variant,
        sku=sku,
        location=location,
        on_hand=on_hand,
        reserved=reserved,
        available=available,
        position=position,
    )


def record_shortages(*, levels: Sequence[tuple[UUID, UUID, int]], now: datetime) -> None:
    """(location, variant, on hand) of what went below zero, told in the caller's transaction. Nothing short: no statement."""
    if not levels:
        return
    locations, variants, held = zip(*levels, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(NAMES, [list(locations), list(variants), list(held)])
        shortages = [events.Short(*row) for row in cursor.fetchall()]
    outbox.record_many(events.shortage_events(shortages=shortages), now=now)

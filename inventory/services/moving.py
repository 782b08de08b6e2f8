"""Move stock. Every change is a movement; levels follow from them in the same statement.

Quantities are integer thousandths of the variant's unit. Call `take` or `move` once a transaction, with all there is
to move: within one call levels are locked in one order for everybody, across calls they are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, transaction

from inventory.models import Level, Movement
from inventory.services.patience import patient
from inventory.services.telling import record_shortages
from kernel.errors import Invalid


class NothingMoved(Invalid):
    code = "movement_not_zero"
    title = "A movement of nothing is no movement"


@dataclass(frozen=True, kw_only=True)
class Move:
    """What came (quantity above 0) or went (below), and why. The same cause, reference and line move stock once, for ever."""

    location: UUID
    variant: UUID
    quantity: int
    cause: str
    reference: UUID
    occurred_at: datetime
    line: int = 0
    part: int = 0
    lot: UUID | None = None
    cost: int | None = None
    actor: UUID | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Take:
    """What left with a customer. `quantity` is above 0; `reference` is the sale and `line` its line."""

    location: UUID
    variant: UUID
    quantity: int
    reference: UUID
    line: int
    occurred_at: datetime
    lot: UUID | None = None
    actor: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """The ledger holds less than nothing now: more was sold than anybody recorded."""

    location: UUID
    variant: UUID
    on_hand: int


# Ordered, so that two batches with the same references wait in line for each other's unique keys. A bundle has no stock of
# its own: its components move instead, each in whole thousandths and rather one too many, as they were promised.
INSERT = """
insert into inventory_movement (
    location_id, variant_id, lot_id, quantity, cost, cause, reference, line, part, actor, note, occurred_at, recorded_at
)
select location, coalesce(c.component_id, variant), lot,
    case when c.id is null then row.quantity else (sign(row.quantity) * ceil(abs(row.quantity)::numeric * c.quantity / 1000))::bigint end,
    cost, cause, reference, line, coalesce(c.position, part), actor, note, occurred_at, %s
from jsonb_to_recordset(%s::jsonb) as row(
    location uuid, variant uuid, lot uuid, quantity bigint, cost bigint, cause text, reference uuid, line integer, part smallint, actor uuid,
    note text, occurred_at timestamptz
)
left join inventory_component c on c.bundle_id = row.variant
order by reference, cause, line, coalesce(c.position, part)
on conflict (reference, cause, line, part) do nothing
returning variant_id, location_id
"""

SHORT = """
select level.location_id, level.variant_id, level.on_hand
from inventory_level level
join unnest(%s::uuid[], %s::uuid[]) as taken(variant_id, location_id) using (variant_id, location_id)
where level.on_hand < 0
order by level.location_id, level.variant_id
"""


@patient
def take(*, lines: Sequence[Take], now: datetime) -> list[Shortage]:
    """Sell from stock. Never refuses: the goods are in the customer's hand. Answers what is below zero now among what this call took."""
    for line in lines:
        if line.quantity <= 0:
            raise NothingMoved("Take more than nothing.", field="quantity")
    return told_shortages(INSERT, _values([_taken(line) for line in lines], now), now=now) if lines else []


@patient
def move(*, movements: Sequence[Move], now: datetime) -> int:
    """Any movements, in one statement. Answers how many were new."""
    if any(movement.quantity == 0 for movement in movements):
        raise NothingMoved(field="quantity")
    if not movements:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(INSERT, _values(movements, now))
        return cursor.rowcount


@patient
def exchange(*, returned: Sequence[Move], taken: Sequence[Take], now: datetime) -> list[Shortage]:
    """What customers bring back and what they take instead, in one statement and so in one order of locks. Never refuses; answers as `take`."""
    if any(movement.quantity <= 0 for movement in returned) or any(line.quantity <= 0 for line in taken):
        raise NothingMoved("More than nothing comes back, and more than nothing is taken.", field="quantity")
    movements = [*returned, *(_taken(line) for line in taken)]
    return told_shortages(INSERT, _values(movements, now), now=now) if movements else []


def open_stock(*, location: UUID, quantities: dict[UUID, int], reference: UUID, now: datetime, actor: UUID | None = None) -> int:
    """What lay there when counting began: thousandths by variant. `reference` names this opening; the same one again adds nothing."""
    cause = Movement.Cause.OPENING
    movements = [
        Move(location=location, variant=variant, quantity=quantity, cause=cause, reference=reference, line=line, actor=actor, occurred_at=now)
        for line, (variant, quantity) in enumerate(sorted(quantities.items()), start=1)
        if quantity
    ]
    return move(movements=movements, now=now)


def adjust(*, location: UUID, variant: UUID, quantity: int, note: str, reference: UUID, actor: UUID | None, now: datetime) -> bool:
    """Correct by `quantity` (signed), saying why. False when this reference was adjusted already."""
    cause = Movement.Cause.ADJUSTMENT
    correction = Move(
        location=location, variant=variant, quantity=quantity, cause=cause, reference=reference, actor=actor, note=note, occurred_at=now
    )
    return bool(move(movements=[correction], now=now))


@patient
@transaction.atomic
def correct(*, location: UUID, variant: UUID, counted: int, note: str, reference: UUID, actor: UUID | None, now: datetime) -> bool:
    """Somebody counted: what differs from the ledger becomes a movement. False when this reference was counted already."""
    counting = Move(
        location=location,
        variant=variant,
        quantity=counted - _counted_from(location, variant),
        cause=Movement.Cause.COUNT,
        reference=reference,
        actor=actor,
        note=note,
        occurred_at=now,
    )
    return bool(move(movements=[counting], now=now))


def _counted_from(location: UUID, variant: UUID) -> int:
    """Locked, so that two people who count the same shelf at once do not both take the difference off."""
    held = _locked(location, variant)
    if held is None:
        # Nothing ever moved here, so there is no row to lock: who counts it first makes it, who comes second sees it.
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{variant} at {location}"])
        held = _locked(location, variant)
    return held or 0


def _locked(location: UUID, variant: UUID) -> int | None:
    levels = Level.objects.select_for_update(of=("self",)).filter(location=location, variant=variant)
    return levels.values_list("on_hand", flat=True).first()


def _taken(line: Take) -> Move:
    return Move(
        location=line.location,
        variant=line.variant,
        quantity=-line.quantity,
        cause=Movement.Cause.SALE,
        reference=line.reference,
        line=line.line,
        lot=line.lot,
        actor=line.actor,
        occurred_at=line.occurred_at,
    )


def told_shortages(statement: str, values: Sequence[Any], *, now: datetime) -> list[Shortage]:
    """Moves, and tells in the same transaction what is below zero now among it. A savepoint would be two statements more a sale.
    `statement` answers (variant, location) of what it moved."""
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(statement, values)
        short = _shortages(cursor.fetchall())
        record_shortages(levels=[(one.location, one.variant, one.on_hand) for one in short], now=now)
    return short


def _values(movements: Sequence[Move], now: datetime) -> list[Any]:
    return [now, orjson.dumps([vars(movement) for movement in movements]).decode()]


def _shortages(moved: Sequence[tuple[UUID, UUID]]) -> list[Shortage]:
    if not moved:
        return []
    variants, locations = zip(*sorted(set(moved)), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(SHORT, [list(variants), list(locations)])
        return [Shortage(location=location, variant=variant, on_hand=on_hand) for location, variant, on_hand in cursor.fetchall()]

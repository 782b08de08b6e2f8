"""Move stock. Every change is a movement; levels follow from them in the same statement.

Quantities are integer thousandths of the variant's unit. Call `take` or `move` once a transaction, with all there is
to move: within one call levels are locked in one order for everybody, across calls they are not.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from inventory.models import Level, Movement
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
# its own: its components move instead.
INSERT = """
insert into inventory_movement (
    location_id, variant_id, lot_id, quantity, cost, cause, reference, line, part, actor, note, occurred_at, recorded_at
)
select location, coalesce(c.component_id, variant), lot, case when c.id is null then row.quantity else row.quantity * c.quantity / 1000 end,
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


def take(*, lines: Sequence[Take], now: datetime) -> list[Shortage]:
    """Sell from stock. Never refuses: the goods are in the customer's hand. Answers what is below zero now among what this call took."""
    for line in lines:
        if line.quantity <= 0:
            raise NothingMoved("Take more than nothing.", field="quantity")
    moved = _move([_taken(line) for line in lines], now)
    return _shortages(moved)


def move(*, movements: Sequence[Move], now: datetime) -> int:
    """Any movements, in one statement. Answers how many were new."""
    if any(movement.quantity == 0 for movement in movements):
        raise NothingMoved(field="quantity")
    return len(_move(movements, now))


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


@transaction.atomic
def correct(*, location: UUID, variant: UUID, counted: int, note: str, reference: UUID, actor: UUID | None, now: datetime) -> bool:
    """Somebody counted: what differs from the ledger becomes an adjustment. False when this reference was adjusted already."""
    # Locked, so that two people who correct the same shelf at once do not both take the difference off.
    held = Level.objects.select_for_update().filter(location=location, variant=variant).values_list("on_hand", flat=True).first()
    difference = counted - (held or 0)
    return adjust(location=location, variant=variant, quantity=difference, note=note, reference=reference, actor=actor, now=now)


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


def _move(movements: Sequence[Move], now: datetime) -> list[tuple[UUID, UUID]]:
    """(variant, location) of every movement that is new."""
    if not movements:
        return []
    rows = json.dumps([vars(movement) for movement in movements], default=str)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [now, rows])
        return cursor.fetchall()


def _shortages(moved: Sequence[tuple[UUID, UUID]]) -> list[Shortage]:
    if not moved:
        return []
    variants, locations = zip(*sorted(set(moved)), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(SHORT, [list(variants), list(locations)])
        return [Shortage(location=location, variant=variant, on_hand=on_hand) for location, variant, on_hand in cursor.fetchall()]

"""Promise goods, and let them go. Quantities are integer thousandths of the variant's unit.

Nothing is promised that is not there: what may be is on_hand - reserved - safety + ahead, in stores and warehouses alone, and
nothing of what is recalled. See inventory.services.gate for how, and for the order of locks.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import IntegrityError, connection

from inventory.models import Reservation
from inventory.services.gate import GUARDED_SALE, RESERVE, RESERVE_NEW
from inventory.services.moving import Shortage, Take, told_shortages
from inventory.services.patience import patient
from kernel.errors import Conflict, Invalid
from kernel.ids import uuid7

# Far above any shelf, far below where integers end.
MOST: Final = 2**53
# Who is refused behind a lock looks again: the second time what is gone is seen before any lock.
LOOKS: Final = 3


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A line of a cart or an order. The variant may be a bundle; `quantity` is above 0."""

    location: UUID
    variant: UUID
    quantity: int
    line: int


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a line asked for, and what could be promised of it: of a bundle, as many as its scarcest component makes."""

    location: UUID
    variant: UUID
    line: int
    asked: int
    left: int


class NothingHeld(Invalid):
    code = "reservation_of_something"
    title = "Hold more than nothing, each line once"


class OutOfStock(Conflict):
    """Nothing of what was asked for is held or sold. `left` says of each line that was too much what there is."""

    code = "out_of_stock"
    title = "There is not enough left"

    def __init__(self, left: Sequence[Left] = ()) -> None:
        super().__init__(left=[{name: str(value) if isinstance(value, UUID) else value for name, value in vars(one).items()} for one in left])
        self.left = list(left)


class ReservationDiffers(Conflict):
    """The line is held with other goods or another quantity: release it first."""

    code = "reservation_differs"
    title = "This line is held with another content"


@patient
def reserve(*, holds: Sequence[Hold], reference: UUID, kind: str, expires_at: datetime | None, new: bool = False, now: datetime) -> None:
    """Hold every line or none, for a cart until `expires_at` or for an order without an end (None).

    The same line of a reference with the same content is kept and its expiry renewed; what an order holds stays an order's. `new`: the
    caller's own transaction makes what the reference names, so that nothing can be held for it yet; half the work then.
    Raises OutOfStock, ReservationDiffers. One statement: outside a transaction the goods' rows are locked for no round trip.
    """
    _check(holds)
    if holds:
        rows = [vars(hold) | {"reference": reference, "piece": 0} for hold in holds]
        _hold(rows, kind=kind, expires_at=expires_at, now=now, statement=RESERVE_NEW if new else RESERVE)


@patient
def sell(*, lines: Sequence[Take], now: datetime) -> None:
    """Take what nobody held, all or nothing. Raises OutOfStock. A line that was taken already is not taken again."""
    _check(lines)
    rows = [vars(line) | {"piece": 0} for line in lines]
    if rows:
        _pass_gate(GUARDED_SALE, rows, {"now": now})


RELEASE = """
with turn as materialized (
    select pg_advisory_xact_lock(hashtextextended(%s::uuid::text, 0))
), open as materialized (
    select id from inventory_reservation
    where (select count(*) from turn) > 0 and reference = %s and state = 'open' and (%s::integer[] is null or line = any(%s::integer[]))
    order by line, part for update
), released as (
    update inventory_reservation held set state = 'released', ended_at = %s from open where held.id = open.id returning held.line
)
select count(distinct line) from released
"""


@patient
def release(*, reference: UUID, lines: Collection[int] | None = None, now: datetime) -> int:
    """Let go of a cart's or order's goods, or of some of its lines. How many lines were held."""
    only = None if lines is None else list(lines)
    return int(_rows(RELEASE, [reference, reference, only, only, now])[0][0])


# Of each line the newest: what was released or taken since is not held again.
NEWEST = """
select line, part, location_id, variant_id, quantity, state = 'open' from (
    select distinct on (line, part) line, part, location_id, variant_id, quantity, state
    from inventory_reservation
    where reference = %s and (%s::integer[] is null or line = any(%s::integer[]))
    order by line, part, state = 'open' desc, made_at desc, id desc
) newest
where state in ('open', 'expired')
order by line, part
"""


@patient
def confirm(*, reference: UUID, now: datetime, lines: Collection[int] | None = None) -> int:
    """The cart becomes an order: what it holds has no end any more. How many lines.

    What has expired is held afresh, or OutOfStock is raised and everything is as it was. `lines`: of what the customer left in.
    """
    only = None if lines is None else list(lines)
    names = ("line", "piece", "location", "variant", "quantity", "open")
    for _ in range(LOOKS):
        rows = [dict(zip(names, row, strict=True)) | {"reference": reference} for row in _rows(NEWEST, [reference, only, only])]
        if not rows or _hold(rows, kind=Reservation.Kind.ORDER, expires_at=None, now=now):
            return len({row["line"] for row in rows})
    # Held and let go of again and again while we looked.
    raise ReservationDiffers(field="reference")


# Two triggers follow, of the reservations that end and of the movements that come, and a line that moved before has no movement:
# so the levels of both are locked here, in everybody's order.
TAKE = """
with turn as materialized (
    select pg_advisory_xact_lock(hashtextextended(%s::uuid::text, 0))
), open as materialized (
    select id, variant_id, location_id from inventory_reservation
    where (select count(*) from turn) > 0 and reference = %s and state = 'open'
    order by line, part for update
), wanted as materialized (
    select distinct variant_id, location_id from open
), levels as materialized (
    select level.id from wanted join inventory_level level using (variant_id, location_id)
    order by level.variant_id, level.location_id for update of level
), taken as (
    update inventory_reservation held set state = 'taken', ended_at = %s
    from open where held.id = open.id and (select count(*) from levels) > 0
    returning held.location_id, held.variant_id, held.quantity, held.reference, held.line, held.part
)
insert into inventory_movement (location_id, variant_id, quantity, cause, reference, line, part, actor, note, occurred_at, recorded_at)
select location_id, variant_id, -quantity, 'sale', reference, line, part, %s, '', %s, %s from taken
order by line, part
on conflict (reference, cause, line, part) do nothing
returning variant_id, location_id
"""


@patient
def take_reserved(*, reference: UUID, occurred_at: datetime, actor: UUID | None, now: datetime) -> list[Shortage]:
    """What is held for the order leaves. Never refuses: it was promised. Answers what is below zero now among it."""
    return told_shortages(TAKE, [reference, reference, now, actor, occurred_at, now], now=now)


# Passes by what a buyer has in hand, the reservation or its level, and so waits for nobody; and it is one statement, so
# that a buyer waits for a batch at most.
EXPIRE = """
with due as materialized (
    select held.id from inventory_reservation held
    join inventory_level level using (variant_id, location_id)
    where held.state = 'open' and held.expires_at <= %s
    order by held.expires_at
    limit %s
    for update of held, level skip locked
), expired as (
    update inventory_reservation held set state = 'expired', ended_at = %s from due where held.id = due.id returning held.id
)
select count(*) from expired
"""


@patient
def expire(*, now: datetime, limit: int = 500) -> int:
    """Ends up to `limit` reservations whose time is over. How many."""
    return int(_rows(EXPIRE, [now, limit, now])[0][0])


def _check(lines: Sequence[Hold] | Sequence[Take]) -> None:
    if any(not 0 < line.quantity < MOST for line in lines):
        raise NothingHeld(field="quantity")
    if len({(getattr(line, "reference", None), line.line) for line in lines}) < len(lines):
        raise NothingHeld("Each line may come once.", field="line")


def _hold(rows: list[dict[str, Any]], *, kind: str, expires_at: datetime | None, now: datetime, statement: str = RESERVE) -> bool:
    # Numbered as uuid7 numbers; only the statement knows how many rows there are.
    values = {"kind": str(kind), "expires_at": expires_at, "now": now, "made_id": str(uuid7())[:15]}
    try:
        return _pass_gate(statement, rows, values)
    except IntegrityError as error:
        if _constraint(error) == "reservation_of_something":
            raise ReservationDiffers(field="line") from error
        raise


def _pass_gate(statement: str, rows: list[dict[str, Any]], values: dict[str, Any]) -> bool:
    """False: what the rows say is open was let go of since they were read. Nothing is written then."""
    lines = {"references": [*{row["reference"] for row in rows}], "lines": [*{row["line"] for row in rows}]}
    values = values | lines | {"count": len(rows), "rows": orjson.dumps(rows).decode()}
    for _ in range(LOOKS):
        refused = _rows(statement, values)
        if not refused:
            return True
        if any(row[0] == "lost" for row in refused):
            return False
        if any(row[0] == "differs" for row in refused):
            raise ReservationDiffers(field="line", lines=[row[2] for row in refused])
        # Refused behind a lock: what came before may have been this cart's other call, whose rows only a new statement sees.
        if not any(row[1] for row in refused):
            break
    names = ("line", "location", "variant", "asked", "left")
    raise OutOfStock([Left(**dict(zip(names, row[2:], strict=True))) for row in refused])


def _constraint(error: IntegrityError) -> str | None:
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None)


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()

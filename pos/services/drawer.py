"""What moved a drawer beside the sales: cash in and out, payouts, drops to the safe, and the times it was opened for none.

A fact like a sale: it needs nothing that comes before it, not even the opening of its shift, and is kept once, ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection

from kernel.events import Event
from pos import journal
from pos.events import DrawerMoved
from pos.models import Shift
from pos.services import shifts as drawers
from pos.services.notes import Remark


@dataclass(frozen=True, slots=True)
class Movement:
    """`currency`: the store's."""

    entry: journal.Entry
    body: journal.DrawerMove
    store_code: str
    currency: str
    moved_at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """`shifts`: those whose cash is different now. `remarks`: by entry."""

    events: list[Event] = field(default_factory=list)
    shifts: set[UUID] = field(default_factory=set)
    remarks: dict[UUID, list[Remark]] = field(default_factory=dict)


RECORD = """
    insert into pos_drawerevent (id, shift, till_id, kind, amount, reason, cashier, approved_by, occurred_at)
    select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::uuid[], %s::uuid[], %s::timestamptz[])
    on conflict (id) do nothing
    returning id
"""


def post(movements: Sequence[Movement], shifts: Mapping[UUID, Shift]) -> Moved:
    """Keeps what is not kept yet. `shifts` are locked; what comes for one whose Z is final is an addendum of it."""
    if not movements:
        return Moved()
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [list(column) for column in zip(*map(_row, movements), strict=True)])
        kept = {id for (id,) in cursor.fetchall()}
    new = [movement for movement in movements if movement.entry.id in kept]
    drawers.add_late([drawers.Arrival.of_move(movement.entry, movement.body, movement.received_at) for movement in new], shifts)
    return Moved(
        events=[_moved(movement) for movement in new],
        shifts={movement.entry.session for movement in new if movement.entry.session},
        remarks={movement.entry.id: list(_remarks(movement, shifts)) for movement in new},
    )


def _row(movement: Movement) -> tuple[object, ...]:
    entry, body = movement.entry, movement.body
    return entry.id, entry.session, entry.till, entry.kind, body.amount, body.reason, entry.cashier, entry.approved_by, movement.moved_at


def _remarks(movement: Movement, shifts: Mapping[UUID, Shift]) -> Iterator[Remark]:
    entry, body = movement.entry, movement.body
    shift = shifts.get(entry.session) if entry.session else None
    facts = {"entry_kind": entry.kind, "amount": body.amount}
    if shift is not None and shift.till_id != entry.till:
        yield Remark("shift", "It names a shift of another till.", amount=body.amount, facts={**facts, "what": "other_till"})
    elif shift is not None and shift.closed_at is not None:
        late = {"what": "late", "shift": shift.id, "shift_cashier": shift.cashier, "closed": shift.closed_at}
        yield Remark("shift", "It came after its shift was closed.", amount=body.amount, facts={**facts, **late})
    if body.currency and body.currency != movement.currency:
        words = f"Moved in {body.currency}, the store trades in {movement.currency}."
        yield Remark("sums", words, "currency", body.amount, {**facts, "what": "currency", "words": words})


def _moved(movement: Movement) -> DrawerMoved:
    entry = movement.entry
    assert entry.session is not None
    assert entry.cashier is not None
    return DrawerMoved(
        aggregate_id=entry.id,
        sequence=1,
        store=movement.store_code,
        till=entry.till,
        shift=entry.session,
        cashier=entry.cashier,
        approved_by=entry.approved_by,
        kind=entry.kind,
        amount=movement.body.amount,
        moved_at=movement.moved_at.isoformat(),
    )

"""A drawer from its float to its count. `expected` comes from our own orders, whatever the till's close says."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from kernel.events import Event
from pos import journal, queries
from pos.events import ShiftClosed, ShiftOpened
from pos.models import Shift


@dataclass(frozen=True, slots=True)
class Opening:
    entry: journal.Entry
    body: journal.SessionOpen
    store_code: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Closing:
    entry: journal.Entry
    body: journal.SessionClose
    store_code: str
    closed_at: datetime


def open_shifts(openings: Sequence[Opening]) -> list[Event]:
    """Opens what is not open yet; the events are those of the shifts this call opened."""
    if not openings:
        return []
    rows = [
        (entry.session, entry.till, entry.cashier, opening.body.business_date, opening.opened_at, opening.body.float_amount)
        for opening in openings
        for entry in (opening.entry,)
    ]
    with connection.cursor() as cursor:
        cursor.execute(OPEN, [list(column) for column in zip(*rows, strict=True)])
        opened = {id for (id,) in cursor.fetchall()}
    return [_opened(opening) for opening in openings if opening.entry.session in opened]


OPEN = """
    insert into pos_shift (id, till_id, cashier, business_date, opened_at, float_amount)
    select * from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::date[], %s::timestamptz[], %s::bigint[])
    on conflict (id) do nothing
    returning id
"""


def lock(shifts: Collection[UUID]) -> dict[UUID, Shift]:
    """Locked until the end of the transaction and always by id: a late sale and the close that counts it then come one
    after the other, and `expected` misses neither."""
    return {shift.id: shift for shift in Shift.objects.select_for_update(no_key=True, of=("self",)).filter(id__in=shifts).order_by("id")}


def close_shifts(closings: Sequence[Closing], shifts: dict[UUID, Shift], touched: Collection[UUID]) -> list[Event]:
    """Closes shifts, and counts again what came late for shifts that were closed before. `shifts` are locked; a closing
    without a shift is the caller's to hold back."""
    # The first close stands: a second one is kept in the journal and changes nothing here.
    counted = {closing.entry.session: closing for closing in reversed(closings)}
    changed = [shift for shift in shifts.values() if shift.id in counted or (shift.closed_at is not None and shift.id in touched)]
    if not changed:
        return []
    cash = queries.cash_of_shifts(shifts=[shift.id for shift in changed])
    events: list[Event] = []
    for shift in changed:
        shift.expected = shift.float_amount + cash.get(shift.id, 0)
        closing = counted.get(shift.id)
        if closing and shift.closed_at is None:
            shift.closed_at, shift.counted, shift.close_body = closing.closed_at, closing.body.counted, dict(closing.body.body)
            events.append(_closed(closing, shift))
    Shift.objects.bulk_update(changed, ["expected", "closed_at", "counted", "close_body"])
    return events


def _opened(opening: Opening) -> ShiftOpened:
    entry, body = opening.entry, opening.body
    assert entry.session is not None
    assert entry.cashier is not None
    return ShiftOpened(
        aggregate_id=entry.session,
        sequence=1,
        store=opening.store_code,
        till=entry.till,
        cashier=entry.cashier,
        business_date=body.business_date.isoformat(),
        currency=body.currency,
        float_amount=body.float_amount,
    )


def _closed(closing: Closing, shift: Shift) -> ShiftClosed:
    assert shift.expected is not None
    return ShiftClosed(
        aggregate_id=shift.id,
        sequence=2,
        store=closing.store_code,
        till=shift.till_id,
        cashier=shift.cashier,
        business_date=shift.business_date.isoformat(),
        counted=closing.body.counted,
        expected=shift.expected,
    )

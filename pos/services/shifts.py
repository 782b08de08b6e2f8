"""A drawer from its float to its count. `expected` comes from our own books, whatever the till's close says, and stands once the Z is final."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Max

from kernel.events import Event
from kernel.models import Message
from pos import journal
from pos.events import ShiftClosed, ShiftOpened, ShiftRecounted
from pos.models import LateEntry, Shift, Till
from pos.queries.shifts import cash as cash_of


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


@dataclass(frozen=True, slots=True)
class Arrival:
    """What belongs to a shift by its content, whenever it comes. `cash`: what it brought into the drawer; `total`: what was sold."""

    entry: UUID
    till: UUID
    session: UUID | None
    kind: str
    cash: int
    total: int
    received_at: datetime

    @classmethod
    def of_sale(cls, entry: journal.Entry, body: journal.SaleBody, received_at: datetime) -> "Arrival":
        cash = sum(tender.amount for tender in body.tenders if tender.kind == "cash")
        return cls(entry.id, entry.till, entry.session, entry.kind, cash, body.total, received_at)

    @classmethod
    def of_move(cls, entry: journal.Entry, body: journal.DrawerMove, received_at: datetime) -> "Arrival":
        return cls(entry.id, entry.till, entry.session, entry.kind, body.amount, 0, received_at)


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
    """Closes shifts, and counts again what came late for shifts that were closed before and are not final yet. `shifts` are locked;
    a closing without a shift is the caller's to hold back."""
    # The first close stands: a second one is kept in the journal and changes nothing here.
    counted = {closing.entry.session: closing for closing in reversed(closings)}
    counts = counted.keys() | {shift.id for shift in shifts.values() if shift.closed_at is not None and shift.id in touched}
    changed = [shift for shift in shifts.values() if shift.id in counts and shift.final_at is None]
    if not changed:
        return []
    cash = cash_of(shifts=[shift.id for shift in changed])
    events: list[Event] = []
    recounted = []
    for shift in changed:
        before, shift.expected = shift.expected, shift.float_amount + sum(cash[shift.id])
        closing = counted.get(shift.id)
        if closing and shift.closed_at is None:
            _close(shift, closing)
            events.append(_closed(closing, shift))
        elif before != shift.expected:
            recounted.append(shift)
    events += _recounted(recounted)
    Shift.objects.bulk_update(changed, ["expected", "closed_at", "counted", "close_body", "close_epoch", "close_seq"])
    return events


def _recounted(shifts: Sequence[Shift]) -> list[Event]:
    """What finance has booked by the first count is put right by the newest. The shifts are locked, so nobody else counts on."""
    if not shifts:
        return []
    told = Message.objects.filter(aggregate_type=ShiftClosed.aggregate_type, aggregate_id__in=[shift.id for shift in shifts])
    last = dict(told.values_list("aggregate_id").annotate(last=Max("sequence")))
    stores = dict(Till.objects.filter(id__in=[shift.till_id for shift in shifts]).values_list("id", "store__code"))
    return [
        ShiftRecounted(
            aggregate_id=shift.id,
            sequence=last.get(shift.id, 2) + 1,
            store=stores[shift.till_id],
            till=shift.till_id,
            business_date=shift.business_date.isoformat(),
            counted=shift.counted or 0,
            expected=shift.expected or 0,
        )
        for shift in shifts
    ]


def _close(shift: Shift, closing: Closing) -> None:
    entry = closing.entry
    shift.closed_at, shift.counted = closing.closed_at, closing.body.counted
    shift.close_epoch, shift.close_seq = entry.epoch, entry.seq
    shift.close_body = {**closing.body.body, "approved_by": str(entry.approved_by) if entry.approved_by else None}


def add_late(arrivals: Sequence[Arrival], shifts: Mapping[UUID, Shift]) -> None:
    """What came for a shift whose Z was final is written beside it. Only what is new: what was counted before is in the Z. `shifts` are locked."""
    rows = [
        LateEntry(entry=found.entry, shift=shift, kind=found.kind, cash=found.cash, total=found.total, received_at=found.received_at)
        for found in arrivals
        if found.session
        if (shift := shifts.get(found.session)) is not None and shift.final_at is not None and shift.till_id == found.till
    ]
    LateEntry.objects.bulk_create(rows, ignore_conflicts=True)


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

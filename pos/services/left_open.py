"""Shifts whose till was enrolled anew or signed out while they were open: somebody counts the drawer, and they are closed here.

A shift is never carried on by the next enrolment: what the device before has sold and not sent nobody knows, so its drawer is counted by
itself. Its chain ends where it had come to without a hole; what is delivered later and released is an addendum of that shift.
"""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from kernel import outbox
from kernel.errors import Conflict, Invalid
from org import settings
from pos.events import ShiftClosed
from pos.models import JournalEntry, Shift
from pos.queries import chains
from pos.queries.shifts import cash as cash_of
from pos.services import finality, notes, shifts

log = logging.getLogger(__name__)

LEFT, CLOSED = "left", "closed"
LONGEST_REASON = 200
MOST_MONEY = 10**12


class TillStillWorks(Conflict):
    code = "shift_till_works"
    title = "The till of this shift still works. Close the shift there, or sign the till out first"


class CloseIsHere(Conflict):
    code = "shift_close_waits"
    title = "The till has closed this shift itself. Its close is here and is being posted"


class CountUnusable(Invalid):
    code = "shift_count_invalid"
    title = "Say how much cash is in the drawer, 0 or more"


class AnotherCounts(Invalid):
    code = "shift_counted_by_own"
    title = "The difference is above this store's limit: somebody else than whose shift it was must count"


# The session's id is its opening's: that tells whose chain it belongs to.
OPEN_AND_LEFT = """
    select s.id, s.till_id, t.store_id, t.number, s.cashier, s.opened_at, e.epoch, e.revoked_at, e.revoked_reason
    from pos_shift s
    join pos_till t on t.id = s.till_id
    join pos_journalentry j on j.id = s.id
    join pos_tillepoch e on e.till_id = s.till_id and e.epoch = j.epoch and e.revoked_at is not null
    where s.closed_at is null and (%(till)s::uuid is null or s.till_id = %(till)s)
        and not exists (
            select from pos_syncnote n where n.till_id = s.till_id and n.entry = s.id and n.kind = 'shift' and n.about = 'left'
        )
    order by s.id
"""


def note_left(*, now: datetime, till: UUID | None = None) -> int:
    """One note for each shift that was left open, once; how many were new. `till`: of this one alone."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_AND_LEFT, {"till": till})
        rows = cursor.fetchall()
    return notes.record(found=list(_notes(rows)), now=now)


def _notes(rows: list[tuple[Any, ...]]) -> Iterator[notes.Note]:
    for id, till, store, number, cashier, opened_at, epoch, left_at, why in rows:
        receipt = chains.receipt_at(till=till, epoch=epoch, seq=2**62)
        facts = {"what": LEFT, "shift": id, "shift_cashier": cashier, "opened": opened_at, "why": why}
        last = {"last": f"{number}-{epoch}-{receipt:04d}"} if receipt else {}
        yield notes.Note(store=store, till=till, entry=id, kind="shift", about=LEFT, facts={**facts, **last}, amount=0, happened_at=left_at)


def was_left(*, shift: UUID) -> bool:
    """Open, and its enrolment is not the till's any more."""
    return _epoch_left(shift) is not None and Shift.objects.filter(pk=shift, closed_at=None).exists()


@transaction.atomic
def close_left(*, shift: UUID, counted: int, reason: str = "", actor: UUID | None, now: datetime) -> Shift:
    """Closes it with what a person counted (minor units); one that is closed stays as it was closed. Posting is not waited for: the Z
    becomes final when what has come of it is posted.

    Raises TillStillWorks, CloseIsHere, CountUnusable, AnotherCounts.
    """
    if type(counted) is not int or not 0 <= counted <= MOST_MONEY:
        raise CountUnusable(field="counted")
    held = shifts.lock([shift])[shift]
    if held.closed_at is not None:
        return held
    epoch = _epoch_left(shift)
    if epoch is None:
        raise TillStillWorks
    if JournalEntry.objects.filter(shift=shift, kind="session_close", state="accepted", posting="pending").exists():
        raise CloseIsHere
    expected = held.float_amount + sum(cash_of(shifts=[shift])[shift])
    _within_the_limit(held, counted - expected, actor)
    [chain] = chains.chains(till=held.till_id, epoch=epoch)
    held.closed_at, held.counted, held.expected = now, counted, expected
    held.close_epoch, held.close_seq = epoch, chain.seq
    held.close_body = {LEFT: True, "counted": counted, "reason": reason[:LONGEST_REASON] or LEFT, "approved_by": str(actor) if actor else None}
    held.save(update_fields=["closed_at", "counted", "expected", "close_epoch", "close_seq", "close_body"])
    outbox.record_many([_event(held)], now=now)
    notes.settle(till=held.till_id, kind="shift", about=[LEFT], entries=[shift], fix=CLOSED, by=actor, now=now)
    finality.finish_shifts(shifts=[shift], now=now)
    log.info("%s closed the shift %s that was left open", actor, shift)
    return held


def _epoch_left(shift: UUID) -> int | None:
    """The epoch that opened it, if it is fenced off."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select e.epoch from pos_journalentry j join pos_tillepoch e on e.till_id = j.till_id and e.epoch = j.epoch "
            "where j.id = %s and e.revoked_at is not null",
            [shift],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def _within_the_limit(shift: Shift, difference: int, actor: UUID | None) -> None:
    """As at the till: nobody allows their own drawer."""
    if actor == shift.cashier and abs(difference) > settings.get("till.variance_limit", store=shift.till.store):
        raise AnotherCounts(field="counted")


def _event(shift: Shift) -> ShiftClosed:
    assert shift.counted is not None
    assert shift.expected is not None
    return ShiftClosed(
        aggregate_id=shift.id,
        sequence=2,
        store=shift.till.store.code,
        till=shift.till_id,
        cashier=shift.cashier,
        business_date=shift.business_date.isoformat(),
        counted=shift.counted,
        expected=shift.expected,
    )

"""Turn what tills wrote into orders and shifts: a batch in one transaction, each kind of row in one statement.

An entry that cannot be posted is set aside with the reason and never stops its neighbours. A sale needs nothing that
comes before it; a close waits for its opening.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction

from inventory import services as inventory
from kernel import outbox
from kernel.errors import Refused
from orders import services as orders
from pos import journal, queries
from pos.models import JournalEntry, Shift
from pos.services import allowances, drawer, finality, notes, noting, recounting, sales, shifts

log = logging.getLogger(__name__)

BATCH = 200
# How long after its receipt an entry that failed so many times is tried again; after the last it needs a person.
DUE = tuple(timedelta(seconds=seconds) for seconds in (0, 15, 60, 300, 1200, 3600, 14400, 43200))
# The database's own trouble (a deadlock, a lost connection) says nothing about an entry: it stays as it is.
NOT_THE_ENTRY = (OperationalError, InterfaceError)
WAITS = "It waits for the shift to be opened."


@dataclass(frozen=True)
class Posted:
    posted: int = 0
    failed: int = 0

    def __add__(self, other: "Posted") -> "Posted":
        return Posted(self.posted + other.posted, self.failed + other.failed)


@dataclass(slots=True)
class Claimed:
    """An entry this transaction holds, and what came of it: `trouble` when it cannot be posted, `remarks` when it was
    and people should know something."""

    id: UUID
    till: UUID
    attempts: int
    received_at: datetime
    text: str
    had_trouble: bool
    trouble: str = ""
    # Trying again changes nothing: people are told at once.
    hopeless: bool = False
    remarks: list[notes.Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Work:
    claimed: Claimed
    entry: journal.Entry
    body: journal.Body | None
    till: queries.TillFacts

    @property
    def made_at(self) -> datetime:
        return self.entry.made_at(received_at=self.claimed.received_at)


def post(*, now: datetime, ids: Collection[UUID] | None = None, said: Mapping[UUID, journal.Said] | None = None, limit: int = BATCH) -> Posted:
    """Posts waiting entries, those of `ids` or the ones that are due, oldest first in each till's order. `said`: what some of them say,
    by id, where the caller has just read them.

    Safe to run beside itself: an entry is claimed by one caller and skipped by the others.
    """
    claimed: list[Claimed] = []
    try:
        with transaction.atomic():
            claimed += _claim(ids, limit, now)
            return _apply(claimed, said or {}, now) if claimed else Posted()
    except NOT_THE_ENTRY:
        raise
    except Exception as error:
        # Whatever it is, a mistake of ours included: the entry that brings it out must not stop the shop's books.
        if not claimed:
            raise
        return _isolate([row.id for row in claimed], error, now)


def post_waiting(*, now: datetime, batches: int = 50) -> Posted:
    """What a worker does now and then: everything that is due, a batch at a time."""
    total = Posted()
    for _ in range(batches):
        done = post(now=now)
        total += done
        if done == Posted():
            break
    return total


def _isolate(ids: list[UUID], error: Exception, now: datetime) -> Posted:
    """Halves the batch until what fails stands alone."""
    if len(ids) == 1:
        return _set_aside(ids[0], error, now)
    middle = len(ids) // 2
    return post(ids=ids[:middle], now=now) + post(ids=ids[middle:], now=now)


@transaction.atomic
def _set_aside(id: UUID, error: Exception, now: datetime) -> Posted:
    log.warning("journal entry %s cannot be posted: %s", id, type(error).__name__)
    claimed = _claim([id], 1, now)
    for row in claimed:
        row.trouble = plain_words(error)
    _settle(claimed, now)
    return Posted(failed=len(claimed))


def plain_words(error: Exception) -> str:
    if isinstance(error, Refused):
        return error.message
    if isinstance(error, IntegrityError):
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        return f"The books refuse it: {broken or 'its sums do not agree'}."
    return f"It could not be posted ({type(error).__name__})."


CLAIM = """
    select id, till_id, attempts, received_at, text, last_error <> '' from pos_journalentry
    where posting = 'pending' and state = 'accepted'
      and (%s::uuid[] is null or id = any(%s::uuid[]))
      and (%s::uuid[] is not null or received_at <= %s - (%s::interval[])[least(attempts, %s) + 1])
    order by till_id, epoch, seq
    limit %s
    for update skip locked
"""


def _claim(ids: Collection[UUID] | None, limit: int, now: datetime) -> list[Claimed]:
    wanted = None if ids is None else list(ids)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [wanted, wanted, wanted, now, list(DUE), len(DUE) - 1, limit])
        return [Claimed(*row) for row in cursor.fetchall()]


def _apply(claimed: list[Claimed], said: Mapping[UUID, journal.Said], now: datetime) -> Posted:
    """Openings, then sales, then closes: what was made offline in one day may come in one batch."""
    tills = queries.till_facts(tills={row.till for row in claimed})
    works = [_work(row, tills[row.till], said.get(row.id)) for row in claimed]
    opened = [_opening(work, work.body) for work in works if isinstance(work.body, journal.SessionOpen)]
    events = shifts.open_shifts(opened)
    locked = shifts.lock({work.entry.session for work in works if work.entry.session})
    sold = _place([(work, work.body) for work in works if isinstance(work.body, journal.SaleBody)], locked, now)
    closes = [(work, work.body) for work in works if isinstance(work.body, journal.SessionClose)]
    moved = drawer.post([_movement(work, work.body) for work in works if isinstance(work.body, journal.DrawerMove)], locked)
    for work in works:
        work.claimed.remarks += moved.remarks.get(work.entry.id, ())
    _tell_allowances(works)
    events += [*moved.events, *shifts.close_shifts(_closings(closes, locked), locked, sold | moved.shifts)]
    if events:
        outbox.record_many(events, now=now)
    notes.record(found=[note for work in works if work.claimed.remarks for note in _notes(work)], now=now)
    outcome = _settle(claimed, now)
    finality.finish_shifts(shifts=[shift.id for shift in locked.values() if shift.closed_at and not shift.final_at], now=now)
    _wake_closes({opening.entry.id for opening in opened})
    return outcome


def _work(claimed: Claimed, till: queries.TillFacts, said: journal.Said | None) -> Work:
    if said is None:
        entry = journal.read(claimed.text)
        said = journal.Said(entry, journal.body_of(entry))
    return Work(claimed=claimed, entry=said.entry, body=said.body, till=till)


def _notes(work: Work) -> list[notes.Note]:
    return noting.of_entry(work.entry, store=work.till.store, received_at=work.claimed.received_at, remarks=work.claimed.remarks)


def _opening(work: Work, body: journal.SessionOpen) -> shifts.Opening:
    return shifts.Opening(entry=work.entry, body=body, store_code=work.till.store_code, opened_at=work.made_at)


def _movement(work: Work, body: journal.DrawerMove) -> drawer.Movement:
    return drawer.Movement(
        entry=work.entry,
        body=body,
        store_code=work.till.store_code,
        currency=work.till.currency,
        moved_at=work.made_at,
        received_at=work.claimed.received_at,
    )


def _tell_allowances(works: Sequence[Work]) -> None:
    """What was done above a limit with nobody's word; a batch of plain sales asks the database nothing."""
    asking = [
        allowances.Done(work.entry, work.till.store, work.till.currency, asked)
        for work in works
        if not work.claimed.trouble and (asked := allowances.asked_of(work.body, work.entry.kind))
    ]
    told = allowances.beyond(asking)
    for work in works if told else ():
        work.claimed.remarks += told.get(work.entry.id, ())


def _place(found: Sequence[tuple[Work, journal.SaleBody]], locked: Mapping[UUID, Shift], now: datetime) -> set[UUID]:
    """Places the sales that add up; the shifts they belong to."""
    for work, body in found:
        work.claimed.trouble = sales.sums_wrong(body)
        work.claimed.hopeless = bool(work.claimed.trouble)
    sound = [(work, body) for work, body in found if not work.claimed.trouble]
    if not sound:
        return set()
    counted = recounting.recounted([recounting.Sold(work.entry.id, body, work.till.store, work.made_at) for work, body in sound])
    locations = {store: inventory.selling_location(store) for store in {work.till.store for work, _ in sound}}
    made = []
    for work, body in sound:
        shift, remark = _shift_of(work, body, locked)
        location = locations[work.till.store]
        sale = sales.sale_of(work.entry, body, till=work.till, location=location, shift=shift, existing=counted.existing, placed_at=work.made_at)
        recomputed = counted.remarks.get(work.entry.id)
        told = sales.differences(work.entry, body, work.till, sale, recomputed=recomputed is not None)
        work.claimed.remarks += [*remark, *told, *(recomputed or ())]
        made.append(sale)
    placed = orders.place(sales=made, now=now)
    new = [(work, body) for (work, body), one in zip(sound, placed, strict=True) if one.new]
    shifts.add_late([shifts.Arrival.of_sale(work.entry, body, work.claimed.received_at) for work, body in new], locked)
    short = noting.gone_short([(body, one) for (_, body), one in zip(sound, placed, strict=True)])
    for (work, _body), one, gone in zip(sound, placed, short, strict=True):
        work.claimed.remarks += [*noting.beyond_limit(one), *noting.strange_pieces(one), *gone]
    return {sale.shift for sale in made if sale.shift}


def _shift_of(work: Work, body: journal.SaleBody, locked: Mapping[UUID, Shift]) -> tuple[UUID | None, list[notes.Remark]]:
    shift = locked.get(work.entry.session) if work.entry.session else None
    if shift is None:
        return work.entry.session, []
    if shift.till_id != work.till.id:
        return None, [noting.of_another_till(body)]
    return work.entry.session, [noting.late(shift, body)] if shift.closed_at is not None else []


def _closings(closes: Sequence[tuple[Work, journal.SessionClose]], locked: Mapping[UUID, Shift]) -> list[shifts.Closing]:
    closings = []
    for work, body in closes:
        shift = locked.get(work.entry.session) if work.entry.session else None
        if shift is None:
            work.claimed.trouble = WAITS
        elif shift.till_id != work.till.id:
            work.claimed.trouble = "It names a shift of another till."
        else:
            closings.append(shifts.Closing(entry=work.entry, body=body, store_code=work.till.store_code, closed_at=work.made_at))
    return closings


SETTLE = """
    update pos_journalentry as entry
    set posting = new.posting, reason = new.reason, attempts = new.attempts, last_error = new.trouble, posted_at = new.posted_at
    from unnest(%s::uuid[], %s::text[], %s::text[], %s::int[], %s::text[], %s::timestamptz[])
      as new (id, posting, reason, attempts, trouble, posted_at)
    where entry.id = new.id
"""


def _settle(claimed: Sequence[Claimed], now: datetime) -> Posted:
    if not claimed:
        return Posted()
    rows = [_outcome(row, now) for row in claimed]
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, [list(column) for column in zip(*rows, strict=True)])
    held = [row for row in claimed if row.trouble and (row.hopeless or row.attempts + 1 >= len(DUE))]
    notes.record(found=noting.of_trouble([(row.text, row.till, row.received_at, row.trouble) for row in held]), now=now)
    noting.posted_after_all([(row.till, row.id) for row in claimed if row.had_trouble and not row.trouble], now)
    failed = sum(1 for row in claimed if row.trouble)
    return Posted(posted=len(claimed) - failed, failed=failed)


def _outcome(row: Claimed, now: datetime) -> tuple[Any, ...]:
    if not row.trouble:
        return row.id, JournalEntry.Posting.POSTED.value, " ".join(one.words for one in row.remarks if one.words)[:200], row.attempts, "", now
    attempts = row.attempts + 1
    posting = JournalEntry.Posting.FAILED if attempts >= len(DUE) else JournalEntry.Posting.PENDING
    return row.id, posting.value, "", attempts, row.trouble, None


def _wake_closes(opened: Collection[UUID]) -> None:
    """A close that came before its opening is due again as soon as the opening is posted."""
    if opened:
        JournalEntry.objects.filter(shift__in=opened, kind="session_close", state=JournalEntry.State.ACCEPTED, last_error=WAITS).update(
            posting=JournalEntry.Posting.PENDING, attempts=0
        )

"""When a shift's Z is final: every entry up to its close has come, in the chain the close was written behind, and was posted.

From then on nothing changes its figures: what comes later is an addendum. Only now is it known what the drawer was off by."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from pos import journal, queries
from pos.models import Shift, SyncNote
from pos.queries import chains
from pos.services import allowances, notes, noting


def finish_shifts(*, shifts: Collection[UUID], now: datetime) -> int:
    """Those of `shifts` that are complete by now; how many. In the caller's transaction, behind the settling of its entries."""
    return _finish(chains.finished_shifts(shifts=shifts, limit=max(1, len(shifts))), now) if shifts else 0


@transaction.atomic
def finish(*, now: datetime, limit: int = 500) -> int:
    """Whatever became complete without a posting: the last entry that was missing may have been one with nothing to post."""
    return _finish(chains.finished_shifts(limit=limit), now)


def _finish(finished: list[UUID], now: datetime) -> int:
    if not finished:
        return 0
    # Its till's own close came after all.
    SyncNote.objects.filter(entry__in=finished, kind=SyncNote.Kind.SHIFT, about="left", closed_at=None).update(closed_at=now, fix="closed")
    notes.record(found=list(_not_allowed(finished)), now=now)
    return Shift.objects.filter(id__in=finished, final_at=None).update(final_at=now)


# What a person counted in a till's place was allowed, or refused, in that moment: it has no entry of this kind.
CLOSES = """
    select entry.till_id, entry.text, entry.received_at, shift.counted - shift.expected
    from pos_shift shift
    join pos_journalentry entry on entry.till_id = shift.till_id and entry.epoch = shift.close_epoch and entry.seq = shift.close_seq
    where shift.id = any(%s::uuid[]) and shift.final_at is null and shift.counted <> shift.expected
        and entry.kind = 'session_close' and entry.state = 'accepted'
    order by shift.id
"""


def _not_allowed(finished: list[UUID]) -> Iterator[notes.Note]:
    """Drawers that were off by more than their store lets anybody close with alone, and nobody who may has allowed it."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSES, [finished])
        rows = cursor.fetchall()
    tills = queries.till_facts(tills={till for till, *_ in rows}) if rows else {}
    closes = {(entry := journal.read(text)).id: (entry, received_at, difference) for _till, text, received_at, difference in rows}
    told = allowances.beyond(
        [
            allowances.Done(entry, tills[entry.till].store, tills[entry.till].currency, allowances.asked_of_close(difference))
            for entry, _, difference in closes.values()
        ]
    )
    for id, remarks in told.items():
        entry, received_at, _ = closes[id]
        yield from noting.of_entry(entry, store=tills[entry.till].store, received_at=received_at, remarks=remarks)

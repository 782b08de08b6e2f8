"""When a shift's Z is final: every entry up to its close has come, in the chain the close was written behind, and was posted.

From then on nothing changes its figures: what comes later is an addendum."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from pos.models import Shift, SyncNote
from pos.queries import chains


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
    return Shift.objects.filter(id__in=finished, final_at=None).update(final_at=now)

"""What a manager does about a note of the sync inbox: one tap each. A note that is closed stays as it was closed, whoever taps next."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from inventory import services as inventory
from inventory.queries import goods
from kernel.errors import Conflict, Invalid, NotFound
from org import settings
from pos.models import JournalConflict, JournalEntry, SyncNote
from pos.queries import notes as asked
from pos.services import asking, left_open, review

log = logging.getLogger(__name__)


class UnknownNote(NotFound):
    code = "note_unknown"
    title = "There is no such note in this store"


class FixDoesNotFit(Invalid):
    code = "fix_does_not_fit"
    title = "This cannot be done about this note"


class StillNotPosted(Conflict):
    code = "entry_not_posted"
    title = "It could not be posted this time either"


def fix_note(
    *, note: int, store: UUID, fix: str, actor: UUID | None, now: datetime, under: int | None = None, counted: int | None = None
) -> SyncNote:
    """Does it and closes the note, which it gives back. `under`: minor units, for "rule". `counted`: thousandths, for "counted"; the cash in
    the drawer in minor units, for "closed".

    Raises UnknownNote, FixDoesNotFit; what stock refuses; StillNotPosted and review.NotReleasable; what left_open.close_left raises.
    """
    held = asked.notes(stores=[store]).filter(pk=note).first()
    if held is None:
        raise UnknownNote(field="note")
    if held.closed_at is None:
        if fix not in asked.fixes_of(held):
            raise FixDoesNotFit(f"There is: {', '.join(asked.fixes_of(held))}.", field="fix")
        DO[fix](held, actor, now, {"under": under, "counted": counted})
        log.info("%s fixed note %d: %s", actor, note, fix)
        held.refresh_from_db(fields=["facts", "closed_at", "closed_by", "fix"])
    return held


def _close(note: SyncNote, fix: str, actor: UUID | None, now: datetime) -> bool:
    """False for whoever came second."""
    return bool(SyncNote.objects.filter(pk=note.pk, closed_at=None).update(closed_at=now, closed_by=actor, fix=fix))


def _keep(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    _close(note, "kept", actor, now)


def _ask(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    """Whom: the one who sold."""
    asking.ask(note=note, actor=actor, now=now)


@transaction.atomic
def _rule(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    """From now on such notes of this store come closed; those that are open and as small close with this one."""
    under = given["under"]
    if type(under) is not int or under <= abs(note.amount):
        raise FixDoesNotFit("Name an amount above what this note is about.", field="under")
    kept = max(under, settings.get("till.keep_under", store=note.store))
    settings.put("till.keep_under", kept, store=note.store)
    small = SyncNote.objects.filter(store=note.store, kind=SyncNote.Kind.PRICE, closed_at=None, amount__gt=-kept, amount__lt=kept)
    small.update(closed_at=now, closed_by=actor, fix="rule")


@transaction.atomic
def _count(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    """Somebody counted the shelf: the ledger is put right by what differs, once for a note."""
    counted, variant = given["counted"], UUID(str(note.facts["variant"]))
    found = goods.goods(variants=[variant]).get(variant)
    if type(counted) is not int or counted < 0 or (found is not None and found.pieces and counted % 1000):
        raise FixDoesNotFit("Say how many are on the shelf, 0 or more; whole ones of what is sold by the piece.", field="counted")
    if found is not None and (found.by_lot or found.by_serial):
        raise FixDoesNotFit("This is kept by lot or serial number. Count it in the back office.", field="counted")
    if not _close(note, "counted", actor, now):
        return
    place = inventory.selling_location(note.store_id)
    inventory.correct(
        location=place, variant=variant, counted=counted, note="Counted for the sync inbox", reference=reference_of(note), actor=actor, now=now
    )
    SyncNote.objects.filter(pk=note.pk).update(facts={**note.facts, "counted": counted})


def reference_of(note: SyncNote) -> UUID:
    """The same for the same note: it is counted once."""
    return uuid5(note.store_id, f"sync note {note.pk}")


@transaction.atomic
def _close_shift(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    """Its till was taken over: what is in the drawer closes the shift, and its note with it."""
    assert note.entry is not None
    left_open.close_left(shift=note.entry, counted=given["counted"], actor=actor, now=now)
    # Where the till itself had closed it meanwhile.
    _close(note, "closed", actor, now)


def _post(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    assert note.entry is not None
    review.retry_posting(ids=[note.entry], actor=actor, now=now)
    row = JournalEntry.objects.filter(pk=note.entry).values_list("posting", "last_error").first()
    if row is None or row[0] != JournalEntry.Posting.POSTED:
        raise StillNotPosted(row[1] if row and row[1] else "")
    # Posting closes such a note by itself; it was this person who had it tried.
    SyncNote.objects.filter(pk=note.pk).update(closed_at=now, closed_by=actor, fix="posted")


def _release(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    assert note.entry is not None
    review.release(ids=[note.entry], actor=actor, now=now)
    _close(note, "released", actor, now)


@transaction.atomic
def _see(note: SyncNote, actor: UUID | None, now: datetime, given: dict[str, Any]) -> None:
    """A person has looked. Of a conflict both texts stay."""
    if note.kind == SyncNote.Kind.CONFLICT and note.entry is not None:
        of_note = JournalConflict.objects.filter(till=note.till_id, entry=note.entry, resolved_at=None)
        review.resolve_conflicts(ids=list(of_note.values_list("id", flat=True)), actor=actor, now=now)
    _close(note, "seen", actor, now)


DO: dict[str, Callable[[SyncNote, UUID | None, datetime, dict[str, Any]], None]] = {
    "kept": _keep,
    "asked": _ask,
    "rule": _rule,
    "counted": _count,
    "closed": _close_shift,
    "posted": _post,
    "released": _release,
    "seen": _see,
}

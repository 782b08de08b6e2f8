"""What a person does about entries that could not be posted, were kept apart, or stand against one another."""

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.errors import Conflict
from pos import journal
from pos.models import JournalConflict, JournalEntry
from pos.services.posting import Posted, post

log = logging.getLogger(__name__)


class NotReleasable(Conflict):
    code = "entry_not_releasable"
    title = "Only an entry of a fenced-off till, with its place in the chain free, can be released"


def retry_posting(*, ids: Collection[UUID], actor: UUID | None, now: datetime) -> Posted:
    """Once more from the beginning, at once."""
    log.info("%s tries again to post %d journal entries", actor, len(ids))
    again = JournalEntry.objects.filter(id__in=ids, posting__in=[JournalEntry.Posting.FAILED, JournalEntry.Posting.PENDING])
    again.update(posting=JournalEntry.Posting.PENDING, attempts=0)
    return post(ids=ids, now=now)


def release(*, ids: Collection[UUID], actor: UUID | None, now: datetime) -> Posted:
    """A person vouches that a till which was fenced off made these sales; all of them are released, or none."""
    kept_apart = JournalEntry.objects.filter(id__in=ids, state=JournalEntry.State.QUARANTINED, reason="old_epoch")
    try:
        with transaction.atomic():
            with_effect = kept_apart.filter(kind__in=journal.READERS).values_list("id", flat=True)
            posting = list(with_effect)
            released = kept_apart.update(state=JournalEntry.State.ACCEPTED, reason="released")
            if released != len(set(ids)):
                raise NotReleasable
            JournalEntry.objects.filter(id__in=posting).update(posting=JournalEntry.Posting.PENDING)
    except IntegrityError as error:
        raise NotReleasable from error
    log.info("%s released %d journal entries of fenced-off tills", actor, released)
    return post(ids=posting, now=now)


def resolve_conflicts(*, ids: Collection[int], actor: UUID | None, now: datetime) -> int:
    """A person has looked; both texts stay."""
    log.info("%s resolved %d conflicts", actor, len(ids))
    return JournalConflict.objects.filter(id__in=ids, resolved_at=None).update(resolved_at=now)

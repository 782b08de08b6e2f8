"""A web server that takes an entry it already has for a new one. Served in place of the product's own."""

import os
from datetime import datetime
from typing import Any
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

from commerce.wsgi import application  # noqa: E402 - sets Django up
from kernel.ids import uuid7  # noqa: E402
from pos import services  # noqa: E402
from pos.models import JournalEntry  # noqa: E402
from pos.services import posting  # noqa: E402

__all__ = ["application"]
honest = services.receive


def receive(*, now: datetime, **what: Any) -> Any:
    sent = [sealed.hash for sealed in what["entries"]]
    known = list(JournalEntry.objects.filter(hash__in=[bytes.fromhex(one) for one in sent], kind="sale"))
    results = honest(now=now, **what)
    copies = [_again(entry) for entry in known]
    if copies:
        posting.post(ids=copies, now=now)
    return results


def _again(entry: JournalEntry) -> UUID:
    old, entry.id = entry.id, uuid7()
    entry.text = entry.text.replace(str(old), str(entry.id))
    entry.posting, entry.posted_at = JournalEntry.Posting.PENDING, None
    entry.save(force_insert=True)
    return entry.id


services.receive = receive

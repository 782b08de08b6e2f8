"""What a till sends is kept first and posted next: two transactions, so that trouble with posting never costs an entry."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pos.models import TillEpoch
from pos.services.intake import ACCEPTED, Result, Sealed, taken_in
from pos.services.posting import post

log = logging.getLogger(__name__)


def receive(*, epoch: TillEpoch, entries: Sequence[Sealed], now: datetime) -> list[Result]:
    """The answer depends on what was kept alone. What could not be posted now waits for the worker."""
    results, said = taken_in(epoch=epoch, entries=entries, now=now)
    accepted = [UUID(result.id) for result in results if result.status == ACCEPTED and result.id]
    try:
        if accepted:
            post(ids=accepted, said=said, now=now)
    except Exception as error:
        # The type alone: a database's message may quote what is in the entry.
        log.warning("posting waits for the worker: %s", type(error).__name__)
    return results

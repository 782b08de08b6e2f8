"""Celery's door to the ledger."""

import logging
from typing import Any

from celery import shared_task

from inventory import queries

log = logging.getLogger(__name__)


@shared_task(name="inventory.tasks.reconcile")
def reconcile(**kwargs: Any) -> int:
    """Levels against their movements. The trigger keeps them equal; should it ever not, the log says where."""
    found = queries.reconcile()
    for difference in found:
        log.error("level and movements differ: %s", difference)
    return len(found)

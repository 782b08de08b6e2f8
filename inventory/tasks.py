"""Celery's door to the ledger."""

import logging
from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from inventory import queries, services

log = logging.getLogger(__name__)


@shared_task(name="inventory.tasks.reconcile")
def reconcile(**kwargs: Any) -> int:
    """Levels against their movements. The trigger keeps them equal; should it ever not, the log says where."""
    found = queries.reconcile()
    for difference in found:
        log.error("level and movements differ: %s", difference)
    return len(found)


@shared_task(name="inventory.tasks.tell_levels")
def tell_levels(**kwargs: Any) -> int:
    return services.tell_all_levels(now=datetime.now(UTC))


@shared_task(name="inventory.tasks.expire_reservations")
def expire_reservations(**kwargs: Any) -> int:
    expired = 0
    while batch := services.expire(now=datetime.now(UTC)):
        expired += batch
    return expired


@shared_task(name="inventory.tasks.follow_recalls")
def follow_recalls(**kwargs: Any) -> int:
    return services.follow_recalls(now=datetime.now(UTC))

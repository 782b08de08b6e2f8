"""Celery's door to customers and what they are owed. May be lost or run twice: the rows say what is to do."""

import logging
from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from customers import services
from customers.queries.value import broken

log = logging.getLogger(__name__)


@shared_task(name="customers.tasks.expire_value")
def expire_value(**kwargs: Any) -> int:
    """Gift cards and points whose time is over, and what came back to somebody who is part of another by now."""
    expired = 0
    while batch := services.expire(now=datetime.now(UTC)):
        expired += batch
    return expired + services.follow_merges(now=datetime.now(UTC))


@shared_task(name="customers.tasks.find_duplicates")
def find_duplicates(**kwargs: Any) -> int:
    """Who was imported and may be somebody we know. A person decides."""
    return services.compare_recent(now=datetime.now(UTC))


@shared_task(name="customers.tasks.reconcile_value")
def reconcile_value(**kwargs: Any) -> int:
    """Balances against their movements. Triggers keep them equal; should they ever not, the log says where."""
    found = broken()
    for difference in found:
        log.error("a ledger of value is broken: %s", difference)
    return len(found)

"""Celery's doors to what is due. Each may be lost or run twice: the rows say what is to do."""

from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from orders.services import attempts, cancelling, carts, reconciling, webhooks


@shared_task(name="orders.tasks.carry_on_payments")
def carry_on_payments(**kwargs: Any) -> int:
    webhooks.apply_waiting(now=now())
    return attempts.work(clock=now)


@shared_task(name="orders.tasks.reconcile_payments")
def reconcile_payments(**kwargs: Any) -> int:
    return reconciling.start_nightly(now=now())


@shared_task(name="orders.tasks.expire_unpaid")
def expire_unpaid(**kwargs: Any) -> int:
    """Unpaid orders whose goods were kept long enough, and quotes that are over."""
    return cancelling.expire(now=now())


@shared_task(name="orders.tasks.expire_carts")
def expire_carts(**kwargs: Any) -> int:
    """Carts that nobody came back to."""
    ended = 0
    while batch := carts.expire_carts(now=now()):
        ended += batch
    return ended


def now() -> datetime:
    return datetime.now(UTC)

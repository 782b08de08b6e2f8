"""Celery is a doorbell: the rows it points at are the ledger, so losing the broker loses nothing.

This is the only place that sends a task. Whoever wants something done writes the row; the schedule below rings."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commerce.settings")

app = Celery("onecounter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.task_routes = {
    "pos.tasks.post_waiting": {"queue": "post"},
    "kernel.tasks.work_outbox": {"queue": "relay"},
    "kernel.tasks.run_jobs": {"queue": "slow"},
    "inventory.tasks.reconcile": {"queue": "slow"},
    "customers.tasks.expire_value": {"queue": "slow"},
    "customers.tasks.reconcile_value": {"queue": "slow"},
    "customers.tasks.find_duplicates": {"queue": "slow"},
    # It waits for strangers.
    "orders.tasks.carry_on_payments": {"queue": "slow"},
    "inventory.tasks.tell_levels": {"queue": "relay"},
    "catalog.tasks.keep_shelf": {"queue": "slow"},
    "pos.tasks.seal_journal": {"queue": "slow"},
    "pos.tasks.keep_catalogues": {"queue": "slow"},
    "*": {"queue": "default"},
}


def every(task: str, **interval: float) -> dict[str, Any]:
    """A ring that was not heard before the next one is worth nothing: it expires, so a worker that was away finds no pile."""
    pause = timedelta(**interval)
    return {"task": task, "schedule": pause, "options": {"expires": pause.total_seconds()}}


app.conf.beat_schedule = {
    "post waiting journal entries": every("pos.tasks.post_waiting", seconds=5),
    # A gap in a till's chain is told when it is five minutes old.
    "look for holes in the journal": every("pos.tasks.look_for_holes", minutes=1),
    # Posting finishes most; this is for what became complete by an entry that posts nothing.
    "finish closed shifts": every("pos.tasks.finish_shifts", minutes=1),
    # A chain is sealed once a day; in between, what the storage refused is tried again.
    "seal the tills' journals": every("pos.tasks.seal_journal", hours=1),
    # The relay process works the outbox all the time; this is the second line behind it.
    "work the outbox": every("kernel.tasks.work_outbox", seconds=10),
    # Somebody waits for it and watches its progress.
    "run waiting jobs": every("kernel.tasks.run_jobs", seconds=1),
    "seal the audit trail": every("kernel.tasks.seal_audit", hours=1),
    # Publish windows also turn when somebody reads; this is for shelves nobody is looking at.
    "keep the shelf": every("catalog.tasks.keep_shelf", seconds=5),
    # Tills ask every few seconds whether it has moved.
    "keep what tills are told": every("pos.tasks.keep_catalogues", seconds=5),
    "forget prices nobody sells by": every("pos.tasks.forget_prices", hours=24),
    # Many movements of a second are one event.
    "tell levels that changed": every("inventory.tasks.tell_levels", seconds=1),
    # Goods that a cart held past its time are there for others from then on.
    "expire reservations": every("inventory.tasks.expire_reservations", seconds=5),
    "expire what nobody paid": every("orders.tasks.expire_unpaid", minutes=5),
    "expire carts": every("orders.tasks.expire_carts", hours=1),
    "follow recalled lots": every("inventory.tasks.follow_recalls", seconds=10),
    # Answers of providers that did not come, customers who answer their bank, money that goes back.
    "carry on payments": every("orders.tasks.carry_on_payments", seconds=2),
    "reconcile payments": every("orders.tasks.reconcile_payments", hours=24),
    "expire cards and points": every("customers.tasks.expire_value", hours=24),
    "reconcile ledgers of value": every("customers.tasks.reconcile_value", hours=24),
    "find customers who are one": every("customers.tasks.find_duplicates", hours=24),
    "reconcile stock": every("inventory.tasks.reconcile", hours=24),
}
# The broker may be away for hours: keep trying.
app.conf.broker_connection_max_retries = None


@task_prerun.connect
@task_postrun.connect
def drop_broken_connections(**_: Any) -> None:
    """With connections kept between tasks (CELERY_DB_REUSE_MAX) nobody else notices that the database was restarted."""
    from django.db import close_old_connections

    close_old_connections()


@worker_ready.connect
def announce(**_: Any) -> None:
    """bin/run waits for this file before it says ready."""
    from django.conf import settings

    if settings.READY_FILE:
        Path(settings.READY_FILE).touch()

"""Celery's doors to the kernel. Each may be lost or run twice: the rows say what is to do."""

import logging
from datetime import UTC, datetime
from typing import Any

from celery import shared_task

from kernel import audit, jobs, outbox

log = logging.getLogger(__name__)


@shared_task(name="kernel.tasks.work_outbox")
def work_outbox(**kwargs: Any) -> int:
    return outbox.carry(clock=now)


@shared_task(name="kernel.tasks.seal_audit")
def seal_audit(**kwargs: Any) -> int:
    sealed = 0
    while batch := audit.seal(now=now(), limit=5000):
        sealed += batch
    if sealed:
        # The log leaves the machine: a kept head shows later that nothing was cut off the chain.
        log.info("audit sealed up to %s", audit.head())
    return sealed


@shared_task(name="kernel.tasks.run_jobs")
def run_jobs(**kwargs: Any) -> int:
    ran = 0
    while jobs.run_next(now=now()) is not None:
        ran += 1
    return ran


def now() -> datetime:
    return datetime.now(UTC)

"""Long work that a person started: a row with arguments, progress, result and cancel, claimed by a worker with a lease."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection, transaction

from kernel.errors import Conflict, Invalid, Refused
from kernel.models import Job

log = logging.getLogger(__name__)

LEASE: Final = timedelta(seconds=60)
MAX_TRIES: Final = 3
"""How many workers may die over one job before it is given up."""


class JobKindUnknown(Invalid):
    code = "job_kind_unknown"
    title = "No such kind of job"


class JobFinished(Conflict):
    code = "job_finished"
    title = "The job has already ended"


class Cancelled(Exception):
    """Raised by progress() when a person asked to stop."""


class LeaseLost(Exception):
    """Raised by progress() when another worker has taken the job over."""


class Running:
    """What a handler is given: its arguments, and progress() to call between its transactions."""

    def __init__(self, job: Job, lease: UUID, now: datetime) -> None:
        self.id = job.pk
        self.arguments: dict[str, Any] = job.arguments
        self.actor = job.actor
        self.lease = lease
        self._now = now
        self._started = time.monotonic()

    def moment(self) -> datetime:
        return self._now + timedelta(seconds=time.monotonic() - self._started)

    def progress(self, done: int, total: int | None = None) -> None:
        """Shows how far the work is and keeps the lease. Raises Cancelled or LeaseLost: let both pass.

        Refuses to run inside a transaction, where nobody would see it and the lease would not be kept.
        """
        changes: dict[str, Any] = {"done": done, "lease_until": self.moment() + LEASE}
        if total is not None:
            changes["total"] = total
        with transaction.atomic(durable=True):
            if not Job.objects.filter(pk=self.id, lease=self.lease).update(**changes):
                raise LeaseLost
        if Job.objects.filter(pk=self.id, cancel_requested=True).exists():
            raise Cancelled


Handler = Callable[[Running], Any]
_handlers: dict[str, Handler] = {}


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Registers the function that does jobs of this kind; it returns the result as a JSON value or None.

    A worker that dies leaves the job to the next one, which starts over: write handlers so that they may run twice.
    """

    def register(function: Handler) -> Handler:
        _handlers[kind] = function
        return function

    return register


def start(*, kind: str, arguments: dict[str, Any], actor: UUID | None, now: datetime) -> Job:
    if kind not in _handlers:
        raise JobKindUnknown(f"No handler is registered for {kind!r}.", field="kind")
    return Job.objects.create(kind=kind, arguments=arguments, actor=actor, created_at=now)


def cancel(*, id: UUID, now: datetime) -> None:
    """A queued job ends here; a running one ends at its next progress()."""
    if Job.objects.filter(pk=id, state=Job.State.QUEUED).update(state=Job.State.CANCELLED, cancel_requested=True, finished_at=now):
        return
    if not Job.objects.filter(pk=id, state=Job.State.RUNNING).update(cancel_requested=True):
        raise JobFinished(field="id")


# Kinds this process does not know are left to a worker that does (an older release meets a newer job).
CLAIM = """
with next as materialized (
    select id from kernel_job
    where (state = 'queued' or (state = 'running' and lease_until <= %s)) and kind = any(%s) and (%s::uuid is null or id = %s)
    order by created_at limit 1 for update skip locked
)
update kernel_job j set state = 'running', lease = %s, lease_until = %s, attempts = j.attempts + 1
from next where j.id = next.id
returning j.id
"""


def run_next(*, now: datetime) -> Job | None:
    """Runs the oldest job that waits or whose worker is gone. None when there is none."""
    return _claim_and_run(None, now)


def run(*, job: Job, now: datetime) -> Job | None:
    """Runs this one; None when it is done or someone else's."""
    return _claim_and_run(job.pk, now)


def _claim_and_run(id: UUID | None, now: datetime) -> Job | None:
    lease = uuid4()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(CLAIM, [now, list(_handlers), id, id, lease, now + LEASE])
        row = cursor.fetchone()
    if row is None:
        return None
    job = Job.objects.get(pk=row[0])
    running = Running(job, lease, now)
    _finish(running, **_outcome(job, running))
    job.refresh_from_db()
    return job


def _outcome(job: Job, running: Running) -> dict[str, Any]:
    if job.cancel_requested:
        return {"state": Job.State.CANCELLED}
    if job.attempts > MAX_TRIES:
        return {"state": Job.State.FAILED, "error": f"{MAX_TRIES} workers ended before the job did."}
    try:
        return {"state": Job.State.SUCCEEDED, "result": _handlers[job.kind](running)}
    except Cancelled:
        return {"state": Job.State.CANCELLED}
    except LeaseLost:
        return {}
    except Refused as refused:
        return {"state": Job.State.FAILED, "error": refused.message}
    except Exception as error:
        log.exception("job %s %s failed", job.kind, job.pk)
        return {"state": Job.State.FAILED, "error": f"{type(error).__name__}: {error}".replace("\0", "")[:2000]}


def _finish(running: Running, **changes: Any) -> None:
    """Only where the lease is still ours: who took the job over has the word."""
    if changes:
        Job.objects.filter(pk=running.id, lease=running.lease).update(**changes, lease=None, lease_until=None, finished_at=running.moment())

"""The long work on an import, as jobs that any worker takes: reading (a dry run), applying, undoing; and writing an export."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog import services
from catalog.importing import exporting, reading
from catalog.importing.run import TABLE, work
from catalog.models import ImportRun, PlannedChange, Product
from kernel import jobs
from kernel.errors import Refused

READ, APPLY, UNDO, EXPORT = "catalog.import.read", "catalog.import.apply", "catalog.import.undo", "catalog.export"
State = ImportRun.State


@jobs.handler(READ)
def read(running: jobs.Running) -> dict[str, int]:
    with _at(running, State.READING) as run:
        told = work(running, run, _source(run), dry=True)
        _now(run, State.REVIEW, running.moment())
        return told


@jobs.handler(APPLY)
def apply(running: jobs.Running) -> dict[str, int]:
    with _at(running, State.APPLYING) as run:
        wanted = _products(run)
        try:
            told = work(running, run, _source(run), dry=False)
        except jobs.Cancelled:
            done = _products(run)
            stopped = f"Stopped after {done:,} of {max(wanted, done):,} products. What was applied stays, and can be undone."
            _now(run, State.APPLIED, running.moment(), error=stopped)
            raise
        PlannedChange.objects.filter(run=run).delete()
        _now(run, State.APPLIED, running.moment())
        return told


@jobs.handler(UNDO)
def undo(running: jobs.Running) -> dict[str, int]:
    """The latest changes first. What somebody edited since stays."""
    with _at(running, State.UNDOING) as run:
        restored, edited, last = 0, 0, None
        total = run.revisions.count()
        try:
            while True:
                part = services.undo_run_batch(run=run.pk, now=running.moment(), actor=running.actor, below=last)
                restored, edited, last = restored + part.restored, edited + len({one.product for one in part.edited}), part.last
                running.progress(min(restored + edited, total), total)
                if last is None:
                    break
        except jobs.Cancelled:
            _now(run, State.APPLIED, running.moment(), error=f"Undo was stopped: {restored:,} restored. Undo again to go on.")
            raise
        # The same file may come again: it must not be taken for unchanged.
        Product.objects.filter(revisions__run=run).update(source_hash="")
        run.tally = {**run.tally, "restored": restored, "edited": edited}
        run.save(update_fields=["tally"])
        _now(run, State.UNDONE, running.moment())
        return {"restored": restored, "edited": edited}


@jobs.handler(EXPORT)
def export(running: jobs.Running) -> dict[str, Any]:
    told = running.arguments
    products = [UUID(id) for id in told["products"]] if told.get("products") is not None else None
    return exporting.export(running, format=told["format"], currency=told["currency"], products=products)


def _products(run: ImportRun) -> int:
    """So far; before it begins to apply, as many as were read."""
    return sum(run.tally.get(name, 0) for name in ("created", "changed", "unchanged", "refused"))


def _source(run: ImportRun) -> Any:
    return reading.stored(run.file, lenient=run.format == TABLE)


@contextmanager
def _at(running: jobs.Running, state: str) -> Iterator[ImportRun]:
    """The run, which tells people when its work failed. One that somebody took back meanwhile is left alone."""
    run = ImportRun.objects.get(pk=running.arguments["run"])
    if run.state != state:
        raise jobs.Cancelled
    try:
        yield run
    except (jobs.Cancelled, jobs.LeaseLost):
        raise
    except Refused as refused:
        _now(run, State.FAILED, running.moment(), error=refused.message)
        raise
    except Exception:
        _now(run, State.FAILED, running.moment(), error="It stopped unexpectedly. What was saved before stays; the log has the reason.")
        raise


def _now(run: ImportRun, state: str, at: datetime, *, error: str = "") -> None:
    run.state, run.error, run.finished_at = state, error[:500], at
    run.save(update_fields=["state", "error", "finished_at"])

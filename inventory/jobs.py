"""Long work on stock that a person starts, as jobs that any worker takes. Each is one transaction, so there is no progress to tell."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from inventory.services.opening import APPLY, UNDO, OpeningUndone, apply_opening, undo_opening
from kernel import jobs


@jobs.handler(APPLY)
def apply(running: jobs.Running) -> dict[str, Any]:
    """Done again it finds its documents."""
    opened = apply_opening(run=_run(running), stores=_stores(running), actor=running.actor, now=running.moment())
    return {"documents": [str(row.id) for row in opened.documents], "lines": opened.lines}


@jobs.handler(UNDO)
def undo(running: jobs.Running) -> dict[str, int]:
    """Done again it finds nothing left to take back."""
    more = {"moved_too": bool(running.arguments["moved_too"])}
    try:
        undone = undo_opening(run=_run(running), stores=_stores(running), actor=running.actor, now=running.moment(), **more)
    except OpeningUndone:
        return {"taken_back": 0, "left": 0}
    return {"taken_back": undone.taken_back, "left": undone.left}


def _run(running: jobs.Running) -> UUID:
    return UUID(running.arguments["run"])


def _stores(running: jobs.Running) -> Collection[UUID] | None:
    told = running.arguments["stores"]
    return None if told is None else [UUID(store) for store in told]

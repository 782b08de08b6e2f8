"""Long work on stock that a person starts, as jobs that any worker takes."""

from typing import Any
from uuid import UUID

from inventory.services.opening import APPLY, apply_opening
from kernel import jobs


@jobs.handler(APPLY)
def apply(running: jobs.Running) -> dict[str, Any]:
    """One transaction, so there is no progress to tell; done again it finds its documents."""
    told = running.arguments
    stores = None if told["stores"] is None else [UUID(store) for store in told["stores"]]
    opened = apply_opening(run=UUID(told["run"]), stores=stores, actor=running.actor, now=running.moment())
    return {"documents": [str(row.id) for row in opened.documents], "lines": opened.lines}

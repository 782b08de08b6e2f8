"""What an event is: a frozen dataclass of ids and plain values, no personal data.

Subclasses live in <app>/events.py, set `type` ("orders.order.placed"), `aggregate_type` ("order") and
`version`, and are additive within a version: a field may be added, never removed or given another meaning.
"""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Event:
    type: ClassVar[str]
    aggregate_type: ClassVar[str]
    version: ClassVar[int] = 1

    aggregate_id: UUID
    sequence: int
    """Position within the aggregate, from 1, without gaps. Unique per aggregate in the outbox."""
    store: str | None
    """Store code, or None for what belongs to no store."""

    def data(self) -> dict[str, Any]:
        """The event's own fields as JSON values; the envelope's fields are left out."""
        # Not dataclasses.asdict: it copies every line of every order, which a busy till feels.
        own = {name: value for name, value in vars(self).items() if name not in ("aggregate_id", "sequence", "store")}
        return {name: str(value) if isinstance(value, UUID) else value for name, value in own.items()}

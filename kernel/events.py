"""What an event is: a frozen dataclass of ids and plain values, no personal data.

Subclasses live in <app>/events.py, set `type` ("orders.order.placed"), `aggregate_type` ("order") and
`version`, and are additive within a version: a field may be added, never removed or given another meaning.
"""

from dataclasses import asdict, dataclass
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
        fields = asdict(self)
        for name in ("aggregate_id", "sequence", "store"):
            fields.pop(name)
        return {name: str(value) if isinstance(value, UUID) else value for name, value in fields.items()}

"""What has happened at the tills. Ids and plain values, no personal data."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ShiftOpened(Event):
    """A drawer was opened with a float (minor units)."""

    type: ClassVar[str] = "pos.shift.opened"
    aggregate_type: ClassVar[str] = "shift"

    till: UUID
    cashier: UUID
    business_date: str
    currency: str
    float_amount: int


@dataclass(frozen=True, kw_only=True)
class ShiftClosed(Event):
    """A drawer was counted. `expected` is what the server's own books say; counted - expected is the difference."""

    type: ClassVar[str] = "pos.shift.closed"
    aggregate_type: ClassVar[str] = "shift"

    till: UUID
    cashier: UUID
    business_date: str
    counted: int
    expected: int


@dataclass(frozen=True, kw_only=True)
class ShiftRecounted(Event):
    """Something came after the close and before the Z was final: `expected` is another now. The newest count stands."""

    type: ClassVar[str] = "pos.shift.recounted"
    aggregate_type: ClassVar[str] = "shift"

    till: UUID
    business_date: str
    counted: int
    expected: int


@dataclass(frozen=True, kw_only=True)
class DrawerMoved(Event):
    """Cash came to (above zero) or left a drawer beside the sales, or it was opened for none (0). Minor units. Its reason is in the journal alone."""

    type: ClassVar[str] = "pos.drawer.moved"
    aggregate_type: ClassVar[str] = "drawer_event"

    till: UUID
    shift: UUID
    cashier: UUID
    approved_by: UUID | None
    kind: str
    amount: int
    moved_at: str


@dataclass(frozen=True, kw_only=True)
class SyncConflict(Event):
    """Another text came under an id or a place in the chain that was taken. Both are kept; a person must look."""

    type: ClassVar[str] = "pos.sync.conflict"
    aggregate_type: ClassVar[str] = "conflict"

    entry: UUID
    till: UUID
    epoch: int
    entry_seq: int

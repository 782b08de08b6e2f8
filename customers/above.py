"""What apps above know of customers: each says at start what it adds to a timeline, to an export, to a merge and to an erasure.

Customers call what was said and never import who said it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Something that happened with somebody. `kind` and `facts` are for programs, and `facts` hold ids and plain values."""

    at: datetime
    kind: str
    id: str
    """Unique within its kind: with `at` and `kind` it is the entry's place."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    sort: str = ""
    """What a list is narrowed by, where that is less than its kind: an order's "return"."""

    @property
    def sorted_as(self) -> str:
        return self.sort or self.kind

    @property
    def place(self) -> tuple[datetime, str, str]:
        return self.at, self.kind, self.id


@dataclass(frozen=True, kw_only=True)
class Held:
    """Why somebody may not be erased now. `code` is stable: "order_unsettled"."""

    code: str
    message: str


Timeline = Callable[..., Sequence[Entry]]
"""(customers, until, first): of all these customers, the newest `first` at or before `until` (None: up to now); one statement."""
Part = Callable[[Sequence[UUID]], Any]
"""(customers): everything known of these, as JSON values."""
Move = Callable[..., None]
"""(keep, gone, actor, now): what stood by `gone` stands by `keep`, in the transaction of the merge."""
Holds = Callable[[Sequence[UUID]], Sequence[Held]]
"""(customers): what forbids erasing them."""
Erase = Callable[..., None]
"""(customers, now): personal data that was kept outside customers is gone, in the transaction of the erasure."""


@dataclass(frozen=True, kw_only=True)
class Above:
    timeline: Timeline | None = None
    export: Part | None = None
    merge: Move | None = None
    holds: Holds | None = None
    erase: Erase | None = None


_known: dict[str, Above] = {}


def add(name: str, above: Above) -> None:
    """From an app's ready(): `name` is the app's, and the key of its part of an export. Said again, the last one counts."""
    _known[name] = above


def forget(name: str) -> None:
    _known.pop(name, None)


def known() -> dict[str, Above]:
    return dict(_known)

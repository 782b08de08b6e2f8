"""What has happened to stock. Ids, codes and integer thousandths; nothing that tells who bought."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event
from kernel.ids import uuid7


@dataclass(frozen=True, kw_only=True)
class LevelChanged(Event):
    """What is in a place is different. Many changes between two tellings are one event, with the figures as they were when it was told.

    `sequence` counts the tellings of this one level; `position` counts over all levels, see inventory.services.tell_levels.
    """

    type: ClassVar[str] = "inventory.level.changed"
    aggregate_type: ClassVar[str] = "level"

    variant: UUID
    sku: str
    location: str
    """Location code."""
    on_hand: int
    reserved: int
    available: int
    """What online doors may promise: nothing while a recall is open, and never below 0."""
    position: int


@dataclass(frozen=True, kw_only=True)
class ShortageRecorded(Event):
    """More was sold in a place than its book held. Each shortage is an aggregate of its own."""

    type: ClassVar[str] = "inventory.shortage.recorded"
    aggregate_type: ClassVar[str] = "shortage"

    variant: UUID
    sku: str
    location: str
    """Location code."""
    on_hand: int
    """Below 0: what the book says now."""


@dataclass(frozen=True, kw_only=True)
class LotRecalled(Event):
    """Nobody may sell this lot any more. The aggregate is the recall."""

    type: ClassVar[str] = "inventory.lot.recalled"
    aggregate_type: ClassVar[str] = "recall"

    variant: UUID
    sku: str
    lot: str
    """The lot's code as printed."""
    locations: list[str]
    """Codes of the places that have to take it off the shelf."""


@dataclass(frozen=True, slots=True)
class Short:
    """A level below zero with the names its event tells."""

    variant: UUID
    sku: str
    location: str
    store: str | None
    on_hand: int


def shortage_events(*, shortages: Iterable[Short]) -> list[Event]:
    return [
        ShortageRecorded(
            aggregate_id=uuid7(), sequence=1, store=one.store, variant=one.variant, sku=one.sku, location=one.location, on_hand=one.on_hand
        )
        for one in shortages
    ]

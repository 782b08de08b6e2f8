"""The outbox: events are rows in the transaction that made them happen; deliveries are rows with a state.

record      writes the message beside the change
fan_out     gives committed messages their position and makes one delivery per subscriber
work        claims due deliveries of one subscriber, hands them over, settles each by its own result
retry       puts parked or waiting deliveries back, due now
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from kernel.events import Event
from kernel.models import Message

log = logging.getLogger(__name__)

MAX_TRIES: Final = 8
LEASE: Final = timedelta(seconds=30)
FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 60.0
# Any constant will do; it only has to differ from the other advisory locks of this database.
FAN_OUT_LOCK: Final = 0x6F75_7462_6F78
ERROR_LENGTH: Final = 500
# 13 parameters a row, of the 65,535 one statement may carry.
ROWS_PER_INSERT: Final = 4_000


@dataclass(frozen=True)
class Delivered:
    """The receiver has it."""


@dataclass(frozen=True)
class Failed:
    """The receiver does not have it, or we do not know.

    `retry_after`: seconds until the next try, instead of the back-off.
    `counted=False`: not this message's fault (throttled, unreachable), so it never leads to parking.
    `final=True`: no later try can succeed, so it parks at once.
    """

    reason: str
    retry_after: float | None = None
    counted: bool = True
    final: bool = False


DELIVERED: Final = Delivered()
Outcome = Delivered | Failed


def always_ready() -> str:
    return ""


@dataclass(frozen=True)
class Subscriber:
    """Someone who wants messages. `types` are exact types, "orders.*" or "*".

    `deliver` gets up to `batch` messages in order of position and answers one outcome for each.
    transactional=True: it runs in the transaction that settles, so effects in our own database happen exactly once.
    transactional=False: it runs outside any transaction and may be called twice for one message (at least once).
    `obstacle` answers why nothing can be delivered now ("" when it can): deliveries then wait and burn no tries.
    """

    name: str
    types: tuple[str, ...]
    deliver: Callable[[Sequence[Message]], Sequence[Outcome]]
    batch: int = 10
    transactional: bool = False
    obstacle: Callable[[], str] = field(default=always_ready)


_subscribers: dict[str, Subscriber] = {}


def register(subscriber: Subscriber) -> None:
    """Called from AppConfig.ready; a second call with the same name replaces the first."""
    for pattern in subscriber.types:
        _like(pattern)
    _subscribers[subscriber.name] = subscriber


def forget(name: str) -> None:
    _subscribers.pop(name, None)


def subscribers() -> list[Subscriber]:
    return list(_subscribers.values())


def _like(pattern: str) -> str:
    """ "orders.*" as a LIKE pattern; the star stands only at the end."""
    head = pattern.removesuffix("*")
    if "*" in head or (head and head != pattern and not head.endswith(".")):
        raise ValueError(f"{pattern!r}: write a type, 'app.*' or '*'")
    escaped = head.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped + "%" if head != pattern else escaped


def record(event: Event, *, now: datetime, correlation: UUID | None = None) -> Message:
    return record_many([event], now=now, correlation=correlation)[0]


def record_many(events: Sequence[Event], *, now: datetime, correlation: UUID | None = None) -> list[Message]:
    """Writes the messages in one INSERT. Refuses to run outside a transaction: the event belongs to its change.

    `correlation` is what all consequences of one request share; without it a message starts its own.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("record events inside the transaction that changes the state")
    messages = [_message(event, now, correlation) for event in events]
    return Message.objects.bulk_create(messages, batch_size=ROWS_PER_INSERT)


def _message(event: Event, now: datetime, correlation: UUID | None) -> Message:
    message = Message(
        type=event.type,
        version=event.version,
        occurred_at=now,
        aggregate_type=event.aggregate_type,
        aggregate_id=event.aggregate_id,
        sequence=event.sequence,
        store=event.store,
        data=event.data(),
    )
    message.correlation = correlation or message.id
    return message


def envelope(message: Message) -> dict[str, Any]:
    """What leaves the house, whatever the carrier (docs/events.md)."""
    return {
        "id": str(message.id),
        "type": message.type,
        "version": message.version,
        "occurred_at": message.occurred_at.isoformat().replace("+00:00", "Z"),
        "aggregate": {"type": message.aggregate_type, "id": str(message.aggregate_id), "sequence": message.sequence},
        "store": message.store,
        "correlation": str(message.correlation),
        "data": message.data,
    }

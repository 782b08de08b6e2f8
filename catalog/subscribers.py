"""What the catalogue does when something happened in it: its read models follow, within a second."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from catalog import search, shelf
from catalog.events import ProductChanged
from catalog.shelf.following import charged_with, products_of
from kernel import outbox
from kernel.models import Message

NAME = "catalog.shelf"
# An import records one event a product: many are made anew by the same few statements.
BATCH = 500


def deliver(messages: Sequence[Message]) -> list[outbox.Outcome]:
    now = datetime.now(UTC)
    products: dict[UUID, None] = {}
    if any(message.type != ProductChanged.type for message in messages):
        # Whom a rule finds is read from cards and entries: what is being written just now is waited for, or it would be missed.
        shelf.hold()
    for message in messages:
        if message.type == ProductChanged.type:
            products[message.aggregate_id] = None
        else:
            products |= dict.fromkeys(products_of(kind=message.aggregate_type, code=str(message.data.get("code", ""))))
    products |= dict.fromkeys(charged_with(products=list(products)))
    follow(products=list(products), now=now)
    return [outbox.DELIVERED] * len(messages)


def follow(*, products: Sequence[UUID], now: datetime) -> None:
    """Cards first: search tells which channels have one."""
    for start in range(0, len(products), BATCH):
        part = products[start : start + BATCH]
        shelf.refresh(products=part, now=now)
        search.refresh(products=part)


outbox.register(outbox.Subscriber(name=NAME, types=("catalog.*",), deliver=deliver, batch=BATCH, transactional=True))

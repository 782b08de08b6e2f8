"""What the catalogue does when something happened in it: its read models follow, within a second."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from catalog import search, shelf
from catalog.events import PricesChanged, ProductChanged, PromotionChanged
from catalog.shelf.following import charged_with, products_of, products_of_price_list, products_of_promotion
from kernel import outbox
from kernel.models import Message

NAME = "catalog.shelf"
# An import records one event a product: many are made anew by the same few statements.
BATCH = 500
PRICING = (PricesChanged.type, PromotionChanged.type)


def deliver(messages: Sequence[Message]) -> list[outbox.Outcome]:
    now = datetime.now(UTC)
    products: dict[UUID, None] = {}
    priced: dict[UUID, None] = {}
    if any(message.type != ProductChanged.type for message in messages):
        # Whom a rule finds is read from cards and entries: what is being written just now is waited for, or it would be missed.
        shelf.hold()
    for message in messages:
        if message.type == ProductChanged.type:
            products[message.aggregate_id] = None
        elif message.type in PRICING:
            priced |= dict.fromkeys(priced_by(message, now))
        else:
            products |= dict.fromkeys(products_of(kind=message.aggregate_type, code=str(message.data.get("code", ""))))
    products |= dict.fromkeys(charged_with(products=list(products)))
    follow(products=list(products), now=now)
    if any(message.type in PRICING for message in messages):
        # Search knows nothing of it. Also for no product: the next moment at which time changes a card may be another one.
        shelf.refresh(products=[id for id in priced if id not in products], now=now)
    return [outbox.DELIVERED] * len(messages)


def priced_by(message: Message, now: datetime) -> Sequence[UUID]:
    if message.type == PromotionChanged.type:
        return products_of_promotion(code=str(message.data.get("code", "")), now=now)
    prices = message.data.get("change") == "prices"
    return products_of_price_list(price_list=message.aggregate_id, prices=prices, since=message.occurred_at, now=now)


def follow(*, products: Sequence[UUID], now: datetime) -> None:
    """Cards first: search tells which channels have one."""
    for start in range(0, len(products), BATCH):
        part = products[start : start + BATCH]
        shelf.refresh(products=part, now=now)
        search.refresh(products=part)


outbox.register(outbox.Subscriber(name=NAME, types=("catalog.*",), deliver=deliver, batch=BATCH, transactional=True))

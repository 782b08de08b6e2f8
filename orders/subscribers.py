"""What orders do when something happened: the books follow, and customers are written to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction

from kernel import outbox
from kernel.models import Message
from orders.models import Order
from orders.queries.books import SUBSCRIBER
from orders.services import booking, earning, gift_lines, mailing

TYPES = ("orders.*", "pos.shift.*", "pos.drawer.*", "customers.value.moved")


def book(messages: Sequence[Message]) -> list[outbox.Outcome]:
    """Cards that were sold and paid for at once are made with it: what was paid for them is owed from here on."""
    for message in filter(_sells_cards, messages):
        gift_lines.issue_cards(order=Order.objects.get(id=message.aggregate_id), now=message.occurred_at)
    booking.book(messages=messages, now=datetime.now(UTC))
    return [outbox.DELIVERED] * len(messages)


def _sells_cards(message: Message) -> bool:
    """At a till a card has a code of its own."""
    placed = message.type == "orders.order.placed" and message.data["source"] in ("web", "staff")
    return placed and any(line["kind"] == "gift_card" for line in message.data["lines"])


def follow_points(messages: Sequence[Message]) -> list[outbox.Outcome]:
    """A return takes back in its own transaction; a sale, what it was changed to and its cancelling may arrive in any order."""
    now = datetime.now(UTC)
    earning.earn_for(orders={message.aggregate_id for message in messages if _earns(message)}, now=now)
    for message in messages:
        if message.type == "orders.order.cancelled":
            earning.take_back(order=message.aggregate_id, part=Fraction(1), now=now)
    return [outbox.DELIVERED] * len(messages)


def _earns(message: Message) -> bool:
    return message.type == "orders.order.placed" or message.type == "orders.order.changed" and message.data["change"] == "edited"


def write_to_customer(messages: Sequence[Message]) -> list[outbox.Outcome]:
    """A mail server may be slow or away: outside any transaction, each by itself."""
    return [_written(message) for message in messages]


def _written(message: Message) -> outbox.Outcome:
    try:
        mailing.write(message=message, now=datetime.now(UTC))
    except OSError as error:
        # The server, not the message: it waits until it is back.
        return outbox.Failed(f"{type(error).__name__}: {error}", counted=False)
    return outbox.DELIVERED


outbox.register(outbox.Subscriber(name=SUBSCRIBER, types=TYPES, deliver=book, batch=100, transactional=True))
POINTS = ("orders.order.placed", "orders.order.changed", "orders.order.cancelled")
outbox.register(outbox.Subscriber(name="orders.points", types=POINTS, deliver=follow_points, batch=100, transactional=True))
outbox.register(outbox.Subscriber(name="orders.mails", types=mailing.TYPES, deliver=write_to_customer, batch=10))

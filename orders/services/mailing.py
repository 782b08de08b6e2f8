"""Customers are written to: what stands, what was paid, what came to nothing."""

from datetime import datetime

from kernel.models import Message

TYPES = ("orders.order.placed", "orders.order.confirmed", "orders.order.cancelled")


def write(*, message: Message, now: datetime) -> None:
    """One mail about one event."""

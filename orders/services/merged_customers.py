"""Orders follow the customer who was kept when two became one."""

from datetime import datetime
from uuid import UUID

from orders.models import Order


def follow(*, keep: UUID, gone: UUID, actor: UUID | None, now: datetime) -> None:
    """In the transaction of the merge. Whose an order is changes nothing else about it: its version stays."""
    Order.objects.filter(customer=gone).update(customer=keep)

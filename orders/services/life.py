"""What is done to an order after it was placed: a table of moves. What is not in it is refused, with what is possible."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from orders.models import OrderStep


def record_step(*, order: UUID, kind: str, facts: Mapping[str, Any], actor: UUID | None, now: datetime) -> None:
    """Writes down one thing that was done. `facts`: ids, codes and amounts, nothing that tells who bought. Call it in the transaction of the deed."""
    OrderStep.objects.create(order_id=order, kind=kind, facts=dict(facts), actor=actor, at=now)

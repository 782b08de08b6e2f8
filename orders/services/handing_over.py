"""The goods leave: what was held for an order is taken."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from inventory import services as inventory
from orders.events import OrderHandedOver
from orders.services.life import Moved, common, moved, opened, record_step, tell


@transaction.atomic
def hand_over(*, order: UUID, version: int | None = None, actor: UUID | None, now: datetime) -> Moved:
    """The whole order, once it is paid. Raises OrderState (held, not paid, left already), OrderChangedMeanwhile."""
    found = opened(order=order, move="hand_over", version=version)
    inventory.take_reserved(reference=order, occurred_at=now, actor=actor, now=now)
    found.handed_over_at = now
    done = moved(found, "handed_over_at")
    record_step(order=order, kind="handed_over", facts={"location": str(found.location or "")}, actor=actor, now=now)
    at = now.isoformat().replace("+00:00", "Z")
    tell(found, OrderHandedOver(**common(found), handed_over_at=at, location=found.location), now=now)
    return done

"""Baskets that were tried out and kept: tried again before an offer goes live, and told of where something else comes out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.models import Simulation
from catalog.services.changes import written_by
from kernel.errors import Invalid


def save_simulation(
    *,
    name: str,
    basket: Mapping[str, Any],
    channel: UUID,
    expected: int,
    currency: str,
    now: datetime,
    actor: UUID,
    store: UUID | None = None,
    at: datetime | None = None,
    promotion: UUID | None = None,
) -> Simulation:
    """`expected`: what the customer pays, in minor units. `basket` as at Simulation; `at` empty: tried for the moment it is tried at."""
    said = " ".join(name.split())
    if not said:
        raise Invalid("Give it a name by which it is found again.", field="name")
    with written_by(actor):
        return Simulation.objects.create(
            name=said[:100],
            basket=dict(basket),
            channel_id=channel,
            store_id=store,
            at=at,
            promotion_id=promotion,
            expected=expected,
            currency=currency,
            made_by=actor,
            made_at=now,
        )


def remove_simulation(*, simulation: int, actor: UUID) -> None:
    with written_by(actor):
        Simulation.objects.filter(pk=simulation).delete()

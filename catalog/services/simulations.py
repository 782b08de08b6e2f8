"""Baskets that were tried out and kept: tried again before an offer goes live, and told of where something else comes out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from catalog.models import Promotion, Simulation
from catalog.pricebook import Customer, Place
from catalog.services.changes import written_by
from catalog.services.preview import WantedLine, preview_basket
from catalog.services.promotions import UnknownPromotion
from kernel.errors import Invalid, Refused

MOST_TRIED: Final = 50
"""The youngest, its own before others: each costs a few statements."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Minor units. `total` is None where the basket cannot be priced any more: `words` say why."""

    simulation: int
    name: str
    expected: int
    total: int | None
    currency: str
    words: str = ""


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
    said = " ".join(name.replace("\0", "").split())
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


def rerun_simulations(*, promotion: UUID, now: datetime) -> list[Difference]:
    """Those in which the customer would pay something else than when they were kept, were this promotion live."""
    row = Promotion.objects.filter(pk=promotion).first()
    if row is None:
        raise UnknownPromotion(field="promotion")
    own = list(Simulation.objects.filter(promotion=row).order_by("-made_at", "-id")[:MOST_TRIED])
    others = list(Simulation.objects.exclude(promotion=row).order_by("-made_at", "-id")[: MOST_TRIED - len(own)])
    found = [_tried(kept, row, now) for kept in (*own, *others)]
    return [difference for difference in found if difference is not None]


def _tried(kept: Simulation, row: Promotion, now: datetime) -> Difference | None:
    starts = row.starts_at if row.starts_at is not None and row.starts_at > now else now
    told = Difference(kept.pk, kept.name, kept.expected, None, kept.currency)
    try:
        result = preview_basket(
            place=Place(channel=kept.channel_id, store=kept.store_id),
            lines=[WantedLine(sku=line["sku"], quantity=line["quantity"]) for line in kept.basket.get("lines", ())],
            coupons=kept.basket.get("coupons", ()),
            customer=_customer(kept.basket.get("customer")),
            charges=kept.basket.get("charges", ()),
            staff=bool(kept.basket.get("staff")),
            offline=bool(kept.basket.get("offline")),
            at=kept.at or starts,
            now=now,
            promotions=() if row.state == Promotion.State.APPROVED else (row,),
        )
    except Refused as refused:
        return replace(told, words=refused.message)
    total: int = result["totals"]["total"]
    return None if total == kept.expected else replace(told, total=total)


def _customer(told: Mapping[str, Any] | None) -> Customer | None:
    if not told:
        return None
    known = told.get("id")
    return Customer(
        id=UUID(known) if known else None,
        groups=tuple(told.get("groups", ())),
        segments=tuple(told.get("segments", ())),
        orders=told.get("orders"),
    )

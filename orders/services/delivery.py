"""How goods get to a customer: what it costs, where they leave from, and when they can be fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from inventory import queries as stock
from inventory.promise import Holding, Place
from kernel.errors import Conflict, Invalid
from orders.queries.carts import Option, Rate

Json = dict[str, Any]
Held = Mapping[UUID, Sequence[Holding]]


class DeliveryInvalid(Invalid):
    code = "delivery_invalid"
    title = "It cannot be delivered like this"


class SoldOut(Conflict):
    """`details.left`: of each line that was too much [{line, sku, asked, left}], thousandths."""

    code = "out_of_stock"
    title = "There is not enough left"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Goods of a cart's line that have to come from somewhere."""

    line: str
    sku: str
    variant: UUID
    quantity: int


def rate_of(option: Option, *, currency: str, country: str | None, total: int) -> Rate | None:
    """Of the rates for the country, else of those for everywhere else, the one from the highest total that is reached."""
    fitting = [rate for rate in option.rates if rate.currency == currency and rate.from_total <= total]
    named = [rate for rate in fitting if country in rate.countries] if country else []
    here = named or [rate for rate in fitting if not rate.countries]
    return max(here, key=lambda rate: rate.from_total, default=None)


def asks_for_total(option: Option) -> bool:
    """Whether what it costs depends on how much is bought."""
    return any(rate.from_total for rate in option.rates)


def cost(option: Option | None, *, currency: str, country: str | None, total: int) -> int:
    """Raises DeliveryInvalid where the option does not reach. What is fetched or sent digitally may cost nothing and have no rates."""
    if option is None or (not option.rates and option.kind != "ship"):
        return 0
    rate = rate_of(option, currency=currency, country=country, total=total)
    if rate is None:
        raise DeliveryInvalid(f"{option.name} is not offered there.", field="delivery.option")
    return rate.amount


def source_of(*, channel: UUID, kind: str, location: str | None, wanted: Sequence[Wanted]) -> Place:
    """Where everything is held and leaves from: of the places that ship the first, as the channel prefers them, that has it all; of a
    pickup the named one. Raises SoldOut with what there is, DeliveryInvalid."""
    sums: dict[UUID, int] = {}
    for one in wanted:
        sums[one.variant] = sums.get(one.variant, 0) + one.quantity
    held = stock.held_for(variants=sums, channel=channel)
    places = _places(held, kind, location)
    for place in places.values():
        if all(_free(held, place, variant) >= quantity for variant, quantity in sums.items()):
            return place
    if kind == "pickup" and not places:
        _must_offer_pickup(channel, location)
    raise _sold_out(held, list(places.values()), wanted, sums)


def _places(held: Held, kind: str, location: str | None) -> dict[UUID, Place]:
    found: dict[UUID, Place] = {}
    for holdings in held.values():
        for one in holdings:
            place = one.place
            if place.ships if kind != "pickup" else place.offers_pickup and location in (place.code, str(place.id)):
                found.setdefault(place.id, place)
    return found


def _free(held: Held, place: Place, variant: UUID) -> int:
    return next((one.available for one in held.get(variant, ()) if one.place.id == place.id), 0)


def _must_offer_pickup(channel: UUID, location: str | None) -> None:
    if not any(place.offers_pickup and location in (place.code, str(place.id)) for place in stock.sources(channel=channel)):
        raise DeliveryInvalid("Nothing can be picked up there.", field="delivery.location")


def _sold_out(held: Held, places: Sequence[Place], wanted: Sequence[Wanted], sums: Mapping[UUID, int]) -> SoldOut:
    """By the place that has most of it."""
    best = max(places, key=lambda place: sum(_free(held, place, variant) >= many for variant, many in sums.items()), default=None)
    left = {variant: _free(held, best, variant) if best else 0 for variant in sums}
    return SoldOut(left=[told(one, left[one.variant]) for one in wanted if left[one.variant] < sums[one.variant]])


def told(one: Wanted, left: int) -> Json:
    return {"line": one.line, "sku": one.sku, "asked": one.quantity, "left": left}


def choices(
    *, channel: UUID, options: Sequence[Option], currency: str, country: str | None, total: int, wanted: Sequence[Wanted], now: datetime
) -> Json:
    """What a shopper can choose from: options with what they cost, and places to pick up at, those first where it is ready first."""
    told_options = []
    for option in options:
        rate = rate_of(option, currency=currency, country=country, total=total)
        if rate is None and (option.rates or option.kind == "ship"):
            continue
        days = {"days_least": option.days_least, "days_most": option.days_most}
        told_options.append({"code": option.code, "name": option.name, "kind": option.kind, "amount": rate.amount if rate else 0, **days})
    return {"options": told_options, "pickup": _pickups(channel, wanted, now) if wanted else []}


def _pickups(channel: UUID, wanted: Sequence[Wanted], now: datetime) -> list[Json]:
    promises = stock.promise(variants={one.variant for one in wanted}, channel=channel, now=now)
    enough: dict[UUID, list[Any]] = {}
    for one in wanted:
        for pickup in promises[one.variant].pickup if one.variant in promises else ():
            if pickup.available >= one.quantity:
                enough.setdefault(pickup.place.id, []).append(pickup)
    whole = [found for found in enough.values() if len(found) == len(wanted)]
    ready = [(max(one.ready_at for one in found), found[0].place) for found in whole]
    return [
        {"location": place.code, "name": place.name, "ready_at": at.isoformat()} for at, place in sorted(ready, key=lambda row: (row[0], row[1].code))
    ]

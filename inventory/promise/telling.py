"""What is told of goods: whether they are there, how many, who ships them, and where and when they can be fetched."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from inventory.promise.hours import BadHours, ready_at, week_of

State = Literal["in_stock", "low", "backorder", "preorder", "out"]

# Five pieces or kilograms: few enough to say so.
LOW = 5_000
# Where something can be fetched: the nearest so many.
MOST_PLACES = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One that may be promised from. `distance` in metres, None when it is not known."""

    id: UUID
    code: str
    name: str
    store: UUID | None
    distance: int | None
    ships: bool
    offers_pickup: bool
    pickup_minutes: int
    hours: Any
    timezone: str
    # When something is ready that is there now, or comes on a day: worked out once for all goods.
    _ready: dict[date | None, datetime | None] = field(default_factory=dict, compare=False, repr=False)

    def ready_at(self, *, now: datetime, comes_on: date | None = None) -> datetime | None:
        """None when nobody can say: it does not open, or its hours are not readable."""
        if comes_on not in self._ready:
            self._ready[comes_on] = self._counted(now, comes_on)
        return self._ready[comes_on]

    def _counted(self, now: datetime, comes_on: date | None) -> datetime | None:
        zone = ZoneInfo(self.timezone)
        since = now if comes_on is None else max(now, datetime.combine(comes_on, time.min, zone).astimezone(UTC))
        try:
            return ready_at(week=week_of(self.hours), zone=zone, minutes=self.pickup_minutes, now=since)
        except BadHours:
            return None


# Tuples, because a page of a shop is hundreds of them, and they are made faster than anything else.
class Holding(NamedTuple):
    """What one place can give, in whole pieces where goods are sold by the piece. `available` is what is there and what may be sold
    ahead; `ahead` says how, and `comes_on` when what is not there comes, as far as that is known."""

    place: Place
    there: int
    available: int
    ahead: str = ""
    comes_on: date | None = None


class Pickup(NamedTuple):
    """`ready_at` is on the counter, in UTC."""

    place: Place
    state: State
    available: int
    ready_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Promise:
    """Of one variant in one channel, in thousandths. `comes_on`: when what is sold ahead comes, as far as that is known."""

    variant: UUID
    state: State
    available: int
    there: int
    ships: bool
    comes_on: date | None
    pickup: Sequence[Pickup]
    holdings: Sequence[Holding]


def promised(*, variant: UUID, holdings: Sequence[Holding], now: datetime) -> Promise:
    """`holdings` stand in the order in which they are told: nearest first, or as the channel prefers them."""
    there = available = 0
    ships = False
    pickup: list[Pickup] = []
    for one in holdings:
        there += one.there
        available += one.available
        ships = ships or (one.place.ships and one.available > 0)
        if one.place.offers_pickup and len(pickup) < MOST_PLACES and (found := _pickup(one, now)):
            pickup.append(found)
    state, comes_on = _told(there, None if there else _soonest(holdings), now)
    return Promise(variant=variant, state=state, available=available, there=there, ships=ships, comes_on=comes_on, pickup=pickup, holdings=holdings)


def _soonest(holdings: Sequence[Holding]) -> Holding | None:
    """Of what may be sold ahead, what comes first; a day nobody knows comes last."""
    ahead = [one for one in holdings if one.available > one.there]
    return min(ahead, key=lambda one: one.comes_on or date.max, default=None)


def _told(there: int, ahead: Holding | None, now: datetime) -> tuple[State, date | None]:
    if there:
        return "low" if there <= LOW else "in_stock", None
    if ahead is None:
        return "out", None
    # A day that has passed without the goods is no promise any more.
    comes_on = ahead.comes_on if ahead.comes_on and ahead.comes_on >= now.date() else None
    return "preorder" if ahead.ahead == "preorder" else "backorder", comes_on


def _pickup(one: Holding, now: datetime) -> Pickup | None:
    if not one.available:
        return None
    state, comes_on = _told(one.there, one, now)
    if not one.there and comes_on is None:
        return None
    ready = one.place.ready_at(now=now, comes_on=comes_on)
    return Pickup(one.place, state, one.available, ready) if ready else None

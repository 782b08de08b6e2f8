"""What a variant has cost in a place, and the lowest it cost before a reduction. Pure: offers and points in, periods out.

The lowest price is told as Directive 98/6/EC, article 6a ("Omnibus") asks: the lowest that everybody could buy for in the days before the
present reduction began. A reduction that becomes larger step by step begins anew with every step, which tells the lower figure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import zip_longest
from typing import Literal

from kernel.money import MILLION, divided


@dataclass(frozen=True, slots=True)
class Offer:
    """`amount` minor units for `price_quantity` thousandths from `starts_at` (None: ever) until before `ends_at` (None: on). `source`: the list's
    code, empty for the base price, which has the lowest rank."""

    amount: int
    price_quantity: int
    rank: int
    source: str
    starts_at: datetime | None
    ends_at: datetime | None
    from_quantity: int = 1000


@dataclass(frozen=True, slots=True)
class Point:
    """What a base price became; None: it went away."""

    at: datetime
    amount: int | None
    price_quantity: int | None


@dataclass(frozen=True, slots=True)
class Cut:
    """What everybody is given off: parts per million, minor units a piece, or a price for 1000 thousandths."""

    kind: Literal["percent", "amount", "fixed"]
    value: int
    source: str
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which one price held. `promotion`: the code of what was taken off, empty for none."""

    starts_at: datetime | None
    ends_at: datetime | None
    amount: int
    price_quantity: int
    source: str
    promotion: str = ""

    @property
    def unit(self) -> Fraction:
        return Fraction(self.amount, self.price_quantity)


@dataclass(frozen=True, slots=True)
class Lowest:
    """`reduced_at`: when the present reduction began; None: the price is not reduced, and this is the lowest of the days up to now."""

    amount: int
    price_quantity: int
    reduced_at: datetime | None


def base_offers(points: Iterable[Point]) -> list[Offer]:
    ordered = sorted(points, key=lambda point: point.at)
    return [
        Offer(point.amount, point.price_quantity, 0, "", point.at, following.at if following else None)
        for point, following in zip_longest(ordered, ordered[1:])
        if point.amount is not None and point.price_quantity is not None and (following is None or point.at < following.at)
    ]


def periods(*, offers: Iterable[Offer] = (), points: Iterable[Point] = (), cuts: Sequence[Cut] = ()) -> list[Period]:
    """In order, without overlap; where nothing was for sale there is none. Neighbours that differ in nothing are one."""
    every = [*offers, *base_offers(points)]
    ranged: list[Offer | Cut] = [*every, *cuts]
    bounds = sorted({at for one in ranged for at in (one.starts_at, one.ends_at) if at is not None})
    found: list[Period] = []
    for start, end in zip([None, *bounds], [*bounds, None], strict=True):
        holding = [offer for offer in every if _holds(offer, start, end)]
        if not holding:
            continue
        best = min(holding, key=lambda offer: (-offer.rank, offer.source, -offer.from_quantity))
        period = _cut(Period(start, end, best.amount, best.price_quantity, best.source), [cut for cut in cuts if _holds(cut, start, end)])
        if found and found[-1].ends_at == start and _same(found[-1], period):
            found[-1] = replace(found[-1], ends_at=end)
        else:
            found.append(period)
    return found


def _holds(one: Offer | Cut, start: datetime | None, end: datetime | None) -> bool:
    """Throughout: every time at which anything begins or ends is a bound."""
    begun = one.starts_at is None or (start is not None and one.starts_at <= start)
    return begun and (one.ends_at is None or (end is not None and end <= one.ends_at))


def _same(one: Period, other: Period) -> bool:
    return (one.amount, one.price_quantity, one.source, one.promotion) == (other.amount, other.price_quantity, other.source, other.promotion)


def _cut(period: Period, cuts: Sequence[Cut]) -> Period:
    """By the one that takes most off: what several take together depends on how they combine, and one alone never tells too low a price."""
    lowest = min(((_left(period, cut), cut.source) for cut in cuts), default=(period.amount, ""))
    return replace(period, amount=lowest[0], promotion=lowest[1]) if lowest[0] < period.amount else period


def _left(period: Period, cut: Cut) -> int:
    if cut.kind == "percent":
        return period.amount - divided(period.amount * cut.value, MILLION)
    worth = divided(cut.value * period.price_quantity, 1000)
    return min(period.amount, worth) if cut.kind == "fixed" else max(0, period.amount - worth)


def at_moment(told: Sequence[Period], at: datetime) -> Period | None:
    return next(
        (one for one in told if (one.starts_at is None or one.starts_at <= at) and (one.ends_at is None or at < one.ends_at)),
        None,
    )


def lowest(told: Sequence[Period], *, at: datetime, days: int = 30) -> Lowest | None:
    """None when nothing is for sale, or a reduced price had none before it."""
    present = at_moment(told, at)
    if present is None:
        return None
    reduced_at = _reduced_at(told, present)
    until = reduced_at or at
    since = until - timedelta(days=days)
    reached = [one for one in told if _within(one, since, until)] + ([present] if reduced_at is None else [])
    if not reached:
        return None
    found = min(reached, key=lambda one: (one.unit, one.price_quantity))
    return Lowest(found.amount, found.price_quantity, reduced_at)


def _within(one: Period, since: datetime, until: datetime) -> bool:
    """For some time at least between the two."""
    return (one.starts_at is None or one.starts_at < until) and (one.ends_at is None or one.ends_at > since)


def _reduced_at(told: Sequence[Period], present: Period) -> datetime | None:
    """When the price in force became lower than the one right before it."""
    place = told.index(present)
    began = present
    for one in reversed(told[:place]):
        if one.ends_at != began.starts_at:
            return None
        if one.unit != present.unit:
            return began.starts_at if one.unit > present.unit else None
        began = one
    return None

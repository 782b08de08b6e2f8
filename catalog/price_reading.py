"""The prices of a variant in a place through time, read for catalog.price_history."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from catalog import price_places
from catalog.models import PricePoint, Variant
from catalog.price_cuts import cuts
from catalog.price_history import Lowest, Offer, Period, Point, lowest, periods
from catalog.pricebook import Clock, Place, standing

# Everything one of them was ever sold for. A price that never began because it was taken back is not live.
ENTRIES = """
select e.price_list_id, e.amount, e.price_quantity, e.starts_at, e.ends_at, e.from_quantity from catalog_priceentry e
where e.live and e.variant_id = %s and e.from_quantity <= %s and e.price_list_id = any(%s)
"""


@dataclass(frozen=True)
class History:
    """`periods` in order, planned ones included; the currency is the place's."""

    currency: str
    periods: list[Period]


def price_history(*, variant: UUID, place: Place) -> History:
    """What everybody pays for one of it there: customers' groups and coupons left out, and the steps for buying more; what promotions
    take off for anybody is taken off. Times by the place's clock."""
    where = standing(place=place)
    lists = {one.id: one for one in price_places.price_lists(where.currency) if not one.customer_group and one.holds_at(place)}
    sold_by = Variant.objects.values_list("sold_by", flat=True).get(pk=variant)
    clock = Clock(shop=where.shop_timezone, place=where.timezone)
    offers = []
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [variant, 1000 if sold_by == Variant.SoldBy.EACH else 1, list(lists)])
        for price_list, amount, quantity, starts_at, ends_at, from_quantity in cursor.fetchall():
            one = lists[price_list]
            starts, ends = price_places.here(clock, starts_at), price_places.here(clock, ends_at)
            if starts is None or ends is None or starts < ends:
                offers.append(Offer(amount, quantity, one.rank, one.code, starts, ends, from_quantity))
    taken = cuts(variant=variant, where=where, clock=clock)
    rows = PricePoint.objects.filter(variant=variant, currency=where.currency).order_by("at", "id")
    points = [Point(at, amount, quantity) for at, amount, quantity in rows.values_list("at", "amount", "price_quantity")]
    return History(where.currency, periods(offers=offers, points=points, cuts=taken))


def lowest_price(*, variant: UUID, place: Place, at: datetime, days: int = 30) -> Lowest | None:
    """The lowest price there in the days before the present reduction began; when it is not reduced, in the days up to `at`."""
    return lowest(price_history(variant=variant, place=place).periods, at=at, days=days)

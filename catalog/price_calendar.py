"""What changes by the clock in the days to come: prices, promotions and taxes that begin or end. Reads only."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet

from catalog.models import PriceChange, Promotion, TaxRate
from org import settings

PRICES = """
select e.starts_at, 'starts', l.id, l.name, count(*), min(v.sku) from catalog_priceentry e
join catalog_pricelist l on l.id = e.price_list_id join catalog_variant v on v.id = e.variant_id
where e.live and e.starts_at > %(now)s and e.starts_at < %(until)s group by 1, 3, 4
union all
select e.ends_at, 'ends', l.id, l.name, count(*), min(v.sku) from catalog_priceentry e
join catalog_pricelist l on l.id = e.price_list_id join catalog_variant v on v.id = e.variant_id
where e.live and e.ends_at > %(now)s and e.ends_at < %(until)s group by 1, 3, 4
"""


@dataclass(frozen=True, slots=True)
class Happening:
    """`at` by the shop's clock; every store begins when its own shows it. `of`: the price list, the promotion or the tax zone.
    `count`: how many prices, and `example` the SKU of one of them; the rate in parts per million for a tax."""

    at: datetime
    what: Literal["prices", "promotion", "tax"]
    change: str
    of: UUID | int
    name: str
    count: int = 0
    example: str = ""


def calendar(*, now: datetime, days: int = 7) -> list[Happening]:
    """In order, until the end of the last day by the shop's clock. Three statements, and one for its zone."""
    zone = ZoneInfo(settings.get("shop.timezone"))
    last = now.astimezone(zone).date() + timedelta(days=days)
    until = datetime.combine(last, time(), tzinfo=zone)
    found = [*_prices(now, until), *_promotions(now, until), *_taxes(now, until, zone)]
    return sorted(found, key=lambda one: (one.at, one.change, one.what, one.name))


def waiting() -> int:
    """How many changes of prices a second person has to look at."""
    return waiting_changes().count()


def waiting_changes() -> QuerySet[PriceChange]:
    return PriceChange.objects.filter(state=PriceChange.State.WAITING)


def _prices(now: datetime, until: datetime) -> list[Happening]:
    with connection.cursor() as cursor:
        cursor.execute(PRICES, {"now": now, "until": until})
        return [Happening(at, "prices", change, of, name, count, sku) for at, change, of, name, count, sku in cursor.fetchall()]


def _promotions(now: datetime, until: datetime) -> list[Happening]:
    within = Q(starts_at__gt=now, starts_at__lt=until) | Q(ends_at__gt=now, ends_at__lt=until)
    rows = Promotion.objects.filter(within, state=Promotion.State.APPROVED).values_list("id", "name", "starts_at", "ends_at")
    return [
        Happening(at, "promotion", change, of, name)
        for of, name, starts_at, ends_at in rows
        for change, at in (("starts", starts_at), ("ends", ends_at))
        if at is not None and now < at < until
    ]


def _taxes(now: datetime, until: datetime, zone: ZoneInfo) -> list[Happening]:
    """By days: a rate begins when the day does."""
    first, last = now.astimezone(zone).date() + timedelta(days=1), until.astimezone(zone).date() - timedelta(days=1)
    within = Q(starts_on__range=(first, last)) | Q(ends_on__range=(first, last))
    rows = TaxRate.objects.filter(within).select_related("zone", "tax_class")
    return [
        Happening(
            datetime.combine(day, time(), tzinfo=zone), "tax", change, row.zone_id, f"{row.name} {row.tax_class.name}, {row.zone.name}", row.rate
        )
        for row in rows
        for change, day in (("starts", row.starts_on), ("ends", row.ends_on))
        if day is not None and first <= day <= last
    ]

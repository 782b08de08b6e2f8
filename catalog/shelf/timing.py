"""What time alone changes on the cards of a channel: when next, and which products what has passed since then is about.

Publish windows, prices of lists, promotions, tax rates. The parameters are those of catalog.documents.
"""
# ruff: noqa: S608  # statements are put together of this package's own parts; every value that comes from outside is a parameter

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from catalog import current_prices, offers
from catalog.offers import FACET, Offer

OF_LISTS = "catalog_priceentry e join lists l on l.id = e.price_list_id where e.live"
OF_ZONE = "catalog_taxrate h where h.zone_id = (select x.zone_id from catalog_channeltax x where x.channel_id = %(channel)s)"
# A rate begins and ends with a day of the shop.
MIDNIGHT = "(h.{day}::timestamp at time zone %(zone)s)"

NEXT = f"""
with {current_prices.LISTS}
select least(
    (select min(starts_at) from catalog_publication where channel_id = %(channel)s and offered and starts_at > %(at)s),
    (select min(ends_at) from catalog_publication where channel_id = %(channel)s and offered and ends_at > %(at)s),
    (select e.starts_at from {OF_LISTS} and e.starts_at > %(at)s order by e.starts_at limit 1),
    (select e.ends_at from {OF_LISTS} and e.ends_at > %(at)s order by e.ends_at limit 1),
    (select min(starts_at) from catalog_promotion where state = 'approved' and starts_at > %(at)s),
    (select min(ends_at) from catalog_promotion where state = 'approved' and ends_at > %(at)s),
    (select min({MIDNIGHT.format(day="starts_on")}) from {OF_ZONE} and h.starts_on > %(day)s),
    (select min({MIDNIGHT.format(day="ends_on")}) from {OF_ZONE} and h.ends_on > %(day)s))
"""


def passed(column: str) -> str:
    return f"({column} >= %(since)s and {column} <= %(at)s)"


DUE = f"""
with {current_prices.LISTS}
select product_id from catalog_publication where channel_id = %(channel)s and offered and ({passed("starts_at")} or {passed("ends_at")})
union select w.product_id from {OF_LISTS.replace(" where ", " join catalog_variant w on w.id = e.variant_id where ")} and {passed("e.starts_at")}
union select w.product_id from {OF_LISTS.replace(" where ", " join catalog_variant w on w.id = e.variant_id where ")} and {passed("e.ends_at")}
union select p.id from catalog_product p where p.tax_class_id in (
    select h.tax_class_id from {OF_ZONE}
        and ({passed(MIDNIGHT.format(day="starts_on"))} or {passed(MIDNIGHT.format(day="ends_on"))}))
union select c.product_id from catalog_card c where c.channel_id = %(channel)s and c.facets && %(ended)s::varchar[]
union {offers.REACHED}
"""
MOVED = f"({passed('m.starts_at')} or {passed('m.ends_at')})"


def next_change(*, values: Mapping[str, Any]) -> datetime | None:
    """After the moment of `values`."""
    with connection.cursor() as cursor:
        cursor.execute(NEXT, values)
        [found] = cursor.fetchone()
    return found  # type: ignore[no-any-return]


def due(*, values: Mapping[str, Any], since: datetime, now: datetime) -> list[UUID]:
    """The products of what began or ended from `since` to `now`."""
    moved = offers.told(which=MOVED, values={"since": since, "at": now})
    begun: list[Offer] = [offer for offer in moved if offer.ends_at is None or offer.ends_at > now]
    ended = [f"{FACET}:{offer.code}" for offer in moved if offer not in begun]
    reached = offers.reached(key for offer in begun for key in offer.keys)
    with connection.cursor() as cursor:
        cursor.execute(DUE, {**values, "since": since, "ended": ended, **reached})
        return [id for (id,) in cursor]

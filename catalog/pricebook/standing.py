"""Where something is sold: what a place is called, how its clock runs, and which version of the rules stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.pricebook.clocks import Clock
from kernel.errors import NotFound
from org import settings


class UnknownPlace(NotFound):
    code = "place_unknown"
    title = "There is no such channel or store"


@dataclass(frozen=True, slots=True)
class Place:
    """A channel, or one store of it."""

    channel: UUID
    store: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """`version` moves with every change of promotions, price lists and taxes; `groups`: the groups of stores it belongs to."""

    place: Place
    channel: str
    store: str
    currency: str
    timezone: str
    shop_timezone: str
    groups: tuple[str, ...]
    version: str

    @property
    def clock(self) -> Clock:
        return Clock(shop=self.shop_timezone, place=self.timezone)


STANDING = """select c.code as channel, coalesce(y.code, '') as store, coalesce(y.currency, c.currency) as currency, y.timezone,
    (select z.value #>> '{}' from org_setting z where z.name = 'shop.timezone' and z.store_id is null) as shop_timezone,
    array(select g.code from org_storegroup g join org_storegroup_stores m on m.storegroup_id = g.id where m.store_id = y.id order by g.code)
        as groups,
    (select s.version::text from catalog_pricebookstate s) as version
from org_channel c left join org_store y on y.id = %(store)s and y.channel_id = c.id
where c.id = %(channel)s and (y.id is not null or %(store)s::uuid is null)"""


def standing(*, place: Place) -> Standing:
    """One small statement, for every use: no process's memory is ever the truth."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, {"channel": place.channel, "store": place.store})
        return told(cursor.fetchone(), place=place)


def told(row: Sequence[Any] | None, *, place: Place) -> Standing:
    """A row of the statement, None: there is none. Raises UnknownPlace."""
    if row is None:
        raise UnknownPlace("There is no such store in this channel." if place.store else "There is no such channel.", field="store")
    channel, store, currency, timezone, shop, groups, version = row
    shop = shop or settings.DEFINITIONS["shop.timezone"].default
    return Standing(place, channel, store, currency, timezone or shop, shop, tuple(groups), version or "")

"""Which price lists hold in a place, and which of them wins there (docs/pricing.md). Reads only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from catalog.pricebook import Clock, Place
from catalog.pricebook.clocks import EPOCH
from org import queries

LISTS = """
select l.id, l.code, l.name, l.priority, l.customer_group, l.channel_id, l.store_group_id,
    array(select store_id from catalog_priceliststore where price_list_id = l.id),
    array(select store_id from org_storegroup_stores where storegroup_id = l.store_group_id)
from catalog_pricelist l where l.currency = %s order by l.code
"""


@dataclass(frozen=True)
class Listed:
    """A price list and where it holds. `stores`: those named, or those of its group."""

    id: UUID
    code: str
    name: str
    priority: int
    customer_group: str
    channel: UUID | None
    store_group: UUID | None
    stores: frozenset[UUID]
    named: bool

    @property
    def rank(self) -> int:
        where = 3 if self.named else 2 if self.store_group else 1 if self.channel else 0
        return (self.priority + 1001) * 100 + (10 if self.customer_group else 0) + where

    def holds_at(self, place: Place) -> bool:
        if self.named or self.store_group:
            return place.store in self.stores
        return self.channel in (None, place.channel)

    def beats(self, other: "Listed") -> bool:
        return (-self.rank, self.code) < (-other.rank, other.code)


def price_lists(currency: str) -> list[Listed]:
    """Archived ones too: what they charged stays known, and their prices have ended."""
    with connection.cursor() as cursor:
        cursor.execute(LISTS, [currency])
        return [_listed(*row) for row in cursor.fetchall()]


def _listed(*row: Any) -> Listed:
    id, code, name, priority, customer_group, channel, group, named, grouped = row
    return Listed(id, code, name, priority, customer_group, channel, group, frozenset(named or grouped), bool(named))


def all_places() -> list[Place]:
    """Every store that trades, and every channel by itself."""
    stores = [Place(store.channel_id, store.id) for store in queries.open_stores()]
    return [*(Place(channel.id) for channel in queries.channels()), *stores]


def reached(one: Listed, places: Iterable[Place], others: Collection[Listed]) -> list[list[Listed]]:
    """The lists `one` stands before, itself first, in each place where it holds: one answer for all places that are alike."""
    before = [other for other in others if other.customer_group in ("", one.customer_group) and not other.beats(one) and other.id != one.id]
    before.sort(key=lambda other: (-other.rank, other.code))
    found = {tuple(other for other in before if other.holds_at(place)) for place in places if one.holds_at(place)}
    return [[one, *lists] for lists in sorted(found, key=lambda lists: [other.code for other in lists])] or [[one]]


def here(clock: Clock, stored: datetime | None) -> datetime | None:
    """When the place's own clock shows it."""
    told = clock.instant(stored)
    return None if told is None else EPOCH + timedelta(milliseconds=told)

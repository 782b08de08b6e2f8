"""Which price lists hold in a place, and which of them wins there (docs/pricing.md). Reads only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from org.models import Store

LISTS = """
select l.id, l.code, l.name, l.priority, l.customer_group, l.channel_id, l.store_group_id,
    array(select store_id from catalog_priceliststore where price_list_id = l.id),
    array(select store_id from org_storegroup_stores where storegroup_id = l.store_group_id)
from catalog_pricelist l where l.currency = %s order by l.code
"""
BASE_RANK = 0


@dataclass(frozen=True)
class Spot:
    """Where somebody buys: a channel, and in it a store or none."""

    channel: UUID
    store: UUID | None = None


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
        place = 3 if self.named else 2 if self.store_group else 1 if self.channel else 0
        return (self.priority + 1001) * 100 + (10 if self.customer_group else 0) + place

    def holds_at(self, spot: Spot) -> bool:
        if self.named or self.store_group:
            return spot.store in self.stores
        return self.channel in (None, spot.channel)

    def beats(self, other: "Listed") -> bool:
        return (-self.rank, self.code) < (-other.rank, other.code)


def price_lists(currency: str) -> list[Listed]:
    """Archived ones too: what they charged stays known, and their prices have ended."""
    with connection.cursor() as cursor:
        cursor.execute(LISTS, [currency])
        return [Listed(*row, frozenset(named or grouped), bool(named)) for *row, named, grouped in cursor.fetchall()]


def all_spots() -> list[Spot]:
    """Every store that trades, and every channel by itself."""
    from org.models import Channel

    stores = [Spot(channel, store) for store, channel in Store.objects.filter(archived_at=None).order_by("id").values_list("id", "channel_id")]
    return [*(Spot(channel) for channel in Channel.objects.order_by("id").values_list("id", flat=True)), *stores]


def reached(one: Listed, spots: Iterable[Spot], others: Collection[Listed]) -> list[list[Listed]]:
    """The lists `one` stands before, itself first, in each place where it holds: one answer for all places that are alike."""
    before = [other for other in others if other.customer_group in ("", one.customer_group) and not other.beats(one) and other.id != one.id]
    before.sort(key=lambda other: (-other.rank, other.code))
    found = {tuple(other for other in before if other.holds_at(spot)) for spot in spots if one.holds_at(spot)}
    return [[one, *lists] for lists in sorted(found, key=lambda lists: [other.code for other in lists])] or [[one]]


def local_instant(at: datetime, *, shop: str, there: str) -> datetime:
    """When the clock `there` first shows what the shop's clock shows at `at`."""
    if shop == there:
        return at
    return at.astimezone(ZoneInfo(shop)).replace(tzinfo=ZoneInfo(there), fold=0).astimezone(UTC)

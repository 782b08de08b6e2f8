"""What is where, and whether the ledger agrees with itself. Quantities are integer thousandths."""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from inventory.models import Level, Location
from org.paging import Page, page_of, plain_text


@dataclass(frozen=True, kw_only=True)
class Stock:
    """A level with its place's names. `store` is None for a warehouse."""

    variant: UUID
    location: UUID
    location_code: str
    location_name: str
    store: UUID | None
    on_hand: int
    reserved: int = 0
    safety: int = 0
    ahead: int = 0
    blocked: int = 0
    # Whether doors may promise from this place at all.
    promised_from: bool = True

    @property
    def available(self) -> int:
        """What may still be promised from here; for a bundle ask `queries.available`."""
        return max(self.on_hand - self.reserved - self.safety + self.ahead, 0) if self.promised_from and not self.blocked else 0


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A level that is not the sum of its movements: somebody went round the ledger."""

    variant: UUID
    location: UUID
    on_hand: int
    moved: int


def levels(*, variants: Iterable[UUID], stores: Collection[UUID] | None = None) -> dict[UUID, list[Stock]]:
    """Stock of each variant by place, in one statement. `stores` bounds it to those stores' places; None means all places."""
    within = Q() if stores is None else Q(location__store_id__in=list(stores))
    found: dict[UUID, list[Stock]] = defaultdict(list)
    for level in Level.objects.filter(within, variant_id__in=list(variants)).select_related("location").order_by("location__code"):
        found[level.variant_id].append(_stock(level))
    return found


def _stock(level: Level) -> Stock:
    place = level.location
    return Stock(
        variant=level.variant_id,
        location=level.location_id,
        location_code=place.code,
        location_name=place.name,
        store=place.store_id,
        on_hand=level.on_hand,
        reserved=level.reserved,
        safety=level.safety,
        ahead=level.ahead,
        blocked=level.blocked,
        promised_from=place.kind in (Location.Kind.STORE, Location.Kind.WAREHOUSE) and place.archived_at is None,
    )


# A row for each place: what it has of which variants, as two texts that keep step.
AVAILABILITY = """
select o.code, o.name, string_agg(l.variant_id::text, ','), string_agg(l.on_hand::text, ',')
from inventory_level l join inventory_location o on o.id = l.location_id
where l.variant_id = any(%(variants)s::uuid[]) and (%(stores)s::uuid[] is null or o.store_id = any(%(stores)s::uuid[]))
group by o.id order by o.code
"""


@dataclass(frozen=True, slots=True)
class Available:
    """`places`: code and name, by code. `levels`: of each variant, place by place, the place's code and what is on hand, as text."""

    places: dict[str, dict[str, str]]
    levels: dict[str, list[tuple[str, str]]]


def availability(*, variants: Sequence[str], stores: Collection[UUID] | None = None) -> Available:
    """For doors: what is on hand of each variant, in one statement. `stores` as in `levels`."""
    # Few texts each way: a hundred parameters and hundreds of rows, or as many JSON objects, cost more than what is in them.
    values = {"variants": f"{{{','.join(variants)}}}", "stores": None if stores is None else list(stores)}
    with connection.cursor() as cursor:
        cursor.execute(AVAILABILITY, values)
        rows = cursor.fetchall()
    levels: dict[str, list[tuple[str, str]]] = {variant: [] for variant in variants}
    for code, _, held, quantities in rows:
        for variant, on_hand in zip(held.split(","), quantities.split(","), strict=True):
            levels[variant].append((code, on_hand))
    return Available(places={code: {"location_code": code, "location_name": name} for code, name, *_ in rows}, levels=levels)


def locations(*, stores: Collection[UUID] | None = None) -> list[Location]:
    within = Q() if stores is None else Q(store_id__in=list(stores))
    return list(Location.objects.filter(within).select_related("store").order_by("name"))


@dataclass(frozen=True, kw_only=True)
class SeenPlace:
    """`channels`: whose it is, and who promises from it."""

    id: UUID
    code: str
    channels: frozenset[UUID]


SEEN = """
select place.id, place.code, array(select channel_id from org_store where id = place.store_id union
    select channel_id from inventory_source where location_id = place.id)
from inventory_location place
where %(named)s in (place.id::text, place.code) and (%(stores)s::uuid[] is null or place.store_id = any(%(stores)s))
"""


def seen_place(*, named: str, stores: Collection[UUID] | None = None) -> SeenPlace | None:
    """By its id or code. None also for one of other stores."""
    with connection.cursor() as cursor:
        cursor.execute(SEEN, {"named": plain_text(named, field="location", longest=60), "stores": None if stores is None else list(stores)})
        row = cursor.fetchone()
    return SeenPlace(id=row[0], code=row[1], channels=frozenset(row[2])) if row else None


def below_zero(*, stores: Collection[UUID] | None = None, first: int = 50) -> list[Stock]:
    """Places that hold less than nothing, the worst first."""
    within = Q() if stores is None else Q(location__store_id__in=list(stores))
    return [_stock(level) for level in Level.objects.filter(within, on_hand__lt=0).select_related("location").order_by("on_hand", "id")[:first]]


def count_below_zero(*, stores: Collection[UUID] | None = None) -> int:
    within = Q() if stores is None else Q(location__store_id__in=list(stores))
    return Level.objects.filter(within, on_hand__lt=0).count()


RECONCILE = """
select variant_id, location_id, coalesce(level.on_hand, 0), coalesce(total.moved, 0)::bigint
from inventory_level level
full join (select variant_id, location_id, sum(quantity) as moved from inventory_movement group by 1, 2) total using (variant_id, location_id)
where coalesce(level.on_hand, 0) <> coalesce(total.moved, 0)
order by 1, 2
"""


def reconcile() -> list[Difference]:
    """Every level against the sum of its movements, in one snapshot. Empty when the ledger is sound."""
    with connection.cursor() as cursor:
        cursor.execute(RECONCILE)
        names = ("variant", "location", "on_hand", "moved")
        return [Difference(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


PARTS = """level.variant_id, level.location_id, location.code, location.name, location.store_id, level.on_hand,
    level.reserved, level.safety, level.ahead, level.blocked, location.kind in ('store', 'warehouse') and location.archived_at is null"""
PART_NAMES: Final = (
    *("variant", "location", "location_code", "location_name", "store", "on_hand"),
    *("reserved", "safety", "ahead", "blocked", "promised_from"),
)
STOCK = f"""
select {PARTS}
from inventory_level level join inventory_location location on location.id = level.location_id
where (%(variant)s::uuid is null or level.variant_id = %(variant)s)
  and (%(location)s::uuid is null or level.location_id = %(location)s)
  and (%(stores)s::uuid[] is null or location.store_id = any(%(stores)s))
  and (level.variant_id, level.location_id) > (%(after_variant)s, %(after_location)s)
order by level.variant_id, level.location_id
limit %(limit)s
"""
BEFORE_ALL = (UUID(int=0), UUID(int=0))


def stock(
    *,
    first: int,
    after: tuple[UUID, UUID] | None = None,
    variant: UUID | None = None,
    location: UUID | None = None,
    stores: Collection[UUID] | None = None,
) -> Page[Stock]:
    """Levels by variant, then place: the order of the unique index, so a page walks it from `after` and stops."""
    after_variant, after_location = after or BEFORE_ALL
    values = {"variant": variant, "location": location, "stores": None if stores is None else list(stores), "limit": first + 1}
    with connection.cursor() as cursor:
        cursor.execute(STOCK, {**values, "after_variant": after_variant, "after_location": after_location})
        rows = cursor.fetchall()
    return page_of([Stock(**dict(zip(PART_NAMES, row, strict=True))) for row in rows], first=first)

"""What may be promised, and from where: two statements for however many goods. Nothing of it is kept, so it is as fresh as the
levels. Quantities are integer thousandths."""
# ruff: noqa: S608  # statements are put together of this file's own parts; every value that comes from outside is a parameter

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from inventory.promise import Holding, Place, Point, Promise, metres, promised
from org.models import Channel

# A place's own time, else its store's.
SOURCES = """
select place.id, place.code, place.name, place.store_id, place.latitude, place.longitude, place.ships, place.offers_pickup,
    place.pickup_minutes, place.hours, coalesce(nullif(place.timezone, ''), store.timezone, 'UTC') as timezone
from inventory_source source
join inventory_location place on place.id = source.location_id
left join org_store store on store.id = place.store_id
where source.channel_id = %(channel)s and place.kind in ('store', 'warehouse') and place.archived_at is null
order by source.priority, place.code
"""

# A bundle is there as often as its scarcest component, and comes when the last one does that is missing. Goods sold by the piece are
# promised in whole pieces. The cap keeps a bundle's sum within 64 bits.
HOLDINGS = """
wanted as (
    select v.id as variant, coalesce(c.component_id, v.id) as part, coalesce(c.quantity, 1000) as per,
        count(*) over (partition by v.id) as parts, case v.sold_by when 'each' then 1000 else 1 end as unit
    from catalog_variant v left join inventory_component c on c.bundle_id = v.id
    where v.id = any(%(variants)s::uuid[]) {shown}
), part as (
    select w.variant, w.parts, w.unit, place.id, place.n, p.ahead_kind, p.ahead_on,
        case when l.blocked > 0 then 0 when w.per = 1000 then greatest(l.on_hand - l.reserved - l.safety, 0)
            else least(greatest(l.on_hand - l.reserved - l.safety, 0), 9000000000000000) * 1000 / w.per end as there,
        case when l.blocked > 0 then 0 when w.per = 1000 then greatest(l.on_hand - l.reserved - l.safety + l.ahead, 0)
            else least(greatest(l.on_hand - l.reserved - l.safety + l.ahead, 0), 9000000000000000) * 1000 / w.per end as available
    from wanted w
    join inventory_level l on l.variant_id = w.part
    join place on place.id = l.location_id
    left join inventory_policy p on l.ahead > 0 and p.variant_id = l.variant_id and p.location_id = l.location_id
), holding as (
    select variant, id, n, min(there) / unit * unit as there, min(available) / unit * unit as available,
        case when bool_or(ahead_kind = 'preorder' and there < unit) then 'preorder' else coalesce(max(ahead_kind), '') end as ahead,
        case when not bool_or(there < unit and ahead_on is null) then max(ahead_on) filter (where there < unit) end as comes_on
    from part group by variant, id, n, unit, parts
    having count(*) = parts and min(available) >= unit
)
"""
# Not one statement for both with an "or" in it: that reads every card there is.
SHOWN = "and exists (select from catalog_card where channel_id = %(channel)s and product_id = v.product_id)"
GIVEN = "with place as (select id, n from unnest(%(places)s::uuid[]) with ordinality as given(id, n)),"
# A row for each variant: hundreds of small rows cost more than what is in them.
BY_VARIANT = """
select variant, numbers, there, available, ahead, comes_on
from (select distinct variant from wanted) known
left join (
    select variant, array_agg(n order by n) as numbers, array_agg(there order by n) as there, array_agg(available order by n) as available,
        array_agg(ahead order by n) as ahead, array_agg(comes_on order by n) as comes_on
    from holding group by variant
) held using (variant)
"""
EVERY = GIVEN + HOLDINGS.format(shown="") + BY_VARIANT
ONLY_SHOWN = GIVEN + HOLDINGS.format(shown=SHOWN) + BY_VARIANT
# Where nobody is near a place they come as the channel prefers them, and along with what they hold: of no variant, as JSON.
NUMBERED = SOURCES.replace("select ", "select row_number() over (order by source.priority, place.code) as n, ", 1)
WITH_PLACES = f"""
with place as materialized ({NUMBERED}), {HOLDINGS.format(shown="")}
select null::uuid, null::bigint[], null::bigint[], null::bigint[], null::text[], null::date[], (
    select json_agg(json_build_array(
        id, code, name, store_id, latitude, longitude, ships, offers_pickup, pickup_minutes, hours, timezone
    ) order by n)::text from place
)
union all
select held.*, null from ({BY_VARIANT}) held
"""


def promise(
    *, variants: Iterable[UUID], channel: Channel | UUID, near: Point | None = None, now: datetime, only_shown: bool = False
) -> dict[UUID, Promise]:
    """What the channel may promise of each variant that exists; with `only_shown`, of each that the channel shows.

    Places come nearest first when there is a point to be `near` (millionths of a degree), else as the channel prefers them.
    """
    channel = channel if isinstance(channel, UUID) else channel.id
    places = sources(channel=channel, near=near)
    # One text each: hundreds of parameters cost more than what is in them.
    values: dict[str, Any] = {"variants": _array(variants), "places": _array(place.id for place in places), "channel": channel}
    with connection.cursor() as cursor:
        cursor.execute(ONLY_SHOWN if only_shown else EVERY, values)
        rows = cursor.fetchall()
    return {variant: promised(variant=variant, holdings=_holdings(held, places), now=now) for variant, *held in rows}


def held_for(*, variants: Iterable[UUID], channel: UUID) -> dict[UUID, list[Holding]]:
    """What each place holds of each variant that exists, as the channel prefers the places, in one statement: to choose one of them."""
    with connection.cursor() as cursor:
        cursor.execute(WITH_PLACES, {"variants": _array(variants), "channel": channel})
        rows = cursor.fetchall()
    told = orjson.loads(next(row[-1] for row in rows if row[0] is None) or "[]")
    places = [_place([UUID(id), code, name, UUID(store) if store else None, *more], None) for id, code, name, store, *more in told]
    return {variant: _holdings(held, places) for variant, *held, _ in rows if variant is not None}


def _array(ids: Iterable[UUID]) -> str:
    return f"{{{','.join(map(str, ids))}}}"


def _holdings(held: Sequence[Any], places: Sequence[Place]) -> list[Holding]:
    if not held[0]:
        return []
    return [Holding(places[n - 1], *parts) for n, *parts in zip(*held, strict=True)]


def sources(*, channel: UUID, near: Point | None = None) -> list[Place]:
    """The places a channel may promise from, in one statement: nearest first, those nobody can find on a map last."""
    with connection.cursor() as cursor:
        cursor.execute(SOURCES, {"channel": channel})
        places = [_place(row, near) for row in cursor.fetchall()]
    return places if near is None else sorted(places, key=lambda place: (place.distance is None, place.distance))


def _place(row: Sequence[Any], near: Point | None) -> Place:
    id, code, name, store, latitude, longitude, ships, offers_pickup, pickup_minutes, hours, timezone = row
    distance = metres(near, (latitude, longitude)) if near and latitude is not None else None
    return Place(
        id=id,
        code=code,
        name=name,
        store=store,
        distance=distance,
        ships=ships,
        offers_pickup=offers_pickup,
        pickup_minutes=pickup_minutes,
        hours=orjson.loads(hours) if isinstance(hours, str) else hours,
        timezone=timezone,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Free:
    """What one place may promise of a variant, a bundle too: `there` is on the shelf, `available` is that and what may be sold ahead."""

    variant: UUID
    location: UUID
    there: int
    available: int


ALL = """with place as (
    select id, row_number() over (order by code) as n from inventory_location
    where kind in ('store', 'warehouse') and archived_at is null
        and (%(places)s::uuid[] is null or id = any(%(places)s)) and (%(stores)s::uuid[] is null or store_id = any(%(stores)s))
),"""

FREE = f"{ALL} {HOLDINGS.format(shown='')} select variant, id, there, available from holding order by n"


def available(
    *, variants: Iterable[UUID], locations: Collection[UUID] | None = None, stores: Collection[UUID] | None = None
) -> dict[UUID, list[Free]]:
    """Whatever a channel may see: what each place may promise, in one statement. Places that have nothing to promise are left out."""
    values = {
        "variants": _array(wanted := list(variants)),
        "places": None if locations is None else list(locations),
        "stores": None if stores is None else list(stores),
    }
    with connection.cursor() as cursor:
        cursor.execute(FREE, values)
        rows = cursor.fetchall()
    found: dict[UUID, list[Free]] = {variant: [] for variant in wanted}
    for variant, location, there, free in rows:
        found[variant].append(Free(variant=variant, location=location, there=there, available=free))
    return found

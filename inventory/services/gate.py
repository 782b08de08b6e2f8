"""The gate that nothing passes which is not there: one statement for all lines of a cart or an order.

It expands bundles, adds up what is wanted of each level, locks those levels in everybody's order, and writes all or nothing by
what the locked rows say. PostgreSQL reads a row it had to wait for again once it has it (READ COMMITTED), so the figures are
those of the last commit, whoever it was.

The order of locks, for every statement of this app: a reference's turn, its own reservations by line and part, then levels by variant and
location, then what hangs on a level (its change, its task). Releasing, taking and expiring come from the reservation and reach
levels through its trigger; were the gate the other way round, a cart that renews while it is released would lock itself out.
"""

from typing import Final

# What may be promised of a level.
FREE: Final = "case when level.blocked > 0 then 0 else level.on_hand - level.reserved - level.safety + level.ahead end"

# The limit cuts nothing: it tells the planner that there are few, and levels are then reached by their index whatever their number.
# What is known of one call alone stands in a subquery, here and below: plans made for one call then look no better than the one
# made for all, and PostgreSQL keeps that. To plan this statement costs twice what it does.
# A component is needed in whole thousandths: rounded up, a bundle is never promised without a part of it.
ASKED: Final = """
asked as materialized (
    select row.*, coalesce(part.position, row.piece) as part, coalesce(part.component_id, row.variant) as item, part.quantity as per,
        case when part.id is null then row.quantity else ceil(row.quantity::numeric * part.quantity / 1000) end as needed
    from (
        select * from jsonb_to_recordset(%(rows)s::jsonb) as one(
            reference uuid, line integer, piece smallint, location uuid, variant uuid, quantity bigint, lot uuid, actor uuid,
            occurred_at timestamptz, open boolean
        ) limit (select %(count)s::bigint)
    ) row
    left join inventory_component part on part.bundle_id = row.variant
)"""

# Locked before any level. One that expires meanwhile drops out of it and is asked for afresh.
# Each reference has its turn before anything: a row that came behind this statement's snapshot is met by its key alone, with levels
# locked already, and whoever lets go of it then would hold the row and wait for the levels.
HELD: Final = """
turn as materialized (
    select pg_advisory_xact_lock(hashtextextended(reference::text, 0)) from unnest(%(references)s::uuid[]) as reference
), mine as materialized (
    select id, reference, line, part, location_id, variant_id, quantity
    from inventory_reservation
    where (select count(*) from turn) > 0 and state = 'open'
        and reference = any((select %(references)s::uuid[])::uuid[]) and line = any((select %(lines)s::integer[])::integer[])
    order by reference, line, part for update
), differing as materialized (
    select distinct mine.line from mine
    where not exists (
        select from asked where (asked.reference, asked.line, asked.part) = (mine.reference, mine.line, mine.part)
            and (asked.item, asked.location, asked.needed) = (mine.variant_id, mine.location_id, mine.quantity)
    )
), known as materialized (
    select exists (
        select from inventory_reservation
        where state = 'open' and reference = any((select %(references)s::uuid[])::uuid[]) and line = any((select %(lines)s::integer[])::integer[])
    ) as any
)"""

MOVED: Final = """
mine as materialized (
    select reference, line, part from inventory_movement
    where cause = 'sale' and reference = any((select %(references)s::uuid[])::uuid[]) and line = any((select %(lines)s::integer[])::integer[])
), differing as (select null::integer as line where false
), known as materialized (select exists (select from mine) as any
)"""

# `seen` is the last commit when the statement began: what was not there then is refused without waiting for anybody, so
# that a thousand buyers of what is sold out do not queue at its row. Only who may succeed locks and looks again.
SUPPLY: Final = f"""
fresh as materialized (
    select * from asked where not exists (
        select from mine where (mine.reference, mine.line, mine.part) = (asked.reference, asked.line, asked.part)
    )
), total as materialized (
    select item, location, sum(needed) as needed from fresh group by item, location
), place as materialized (
    select id from inventory_location where id in (select location from total) and kind in ('store', 'warehouse') and archived_at is null
), seen as materialized (
    select total.*, case when place.id is null then 0 else coalesce({FREE}, 0) end as free
    from total
    left join place on place.id = total.location
    left join inventory_level level on level.variant_id = total.item and level.location_id = total.location
), lost as materialized (
    -- Was held when the caller looked, and somebody has let it go since.
    select line from fresh where open
), promising as materialized (
    select not exists (select from differing union all select from lost)
        and (known.any or not exists (select from seen where free < needed)) as yes
    from known
), locked as materialized (
    select level.variant_id as item, level.location_id as location, {FREE} as free
    from total
    join inventory_level level on level.variant_id = total.item and level.location_id = total.location
    where (select yes from promising) and total.location in (select id from place)
    order by level.variant_id, level.location_id for update of level
), supply as materialized (
    select total.*, case when promising.yes then coalesce(locked.free, 0) else seen.free end as free
    from promising cross join total
    join seen using (item, location)
    left join locked using (item, location)
), gate as materialized (
    select promising.yes and not exists (select from supply where free < needed) as open from promising
)"""  # noqa: S608

# A second call of the same cart may be past its gate already: then its rows are the ones, and these are only renewed. Should it
# hold something else, the row's own check ends this statement, and nothing of it stays.
HOLD: Final = """
written as (
    insert into inventory_reservation as held
        (id, location_id, variant_id, quantity, kind, reference, line, part, state, expires_at, made_at)
    select overlay(gen_random_uuid()::text placing %(made_id)s::text from 1)::uuid, location, item, needed::bigint, %(kind)s::text,
        reference, line, part, 'open', %(expires_at)s::timestamptz, %(now)s::timestamptz
    from fresh where (select open from gate)
    order by reference, line, part
    on conflict (reference, line, part) where state = 'open' do update set
        quantity = case when (held.location_id, held.variant_id, held.quantity) = (excluded.location_id, excluded.variant_id, excluded.quantity)
                   then held.quantity else 0 end,
        kind = case when held.kind = 'order' then 'order' else excluded.kind end,
        expires_at = case when held.kind = 'order' then held.expires_at else excluded.expires_at end
    returning line
), renewed as (
    -- What an order holds is not a cart's again.
    update inventory_reservation held set
        kind = case when held.kind = 'order' then 'order' else %(kind)s::text end,
        expires_at = case when held.kind = 'order' then held.expires_at else %(expires_at)s::timestamptz end
    from mine where held.id = mine.id and (select open from gate)
    returning held.line
)"""

# Of a reference that nobody else can know yet: it holds nothing, and nobody holds for it at the same time. Who holds for it has just looked
# at what there is, so it locks at once; and what it reads under its locks is the last word, there is nothing to look at again.
NEW: Final = f"""
total as materialized (
    select item, location, sum(needed) as needed from asked group by item, location
), locked as materialized (
    select level.variant_id as item, level.location_id as location, {FREE} as free
    from total
    join inventory_location place on place.id = total.location and place.kind in ('store', 'warehouse') and place.archived_at is null
    join inventory_level level on level.variant_id = total.item and level.location_id = total.location
    order by level.variant_id, level.location_id for update of level
), supply as materialized (
    select total.*, coalesce(locked.free, 0) as free from total left join locked using (item, location)
), written as (
    insert into inventory_reservation
        (id, location_id, variant_id, quantity, kind, reference, line, part, state, expires_at, made_at)
    select overlay(gen_random_uuid()::text placing %(made_id)s::text from 1)::uuid, location, item, needed::bigint, %(kind)s::text,
        reference, line, part, 'open', %(expires_at)s::timestamptz, %(now)s::timestamptz
    from asked where not exists (select from supply where free < needed)
    returning line
)"""  # noqa: S608

SELL: Final = """
written as (
    insert into inventory_movement
        (location_id, variant_id, lot_id, quantity, cause, reference, line, part, actor, note, occurred_at, recorded_at)
    select location, item, lot, -needed::bigint, 'sale', reference, line, part, actor, '', occurred_at, %(now)s::timestamptz
    from fresh where (select open from gate)
    order by reference, line, part
    on conflict (reference, cause, line, part) do nothing
    returning line
)"""

# Rows: what stands in the way, line by line; none when all is written. `looked`: whether levels were locked for it.
LEFT: Final = """
    min(case when per is null then greatest(supply.free, 0) else div(greatest(supply.free, 0) * 1000, per) end)::bigint"""
ANSWER: Final = f"""
select 'differs' as how, true as looked, line, null::uuid as location, null::uuid as variant, 0::bigint as asked, 0::bigint as left from differing
union all
select 'lost', true, line, null, null, 0, 0 from lost
union all
select 'short', (select yes from promising), fresh.line, fresh.location, fresh.variant, fresh.quantity, {LEFT}
from fresh join supply using (item, location)
where not exists (select from differing union all select from lost)
group by fresh.reference, fresh.line, fresh.location, fresh.variant, fresh.quantity
having bool_or(supply.free < supply.needed)
order by line
"""  # noqa: S608
ANSWER_NEW: Final = f"""
select 'short', false, line, asked.location, asked.variant, asked.quantity, {LEFT}
from asked join supply using (item, location)
group by asked.reference, asked.line, asked.location, asked.variant, asked.quantity
having bool_or(supply.free < supply.needed)
order by line
"""  # noqa: S608

RESERVE: Final = f"with {ASKED}, {HELD}, {SUPPLY}, {HOLD} {ANSWER}"
RESERVE_NEW: Final = f"with {ASKED}, {NEW} {ANSWER_NEW}"
GUARDED_SALE: Final = f"with {ASKED}, {MOVED}, {SUPPLY}, {SELL} {ANSWER}"

"""Who writes a level: movements what is on hand, reservations what is promised, policies what is kept back or sold ahead,
recalls what may not be sold. Every trigger goes through levels in one order, so that two statements wait and never lock each other out."""

from django.db import migrations

from kernel.audit import audited

# What a till waits for: two statements where nothing is below zero and no lot was named, however many levels they are for.
APPLY = """
create or replace function inventory_apply_movements() returns trigger language plpgsql as $$
declare
    below boolean;
    risen boolean;
    lots boolean;
begin
    with change as materialized (
        select variant_id, location_id, sum(quantity)::bigint as quantity, bool_or(lot_id is not null) as lots
        from moved group by variant_id, location_id
    ), applied as (
        insert into inventory_level as level (variant_id, location_id, on_hand)
        select variant_id, location_id, quantity from change order by variant_id, location_id
        on conflict (variant_id, location_id) do update set on_hand = level.on_hand + excluded.on_hand
        returning level.variant_id, level.location_id, level.on_hand
    )
    select bool_or(on_hand < 0), bool_or(on_hand >= 0 and on_hand < quantity), bool_or(change.lots) into below, risen, lots
    from applied join change using (variant_id, location_id);

    -- Behind the levels, so that who holds a level holds this too and nobody waits the other way round.
    insert into inventory_levelchange as change (id, variant_id, location_id)
    select gen_random_uuid(), variant_id, location_id
    from moved group by variant_id, location_id order by variant_id, location_id
    on conflict (variant_id, location_id) do update set position = null where change.position is not null;

    if lots then
        insert into inventory_lotlevel as level (lot_id, location_id, on_hand)
        select lot_id, location_id, sum(quantity)::bigint
        from moved where lot_id is not null
        group by lot_id, location_id
        order by lot_id, location_id
        on conflict (lot_id, location_id) do update set on_hand = level.on_hand + excluded.on_hand;
    end if;

    -- More was sold than the book knew of: somebody looks after it until the book knows better.
    if below then
        insert into inventory_task (kind, variant_id, location_id)
        select 'negative', variant_id, location_id
        from (select distinct variant_id, location_id from moved) m join inventory_level using (variant_id, location_id)
        where on_hand < 0
        order by variant_id, location_id
        on conflict (variant_id, location_id) where kind = 'negative' and done_at is null do nothing;
    end if;
    if risen then
        update inventory_task task set done_at = now()
        from (select distinct variant_id, location_id from moved) m join inventory_level level using (variant_id, location_id)
        where task.kind = 'negative' and task.done_at is null and level.on_hand >= 0
          and task.variant_id = m.variant_id and task.location_id = m.location_id;
    end if;
    return null;
end
$$;
"""

# What reservations change on a level, added up over both transition tables.
RESERVE = """
create function inventory_reservations_made() returns trigger language plpgsql as $$
begin
    insert into inventory_level as level (variant_id, location_id, reserved)
    select variant_id, location_id, sum(quantity)::bigint
    from made where state = 'open' group by variant_id, location_id order by variant_id, location_id
    on conflict (variant_id, location_id) do update set reserved = level.reserved + excluded.reserved;
    if found then
        insert into inventory_levelchange as change (id, variant_id, location_id)
        select gen_random_uuid(), variant_id, location_id
        from made where state = 'open' group by variant_id, location_id order by variant_id, location_id
        on conflict (variant_id, location_id) do update set position = null where change.position is not null;
    end if;
    return null;
end
$$;

create function inventory_reservations_changed() returns trigger language plpgsql as $$
begin
    -- An upsert of less than nothing fails the level's check before it finds the row to add to: so what is given back is an
    -- update, behind locks in everybody's order. Renewed or confirmed is no change to what is reserved.
    with pair as materialized (
        select variant_id, location_id, sum(quantity)::bigint as quantity
        from (
            select variant_id, location_id, -quantity as quantity from before where state = 'open'
            union all
            select variant_id, location_id, quantity from after where state = 'open'
        ) one group by variant_id, location_id having sum(quantity) <> 0
    ), held as materialized (
        select level.id, level.variant_id, level.location_id, pair.quantity
        from pair join inventory_level level using (variant_id, location_id)
        order by level.variant_id, level.location_id for update of level
    ), applied as (
        update inventory_level level set reserved = level.reserved + held.quantity from held where level.id = held.id
    )
    insert into inventory_levelchange as change (id, variant_id, location_id)
    select gen_random_uuid(), variant_id, location_id from held order by variant_id, location_id
    on conflict (variant_id, location_id) do update set position = null where change.position is not null;
    return null;
end
$$;

create trigger made after insert on inventory_reservation
    referencing new table as made for each statement execute function inventory_reservations_made();
create trigger changed after update on inventory_reservation
    referencing old table as before new table as after for each statement execute function inventory_reservations_changed();

create function inventory_reservation_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'reservations end, they are never deleted'
            using errcode = 'restrict_violation', constraint = 'reservation_ends';
    elsif old.state <> 'open' then
        raise exception 'a reservation that has ended stays as it is'
            using errcode = 'restrict_violation', constraint = 'reservation_ended';
    end if;
    return new;
end
$$;
create trigger guard before update or delete on inventory_reservation
    for each row execute function inventory_reservation_guard();
"""

POLICIES = """
create function inventory_policy_applies() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and (old.variant_id, old.location_id) is distinct from (new.variant_id, new.location_id)) then
        update inventory_level set safety = 0, ahead = 0 where variant_id = old.variant_id and location_id = old.location_id;
        insert into inventory_levelchange as change (id, variant_id, location_id) values (gen_random_uuid(), old.variant_id, old.location_id)
        on conflict (variant_id, location_id) do update set position = null where change.position is not null;
    end if;
    if tg_op <> 'DELETE' then
        insert into inventory_level as level (variant_id, location_id, safety, ahead) values (new.variant_id, new.location_id, new.safety, new.ahead)
        on conflict (variant_id, location_id) do update set safety = excluded.safety, ahead = excluded.ahead;
        insert into inventory_levelchange as change (id, variant_id, location_id) values (gen_random_uuid(), new.variant_id, new.location_id)
        on conflict (variant_id, location_id) do update set position = null where change.position is not null;
    end if;
    return null;
end
$$;
create trigger applies after insert or update or delete on inventory_policy
    for each row execute function inventory_policy_applies();
"""

TASKS = """
create function inventory_task_blocks() returns trigger language plpgsql as $$
declare
    change integer := case when tg_op = 'INSERT' then 1 else -1 end;
begin
    insert into inventory_level as level (variant_id, location_id, blocked) values (new.variant_id, new.location_id, 1)
    on conflict (variant_id, location_id) do update set blocked = level.blocked + change;
    insert into inventory_levelchange as told (id, variant_id, location_id) values (gen_random_uuid(), new.variant_id, new.location_id)
    on conflict (variant_id, location_id) do update set position = null where told.position is not null;
    return null;
end
$$;
create trigger blocks after insert on inventory_task
    for each row when (new.kind = 'recall' and new.done_at is null) execute function inventory_task_blocks();
create trigger frees after update on inventory_task
    for each row when (new.kind = 'recall' and old.done_at is null and new.done_at is not null) execute function inventory_task_blocks();
"""

BUNDLES = """
create function inventory_component_guard() returns trigger language plpgsql as $$
begin
    -- One at a time: two people could otherwise make a bundle of a bundle between them.
    perform pg_advisory_xact_lock(hashtext('inventory_component'));
    if exists (select from inventory_component where bundle_id = new.component_id or component_id = new.bundle_id) then
        raise exception 'a bundle cannot be part of another bundle'
            using errcode = 'check_violation', constraint = 'component_not_nested';
    end if;
    return null;
end
$$;
create trigger guard after insert or update on inventory_component
    for each row execute function inventory_component_guard();
"""

NEGATIVE = """
insert into inventory_task (kind, variant_id, location_id)
select 'negative', variant_id, location_id from inventory_level where on_hand < 0
"""

# What there was before levels were told: its first telling is still to come.
UNTOLD = """
insert into inventory_levelchange (id, variant_id, location_id) select gen_random_uuid(), variant_id, location_id from inventory_level
"""

DROP = """
drop trigger guard on inventory_component; drop function inventory_component_guard();
drop trigger frees on inventory_task; drop trigger blocks on inventory_task; drop function inventory_task_blocks();
drop trigger applies on inventory_policy; drop function inventory_policy_applies();
drop trigger guard on inventory_reservation; drop function inventory_reservation_guard();
drop trigger changed on inventory_reservation; drop function inventory_reservations_changed();
drop trigger made on inventory_reservation; drop function inventory_reservations_made();
create or replace function inventory_apply_movements() returns trigger language plpgsql as $$
begin
    insert into inventory_level as level (variant_id, location_id, on_hand)
    select variant_id, location_id, sum(quantity)::bigint
    from moved
    group by variant_id, location_id
    order by variant_id, location_id
    on conflict (variant_id, location_id) do update set on_hand = level.on_hand + excluded.on_hand;
    return null;
end
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0003_stock"), ("kernel", "0002_guards")]

    operations = [
        migrations.RunSQL([APPLY, RESERVE, POLICIES, TASKS, BUNDLES, NEGATIVE, UNTOLD], DROP),
        # How goods are kept and promised is decided by people; what moves them is its own trail.
        audited("inventory_location"),
        audited("inventory_source"),
        audited("inventory_policy"),
        audited("inventory_component"),
        audited("inventory_pack", key="gtin"),
    ]

"""The ledger's rules: movements are only ever added, and their trigger alone writes levels."""

from django.db import migrations

# One upsert a statement, in one order for everybody: two statements that move the same goods wait for each other
# and never lock each other out. Adding up first keeps it one row lock a level however many movements came.
APPLY = """
create function inventory_apply_movements() returns trigger language plpgsql as $$
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
create trigger apply after insert on inventory_movement
    referencing new table as moved
    for each statement execute function inventory_apply_movements();
"""

# A trigger's own statements run at depth 1 and more, so only statements from outside are met.
GUARDS = """
create function inventory_level_guard() returns trigger language plpgsql as $$
begin
    raise exception 'levels follow from movements: add a movement instead'
        using errcode = 'restrict_violation', constraint = 'level_by_movement_only';
end
$$;
create trigger guard before insert or update or delete on inventory_level
    for each statement when (pg_trigger_depth() = 0) execute function inventory_level_guard();

create function inventory_movement_guard() returns trigger language plpgsql as $$
begin
    raise exception 'movements are never changed or deleted: add one that corrects it'
        using errcode = 'restrict_violation', constraint = 'movement_append_only';
end
$$;
create trigger guard before update or delete on inventory_movement
    for each statement execute function inventory_movement_guard();
"""

DROP = """
drop trigger guard on inventory_movement;
drop function inventory_movement_guard();
drop trigger guard on inventory_level;
drop function inventory_level_guard();
drop trigger apply on inventory_movement;
drop function inventory_apply_movements();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [migrations.RunSQL([APPLY, GUARDS], DROP)]

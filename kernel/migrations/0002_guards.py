"""The audit trigger, and guards that keep messages and audit rows as they were written."""

from django.db import migrations

AUDIT_FUNCTION = """
create function kernel_audit() returns trigger language plpgsql as $$
declare
    key text := tg_argv[0];
    left_out text[] := string_to_array(tg_argv[1], ',');
    hidden text[] := string_to_array(tg_argv[2], ',');
    -- Without a name it was a command, or a statement typed by hand: the database user tells which.
    who text := left(coalesce(nullif(current_setting('onecounter.actor', true), ''), 'database:' || session_user), 64);
begin
    -- The alias is long on purpose: a table with a column of the alias's name would be read as that column.
    if tg_op = 'INSERT' then
        insert into kernel_auditentry ("table", "row", action, before, after, actor, at)
        select tg_table_name, left(to_jsonb(audited_row) ->> key, 64), 'insert',
               null, kernel_audit_hide(to_jsonb(audited_row) - left_out, hidden), who, now()
        from after_rows audited_row;
    elsif tg_op = 'DELETE' then
        insert into kernel_auditentry ("table", "row", action, before, after, actor, at)
        select tg_table_name, left(to_jsonb(audited_row) ->> key, 64), 'delete',
               kernel_audit_hide(to_jsonb(audited_row) - left_out, hidden), null, who, now()
        from before_rows audited_row;
    else
        -- Only the columns that changed. The join is on the key as text: a changed key reads as one row gone, one come.
        insert into kernel_auditentry ("table", "row", action, before, after, actor, at)
        select tg_table_name, left(coalesce(b.k, a.k), 64), 'update',
               kernel_audit_hide(kernel_audit_changed(b.j, a.j), hidden), kernel_audit_hide(kernel_audit_changed(a.j, b.j), hidden), who, now()
        from (select to_jsonb(audited_row) ->> key as k, to_jsonb(audited_row) - left_out as j from before_rows audited_row) b
        full join (select to_jsonb(audited_row) ->> key as k, to_jsonb(audited_row) - left_out as j from after_rows audited_row) a using (k)
        where b.j is distinct from a.j;
    end if;
    return null;
end
$$
"""

CHANGED_FUNCTION = """
create function kernel_audit_changed(mine jsonb, other jsonb) returns jsonb language sql immutable as $$
    select case
        when mine is null or other is null then mine
        else (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(mine) where value is distinct from other -> key)
    end
$$
"""

HIDE_FUNCTION = """
create function kernel_audit_hide(columns jsonb, hidden text[]) returns jsonb language sql immutable as $$
    select case
        when columns is null or not columns ?| hidden then columns
        else (select jsonb_object_agg(key, case when key = any(hidden) then '"(hidden)"'::jsonb else value end) from jsonb_each(columns))
    end
$$
"""

AUDIT_GUARD = """
create function kernel_auditentry_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'audit entries are never deleted' using errcode = 'restrict_violation';
    end if;
    if old.seal is not null or (to_jsonb(new) - '{seal,seal_position}'::text[]) is distinct from (to_jsonb(old) - '{seal,seal_position}'::text[]) then
        raise exception 'audit entries are only ever sealed, once' using errcode = 'restrict_violation';
    end if;
    return new;
end
$$;
create trigger guard before update or delete on kernel_auditentry for each row execute function kernel_auditentry_guard();
"""

MESSAGE_GUARD = """
create function kernel_message_guard() returns trigger language plpgsql as $$
begin
    raise exception 'a message stays as it was recorded; only its position is given, once' using errcode = 'restrict_violation';
end
$$;
-- The column list keeps the relay's own update (position alone) free of any cost but the second trigger's when clause.
create trigger guard_content
    before update of id, type, version, occurred_at, aggregate_type, aggregate_id, sequence, store, correlation, data, recorded_at
    on kernel_message for each row execute function kernel_message_guard();
create trigger guard_position
    before update of position on kernel_message for each row when (old.position is not null) execute function kernel_message_guard();
create trigger guard_delete before delete on kernel_message for each row execute function kernel_message_guard();
"""

DROP_GUARDS = """
drop trigger guard on kernel_auditentry;
drop function kernel_auditentry_guard();
drop trigger guard_content on kernel_message;
drop trigger guard_position on kernel_message;
drop trigger guard_delete on kernel_message;
drop function kernel_message_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        migrations.RunSQL(
            [CHANGED_FUNCTION, HIDE_FUNCTION, AUDIT_FUNCTION],
            [
                "drop function kernel_audit()",
                "drop function kernel_audit_hide(jsonb, text[])",
                "drop function kernel_audit_changed(jsonb, jsonb)",
            ],
        ),
        migrations.RunSQL([AUDIT_GUARD, MESSAGE_GUARD], DROP_GUARDS),
    ]

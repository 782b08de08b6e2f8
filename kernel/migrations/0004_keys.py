"""A key is locked and looked up in one statement. In a function, because what it reads has to be read after the lock is held: within one
plain statement it would be what stood before, and a first answer that was kept meanwhile would be missed."""

from django.db import migrations

FUNCTIONS = """
create function kernel_key_looked_up(lock bigint, asked_scope text, asked_key text)
returns table (mine boolean, body_hash bytea, status smallint, answer bytea, content_type text) language plpgsql volatile as $$
begin
    mine := pg_try_advisory_xact_lock(lock);
    if mine then
        select kept.body_hash, kept.status, kept.answer, kept.content_type into body_hash, status, answer, content_type
        from kernel_idempotencykey kept where kept.scope = asked_scope and kept.key = asked_key;
    end if;
    return next;
end
$$;

-- The lock is the session's: it outlives the transactions of the work. That the work was begun need not be on the disk at once: whatever
-- of it is there later has this row before it in the log.
create function kernel_key_begun(lock bigint, asked_scope text, asked_key text, asked_hash bytea, begun smallint, at timestamptz)
returns table (mine boolean, body_hash bytea, status smallint, answer bytea, content_type text) language plpgsql volatile as $$
begin
    mine := pg_try_advisory_lock(lock);
    if mine then
        select kept.body_hash, kept.status, kept.answer, kept.content_type into body_hash, status, answer, content_type
        from kernel_idempotencykey kept where kept.scope = asked_scope and kept.key = asked_key;
        if not found then
            perform set_config('synchronous_commit', 'off', true);
            insert into kernel_idempotencykey (scope, key, body_hash, status, answer, content_type, created_at)
            values (asked_scope, asked_key, asked_hash, begun, '', '', at);
            body_hash := asked_hash;
            status := begun;
        end if;
    end if;
    return next;
end
$$;
"""

DROP = """
drop function kernel_key_begun(bigint, text, text, bytea, smallint, timestamptz);
drop function kernel_key_looked_up(bigint, text, text);
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_audit_by_action")]

    operations = [migrations.RunSQL(FUNCTIONS, DROP)]

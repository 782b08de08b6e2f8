"""The audit trail: triggers write what changed, one background sealer chains the rows, verify() finds tampering.

A table is audited by `audited("org_rolegrant")` in a migration of the app that owns it. The row is written by the
database in the transaction of the change, so neither a forgotten call nor a statement typed by hand escapes it.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.migrations import RunSQL

EVENTS = {
    "insert": "referencing new table as after_rows",
    "update": "referencing old table as before_rows new table as after_rows",
    "delete": "referencing old table as before_rows",
}


def audited(table: str, exclude: Sequence[str] = (), *, hide: Sequence[str] = (), key: str = "id") -> RunSQL:
    """A migration operation that puts the triggers on `table`.

    `exclude` columns are not worth a line (last_login); `hide` columns say that they changed, not their value (password).
    The migration must depend on ("kernel", "0002_guards").
    """
    for name in (table, key, *exclude, *hide):
        if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name):
            raise ValueError(f"{name!r} is not a plain column or table name")
    arguments = f"'{key}', '{','.join(exclude)}', '{','.join(hide)}'"
    create = [
        f'create trigger audit_{event} after {event} on "{table}" {tables} for each statement execute function kernel_audit({arguments})'
        for event, tables in EVENTS.items()
    ]
    drop = [f'drop trigger if exists audit_{event} on "{table}"' for event in EVENTS]
    return RunSQL(sql=create, reverse_sql=drop)


@contextmanager
def acting_as(actor: UUID | str | None) -> Iterator[None]:
    """Names who the audit rows written meanwhile are by.

    In a transaction the name ends with it; outside, it is set on the connection and taken off again before the
    connection goes to someone else.
    """
    local = connection.in_atomic_block
    before = _set_actor(str(actor or ""), local)
    try:
        yield
    finally:
        _restore_actor(before, local)


def _set_actor(actor: str, local: bool) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(current_setting('onecounter.actor', true), ''), set_config('onecounter.actor', %s, %s)",
            [actor, local],
        )
        return str(cursor.fetchone()[0])


def _restore_actor(before: str, local: bool) -> None:
    if local and connection.needs_rollback:
        return  # The rollback takes the name away.
    if connection.connection is None:
        return
    try:
        _set_actor(before, local)
    except DatabaseError:
        if local:
            return
        # Never hand a connection on that still carries someone's name.
        connection.close()

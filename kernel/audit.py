"""The audit trail: triggers write what changed, one background sealer chains the rows, verify() finds tampering.

A table is audited by `audited("org_rolegrant")` in a migration of the app that owns it. The row is written by the
database in the transaction of the change, so neither a forgotten call nor a statement typed by hand escapes it.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction
from django.db.migrations import RunSQL

from kernel.models import AuditEntry

SEAL_LOCK = 0x6175_6469_7400
GENESIS = bytes(32)

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
    return RunSQL(sql=";\n".join(create), reverse_sql=";\n".join(drop))


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


@dataclass(frozen=True)
class Head:
    """The end of the chain. Kept outside the database it shows later that nothing was cut off."""

    position: int
    seal: str


@dataclass(frozen=True)
class Tampering:
    position: int
    reason: str


def seal(*, now: datetime, limit: int = 1000) -> int:
    """Chains up to `limit` committed entries written by `now`. How many; 0 when another sealer is at it.

    In batches behind the writers, so that no write waits for the end of a chain. The order is that of sealing:
    an entry whose transaction stayed open is sealed after younger ones.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return 0
        last = head()
        position, previous = last.position, bytes.fromhex(last.seal)
        entries = list(AuditEntry.objects.filter(seal__isnull=True, at__lte=now).order_by("id")[:limit])
        for entry in entries:
            position += 1
            previous = seal_of(entry, position, previous)
            entry.seal_position, entry.seal = position, previous
        cursor.execute(
            "update kernel_auditentry e set seal_position = s.position, seal = s.seal"
            " from unnest(%s::bigint[], %s::bigint[], %s::bytea[]) as s(id, position, seal) where e.id = s.id",
            [[e.id for e in entries], [e.seal_position for e in entries], [e.seal for e in entries]],
        )
        return len(entries)


def head() -> Head:
    last = AuditEntry.objects.filter(seal_position__isnull=False).order_by("-seal_position").first()
    return Head(last.seal_position or 0, bytes(last.seal or b"").hex()) if last else Head(0, GENESIS.hex())


def seal_of(entry: AuditEntry, position: int, previous: bytes) -> bytes:
    content = [position, entry.pk, entry.table, entry.row, entry.action, entry.before, entry.after, entry.actor, entry.at.astimezone(UTC).isoformat()]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + text.encode()).digest()


def verify(*, kept: Head | None = None) -> list[Tampering]:
    """Walks the whole chain. Empty: every sealed entry is as it was sealed.

    `kept`: a head noted earlier outside the database; only with it does a chain cut off, or made anew as a whole, show.
    """
    found: list[Tampering] = []
    expected, previous = 1, GENESIS
    for entry in AuditEntry.objects.filter(seal_position__isnull=False).order_by("seal_position").iterator(chunk_size=2000):
        position, stored = entry.seal_position or 0, bytes(entry.seal or b"")
        if position != expected:
            found.append(Tampering(expected, f"entries {expected} to {position - 1} are missing"))
        elif seal_of(entry, position, previous) != stored:
            found.append(Tampering(position, "the entry, or the one before, is not what was sealed"))
        if kept and position == kept.position and stored.hex() != kept.seal:
            found.append(Tampering(position, "the chain is not the one whose head was kept"))
        expected, previous = position + 1, stored
    if kept and expected <= kept.position:
        found.append(Tampering(expected, f"the chain ends before the kept head {kept.position}"))
    return found

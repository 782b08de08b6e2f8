"""Take in what tills wrote: every entry is kept once, exactly as it came, and every entry gets an answer.

Nothing is refused for what it says: a refused sale would be a lost sale. An entry is *accepted*; or it stands in
*conflict* with one that has its id or its place in the chain, and both are kept; or it is *quarantined*, kept apart
for a person, because its seal is broken, its text unreadable or its till fenced off.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson
from django.db import connection, transaction

from kernel import card_numbers, outbox
from pos import journal, queries, seal
from pos.events import SyncConflict
from pos.models import JournalEntry, TillEpoch
from pos.services import alarms, notes

ACCEPTED, CONFLICT, QUARANTINED = "accepted", "conflict", "quarantined"
# Conflicts that what comes after them shares: two browsers write one chain, and only one of them can be the till.
FORKING = ("place_taken", "forked")


@dataclass(frozen=True, slots=True)
class Sealed:
    """An entry as it came over the wire: the exact text, its SHA-256 in hex, the till's signature in base64url."""

    text: str
    hash: str
    signature: str


@dataclass(frozen=True, slots=True)
class Result:
    id: str | None
    hash: str
    status: str
    reason: str = ""


@dataclass(slots=True)
class Reading:
    """What was found out about one sealed text before the database is asked."""

    sealed: Sealed
    text: str
    hash: bytes
    signature: bytes
    id: UUID
    entry: journal.Entry | None
    # Why it must be kept apart; empty when it may stand.
    reason: str
    # Whether this till wrote it for sure. Only then may it take its id and its place in the chain.
    proven: bool
    # What it says, where that has an effect and may stand.
    body: journal.Body | None = None

    @property
    def seq(self) -> int:
        return self.entry.seq if self.entry and self.proven else 0


def ingest(*, epoch: TillEpoch, entries: Sequence[Sealed], now: datetime) -> list[Result]:
    """One result per entry, in the order given. `epoch` is whoever's token was shown; it may be revoked."""
    return taken_in(epoch=epoch, entries=entries, now=now)[0]


def taken_in(*, epoch: TillEpoch, entries: Sequence[Sealed], now: datetime) -> tuple[list[Result], dict[UUID, journal.Said]]:
    """As `ingest`, and what those that were accepted say: whoever posts them at once need not read them again."""
    readings = _read_all(epoch, entries)
    with transaction.atomic():
        live = _fence(epoch)
        for reading in readings:
            if reading.proven and not reading.reason and not (live and reading.entry and reading.entry.epoch == epoch.epoch):
                reading.reason = "old_epoch"
        verdicts = _store(epoch, readings, now)
    results = [
        Result(id=_claimed_id(reading), hash=reading.sealed.hash, status=status, reason=reason)
        for reading, (status, reason) in zip(readings, verdicts, strict=True)
    ]
    said = {
        reading.id: journal.Said(reading.entry, reading.body)
        for reading, (status, _) in zip(readings, verdicts, strict=True)
        if status == ACCEPTED and reading.entry is not None and reading.body is not None
    }
    return results, said


def _read_all(epoch: TillEpoch, entries: Sequence[Sealed]) -> list[Reading]:
    readings = [_read(sealed, epoch) for sealed in entries]
    older = {reading.entry.epoch for reading in readings if reading.entry and reading.entry.epoch != epoch.epoch}
    keys = {epoch.epoch: epoch.public_key} | (queries.public_keys(till_id=epoch.till_id, epochs=older) if older else {})
    for reading in readings:
        _prove(reading, epoch.till_id, keys)
    return readings


def _read(sealed: Sealed, epoch: TillEpoch) -> Reading:
    text = sealed.text.encode()
    reading = Reading(
        sealed=sealed,
        text=sealed.text,
        hash=hashlib.sha256(text).digest(),
        signature=_bytes_of(sealed.signature),
        id=_own_id(epoch.till_id, text),
        entry=None,
        reason="",
        proven=False,
    )
    try:
        reading.entry = journal.read(sealed.text)
    except journal.Unreadable as error:
        reading.reason = f"unreadable: {error}"
        if "\0" in sealed.text:
            # The database's text cannot hold a NUL: the text is kept as a JSON string, which can.
            reading.text = orjson.dumps(sealed.text).decode()
    return reading


def _prove(reading: Reading, till_id: UUID, keys: dict[int, dict[str, str]]) -> None:
    """The hash, the till and the signature; then what an honest till may still have got wrong."""
    entry = reading.entry
    if entry is None:
        return
    if reading.hash.hex() != reading.sealed.hash.lower():
        reading.reason = "bad_hash"
    elif entry.till != till_id:
        reading.reason = "other_till"
    elif entry.epoch not in keys:
        reading.reason = "unknown_epoch"
    elif not seal.holds(signature=reading.signature, text=reading.sealed.text.encode(), jwk=keys[entry.epoch]):
        reading.reason = "bad_signature"
    else:
        reading.proven = True
        reading.id = entry.id
        reading.reason = _flaw(reading, entry)


def _flaw(reading: Reading, entry: journal.Entry) -> str:
    try:
        if card_numbers.may_be_in(reading.text) and card_numbers.found_in(entry.body):
            return "card_number"
        reading.body = journal.body_of(entry)
    except journal.Unreadable as error:
        return f"unreadable: {error}"
    except RecursionError:
        # The parser goes deeper than Python does. Whatever lies down there, the rest of the batch must not wait for it.
        return "unreadable: it is nested too deeply"
    return ""


def _fence(epoch: TillEpoch) -> bool:
    """Whether the epoch is live. Locked, so that one till's batches come in one after the other (the chain is compared
    with what is stored) and nothing slips in beside a new enrolment."""
    with connection.cursor() as cursor:
        cursor.execute("select revoked_at is null from pos_tillepoch where id = %s for no key update", [epoch.pk])
        return bool(cursor.fetchone()[0])


def _store(epoch: TillEpoch, readings: Sequence[Reading], now: datetime) -> list[tuple[str, str]]:
    """Sorts the readings by what is stored, inserts what is new, and sorts again should another till have been faster."""
    while True:
        ledger = _Ledger(epoch.till_id, epoch.epoch, readings)
        verdicts = [ledger.judge(reading) for reading in readings]
        inserted = _insert(epoch, ledger.fresh, now)
        if len(inserted) == len(ledger.fresh):
            kept = _keep_conflicts(epoch, ledger.conflicts, now)
            notes.record(found=alarms.of_batch(epoch=epoch, fresh=ledger.fresh, conflicts=kept, now=now), now=now)
            return verdicts


class _Ledger:
    """What is stored about the ids and places that a batch names, and what the batch adds to it."""

    def __init__(self, till_id: UUID, epoch: int, readings: Sequence[Reading]) -> None:
        self.till_id = till_id
        places = {reading.seq + step for reading in readings if reading.seq for step in (-1, 0, 1)}
        self.by_id: dict[UUID, queries.Known] = {}
        self.by_place: dict[tuple[int, int], queries.Known] = {}
        # Texts that found their place taken: what is chained to one of them belongs to a copy of the till.
        self.forks: set[tuple[int, int, bytes]] = set()
        self.fresh: list[Reading] = []
        self.conflicts: list[tuple[Reading, str]] = []
        for known in queries.known_entries(till_id=till_id, epoch=epoch, ids=[reading.id for reading in readings], places=places):
            self._learn(known)

    def judge(self, reading: Reading) -> tuple[str, str]:
        known = self.by_id.get(reading.id)
        if known and known.hash == reading.hash:
            return known.state, known.reason if known.state == QUARANTINED else ""
        against = "id_taken" if known else "" if reading.reason else self._against(reading)
        if against:
            self.conflicts.append((reading, against))
            if against in FORKING:
                self.forks.add((reading.entry.epoch if reading.entry else 0, reading.seq, reading.hash))
            return CONFLICT, against
        self.fresh.append(reading)
        state = QUARANTINED if reading.reason else ACCEPTED
        self._learn(_as_known(reading, self.till_id, state))
        return state, reading.reason

    def _learn(self, known: queries.Known) -> None:
        if known.state == CONFLICT:
            self.forks.add((known.epoch, known.seq, known.hash))
            return
        self.by_id[known.id] = known
        if known.till_id == self.till_id and known.state == ACCEPTED:
            self.by_place[known.epoch, known.seq] = known

    def _against(self, reading: Reading) -> str:
        """What speaks against its place: empty when that is free and its neighbours, so far as they have come, are chained to it."""
        entry = reading.entry
        assert entry is not None
        before, after = (self.by_place.get((entry.epoch, entry.seq + step)) for step in (-1, 1))
        if (entry.epoch, entry.seq) in self.by_place or (entry.seq == 1 and entry.prev != journal.NO_HASH):
            return "place_taken"
        if (before is not None and before.hash != entry.prev) or (after is not None and after.prev != reading.hash):
            return "place_taken"
        return "forked" if (entry.epoch, entry.seq - 1, entry.prev) in self.forks else ""


def _as_known(reading: Reading, till_id: UUID, state: str) -> queries.Known:
    entry = reading.entry
    return queries.Known(
        id=reading.id,
        till_id=till_id,
        epoch=entry.epoch if entry else 0,
        seq=reading.seq,
        prev=entry.prev if entry else journal.NO_HASH,
        hash=reading.hash,
        state=state,
        reason=reading.reason,
    )


COLUMNS = {
    "id": "uuid",
    "till_id": "uuid",
    "epoch": "int",
    "seq": "bigint",
    "prev": "bytea",
    "hash": "bytea",
    "signature": "bytea",
    "text": "text",
    "kind": "text",
    "shift": "uuid",
    "state": "text",
    "reason": "text",
    "posting": "text",
    "received_at": "timestamptz",
}
# Sent in binary, so that a text full of quotation marks is not quoted once more; numbers as text, so that their type,
# and with it the prepared statement, does not change with their size.
PLACES = ", ".join(f"{'%s' if kind in ('int', 'bigint') else '%b'}::{kind}[]" for kind in COLUMNS.values())
INSERT = f"""
    insert into pos_journalentry ({", ".join(COLUMNS)}, attempts, last_error)
    select {", ".join(COLUMNS)}, 0, '' from unnest({PLACES}) as new ({", ".join(COLUMNS)})
    on conflict do nothing
    returning id
"""  # noqa: S608


def _insert(epoch: TillEpoch, fresh: Iterable[Reading], now: datetime) -> list[UUID]:
    # By id: two batches that share entries then wait for each other in one order.
    rows = [_row(epoch, reading, now) for reading in sorted(fresh, key=lambda reading: reading.id)]
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])
        return [id for (id,) in cursor.fetchall()]


def _row(epoch: TillEpoch, reading: Reading, now: datetime) -> tuple[object, ...]:
    entry = reading.entry if reading.proven else None
    state = JournalEntry.State.QUARANTINED if reading.reason else JournalEntry.State.ACCEPTED
    has_effect = state == JournalEntry.State.ACCEPTED and entry is not None and entry.kind in journal.READERS
    return (
        reading.id,
        epoch.till_id,
        entry.epoch if entry else epoch.epoch,
        reading.seq,
        entry.prev if entry else journal.NO_HASH,
        reading.hash,
        reading.signature,
        reading.text,
        entry.kind if entry else "",
        entry.session if entry else None,
        state.value,
        reading.reason[:200],
        (JournalEntry.Posting.PENDING if has_effect else JournalEntry.Posting.NONE).value,
        now,
    )


KEEP_CONFLICTS = """
    insert into pos_journalconflict (entry, till_id, epoch, seq, hash, text, reason, received_at)
    select entry, till_id, epoch, seq, hash, text, reason, received_at
    from unnest(%s::uuid[], %s::uuid[], %s::int[], %s::bigint[], %s::bytea[], %s::text[], %s::text[], %s::timestamptz[])
      as new (entry, till_id, epoch, seq, hash, text, reason, received_at)
    on conflict (entry, hash) do nothing
    returning entry, epoch, seq, hash
"""


def _keep_conflicts(epoch: TillEpoch, conflicts: Sequence[tuple[Reading, str]], now: datetime) -> list[tuple[Reading, str]]:
    """Those that were not kept before."""
    if not conflicts:
        return []
    rows = [
        (reading.id, epoch.till_id, reading.entry.epoch if reading.entry else epoch.epoch, reading.seq, reading.hash, reading.text, why, now)
        for reading, why in sorted(conflicts, key=lambda one: (one[0].id, one[0].hash))
    ]
    with connection.cursor() as cursor:
        cursor.execute(KEEP_CONFLICTS, [list(column) for column in zip(*rows, strict=True)])
        kept = cursor.fetchall()
    events = [_conflict_event(epoch, *row) for row in kept]
    if events:
        outbox.record_many(events, now=now)
    new = {(entry, bytes(digest)) for entry, _epoch, _seq, digest in kept}
    return [(reading, why) for reading, why in conflicts if (reading.id, reading.hash) in new]


def _conflict_event(epoch: TillEpoch, entry: UUID, number: int, seq: int, digest: bytes) -> SyncConflict:
    return SyncConflict(
        aggregate_id=_named(entry.bytes + bytes(digest)),
        sequence=1,
        store=epoch.till.store.code,
        entry=entry,
        till=epoch.till_id,
        epoch=number,
        entry_seq=seq,
    )


def _own_id(till_id: UUID, text: bytes) -> UUID:
    """For a text that has not proven its own id: so that it is kept once, and takes no id from an honest entry."""
    return _named(till_id.bytes + text)


def _named(content: bytes) -> UUID:
    """The same content gets the same id; version 5 marks an id that is made from a hash."""
    return UUID(bytes=hashlib.sha256(content).digest()[:16], version=5)


def _claimed_id(reading: Reading) -> str | None:
    return str(reading.entry.id) if reading.entry else None


def _bytes_of(signature: str) -> bytes:
    try:
        return seal.from_base64url(signature)[:64]
    except ValueError:
        return b""

"""How far the tills' chains have come, and where something is missing.

A place is filled by what stands there, by what was kept apart for a person though its till wrote it for sure, and by a text whose id
another entry had taken: its own words were kept. A text that found its *place* taken fills none: it belongs to a copy of the till.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection

from pos.models import JournalEntry

# The places of one epoch behind the point up to which its chain is known to be whole; three indexes by till, epoch and seq.
PLACES = """
    select seq from pos_journalentry where till_id = e.till_id and epoch = e.epoch and state = 'accepted' and seq > e.chained_to
    union
    select seq from pos_journalentry where till_id = e.till_id and epoch = e.epoch and state = 'quarantined' and seq > e.chained_to
    union
    select seq from pos_journalconflict where till_id = e.till_id and epoch = e.epoch and reason = 'id_taken' and seq > e.chained_to
"""
# The places in a row from there on: as long as place and number rise together.
HEAD = f"""
    select coalesce(max(seq) filter (where seq - step = e.chained_to), e.chained_to) as seq, coalesce(max(seq), e.chained_to) as last
    from (select seq, row_number() over (order by seq) as step from ({PLACES}) places) numbered
"""  # noqa: S608


class Chain(NamedTuple):
    """`seq`: the end of what is there without a hole. `last`: the furthest that has come."""

    epoch_id: int
    till: UUID
    store: UUID
    epoch: int
    known: int
    seq: int
    last: int


CHAINS = f"""
    select e.id, e.till_id, t.store_id, e.epoch, e.chained_to, head.seq, head.last
    from pos_tillepoch e join pos_till t on t.id = e.till_id cross join lateral ({HEAD}) head
    where (%(till)s::uuid is null or e.till_id = %(till)s) and (%(epoch)s::int is null or e.epoch = %(epoch)s)
        and (not %(moved)s or head.last > e.chained_to)
    order by e.id
"""  # noqa: S608


def chains(*, till: UUID | None = None, epoch: int | None = None, moved: bool = False) -> list[Chain]:
    """Of every enrolment, or those asked for; `moved`: only where something came behind the point that is known to be whole."""
    with connection.cursor() as cursor:
        cursor.execute(CHAINS, {"till": till, "epoch": epoch, "moved": moved})
        return [Chain(*row) for row in cursor.fetchall()]


def checkpoint(*, till: UUID, epoch: int) -> dict[str, Any]:
    """The contiguous head: everything up to it is here, and its hash says that it is the same."""
    found = chains(till=till, epoch=epoch)
    seq = found[0].seq if found else 0
    return {"epoch": epoch, "seq": seq, "hash": hash_at(till=till, epoch=epoch, seq=seq).hex()}


HASH_AT = """
    select hash from (
        select hash, state <> 'accepted' as apart, id from pos_journalentry where till_id = %(till)s and epoch = %(epoch)s and seq = %(seq)s
            and state in ('accepted', 'quarantined')
        union all
        select hash, true, entry from pos_journalconflict
        where till_id = %(till)s and epoch = %(epoch)s and seq = %(seq)s and reason = 'id_taken'
    ) there order by apart, id limit 1
"""


def hash_at(*, till: UUID, epoch: int, seq: int) -> bytes:
    """Of what fills a place; 32 zeros where nothing does."""
    with connection.cursor() as cursor:
        cursor.execute(HASH_AT, {"till": till, "epoch": epoch, "seq": seq})
        row = cursor.fetchone()
    return bytes(row[0]) if row else bytes(32)


@dataclass(frozen=True, slots=True)
class Hole:
    """Places `first` to `last` are empty though a later one came, at `since`."""

    first: int
    last: int
    since: datetime

    @property
    def count(self) -> int:
        return self.last - self.first + 1


HOLES = f"""
    select before + 1, seq - 1, coalesce(since, now()) from (
        select seq, lag(seq, 1, e.chained_to) over (order by seq) as before,
            min(received_at) over (order by seq rows between current row and unbounded following) as since
        from pos_tillepoch e cross join lateral (
            select places.seq, min(entry.received_at) as received_at from ({PLACES}) places
            left join pos_journalentry entry on entry.till_id = e.till_id and entry.epoch = e.epoch and entry.seq = places.seq
                and entry.state in ('accepted', 'quarantined')
            group by places.seq
        ) places
        where e.till_id = %s and e.epoch = %s
    ) steps where seq > before + 1 order by seq limit %s
"""  # noqa: S608


def holes(*, till: UUID, epoch: int, most: int = 1000) -> list[Hole]:
    with connection.cursor() as cursor:
        cursor.execute(HOLES, [till, epoch, most])
        return [Hole(*row) for row in cursor.fetchall()]


FINISHED = f"""
    select s.id from pos_shift s join pos_tillepoch e on e.till_id = s.till_id and e.epoch = s.close_epoch cross join lateral ({HEAD}) head
    where s.closed_at is not null and s.final_at is null and s.close_seq is not null and (%(shifts)s::uuid[] is null or s.id = any(%(shifts)s))
        and head.seq >= s.close_seq
        and (s.close_body ->> 'head' is null or exists (
            select from pos_journalentry before where before.till_id = s.till_id and before.epoch = s.close_epoch and before.seq = s.close_seq - 1
                and before.state in ('accepted', 'quarantined') and encode(before.hash, 'hex') = s.close_body ->> 'head'
        ) or exists (
            select from pos_journalconflict before where before.till_id = s.till_id and before.epoch = s.close_epoch
                and before.seq = s.close_seq - 1 and before.reason = 'id_taken' and encode(before.hash, 'hex') = s.close_body ->> 'head'
        ) or (s.close_seq = 1 and s.close_body ->> 'head' = repeat('0', 64)))
        and not exists (
            select from pos_journalentry entry where entry.shift = s.id and entry.state = 'accepted' and entry.posting in ('pending', 'failed')
        )
    order by s.closed_at, s.id limit %(limit)s
    for no key update of s skip locked
"""  # noqa: S608


def finished_shifts(*, limit: int, shifts: Collection[UUID] | None = None) -> list[UUID]:
    """Closed shifts of which nothing is missing any more, locked: their chain has come up to the close, is the one the close was
    written behind, and all their entries are posted."""
    with connection.cursor() as cursor:
        cursor.execute(FINISHED, {"limit": limit, "shifts": None if shifts is None else list(shifts)})
        return [id for (id,) in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a closed shift's final report waits for."""

    missing: int
    unposted: int
    # Everything is here and posted, but the close was written behind something else: a person must look.
    other_head: bool


def waiting(*, shift: Any) -> Waiting | None:
    """`shift` is a pos.models.Shift. None: it is open, it is final, or it was closed before anybody kept the place of its close."""
    if shift.closed_at is None or shift.final_at is not None or shift.close_seq is None:
        return None
    gaps = holes(till=shift.till_id, epoch=shift.close_epoch)
    missing = sum(min(hole.last, shift.close_seq) - hole.first + 1 for hole in gaps if hole.first <= shift.close_seq)
    unposted = JournalEntry.objects.filter(
        shift=shift.pk, state=JournalEntry.State.ACCEPTED, posting__in=[JournalEntry.Posting.PENDING, JournalEntry.Posting.FAILED]
    ).count()
    told = str((shift.close_body or {}).get("head") or "")
    before = hash_at(till=shift.till_id, epoch=shift.close_epoch, seq=shift.close_seq - 1).hex()
    return Waiting(missing=missing, unposted=unposted, other_head=not missing and bool(told) and told != before)


UNSEALED = f"""
    select e.id, e.till_id, t.store_id, e.epoch, e.chained_to, head.seq, head.last
    from pos_tillepoch e join pos_till t on t.id = e.till_id cross join lateral ({HEAD}) head
    where head.seq > coalesce((select max(seq) from pos_sealedhead s where s.till_id = e.till_id and s.epoch = e.epoch), 0)
        and not exists (select from pos_sealedhead s where s.till_id = e.till_id and s.epoch = e.epoch and s.sealed_at > %s)
    order by e.id
"""  # noqa: S608


def unsealed(*, since: datetime) -> list[Chain]:
    """Chains that have come further than they were sealed, and were not sealed since then."""
    with connection.cursor() as cursor:
        cursor.execute(UNSEALED, [since])
        return [Chain(*row) for row in cursor.fetchall()]


SALES = """
    select text from pos_journalentry
    where till_id = %s and epoch = %s and seq <= %s and kind = 'sale' and state = any(%s) order by seq desc limit 20
"""


def receipt_at(*, till: UUID, epoch: int, seq: int) -> int:
    """The number of the last receipt up to a place; 0 where there is none."""
    with connection.cursor() as cursor:
        cursor.execute(SALES, [till, epoch, seq, ["accepted", "quarantined"]])
        bodies = [orjson.loads(text)["body"] for (text,) in cursor.fetchall()]
    # What is kept apart may say anything.
    return next((body["receipt_no"] for body in bodies if type(body.get("receipt_no")) is int), 0)

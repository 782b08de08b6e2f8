"""What the proof of the journal reads: chains row by row, whatever their length, and what was sealed of them."""

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from pos.models import SealedHead, Till, TillEpoch

AT_ONCE = 2000


class Row(NamedTuple):
    """An entry with the order that was made of it, so far as there is one; the order's columns are None where there is none.

    `state` is the entry's, or "conflict" for a text whose id was taken: it has no signature and no order.
    """

    id: UUID
    till: UUID
    epoch: int
    seq: int
    prev: bytes
    hash: bytes
    signature: bytes
    text: str
    kind: str
    shift: UUID | None
    state: str
    reason: str
    posting: str
    number: str | None = None
    total: int | None = None
    tax: int | None = None
    rounding: int | None = None
    currency: str | None = None
    business_date: date | None = None
    order_shift: UUID | None = None
    cashier: UUID | None = None
    store: UUID | None = None


ENTRY = "j.id, j.till_id, j.epoch, j.seq, j.prev, j.hash, j.signature, j.text, j.kind, j.shift, j.state, j.reason, j.posting"
ORDER = "o.number, o.total, o.tax, o.rounding, o.currency, o.business_date, o.shift, o.cashier, o.store_id"
# Both by an index in the order they are read in: nothing is sorted, and the first row comes at once.
STANDING = f"""
    select {ENTRY}, {ORDER} from pos_journalentry j left join orders_order o on o.id = j.id
    where j.till_id = %s and j.epoch = %s and j.state = 'accepted' and j.seq > %s order by j.seq
"""  # noqa: S608
APART = f"""
    select {ENTRY}, {ORDER} from pos_journalentry j left join orders_order o on o.id = j.id
    where j.till_id = %s and j.epoch = %s and j.state = 'quarantined' and (j.seq > %s or j.seq <= 0) order by j.seq
"""  # noqa: S608
CONFLICTS = """
    select entry, till_id, epoch, seq, ''::bytea, hash, ''::bytea, text, '', null::uuid, 'conflict', reason, 'none' from pos_journalconflict
    where till_id = %s and epoch = %s and (seq > %s or seq <= 0) order by seq
"""


def rows(*, till: UUID, epoch: int, after: int = 0) -> Iterator[Row]:
    """A chain by seq from behind `after` on, what stands, what is kept apart and what stood against it, at any length in the same memory.
    In a transaction of the caller's."""
    asked = [till, epoch, after]
    streams = [(Row(*row) for row in _streamed(statement, asked)) for statement in (STANDING, APART, CONFLICTS)]
    return heapq.merge(*streams, key=lambda row: row.seq)


def _streamed(statement: str, asked: list[Any]) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, asked)
        while found := cursor.fetchmany(AT_ONCE):
            yield from found


@contextmanager
def one_moment() -> Iterator[None]:
    """Everything is read as it was at one moment, and nothing can be written."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
        yield


class Key(NamedTuple):
    till: UUID
    epoch: int


# From one place in the index to the next chain's first: as many steps as there are chains, not as there are entries.
CHAINS = """
    with recursive there as (
        (select till_id, epoch from pos_journalentry where state = 'accepted' order by till_id, epoch limit 1)
        union all
        select next.till_id, next.epoch from there cross join lateral (
            select till_id, epoch from pos_journalentry j where j.state = 'accepted' and (j.till_id, j.epoch) > (there.till_id, there.epoch)
            order by till_id, epoch limit 1
        ) next
    )
    select till_id, epoch from there
    union select till_id, epoch from pos_journalentry where state = 'quarantined'
    union select till_id, epoch from pos_journalconflict
    union select till_id, epoch from pos_tillepoch
    union select till_id, epoch from pos_sealedhead
    order by 1, 2
"""


def chains() -> list[Key]:
    """Every chain there is a trace of, whether anybody enrolled it or not."""
    with connection.cursor() as cursor:
        cursor.execute(CHAINS)
        return [Key(*row) for row in cursor.fetchall()]


def names() -> dict[UUID, tuple[str, int, UUID, str]]:
    """Of each till: its store's code, its number, the store, and both for reading."""
    rows = Till.objects.values_list("id", "store__code", "number", "store_id")
    return {id: (code, number, store, f"{code}/{number}") for id, code, number, store in rows}


def keys() -> dict[Key, dict[str, str]]:
    return {Key(till, epoch): jwk for till, epoch, jwk in TillEpoch.objects.values_list("till_id", "epoch", "public_key")}


class Sealed(NamedTuple):
    till: UUID
    epoch: int
    seq: int
    hash: bytes
    receipt: int
    sealed_at: datetime
    file: str


def sealed() -> list[Sealed]:
    heads = SealedHead.objects.order_by("till_id", "epoch", "seq")
    return [Sealed(one.till_id, one.epoch, one.seq, bytes(one.hash), one.receipt, one.sealed_at, one.file) for one in heads]


UNWRITTEN = """
    select o.id, o.number from orders_order o
    where o.source = 'till' and (%(store)s::uuid is null or o.store_id = %(store)s) and (%(since)s::timestamptz is null or o.recorded_at >= %(since)s)
        and not exists (select from pos_journalentry j where j.id = o.id)
    order by o.id
"""


def unwritten_orders(*, store: UUID | None, since: datetime | None) -> Iterator[tuple[UUID, str]]:
    """Sales of tills that no till wrote: id and number."""
    return _streamed(UNWRITTEN, {"store": store, "since": since})  # type: ignore[arg-type, return-value]

"""What people of a store are told of their tills' entries: one note a fact, written beside what was posted. A note changes no sale.

What a note of each kind says in `facts` (plain values, ids instead of names; what is missing is left out of its words):
every sale's: receipt, currency, cashier, received (ISO time)
price    line, sku, name, quantity, sold, listed, price_quantity, since (ISO time or null); amount: sold less listed, of the whole line
stock    variant, sku, name, quantity, on_hand
shift    what: late | other_till, shift, total; or left, shift, shift_cashier, opened, why, last (receipt)
customer customer
item     what: open | variant, line, sku, name, quantity, total
limit    name; or, where nobody allowed it, what: open_item | discount | price | cash | drawer_short | drawer_over, name, given, entry_kind
sums     what: offer | tax | tax_included | rounding | receipt | currency | line | parts | rules | books, words
held     words
apart    reason (the journal's), epoch, seq
conflict epoch, seq
hole     epoch, first, last
clock    seconds (the till's clock less ours)
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from pos.models import SyncNote

# One parameter for any number of rows. What a store lets pass below its limit is listed, closed, as everything else is.
RECORD = """
    insert into pos_syncnote (store_id, till_id, entry, kind, about, facts, amount, happened_at, created_at, closed_at, fix)
    select found.store, found.till, found.entry, found.kind, found.about, found.facts, found.amount, found.happened_at, %(now)s,
        case when found.kind = 'price' and abs(found.amount) < limits.keep_under then %(now)s::timestamptz end,
        case when found.kind = 'price' and abs(found.amount) < limits.keep_under then 'rule' else '' end
    from jsonb_to_recordset(%(found)s::jsonb) as found (
        store uuid, till uuid, entry uuid, kind text, about text, facts jsonb, amount bigint, happened_at timestamptz
    )
    cross join lateral (
        select coalesce((
            select (value #>> '{}')::bigint from org_setting
            where name = 'till.keep_under' and (store_id = found.store or store_id is null) order by store_id nulls last limit 1
        ), 0) as keep_under
    ) limits
    order by found.till, found.entry, found.kind, found.about
    on conflict (till_id, entry, kind, about) do nothing
"""
# The longest `about` a note holds.
LONGEST = 80


@dataclass(frozen=True, slots=True)
class Note:
    """`about` tells notes of one kind about one entry apart. `amount`: minor units, below zero is what it costs the store."""

    store: UUID
    till: UUID
    entry: UUID | None
    kind: str
    about: str
    facts: Mapping[str, Any]
    amount: int
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found about a sale, before it is anybody's note: `words` stand with the journal's entry, short, or are empty."""

    kind: str
    words: str = ""
    about: str = ""
    amount: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)


def record(*, found: Sequence[Note], now: datetime) -> int:
    """One statement in the caller's transaction, none where nothing was found. What is noted already stays as it is; how many were new."""
    if not found:
        return 0
    rows = [
        {
            "store": one.store,
            "till": one.till,
            "entry": one.entry,
            "kind": one.kind,
            "about": one.about[:LONGEST],
            "facts": one.facts,
            "amount": one.amount,
            "happened_at": one.happened_at,
        }
        for one in found
    ]
    with connection.cursor() as cursor:
        cursor.execute(RECORD, {"now": now, "found": orjson.dumps(rows).decode()})
        return cursor.rowcount


def settle(
    *,
    till: UUID,
    kind: str,
    fix: str,
    now: datetime,
    about: Collection[str] | None = None,
    entries: Collection[UUID] | None = None,
    by: UUID | None = None,
) -> int:
    """Closes by itself what has come right: a hole that was filled, an entry that was posted after all. `by`: who did it elsewhere."""
    notes = SyncNote.objects.filter(till=till, kind=kind, closed_at=None)
    if about is not None:
        notes = notes.filter(about__in=about)
    if entries is not None:
        notes = notes.filter(entry__in=entries)
    return notes.update(closed_at=now, fix=fix, closed_by=by)

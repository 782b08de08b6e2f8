"""How the stock of one variant in one place came to be what it is. Quantities are integer thousandths.

Movements stand in the order of the book: as they were recorded, not as they happened. So each balance is what the book said then.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from kernel.plans import planned_for_its_values


@dataclass(frozen=True, kw_only=True)
class TimelineEntry:
    """`balance` is what was on hand after it."""

    id: int
    quantity: int
    cause: str
    reference: UUID
    line: int
    actor: UUID | None
    note: str
    occurred_at: datetime
    recorded_at: datetime
    lot: UUID | None
    lot_code: str | None
    balance: int


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Newest first. `older` is the cursor of the next page, None on the last: (id, balance after that movement)."""

    entries: list[TimelineEntry]
    older: tuple[int, int] | None


@dataclass(frozen=True, kw_only=True)
class Only:
    """Which movements: what is not said does not narrow. `since` and `until` are about when it happened, `until` not included."""

    causes: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    actor: UUID | None = None
    lot: UUID | None = None

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Only what is asked for is said: a condition on a column that the index does not carry would read every row."""
        parts = {
            "cause = any(%(causes)s)": list(self.causes) or None,
            "occurred_at >= %(since)s": self.since,
            "occurred_at < %(until)s": self.until,
            "actor = %(actor)s": self.actor,
            "lot_id = %(lot)s": self.lot,
        }
        said = [part for part, value in parts.items() if value is not None]
        if self._without_sales:
            # In so many words: a plan that is made for any causes would not see that the index without sales has them all.
            said.append("cause <> 'sale'")
        values = {"causes": list(self.causes), "since": self.since, "until": self.until, "actor": self.actor, "lot": self.lot}
        return "".join(f" and {part}" for part in said), values

    @property
    def _without_sales(self) -> bool:
        return bool(self.causes) and "sale" not in self.causes

    @property
    def fence(self) -> str:
        """What is few is found by an index of its own and then put in order: what no customer took, and few days. Unasked, PostgreSQL would
        go down the book until it meets them."""
        few_days = self.since and self.until and self.until - self.since <= FEW_DAYS
        return "offset 0" if few_days or self._without_sales else ""


EVERYTHING = Only()
FEW_DAYS = timedelta(days=31)
NEWEST = 2**63 - 1

# Of a page far back, what is older than it is added up and taken from the level: from whichever end it is nearer.
# The ids of a page come from the index alone. What moved between two of them is added up, also what the page leaves out:
# so every balance is the book's, whatever was asked for. The first page starts from the level, later ones from the cursor's balance.
PAGE = """
with start as (
    select coalesce(%(balance)s::bigint, (select on_hand from inventory_level where variant_id = %(variant)s and location_id = %(location)s), 0) as balance
),
picked as materialized (
    select id from (
        select id from inventory_movement where variant_id = %(variant)s and location_id = %(location)s and id <= %(before)s{only} {fence}
    ) found order by id desc limit %(limit)s
),
edges as materialized (select array_agg(id order by id) as ids, min(id) as oldest, max(id) as newest from picked),
ends as materialized (
    select (select id from inventory_movement where variant_id = %(variant)s and location_id = %(location)s order by id limit 1) as first,
        (select id from inventory_movement where variant_id = %(variant)s and location_id = %(location)s order by id desc limit 1) as last
),
old as materialized (select %(balance)s::bigint is null and newest - first < last - newest as yes from edges, ends),
above as (
    select coalesce(sum(quantity), 0) as moved from inventory_movement
    where (select yes from old) is not true
        and variant_id = %(variant)s and location_id = %(location)s and id > (select newest from edges) and id <= %(before)s
    union all
    select start.balance - coalesce((
        select sum(quantity) from inventory_movement
        where variant_id = %(variant)s and location_id = %(location)s and id <= (select newest from edges)
    ), 0) from start where (select yes from old)
),
gaps as (
    select width_bucket(m.id, edges.ids) as gap, sum(m.quantity) as moved
    from edges join inventory_movement m on m.variant_id = %(variant)s and m.location_id = %(location)s
    where m.id >= (select oldest from edges) and m.id <= (select newest from edges) group by 1
),
newer as (select ids[gap] as id, above.moved + sum(gaps.moved) over (order by gap desc) as moved
    from gaps, edges, (select sum(moved) as moved from above) above)
select m.id, m.quantity, m.cause, m.reference, m.line, m.actor, m.note, m.occurred_at, m.recorded_at, m.lot_id, lot.code,
    (start.balance - newer.moved + m.quantity)::bigint
from newer join inventory_movement m using (id) left join inventory_lot lot on lot.id = m.lot_id cross join start
order by m.id desc
"""  # noqa: E501

# Upwards from a movement whose balance is known: where the page that ends right above it begins.
ABOVE = """
with picked as materialized (
    select id from inventory_movement where variant_id = %(variant)s and location_id = %(location)s and id > %(after)s{only}
    order by id limit %(limit)s
),
top as materialized (select max(id) as id, count(*) as size from picked)
select top.id, (%(balance)s + (
    select sum(quantity) from inventory_movement
    where variant_id = %(variant)s and location_id = %(location)s and id > %(after)s and id <= (select id from top)
))::bigint
from top where top.size = %(limit)s
"""
NAMES = ("id", "quantity", "cause", "reference", "line", "actor", "note", "occurred_at", "recorded_at", "lot", "lot_code", "balance")
CHUNK = 2_000


def timeline(*, variant: UUID, location: UUID, first: int = 50, older: tuple[int, int] | None = None, only: Only = EVERYTHING) -> Timeline:
    """Movements of one variant in one place with the running balance. `older` is what the page before gave."""
    before, balance = older or (NEWEST, None)
    condition, values = only.condition()
    values |= {"variant": variant, "location": location, "before": before, "balance": balance, "limit": first + 1}
    with planned_for_its_values(), connection.cursor() as cursor:
        cursor.execute(PAGE.format(only=condition, fence=only.fence), values)
        entries = [TimelineEntry(**dict(zip(NAMES, row, strict=True))) for row in cursor.fetchall()]
    beyond = entries[first] if len(entries) > first else None
    return Timeline(entries=entries[:first], older=(beyond.id, beyond.balance) if beyond else None)


def newer(*, variant: UUID, location: UUID, first: int, top: tuple[int, int], only: Only = EVERYTHING) -> tuple[int, int] | None:
    """The cursor of the page above the one that begins with the movement `top`; None: that is the first page."""
    condition, values = only.condition()
    values |= {"variant": variant, "location": location, "after": top[0], "balance": top[1], "limit": first}
    with planned_for_its_values(), connection.cursor() as cursor:
        cursor.execute(ABOVE.format(only=condition), values)
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def whole_timeline(*, variant: UUID, location: UUID, only: Only = EVERYTHING) -> Iterator[list[TimelineEntry]]:
    """All of it, newest first, a few thousand at a time: the first are there at once, and no more are held."""
    older: tuple[int, int] | None = None
    while True:
        page = timeline(variant=variant, location=location, first=CHUNK, older=older, only=only)
        if page.entries:
            yield page.entries
        if page.older is None:
            return
        older = page.older

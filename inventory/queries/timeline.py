"""How the stock of one variant in one place came to be what it is. Quantities are integer thousandths."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection


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
    balance: int


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Newest first. `older` is the cursor of the next page, None on the last: (id, balance after that movement)."""

    entries: list[TimelineEntry]
    older: tuple[int, int] | None


# The first page starts from the level, later ones from the balance in the cursor, so a page costs its own rows
# however long the history is.
TIMELINE = """
select id, quantity, cause, reference, line, actor, note, occurred_at,
       (start.balance - coalesce(sum(quantity) over (order by id desc rows between unbounded preceding and 1 preceding), 0))::bigint
from inventory_movement
cross join (select coalesce(%s::bigint, (select on_hand from inventory_level where variant_id = %s and location_id = %s), 0) as balance) start
where variant_id = %s and location_id = %s and id <= %s
order by id desc
limit %s
"""
NEWEST = 2**63 - 1


def timeline(*, variant: UUID, location: UUID, first: int = 50, older: tuple[int, int] | None = None) -> Timeline:
    """Movements of one variant in one place with the running balance. `older` is what the page before gave."""
    before, balance = older or (NEWEST, None)
    with connection.cursor() as cursor:
        cursor.execute(TIMELINE, [balance, variant, location, variant, location, before, first + 1])
        rows = cursor.fetchall()
    names = ("id", "quantity", "cause", "reference", "line", "actor", "note", "occurred_at", "balance")
    entries = [TimelineEntry(**dict(zip(names, row, strict=True))) for row in rows]
    beyond = entries[first] if len(entries) > first else None
    return Timeline(entries=entries[:first], older=(beyond.id, beyond.balance) if beyond else None)

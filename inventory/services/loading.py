"""Movements of another system, out of a file: through a staging table into the ledger, in batches, by the ledger's own rules.

The file says who caused each movement (`reference`, `line`), so a second run of the same file moves nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from inventory.models import Movement
from kernel.errors import Invalid
from kernel.staging import stage

NEEDED = frozenset({"location", "sku", "quantity", "cause", "reference", "line", "occurred_at"})
# A till that sells the same goods waits for one batch at most.
BATCH = 10_000
SAMPLES = 5


class WrongFile(Invalid):
    code = "movements_wrong_file"
    title = "The file's first line must name its columns"


@dataclass(kw_only=True)
class Loaded:
    """`moved` movements are new, `known` were there before, `nothing` moved a quantity of 0. `refused`: reason -> how many, and the first lines."""

    read: int = 0
    moved: int = 0
    known: int = 0
    nothing: int = 0
    refused: dict[str, tuple[int, list[int]]] = field(default_factory=dict)


STAGE = """
create temporary table inventory_loading (
    row bigint generated always as identity, location text, sku text, quantity text, cause text, reference text, line text, occurred_at text,
    note text
)
"""
# What no type of the ledger can hold is found before anything moves.
CHECK = """
create temporary table inventory_loading_checked as
select s.*, l.id as location_id, v.id as variant_id, case
    when l.id is null then 'location'
    when v.id is null then 'sku'
    when quantity is null or quantity !~ '^-?[0-9]{1,12}([.][0-9]{1,3})?$' then 'quantity'
    when cause is null or cause <> all(%(causes)s) then 'cause'
    when line is null or line !~ '^[0-9]+$' or not pg_input_is_valid(line, 'integer') then 'line'
    when coalesce(reference, '') = '' then 'reference'
    when occurred_at is null or occurred_at !~ '^[0-9]{4}-' or not pg_input_is_valid(occurred_at, 'timestamptz') then 'occurred_at'
    when length(note) > 200 then 'note'
end as wrong
from inventory_loading s left join inventory_location l on l.code = s.location left join catalog_variant v on v.sku = s.sku
"""
# Level by level, each in the order in which things happened: a batch meets few levels, and each of them once.
SORT = """
create temporary table inventory_loading_sorted as
select row_number() over (order by variant_id, location_id, occurred_at, row) as place, sorted.*
from (
    select row, location_id, variant_id, case when wrong is null then (quantity::numeric * 1000)::bigint end as quantity, cause,
        md5(%(source)s || '/' || reference)::uuid as reference, case when wrong is null then line::integer end as line, coalesce(note, '') as note,
        case when wrong is null then occurred_at::timestamptz end as occurred_at
    from inventory_loading_checked where wrong is null
) sorted
where quantity <> 0
"""
# References of other systems are any text: their id here follows from it. A bundle's line moves its components.
MOVE = """
insert into inventory_movement (location_id, variant_id, quantity, cause, reference, line, part, note, occurred_at, recorded_at)
select s.location_id, coalesce(c.component_id, s.variant_id),
    case when c.id is null then s.quantity else s.quantity * c.quantity / 1000 end,
    s.cause, s.reference, s.line, coalesce(c.position, 0), s.note, s.occurred_at, %(now)s
from inventory_loading_sorted s left join inventory_component c on c.bundle_id = s.variant_id
where s.place > %(after)s and s.place <= %(until)s
order by s.place, c.position
on conflict (reference, cause, line, part) do nothing
"""
SIZE = "select (select count(*) from inventory_loading_checked), (select count(*) from inventory_loading_sorted)"
WRONG = """
select wrong, count(*), (array_agg(row order by row))[1:%(samples)s] from inventory_loading_checked where wrong is not null group by 1 order by 1
"""
TABLES = ("inventory_loading", "inventory_loading_checked", "inventory_loading_sorted")


def load_movements(*, file: Iterable[bytes], source: str, now: datetime, progress: Callable[[int, int], None] | None = None) -> Loaded:
    """`file` is CSV in UTF-8, in pieces of any size. `source` names the system: the same references of two systems are two things."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(STAGE)
            stage(cursor=cursor, table="inventory_loading", file=file, needed=NEEDED, also={"note"}, refuse=_wrong)
            cursor.execute(CHECK, {"causes": list(Movement.Cause.values)})
            cursor.execute(SORT, {"source": source})
            cursor.execute("create index on inventory_loading_sorted (place); analyze inventory_loading_sorted")
            loaded, size = _checked(cursor)
            for after in range(0, size, BATCH):
                loaded.moved += _batch(cursor, after=after, now=now)
                if progress:
                    progress(min(after + BATCH, size), size)
            loaded.known = max(size - loaded.moved, 0)
            return loaded
        finally:
            cursor.execute(f"drop table if exists {', '.join(TABLES)}")


def _wrong(why: str) -> WrongFile:
    return WrongFile(why, field="file")


def _checked(cursor: Any) -> tuple[Loaded, int]:
    cursor.execute(SIZE)
    read, size = cursor.fetchone()
    cursor.execute(WRONG, {"samples": SAMPLES})
    # The header is line 1 of the file.
    refused = {reason: (count, [row + 1 for row in rows]) for reason, count, rows in cursor.fetchall()}
    return Loaded(read=read, nothing=read - size - sum(count for count, _rows in refused.values()), refused=refused), size


def _batch(cursor: Any, *, after: int, now: datetime) -> int:
    with transaction.atomic():
        cursor.execute(MOVE, {"now": now, "after": after, "until": after + BATCH})
        return int(cursor.rowcount)

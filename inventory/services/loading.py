"""Movements of another system, out of a file: through a staging table into the ledger, in batches, by the ledger's own rules.

The file says who caused each movement (`reference`, `line`), so a second run of the same file moves nothing.
"""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction

from inventory.models import Movement
from kernel.errors import Invalid

NEEDED = frozenset({"location", "sku", "quantity", "cause", "reference", "line", "occurred_at"})
COLUMNS = NEEDED | {"note"}
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
    note text, wrong text, primary key (row)
)
"""
# What no type of the ledger can hold is found before anything moves.
CHECK = """
update inventory_loading set wrong = case
    when not exists (select from inventory_location l where l.code = location) then 'location'
    when not exists (select from catalog_variant v where v.sku = inventory_loading.sku) then 'sku'
    when not pg_input_is_valid(quantity, 'numeric') or quantity !~ '^-?[0-9]{1,12}([.][0-9]{1,3})?$' then 'quantity'
    when cause <> all(%(causes)s) then 'cause'
    when not pg_input_is_valid(line, 'integer') or line !~ '^[0-9]+$' then 'line'
    when coalesce(reference, '') = '' then 'reference'
    when not pg_input_is_valid(occurred_at, 'timestamptz') or occurred_at !~ '^[0-9]{4}-' then 'occurred_at'
    when length(note) > 200 then 'note'
end
"""
# References of other systems are any text: their id here follows from it. A bundle's line moves its components.
MOVE = """
insert into inventory_movement (location_id, variant_id, quantity, cause, reference, line, part, note, occurred_at, recorded_at)
select l.id, coalesce(c.component_id, v.id),
    case when c.id is null then amount.moved else amount.moved * c.quantity / 1000 end,
    s.cause, md5(%(source)s || '/' || s.reference)::uuid, s.line::integer, coalesce(c.position, 0), coalesce(s.note, ''),
    s.occurred_at::timestamptz, %(now)s
from inventory_loading s
join inventory_location l on l.code = s.location
join catalog_variant v on v.sku = s.sku
cross join lateral (select (s.quantity::numeric * 1000)::bigint as moved) amount
left join inventory_component c on c.bundle_id = v.id
where s.row > %(after)s and s.row <= %(until)s and s.wrong is null and amount.moved <> 0
order by s.row, c.position
on conflict (reference, cause, line, part) do nothing
"""
COUNTS = """
select count(*), count(*) filter (where wrong is null and quantity::numeric = 0), count(*) filter (where wrong is null and quantity::numeric <> 0)
from (select wrong, case when wrong is null then quantity else '0' end as quantity from inventory_loading) s
"""
WRONG = "select wrong, count(*), (array_agg(row order by row))[1:%(samples)s] from inventory_loading where wrong is not null group by 1 order by 1"


def load_movements(*, file: Iterable[bytes], source: str, now: datetime, progress: Callable[[int, int], None] | None = None) -> Loaded:
    """`file` is CSV in UTF-8, in pieces of any size. `source` names the system: the same references of two systems are two things."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        try:
            _stage(cursor, file)
            cursor.execute(CHECK, {"causes": list(Movement.Cause.values)})
            cursor.execute("analyze inventory_loading")
            loaded = _counted(cursor)
            expected, size = loaded.known, loaded.read
            loaded.known = 0
            for after in range(0, size, BATCH):
                loaded.moved += _batch(cursor, source=source, after=after, now=now)
                if progress:
                    progress(min(after + BATCH, size), size)
            loaded.known = max(expected - loaded.moved, 0)
            return loaded
        finally:
            cursor.execute("drop table if exists inventory_loading")


def _stage(cursor: object, file: Iterable[bytes]) -> None:
    pieces = iter(file)
    header, rest = _header(pieces)
    names = next(csv.reader(io.StringIO(header.decode("utf-8-sig", "replace"))), [])
    if not set(names) >= NEEDED or not set(names) <= COLUMNS or len(set(names)) != len(names):
        raise WrongFile(f"Its columns are: {', '.join(sorted(NEEDED))}, and note if there is one.", field="file")
    # Only names that are known get here.
    with cursor.copy(f"copy inventory_loading ({', '.join(names)}) from stdin (format csv)") as staging:  # type: ignore[attr-defined]
        staging.write(rest)
        for piece in pieces:
            staging.write(piece)


def _header(pieces: Iterator[bytes]) -> tuple[bytes, bytes]:
    """The first line, and what was read beyond it."""
    read = b""
    for piece in pieces:
        read += piece
        if b"\n" in read:
            break
    line, _end, rest = read.partition(b"\n")
    return line.rstrip(b"\r"), rest


def _counted(cursor: object) -> Loaded:
    cursor.execute(COUNTS)  # type: ignore[attr-defined]
    read, nothing, good = cursor.fetchone()  # type: ignore[attr-defined]
    cursor.execute(WRONG, {"samples": SAMPLES})  # type: ignore[attr-defined]
    # The header is line 1 of the file.
    refused = {reason: (count, [row + 1 for row in rows]) for reason, count, rows in cursor.fetchall()}  # type: ignore[attr-defined]
    return Loaded(read=read, nothing=nothing, known=good, refused=refused)


def _batch(cursor: object, *, source: str, after: int, now: datetime) -> int:
    with transaction.atomic():
        cursor.execute(MOVE, {"source": source, "now": now, "after": after, "until": after + BATCH})  # type: ignore[attr-defined]
        return int(cursor.rowcount)  # type: ignore[attr-defined]

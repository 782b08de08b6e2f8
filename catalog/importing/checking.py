"""Some rows of a run looked at again, after somebody put a cell right."""

from collections.abc import Collection, Iterator
from datetime import datetime

from catalog.importing import reading
from catalog.importing.incoming import Group, fixed
from catalog.importing.run import BATCH, TABLE, fixes_of, plan, run_of
from catalog.importing.saving import save_batch
from catalog.models import ImportRun, PlannedChange, RefusedRow


def look_again(row: ImportRun, lines: Collection[int], *, now: datetime) -> None:
    """The products these lines belong to, anew: refused with the reason of now, or planned."""
    run = run_of(row, row.actor, dry=True)
    with reading.stored(row.file, lenient=row.format == TABLE) as file:
        wanted = list(_of_lines(run.format.groups(fixed(reading.rows(file, run.format.required), fixes_of(row))), set(lines)))
    touched = {line for group in wanted for line in group.lines}
    RefusedRow.objects.filter(run=row.pk, line__in=touched).delete()
    PlannedChange.objects.filter(run=row, line__in=touched).delete()
    for start in range(0, len(wanted), BATCH):
        plan(row, save_batch(run, wanted[start : start + BATCH], now=now))


def _of_lines(groups: Iterator[Group], wanted: set[int]) -> Iterator[Group]:
    """The file is read no further than the last of them."""
    left = set(wanted)
    for group in groups if left else ():
        if not left.isdisjoint(group.lines):
            left -= group.lines
            yield group
        if not left:
            return

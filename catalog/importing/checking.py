"""Some rows of a run looked at again, after somebody put a cell right."""

from collections.abc import Collection
from datetime import datetime

from catalog.importing import reading
from catalog.importing.incoming import fixed
from catalog.importing.run import TABLE, fixes_of, plan, run_of
from catalog.importing.saving import save_batch
from catalog.models import ImportRun, PlannedChange, RefusedRow


def look_again(row: ImportRun, lines: Collection[int], *, now: datetime) -> None:
    """The products these lines belong to, anew: refused with the reason of now, or planned."""
    run = run_of(row, row.actor, dry=True)
    with reading.stored(row.file, lenient=row.format == TABLE) as file:
        groups = run.format.groups(fixed(reading.rows(file, run.format.required), fixes_of(row)))
        wanted = [group for group in groups if group.lines & set(lines)]
    touched = {line for group in wanted for line in group.lines}
    RefusedRow.objects.filter(run=row.pk, line__in=touched).delete()
    PlannedChange.objects.filter(run=row, line__in=touched).delete()
    plan(row, save_batch(run, wanted, now=now))

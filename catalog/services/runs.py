"""Imports as people bring them: uploaded, columns matched, read without saving, reviewed, put right, applied, undone. And exports.

The reading and saving is catalog.importing's, done by jobs; here is what starts, stops and corrects it.
"""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction

from catalog.models import ColumnMapping, ImportRun, PlannedChange, RefusedRow
from catalog.services.shelves import create_category
from catalog.services.undo import Edited, edits_of_run
from kernel import jobs
from kernel.errors import Conflict, Invalid, NotFound
from kernel.ids import uuid7
from kernel.models import Job

READ, APPLY, UNDO, EXPORT = "catalog.import.read", "catalog.import.apply", "catalog.import.undo", "catalog.export"
EXPORTS: Final = ("onecounter", "shopify", "xlsx")
SAMPLES = 3
MOST_AT_ONCE = 2_000
State = ImportRun.State


class UnknownRun(NotFound):
    code = "import_not_found"
    title = "There is no such import"


class NotNow(Conflict):
    code = "import_not_now"
    title = "The import is at another step"


class BadMapping(Invalid):
    code = "import_mapping_invalid"
    title = "The columns do not fit"


@dataclass(frozen=True)
class Column:
    name: str
    samples: list[str]
    proposed: str


def upload_import(
    *, name: str, content: BinaryIO, size: int, currency: str, tax_class: str, now: datetime, actor: UUID | None, format: str = ""
) -> ImportRun:
    """Keeps the file and starts to read it. `format`: known, "table", or empty to tell by its header. A table waits until its columns are
    matched. Raises UnreadableFile, FileTooLarge, MissingColumns, UnknownTaxClass, BadCurrency."""
    # Inside: catalog.importing stands on this package.
    from catalog.importing import reading, recognising
    from catalog.importing.incoming import Terms
    from catalog.importing.run import check_terms

    check_terms(Terms(currency=currency, tax_class=tax_class))
    header, format = recognising.looked_at(content, size, format)
    run = ImportRun(id=uuid7(), name=(PurePath(name.replace("\\", "/")).name.replace("\0", "") or "import")[:200], format=format)
    run.currency, run.tax_class, run.actor, run.created_at, run.state = currency, tax_class, actor, now, State.UPLOADED
    run.columns = len(header)
    run.mapping = recognising.proposed_mapping(header) if format == recognising.TABLE else {}
    run.digest = reading.digest(content)
    # The uploaded name is shown and never used as a path.
    run.file = default_storage.save(f"imports/{run.pk}/source", File(content))
    run.save(force_insert=True)
    return run if format == recognising.TABLE else start_reading(run=run.pk, actor=actor, now=now)


def columns_of(*, run: UUID) -> list[Column]:
    from catalog.importing import recognising

    row = _run(run)
    header, rows = recognising.first_rows(row.file, SAMPLES)
    return [
        Column(name, [cells[place][:80] for cells in rows if place < len(cells) and cells[place].strip()], row.mapping.get(name, ""))
        for place, name in enumerate(header)
        if name
    ]


def match_columns(*, run: UUID, mapping: Mapping[str, str], actor: UUID | None, now: datetime) -> ImportRun:
    """Column to field, "" for a column that is left out. Remembered for the next file with these columns."""
    from catalog.importing import recognising
    from catalog.importing.table import FIELDS, REQUIRED, header_hash

    row = _run(run, State.UPLOADED, State.REVIEW)
    used = {column: field for column, field in mapping.items() if field}
    unknown = next((field for field in used.values() if field not in FIELDS and not field.startswith("attributes.")), "")
    if unknown:
        raise BadMapping(f"There is no field “{unknown}”.", field="mapping")
    twice = next((field for field in used.values() if list(used.values()).count(field) > 1), "")
    if twice:
        raise BadMapping(f"Two columns are matched with “{FIELDS.get(twice, twice)}”. Leave one of them out.", field="mapping")
    missing = next((field for field in REQUIRED if field not in used.values()), "")
    if missing:
        raise BadMapping(f"One column has to be “{FIELDS[missing]}”.", field="mapping")
    row.mapping = dict(mapping)
    row.save(update_fields=["mapping"])
    header, _ = recognising.first_rows(row.file, 0)
    ColumnMapping.objects.update_or_create(header_hash=header_hash(header), defaults={"mapping": dict(mapping), "used_at": now})
    return start_reading(run=run, actor=actor, now=now)


def start_reading(*, run: UUID, actor: UUID | None, now: datetime) -> ImportRun:
    return _start(_run(run, State.UPLOADED, State.REVIEW, State.FAILED), READ, State.READING, actor, now)


def apply_import(*, run: UUID, actor: UUID | None, now: datetime) -> ImportRun:
    return _start(_run(run, State.REVIEW), APPLY, State.APPLYING, actor, now)


def undo_import(*, run: UUID, actor: UUID | None, now: datetime) -> ImportRun:
    return _start(_run(run, State.APPLIED), UNDO, State.UNDOING, actor, now)


def cancel_import(*, run: UUID, actor: UUID | None, now: datetime) -> ImportRun:
    """Before it is applied: nothing is saved. While it is applied or undone: it stops at the next batch, and what was done stays."""
    row = _run(run, State.UPLOADED, State.READING, State.REVIEW, State.APPLYING, State.UNDOING)
    waiting = row.job is not None and Job.objects.filter(pk=row.job, state=Job.State.QUEUED).exists()
    if row.job is not None and row.state in (State.READING, State.APPLYING, State.UNDOING):
        jobs.cancel(id=row.job, now=now)
    back = {State.APPLYING: State.REVIEW, State.UNDOING: State.APPLIED}
    if row.state in back and not waiting:
        return row
    row.state = back.get(State(row.state), State.CANCELLED)
    row.finished_at = now
    row.save(update_fields=["state", "finished_at"])
    if row.state == State.CANCELLED:
        PlannedChange.objects.filter(run=row).delete()
    return row


def fix_row(*, run: UUID, line: int, column: str, cell: str, actor: UUID | None, now: datetime) -> ImportRun:
    """Puts one cell right and looks at its row again, at once. The file stays as it came."""
    return _fixed(_run(run, State.REVIEW), {line: {column: cell}}, now=now, actor=actor)


def fix_everywhere(*, run: UUID, column: str, cell_before: str, cell_after: str, actor: UUID | None, now: datetime) -> ImportRun:
    """Puts the same cell right in every row that was refused for it, and looks at all of them again."""
    row = _run(run, State.REVIEW)
    return _fixed(row, {line: {column: cell_after} for line in _refused_for(row, column, cell_before)}, now=now, actor=actor)


def create_category_of(*, run: UUID, column: str, cell: str, actor: UUID | None, now: datetime) -> ImportRun:
    """Makes the category a cell names, and looks again at every row that was refused for it. Raises Invalid, CodeTaken."""
    from catalog.importing import cleaning
    from catalog.importing.incoming import Faulty

    row = _run(run, State.REVIEW)
    lines = _refused_for(row, column, cell)
    if not lines:
        raise NotNow("No refused row names this category any more.", field="run")
    try:
        name = cleaning.one_line(cleaning.unescaped(cell), column, longest=100, required=True)
    except Faulty as faulty:
        raise Invalid(f"The name of the category {faulty.reason}.", field="name") from faulty
    create_category(code="", name=name, now=now, actor=actor)
    return _fixed(row, {line: {} for line in lines}, now=now, actor=actor)


def take_suggestions(*, run: UUID, actor: UUID | None, now: datetime) -> ImportRun:
    row = _run(run, State.REVIEW)
    wanted: dict[int, dict[str, str]] = {}
    for refused in RefusedRow.objects.filter(run=run).exclude(suggestion="").exclude(column=""):
        wanted.setdefault(refused.line, {})[refused.column] = refused.suggestion
    return _fixed(row, wanted, now=now, actor=actor)


def refused_csv(*, run: UUID) -> Iterator[str]:
    """The refused rows as they came, with line, column and reason in front: to be put right and brought again."""
    from catalog.importing import recognising
    from catalog.importing.cleaning import escaped

    row = _run(run)
    header = recognising.first_rows(row.file, 0)[0] if row.file else []
    yield _csv(["line", "column", "reason", *header])
    for refused in RefusedRow.objects.filter(run=run).order_by("line", "id").iterator(chunk_size=2000):
        yield _csv([str(refused.line), *(escaped(cell) for cell in (refused.column, refused.reason, *refused.row))])


def edits_since(*, run: UUID) -> list[Edited]:
    """What undoing left alone because somebody had edited it, and nobody has decided about yet."""
    return edits_of_run(run=_run(run).pk)


def export_catalog(*, format: str, currency: str, products: Collection[UUID] | None, actor: UUID | None, now: datetime) -> Job:
    """A job whose result names the file: {"file": path in the storage, "rows": n}. `products` None: all that are not archived."""
    if format not in EXPORTS:
        raise Invalid(f"Products are exported as {', '.join(EXPORTS)}.", field="format")
    chosen = [str(id) for id in products] if products is not None else None
    return jobs.start(kind=EXPORT, arguments={"format": format, "currency": currency, "products": chosen}, actor=actor, now=now)


def _run(id: UUID, *states: str) -> ImportRun:
    row = ImportRun.objects.filter(pk=id).first()
    if row is None:
        raise UnknownRun(field="run")
    if states and row.state not in states:
        raise NotNow(f"{row.name} is at the step “{row.get_state_display()}”.", field="run", state=row.state)
    return row


@transaction.atomic
def _start(row: ImportRun, kind: str, state: str, actor: UUID | None, now: datetime) -> ImportRun:
    """Two people who press the same button start one job."""
    taken = ImportRun.objects.filter(pk=row.pk, state=row.state).update(state=state, error="", finished_at=None)
    if not taken:
        raise NotNow(field="run")
    job = jobs.start(kind=kind, arguments={"run": str(row.pk)}, actor=actor, now=now)
    ImportRun.objects.filter(pk=row.pk).update(job=job.pk)
    row.refresh_from_db()
    return row


def _refused_for(row: ImportRun, column: str, cell: str) -> list[int]:
    from catalog.importing import recognising

    header = recognising.first_rows(row.file, 0)[0]
    place = next((place for place, name in enumerate(header) if name[:60] == column), None)
    if place is None:
        return []
    return list(RefusedRow.objects.filter(run=row.pk, column=column, **{f"row__{place}": cell}).order_by("line").values_list("line", flat=True))


def _fixed(row: ImportRun, fixes: Mapping[int, Mapping[str, str]], *, now: datetime, actor: UUID | None) -> ImportRun:
    """Of few rows at once; a person does not wait for thousands: those are looked at by the job that reads the file."""
    from catalog.importing.checking import look_again

    for line, cells in fixes.items():
        if cells:
            row.fixes.setdefault(str(line), {}).update(cells)
    row.save(update_fields=["fixes"])
    if len(fixes) > MOST_AT_ONCE:
        return _start(row, READ, State.READING, actor, now)
    if fixes:
        look_again(row, set(fixes), now=now)
    planned = PlannedChange.objects.filter(run=row)
    counted = {"created": planned.filter(product=None).count(), "changed": planned.exclude(product=None).count()}
    row.tally = {**row.tally, **counted, "refused": RefusedRow.objects.filter(run=row.pk).count()}
    row.save(update_fields=["tally"])
    return row


def _csv(cells: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()

"""A file into the catalogue: read batch by batch, tried (nothing is kept) or saved, with its progress."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from uuid import UUID

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db.models import Count

from catalog import revisions, services
from catalog.importing import onecounter, openfoodfacts, reading, shopify
from catalog.importing.copying import copy_in
from catalog.importing.incoming import Fault, Format, Group, Row, Terms, fixed
from catalog.importing.reading import SourceFile
from catalog.importing.references import References
from catalog.importing.saving import Batch, Run, Tally, save_batch
from catalog.importing.table import Table
from catalog.models import ImportRun, PlannedChange, RefusedRow, Revision, TaxClass
from kernel import audit, jobs, money
from kernel.errors import Invalid
from kernel.models import Job

BATCH = 1_000
KIND = "catalog.import"
FORMATS: dict[str, ModuleType] = {"openfoodfacts": openfoodfacts, "shopify": shopify, "onecounter": onecounter}
TABLE = "table"
DEFAULT_TAX_CLASS = "standard"
DEFAULT_RATE = 190_000
# Of a new product, what people want to see before it is there.
NEWS = ("name", "brand", "category", "type", "status", "tags")
VARIANT_NEWS = ("sku", "gtins", "net_content", "reference_cost")


class UnknownTaxClass(Invalid):
    code = "tax_class_not_found"
    title = "There is no such tax class"


class BadCurrency(Invalid):
    code = "currency_invalid"
    title = "Not a currency"


@dataclass
class Progress:
    """So far: products, bytes of the file, rows, and the faults of the last batch."""

    tally: Tally = field(default_factory=Tally)
    read: int = 0
    size: int = 0
    rows: int = 0
    faults: Sequence[Fault] = ()


Watch = Callable[[Progress], None]
# The work of this process's own jobs. The handler is registered by whoever has the file, so no worker elsewhere takes it.
_works: dict[UUID, Callable[[jobs.Running], Mapping[str, int]]] = {}


def import_file(*, path: Path, format: str, terms: Terms, now: datetime, actor: UUID | None, watch: Watch, dry: bool = False) -> Job:
    """Runs here and now. The answer's state says how it ended; its id is the ImportRun's too, which finds revisions and refused rows.
    `dry`: nothing is saved; the run stays to be looked at."""
    check_terms(terms)
    jobs.handler(KIND)(_handle)
    arguments: dict[str, Any] = {"file": path.name, "format": format, "currency": terms.currency, "tax_class": terms.tax_class}
    digest = _digest(path)
    job = jobs.start(kind=KIND, arguments=arguments, actor=actor, now=now)
    run = ImportRun.objects.create(
        id=job.pk,
        name=path.name[:200],
        digest=digest,
        file=_kept(path, job.pk) if dry else "",
        format=format,
        currency=terms.currency,
        tax_class=terms.tax_class,
        state=ImportRun.State.READING if dry else ImportRun.State.APPLYING,
        job=job.pk,
        actor=actor,
        created_at=now,
    )
    _works[job.id] = lambda running: work(running, run, reading.opened(path), watch=watch, dry=dry)
    try:
        done = jobs.run(job=job, now=now) or job
    finally:
        del _works[job.id]
    _ended(run, done, dry=dry, now=now)
    return done


def _ended(run: ImportRun, job: Job, *, dry: bool, now: datetime) -> None:
    """So that it can be reviewed or undone like any other. What was saved before it was stopped can be undone too."""
    over = ImportRun.State.REVIEW if dry else ImportRun.State.APPLIED
    stopped = ImportRun.State.CANCELLED if dry else ImportRun.State.APPLIED
    states = {Job.State.SUCCEEDED: over, Job.State.CANCELLED: stopped, Job.State.FAILED: ImportRun.State.FAILED}
    state = states.get(Job.State(job.state))
    if state is not None:
        ImportRun.objects.filter(pk=run.pk).update(state=state, error=(job.error or "")[:500], finished_at=now)


def _kept(path: Path, run: UUID) -> str:
    """The file of a dry run, for whoever looks at it in the back office and applies it there."""
    try:
        with path.open("rb") as file:
            return default_storage.save(f"imports/{run}/source", File(file))
    except OSError:
        return ""


def _digest(path: Path) -> str:
    """Empty for a file that cannot be read: the job says why."""
    try:
        with path.open("rb") as file:
            return reading.digest(file)
    except OSError:
        return ""


def _handle(running: jobs.Running) -> Mapping[str, int]:
    try:
        return _works[running.id](running)
    except KeyboardInterrupt:
        # What was saved stays; the job says that a person stopped it.
        raise jobs.Cancelled from None


def check_terms(terms: Terms) -> None:
    try:
        money.exponent(terms.currency)
    except ValueError as error:
        raise BadCurrency(f"“{terms.currency}” is not a currency code such as EUR.", field="currency") from error
    codes = list(TaxClass.objects.order_by("code").values_list("code", flat=True))
    if terms.tax_class not in codes:
        raise UnknownTaxClass(f"There is no tax class “{terms.tax_class}”; there are: {', '.join(codes) or 'none'}.", field="tax_class")


def first_tax_class(*, actor: UUID | None) -> bool:
    """An empty shop gets a standard class, so that its first import needs no preparation. True when it was made."""
    if TaxClass.objects.exists():
        return False
    services.create_tax_class(code=DEFAULT_TAX_CLASS, name="Standard", rate=DEFAULT_RATE, actor=actor)
    return True


def take_in(*, format: Format, groups: Iterator[Group], terms: Terms, now: datetime, actor: UUID | None) -> Batch:
    """Groups that are at hand already, without a job that shows the way: what a small shop is seeded with."""
    check_terms(terms)
    run = Run(None, format, terms, actor, References.read(actor))
    whole = Batch()
    for batch in _batches(groups):
        whole.add(save_batch(run, batch, now=now))
    return whole


def format_of(run: ImportRun) -> Format:
    return Table(run.mapping) if run.format == TABLE else cast(Format, FORMATS[run.format])


def work(
    running: jobs.Running, row: ImportRun, source: AbstractContextManager[SourceFile], *, watch: Watch = lambda progress: None, dry: bool
) -> dict[str, int]:
    """The whole file. Starting over after a worker's end is safe: what was saved before comes out unchanged."""
    forget(row)
    run = run_of(row, running.actor, dry=dry)
    so_far = Progress()
    # Rows of the audit trail name the run where no person is known.
    with source as file, audit.acting_as(running.actor or f"import {row.pk}"):
        so_far.size = file.size
        counted = _counted(fixed(reading.rows(file, run.format.required), fixes_of(row)), so_far)
        for batch in _batches(run.format.groups(counted)):
            saved = save_batch(run, batch, now=running.moment())
            if dry:
                plan(row, saved)
            so_far.tally.add(saved.tally)
            so_far.read, so_far.faults = file.read, saved.faults
            keep_tally(row, so_far.tally, over=False)
            watch(so_far)
            running.progress(*((so_far.rows, row.rows) if row.rows and not dry else (so_far.read, so_far.size)))
        row.columns = len(file.columns)
    row.rows = so_far.rows
    row.save(update_fields=["rows", "columns"])
    return keep_tally(row, so_far.tally, over=not dry)


def run_of(row: ImportRun, actor: UUID | None, *, dry: bool) -> Run:
    terms = Terms(currency=row.currency, tax_class=row.tax_class)
    check_terms(terms)
    return Run(row.pk, format_of(row), terms, actor, References.read(actor), dry=dry)


def fixes_of(row: ImportRun) -> dict[str, dict[str, str]]:
    """The fixes by the columns of the file: a refusal may have named a field of ours instead."""
    if row.format != TABLE:
        return dict(row.fixes)
    said = Table(row.mapping).said
    return {line: {said.get(column, column): cell for column, cell in cells.items()} for line, cells in row.fixes.items()}


def forget(row: ImportRun) -> None:
    """What an earlier look at the file left."""
    RefusedRow.objects.filter(run=row.pk).delete()
    PlannedChange.objects.filter(run=row).delete()


def plan(row: ImportRun, batch: Batch) -> None:
    """What the batch would do, for people to look at."""
    planned = [
        PlannedChange(run=row, line=one.line, product=None if one.created else one.product, name=one.name, fields=_told(one))
        for one in batch.written
        if one.created or one.before != one.after
    ]
    copy_in(planned)


def _told(one: Any) -> dict[str, list[Any]]:
    if not one.created:
        return revisions.difference(one.before, one.after)
    return {path: [None, value] for path, value in one.after.items() if value not in (None, "", [], {}) and _is_news(path)}


def _is_news(path: str) -> bool:
    if path.startswith("variant."):
        part = path.split(".", 2)[2]
        return part in VARIANT_NEWS or part.startswith("price.")
    return path in NEWS


def keep_tally(row: ImportRun, tally: Tally, *, over: bool) -> dict[str, int]:
    """`over`: at the end. The revisions of a run are what it did, also when a worker ended in between and another began anew."""
    told = {"created": tally.created, "changed": tally.changed, "unchanged": tally.unchanged, "refused": tally.refused}
    if over:
        done = Revision.objects.filter(run=row).exclude(kind=Revision.Kind.UNDONE)
        kinds = dict(done.values_list("kind").annotate(n=Count("id")))
        told |= {"created": kinds.get("created", 0), "changed": kinds.get("changed", 0)}
        told["unchanged"] = max(tally.created + tally.changed + tally.unchanged - told["created"] - told["changed"], 0)
    row.tally = {**row.tally, **told}
    ImportRun.objects.filter(pk=row.pk).update(tally=row.tally)
    return told


def _counted(rows: Iterable[Row | Fault], so_far: Progress) -> Iterator[Row | Fault]:
    for row in rows:
        so_far.rows += 1
        yield row


def _batches(groups: Iterator[Group]) -> Iterator[list[Group]]:
    while batch := list(islice(groups, BATCH)):
        yield batch

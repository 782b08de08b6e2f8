"""One file into the catalogue, as a job with its progress and result."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, cast
from uuid import UUID

from catalog import services
from catalog.importing import openfoodfacts, reading, shopify
from catalog.importing.incoming import Fault, Format, Group, Terms
from catalog.importing.saving import Batch, Run, Tally, save_batch
from catalog.models import TaxClass
from kernel import audit, jobs, money
from kernel.errors import Invalid
from kernel.models import Job

BATCH = 1_000
KIND = "catalog.import"
FORMATS: dict[str, ModuleType] = {"openfoodfacts": openfoodfacts, "shopify": shopify}
DEFAULT_TAX_CLASS = "standard"
DEFAULT_RATE = 190_000


class UnknownTaxClass(Invalid):
    code = "tax_class_not_found"
    title = "There is no such tax class"


class BadCurrency(Invalid):
    code = "currency_invalid"
    title = "Not a currency"


@dataclass
class Progress:
    """So far: products, bytes of the file, and the faults of the last batch."""

    tally: Tally = field(default_factory=Tally)
    read: int = 0
    size: int = 0
    faults: Sequence[Fault] = ()


Watch = Callable[[Progress], None]


# The work of this process's own jobs. The handler is registered by whoever has the file, so no worker elsewhere takes it.
_works: dict[UUID, Callable[[jobs.Running], Tally]] = {}


def import_file(*, path: Path, format: str, terms: Terms, now: datetime, actor: UUID | None, watch: Watch) -> Job:
    """Runs here and now. The answer's state says how it ended; its result is the tally, its id finds the refused rows."""
    _check(terms)
    jobs.handler(KIND)(_handle)
    arguments: dict[str, Any] = {"file": path.name, "format": format, "currency": terms.currency, "tax_class": terms.tax_class}
    job = jobs.start(kind=KIND, arguments=arguments, actor=actor, now=now)
    _works[job.id] = lambda running: _read_and_save(running, path, format, terms, watch)
    try:
        return jobs.run(job=job, now=now) or job
    finally:
        del _works[job.id]


def _handle(running: jobs.Running) -> dict[str, int]:
    try:
        return asdict(_works[running.id](running))
    except KeyboardInterrupt:
        # What was saved stays; the job says that a person stopped it.
        raise jobs.Cancelled from None


def _check(terms: Terms) -> None:
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


def take_in(*, format: Format, groups: Iterator[Group], terms: Terms, job: UUID, now: datetime, actor: UUID | None) -> Batch:
    """Groups that are at hand already, without a job that shows the way: what a small shop is seeded with."""
    _check(terms)
    run = _run(format, terms, job, actor)
    whole = Batch()
    for batch in _batches(groups):
        whole.add(save_batch(run, batch, now=now))
    return whole


def _run(format: Format, terms: Terms, job: UUID, actor: UUID | None) -> Run:
    return Run(job=job, format=format, terms=terms, actor=actor, tax_classes={row.code: row for row in TaxClass.objects.all()})


def _read_and_save(running: jobs.Running, path: Path, format: str, terms: Terms, watch: Watch) -> Tally:
    chosen = cast(Format, FORMATS[format])
    run = _run(chosen, terms, running.id, running.actor)
    so_far = Progress()
    # Rows of the audit trail name the job where no person is known.
    with reading.opened(path) as file, audit.acting_as(running.actor or f"import {running.id}"):
        so_far.size = file.size
        for batch in _batches(chosen.groups(reading.rows(file, chosen.required))):
            saved = save_batch(run, batch, now=running.moment())
            so_far.tally.add(saved.tally)
            so_far.read, so_far.faults = file.read, saved.faults
            watch(so_far)
            running.progress(so_far.read, so_far.size)
    return so_far.tally


def _batches(groups: Iterator[Group]) -> Iterator[list[Group]]:
    while batch := list(islice(groups, BATCH)):
        yield batch

"""Batches of incoming products, each in one transaction: a product is saved whole or refused, and the same row again
changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import DataError, IntegrityError, connection

from catalog import gtin, services
from catalog.importing import writing
from catalog.importing.incoming import Fault, Faulty, Format, Group, Terms
from catalog.importing.reading import storable
from catalog.models import Brand, Category, Gtin, Product, RefusedRow, TaxClass
from catalog.services.changes import written_by

# One import writes at a time, so that handles, SKUs and codes that were free when looked at still are. Any constant
# will do that no other advisory lock of this database has.
IMPORT_LOCK = 0x6361_7461_6C6F


@dataclass
class Tally:
    """Products, not rows."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0

    def add(self, other: "Tally") -> None:
        self.created += other.created
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.refused += other.refused


@dataclass
class Batch:
    tally: Tally = field(default_factory=Tally)
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, group: Group, *faults: Fault) -> None:
        """One refused product, however many of its cells are at fault."""
        self.tally.refused += 1
        self.faults.extend(fault if fault.row else _with_row(fault, group) for fault in faults)

    def add(self, other: "Batch") -> None:
        self.tally.add(other.tally)
        self.faults.extend(other.faults)


@dataclass
class Run:
    """What one run remembers between its batches."""

    job: UUID
    format: Format
    terms: Terms
    actor: UUID | None
    tax_classes: dict[str, TaxClass]
    categories: dict[str, Category | None] = field(default_factory=dict)
    brands: dict[str, Brand | None] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def forget(self) -> None:
        """After a rollback: what was made with it is gone."""
        self.categories.clear()
        self.brands.clear()


def save_batch(run: Run, groups: Sequence[Group], *, now: datetime) -> Batch:
    """Why each refused product was is kept as RefusedRow of the run."""
    batch = Batch()
    wanted = []
    for group in groups:
        faults = group.faults or _seen_before(run, group)
        if faults:
            batch.refuse(group, *faults)
        else:
            wanted.append(group)
    batch.add(_saved_together(run, wanted, now))
    batch.faults.sort(key=lambda fault: fault.line)
    RefusedRow.objects.bulk_create(
        [RefusedRow(run=run.job, line=fault.line, column=fault.column[:60], reason=fault.reason[:300], row=list(fault.row)) for fault in batch.faults]
    )
    return batch


def _seen_before(run: Run, group: Group) -> tuple[Fault, ...]:
    before = run.lines.setdefault(group.key, group.line)
    if before == group.line:
        return ()
    return (Fault(group.line, run.format.required[0], f"stands on line {before} already; only that one is taken"),)


def _saved_together(run: Run, groups: Sequence[Group], now: datetime) -> Batch:
    try:
        return _saved(run, groups, now)
    except (IntegrityError, DataError):
        # Somebody took a code, handle or SKU meanwhile: one by one, so that only that product is refused.
        run.forget()
        batch = Batch()
        for group in groups:
            batch.add(_saved_alone(run, group, now))
        return batch


def _saved_alone(run: Run, group: Group, now: datetime) -> Batch:
    try:
        return _saved(run, [group], now)
    except (IntegrityError, DataError) as error:
        run.forget()
        batch = Batch()
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or type(error).__name__
        batch.refuse(group, Fault(group.line, "", f"the database refused it ({constraint}): its code, SKU or handle was taken meanwhile"))
        return batch


def _saved(run: Run, groups: Sequence[Group], now: datetime) -> Batch:
    batch = Batch()
    with written_by(run.actor), connection.cursor() as cursor:
        # Before the first look: what another import of the same file has just saved is known here, not in the way.
        cursor.execute("select pg_advisory_xact_lock(%s)", [IMPORT_LOCK])
        shaped = _different(run, groups, batch)
        for one in shaped:
            category, brand = one.product.category, one.product.brand
            if category and category not in run.categories:
                run.categories[category] = services.ensure_category(name=category, actor=run.actor)
            if brand and brand not in run.brands:
                run.brands[brand] = services.ensure_brand(name=brand, actor=run.actor)
        free = _without_clashes(shaped, batch)
        writing.write(free, source=run.format.source, currency=run.terms.currency, shelf=_shelf(run), now=now)
    batch.tally.created += sum(one.known is None for one in free)
    batch.tally.changed += sum(one.known is not None for one in free)
    return batch


def _different(run: Run, groups: Sequence[Group], batch: Batch) -> list[writing.Shaped]:
    """Those that are new or not as they came before; the others need no second look at their cells."""
    before = Product.objects.filter(source=run.format.source, source_key__in=[group.key for group in groups])
    known = {key: (product, hash) for key, product, hash in before.values_list("source_key", "id", "source_hash")}
    shaped = []
    for group in groups:
        product, hash = known.get(group.key, (None, ""))
        told = group.hash(run.terms)
        if hash == told:
            batch.tally.unchanged += 1
            continue
        try:
            shaped.append(writing.Shaped(group, told, run.format.product(group, run.terms), product))
        except Faulty as faulty:
            batch.refuse(group, _fault(group, faulty))
    return shaped


def _shelf(run: Run) -> writing.Shelf:
    return writing.Shelf(run.tax_classes, run.tax_classes[run.terms.tax_class], run.categories, run.brands)


def _without_clashes(shaped: Sequence[writing.Shaped], batch: Batch) -> list[writing.Shaped]:
    """Those whose codes are nobody else's, in the shop or in this batch."""
    codes = [code for one in shaped for variant in one.product.variants for code in variant.gtins]
    owners = {row.gtin: row.variant for row in Gtin.objects.filter(gtin__in=codes).select_related("variant__product")}
    taken: dict[str, int] = {}
    free = []
    for one in shaped:
        fault = None
        own: dict[str, int] = {}
        for variant in one.product.variants:
            for code in variant.gtins:
                owner = owners.get(code)
                line = taken.get(code) or own.get(code)
                if line:
                    fault = Fault(variant.line, "", f"{gtin.shown(code)} is on line {line} too")
                elif owner is not None and owner.product_id != one.known:
                    fault = Fault(variant.line, "", f"{gtin.shown(code)} belongs to {owner.product.name[:80]} (SKU {owner.sku})")
                own[code] = variant.line
        if fault:
            batch.refuse(one.group, fault)
        else:
            taken |= own
            free.append(one)
    return free


def _fault(group: Group, faulty: Faulty) -> Fault:
    return Fault((faulty.row or group.rows[0]).line, faulty.column, faulty.reason)


def _with_row(fault: Fault, group: Group) -> Fault:
    row = next((row for row in group.rows if row.line == fault.line), None)
    return Fault(fault.line, fault.column, fault.reason, storable(row.cells.values()) if row else ())

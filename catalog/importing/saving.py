"""Batches of incoming products, each in one transaction: a product is saved whole or refused, and the same row again
changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from catalog import gtin
from catalog.importing import cleaning, writing
from catalog.importing.incoming import Fault, Faulty, Format, Group, Terms
from catalog.importing.looking import BY_CODE, BY_HANDLE, BY_SKU, OF_SOURCE, found
from catalog.importing.reading import storable
from catalog.importing.references import References
from catalog.models import RefusedRow, Variant
from catalog.services import price_review
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
    written: list[writing.Written] = field(default_factory=list)

    def refuse(self, group: Group, *faults: Fault) -> None:
        """One refused product, however many of its cells are at fault."""
        self.tally.refused += 1
        self.faults.extend(fault if fault.row else _with_row(fault, group) for fault in faults)

    def add(self, other: "Batch") -> None:
        self.tally.add(other.tally)
        self.faults.extend(other.faults)
        self.written.extend(other.written)


@dataclass
class Run:
    """What one run remembers between its batches. `id`: the ImportRun, for its revisions and refused rows."""

    id: UUID | None
    format: Format
    terms: Terms
    actor: UUID | None
    known: References
    # Nothing is kept: each batch is saved, looked at and rolled back.
    dry: bool = False
    lines: dict[str, int] = field(default_factory=dict)
    products: dict[UUID, int] = field(default_factory=dict)
    # Only while dry: codes of earlier batches, which the database does not have.
    codes: dict[str, int] = field(default_factory=dict)


def save_batch(run: Run, groups: Sequence[Group], *, now: datetime) -> Batch:
    """Why each refused product was is kept as RefusedRow of the run."""
    batch = Batch()
    wanted = []
    for group in groups:
        faults = group.faults or _unreadable(run, group) or _seen_before(run, group)
        if faults:
            batch.refuse(group, *faults)
        else:
            wanted.append(group)
    batch.add(_saved_together(run, wanted, now))
    batch.faults.sort(key=lambda fault: fault.line)
    if run.id is not None:
        RefusedRow.objects.bulk_create([_refused(run.id, fault) for fault in batch.faults])
    return batch


def _refused(run: UUID, fault: Fault) -> RefusedRow:
    suggestion = "".join(storable([fault.suggestion]))[:300]
    return RefusedRow(run=run, line=fault.line, column=fault.column[:60], reason=fault.reason[:300], suggestion=suggestion, row=list(fault.row))


def _unreadable(run: Run, group: Group) -> tuple[Fault, ...]:
    """Asked for before any cell is cleaned, the key must be text already, or no other product of its batch could be looked up."""
    try:
        cleaning.without_controls(group.key, group.column or run.format.required[0])
    except Faulty as faulty:
        return (_fault(group, faulty),)
    return ()


def _seen_before(run: Run, group: Group) -> tuple[Fault, ...]:
    before = run.lines.setdefault(group.key, group.line)
    if before == group.line:
        return ()
    column = group.column or run.format.required[0]
    return (Fault(group.line, column, f"“{group.key[:60]}” stands on line {before} and on line {group.line}; only line {before} is taken"),)


def _saved_together(run: Run, groups: Sequence[Group], now: datetime) -> Batch:
    try:
        return _saved(run, groups, now)
    except (IntegrityError, DataError):
        # Somebody took a code, handle or SKU meanwhile: one by one, so that only that product is refused.
        run.known.forget()
        batch = Batch()
        for group in groups:
            batch.add(_saved_alone(run, group, now))
        return batch


def _saved_alone(run: Run, group: Group, now: datetime) -> Batch:
    try:
        return _saved(run, [group], now)
    except (IntegrityError, DataError) as error:
        run.known.forget()
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
            run.known.make(one.product)
        free = _priced_alone(run, _without_clashes(run, shaped, batch), batch)
        batch.written = writing.write(
            free,
            source=run.format.source,
            terms=run.terms,
            known=run.known,
            run=None if run.dry else run.id,
            actor=run.actor,
            now=now,
            telling=run.dry,
        )
        if run.dry:
            transaction.set_rollback(True)
    if run.dry:
        run.known.forget()
    batch.tally.created += sum(one.created for one in batch.written)
    batch.tally.changed += sum(not one.created and one.before != one.after for one in batch.written)
    batch.tally.unchanged += sum(not one.created and one.before == one.after for one in batch.written)
    return batch


def _different(run: Run, groups: Sequence[Group], batch: Batch) -> list[writing.Shaped]:
    """Those that are new or not as they came before; the others need no second look at their cells."""
    known = _known(run.format, [group.key for group in groups])
    shaped = []
    refused: list[tuple[Group, Faulty, UUID | None]] = []
    for group in groups:
        product, hash = known.get(group.key, (None, ""))
        told = group.hash(run.terms)
        if hash == told:
            batch.tally.unchanged += 1
            continue
        line = run.products.setdefault(product, group.line) if product else group.line
        if line != group.line:
            batch.refuse(group, Fault(group.line, group.column, f"is about the same product as line {line}; give rows of one product one handle"))
            continue
        try:
            shaped.append(writing.Shaped(group, told, run.known.checked(run.format.product(group, run.terms)), product))
        except Faulty as faulty:
            # As the file calls its column.
            faulty.column = getattr(run.format, "said", {}).get(faulty.column, faulty.column)
            refused.append((group, faulty, product))
    _suggest_units(refused)
    for group, told_so, _ in refused:
        batch.refuse(group, _fault(group, told_so))
    return shaped


def _suggest_units(refused: Sequence[tuple[Group, Faulty, UUID | None]]) -> None:
    """A net content without its unit is probably in the one unit that the product's variants have already."""
    bare = {product: faulty for _, faulty, product in refused if faulty.without_unit and product}
    if not bare:
        return
    units: dict[UUID, set[str]] = {}
    for product, unit in Variant.objects.filter(product__in=bare, archived_at=None).exclude(net_unit="").values_list("product_id", "net_unit"):
        units.setdefault(product, set()).add(unit)
    for product, known in units.items():
        if len(known) == 1:
            bare[product].suggestion = f"{bare[product].without_unit} {min(known)}"


def _known(format: Format, keys: Sequence[str]) -> dict[str, tuple[UUID | None, str]]:
    """The products these keys mean, each with the hash of its row as it came last: what this source brought before, then what has
    the handle or the code."""
    before = found(OF_SOURCE, keys, format.source)
    known: dict[str, tuple[UUID | None, str]] = {key: (product, hash) for key, product, hash in before}
    left = [key for key in keys if key not in known]
    if format.finds_by and left:
        for key, product in _elsewhere(format, left):
            known.setdefault(key, (product, ""))
    return known


def _elsewhere(format: Format, keys: Sequence[str]) -> Iterator[tuple[str, UUID]]:
    yield from ((handle, product) for handle, product in found(BY_HANDLE, keys))
    if format.finds_by == "code":
        yield from ((sku, product) for sku, product, _ in found(BY_SKU, keys))
        codes = {code.zfill(14): code for code in keys if code.isascii() and code.isdecimal() and len(code) <= 14}
        yield from ((codes[code], product) for code, product, _, _ in found(BY_CODE, codes))


def _without_clashes(run: Run, shaped: Sequence[writing.Shaped], batch: Batch) -> list[writing.Shaped]:
    """Those whose codes are nobody else's, in the shop or in this batch."""
    codes = [code for one in shaped for variant in one.product.variants for code in variant.gtins]
    owners = {code: owner for code, *owner in found(BY_CODE, codes)}
    taken: dict[str, int] = run.codes if run.dry else {}
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
                elif owner is not None and owner[0] != one.known:
                    _, sku, name = owner
                    fault = Fault(variant.line, "", f"{gtin.shown(code)} belongs to {name[:80]} (SKU {sku})")
                own[code] = variant.line
        if fault:
            batch.refuse(one.group, fault)
        else:
            taken.update(own)
            free.append(one)
    return free


def _priced_alone(run: Run, shaped: Sequence[writing.Shaped], batch: Batch) -> list[writing.Shaped]:
    """Those without a price that a second person would have to see: a file is no way around. Two statements where nobody is ever asked."""
    told = {variant.sku: variant for one in shaped if one.known for variant in one.product.variants if variant.price is not None}
    if not told or not price_review.limits():
        return list(shaped)
    wanted: list[tuple[Variant, price_review.Amount]] = []
    for row in Variant.objects.filter(sku__in=told).select_related("product__tax_class"):
        news = told[row.sku]
        row.reference_cost = row.reference_cost if news.cost is None else news.cost
        wanted.append((row, (news.price or 0, news.price_quantity or 1000)))
    beyond = price_review.why_not_alone(wanted, currency=run.terms.currency)
    words = {row.sku: beyond[row.id] for row, _price in wanted if row.id in beyond}
    free = []
    for one in shaped:
        fault = next((Fault(variant.line, "price", words[variant.sku]) for variant in one.product.variants if variant.sku in words), None)
        if fault:
            batch.refuse(one.group, fault)
        else:
            free.append(one)
    return free


def _fault(group: Group, faulty: Faulty) -> Fault:
    return Fault((faulty.row or group.rows[0]).line, faulty.column, faulty.reason, suggestion=faulty.suggestion)


def _with_row(fault: Fault, group: Group) -> Fault:
    row = next((row for row in group.rows if row.line == fault.line), None)
    return replace(fault, row=storable(row.whole or row.cells.values()) if row else ())

"""Changes taken back: a value returns to what it was where it still says what the change wrote; what somebody edited since stays,
and is told. Taking back leaves a revision too, so it can itself be taken back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q

from catalog import revisions
from catalog.models import Price, Product, Revision
from catalog.services import changes
from catalog.services.products import NothingToSell
from kernel.errors import Conflict, NotFound

ARCHIVED = Product.Status.ARCHIVED.value


class UnknownRevision(NotFound):
    code = "revision_not_found"
    title = "There is no such change"


class AlreadyUndone(Conflict):
    code = "already_undone"
    title = "This change has been undone already"


@dataclass(frozen=True, slots=True)
class Edited:
    """A path that was left alone: what it said before the change, what the change wrote, what it says now, and who wrote that."""

    revision: int
    product: UUID
    name: str
    path: str
    before: Any
    imported: Any
    now: Any
    by: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Undone:
    """`restored`: how many products are as they were; one of which something was left alone is not among them."""

    restored: int
    edited: list[Edited]


@dataclass(frozen=True, slots=True)
class UndoneBatch(Undone):
    """`last` goes into the next call as `below`; None when the run has no more."""

    last: int | None


def undo_revision(*, revision: int, now: datetime, actor: UUID | None) -> Undone:
    row = _known(revision)
    if row.undone_by_id is not None:
        raise AlreadyUndone(field="revision")
    return _undo([row], now=now, actor=actor, alone=True)


def undo_run_batch(*, run: UUID, now: datetime, actor: UUID | None, below: int | None = None, limit: int = 500) -> UndoneBatch:
    """The latest `limit` changes of a run, or those before the revision `below`: one transaction, statements do not grow with `limit`."""
    rows = Revision.objects.filter(run=run, undone_by=None).exclude(kind=Revision.Kind.UNDONE)
    if below is not None:
        rows = rows.filter(id__lt=below)
    batch = list(rows.order_by("-id")[:limit])
    undone = _undo(batch, now=now, actor=actor) if batch else Undone(0, [])
    return UndoneBatch(undone.restored, undone.edited, batch[-1].id if len(batch) == limit else None)


def edits_of_run(*, run: UUID) -> list[Edited]:
    """What an undo of the run leaves alone, or left alone and nobody has looked at yet."""
    later = Revision.objects.filter(product=OuterRef("product"), id__gt=OuterRef("id"), kind=Revision.Kind.CHANGED)
    later = later.filter(Q(run=None) | ~Q(run=run))
    rows = list(Revision.objects.filter(Exists(later), run=run).exclude(kind=Revision.Kind.UNDONE).order_by("-id"))
    now = revisions.snapshot(sorted({row.product_id for row in rows}))
    plan = Plan.of(rows, now, _edited_since(rows))
    return _told(plan.left, dict(Product.objects.filter(id__in=list(now)).values_list("id", "name")))


def resolve_edit(*, revision: int, path: str, restore: bool, now: datetime, actor: UUID | None) -> None:
    """Somebody has looked at an edited path: back to what it was before the change all the same, or left as it is now."""
    row = _known(revision)
    if path not in row.fields and not (path == "status" and row.kind == Revision.Kind.CREATED):
        raise UnknownRevision(f"That change did not touch {path}.", field="path")
    if not restore:
        Revision.objects.filter(id=revision).update(kept=sorted({*row.kept, path}))
        return
    with changes.written_by(actor):
        product = Product.objects.select_for_update(no_key=True).get(id=row.product_id)
        before = revisions.snapshot([product.id])
        with _nobody_meanwhile(), transaction.atomic():
            revisions.put(product, dict([_wanted(row, path)]), at=now)
        if _unsellable([product.id]):
            raise NothingToSell(field="status")
        _settle([product], before, rows=[row], now=now, actor=actor)


def _known(revision: int) -> Revision:
    row = Revision.objects.filter(id=revision).first()
    if row is None:
        raise UnknownRevision(field="revision")
    return row


def _undo(rows: Sequence[Revision], *, now: datetime, actor: UUID | None, alone: bool = False) -> Undone:
    with changes.written_by(actor):
        # In the order of ids, as everybody who locks several products does.
        ids = sorted({row.product_id for row in rows})
        products = list(Product.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id"))
        # Somebody may have undone some while we waited.
        still = set(Revision.objects.filter(id__in=[row.id for row in rows], undone_by=None).values_list("id", flat=True))
        rows = [row for row in rows if row.id in still]
        before = revisions.snapshot(ids)
        plan = Plan.of(rows, before, _edited_since(rows))
        while products and (unsellable := _put_back(products, plan, rows=rows, now=now, alone=alone)):
            plan.leave([(product, path) for product in unsellable for path in plan.wanted[product]])
            products = list(Product.objects.filter(id__in=ids).order_by("id"))
        changed = [product for product in products if plan.wanted.get(product.id)]
        if changed:
            _settle(changed, before, rows=rows, now=now, actor=actor)
        edited = _told(plan.left, {product.id: product.name for product in products})
        return Undone(len({row.product_id for row in rows} - {left.product for left in edited}), edited)


def _put_back(products: Sequence[Product], plan: "Plan", *, rows: Sequence[Revision], now: datetime, alone: bool) -> list[UUID]:
    """Writes what is planned and can be; or nothing, and which active products would have been left without a price."""
    # What is left alone keeps its place, and may so be in the way of another: asked until nothing is.
    while blocked := revisions.blocked(plan.wanted):
        plan.leave(blocked)
    brought = {row.product_id for row in rows if row.run_id}
    changed = [product for product in products if plan.wanted.get(product.id)]
    for product in changed:
        if product.id in brought:
            product.source_hash = ""  # The same file again brings it again.
    if not changed:
        return []
    with _nobody_meanwhile(), transaction.atomic():
        revisions.put_many(changed, plan.wanted, at=now)
        unsellable = _unsellable([product.id for product in changed])
        if unsellable and alone:
            raise NothingToSell(field="status")
        transaction.set_rollback(bool(unsellable))
    return unsellable


@contextmanager
def _nobody_meanwhile() -> Iterator[None]:
    """Handles, SKUs and codes were free when asked; somebody may have taken one since."""
    try:
        yield
    except IntegrityError as error:
        raise revisions.CannotPutBack("Somebody has just taken what this would put back. Try again.") from error


def _settle(products: Sequence[Product], before: Mapping[UUID, Any], *, rows: Sequence[Revision], now: datetime, actor: UUID | None) -> None:
    """The revision, the marks and the events of what was put back."""
    ids = [product.id for product in products]
    after = revisions.snapshot(ids)
    made = revisions.record(before, after, created=(), run=None, actor=str(actor or ""), at=now, kind=Revision.Kind.UNDONE)
    _mark({row.id: made[row.product_id] for row in rows if row.product_id in made})
    # What a later undo had taken back counts again once that undo is taken back.
    Revision.objects.filter(undone_by__in=[row.id for row in rows if row.kind == Revision.Kind.UNDONE]).update(undone_by=None)
    kinds = {product.id: "archived" if product.status == ARCHIVED else "changed" for product in products}
    changes.record([product for product in products if product.id in made], kinds, now=now)


def _mark(undone: Mapping[int, int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "update catalog_revision r set undone_by_id = m.undone_by from unnest(%s::bigint[], %s::bigint[]) as m(id, undone_by)"
            " where r.id = m.id and r.undone_by_id is null",
            [list(undone), list(undone.values())],
        )


def _unsellable(ids: Sequence[UUID]) -> list[UUID]:
    """Active, and without a variant that has a price."""
    # Two statements: as one with a subquery, a planner without figures on new tables goes through all of them for each product.
    priced = set(Price.objects.filter(variant__product__in=ids, variant__archived_at=None).values_list("variant__product", flat=True))
    live = Product.objects.filter(id__in=ids, status=Product.Status.ACTIVE).values_list("id", flat=True)
    return [product for product in live if product not in priced]


def _edited_since(rows: Iterable[Revision]) -> set[int]:
    """Of the revisions that made a product, those whose product has been changed by something else since."""
    made = {row.product_id: row for row in rows if row.kind == Revision.Kind.CREATED}
    if not made:
        return set()
    later = Revision.objects.filter(product__in=list(made), id__gt=min(row.id for row in made.values()), kind=Revision.Kind.CHANGED, undone_by=None)
    own = {product: row.run_id for product, row in made.items()}
    found = later.values_list("id", "product_id", "run_id")
    return {made[product].id for revision, product, run in found if revision > made[product].id and (run is None or run != own[product])}


@dataclass(frozen=True, slots=True)
class Left:
    row: Revision
    path: str
    before: Any
    imported: Any
    now: Any

    @property
    def product(self) -> UUID:
        return self.row.product_id


@dataclass
class Plan:
    """What goes back to what, and what is left alone."""

    now: dict[UUID, dict[str, Any]]
    wanted: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    _whose: dict[tuple[UUID, str], Revision] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Sequence[Revision], now: Mapping[UUID, Mapping[str, Any]], edited: set[int]) -> "Plan":
        """`rows` latest first: a product changed twice goes back step by step. `edited`: see _edited_since."""
        plan = cls({product: dict(paths) for product, paths in now.items()})
        for row in rows:
            if row.kind == Revision.Kind.CREATED:
                plan._unmake(row, edited=row.id in edited)
            else:
                plan._take_back(row)
        return plan

    def leave(self, blocked: Iterable[tuple[UUID, str]]) -> None:
        """What cannot be put back is left alone too."""
        for product, path in blocked:
            before = self.wanted[product].pop(path)
            row = self._whose[product, path]
            imported = row.fields.get(path, [None, None])[1]
            self.left.append(Left(row, path, before, imported, imported))

    def _unmake(self, row: Revision, *, edited: bool) -> None:
        status = self.now[row.product_id]["status"]
        if status != ARCHIVED and edited:
            self._leave_alone(row, "status", ARCHIVED, None, status)
        elif status != ARCHIVED:
            self._want(row, "status", ARCHIVED)

    def _take_back(self, row: Revision) -> None:
        now = self.now[row.product_id]
        added = added_variants(row)
        for path, (before, after) in row.fields.items():
            if variant_of(path) in added or now.get(path) == before:
                continue
            if now.get(path) == after:
                self._want(row, path, before)
            else:
                self._leave_alone(row, path, before, after, now.get(path))
        for start in added:
            self._take_back_variant(row, start)

    def _take_back_variant(self, row: Revision, start: str) -> None:
        """A variant that was added may have been sold since: it is archived, unless somebody has worked on it."""
        now = self.now[row.product_id]
        if now.get(f"{start}archived"):
            return
        written = {path: after for path, (_, after) in row.fields.items() if path.startswith(start)}
        edited = [path for path, after in written.items() if now.get(path) != after]
        for path in edited:
            self._leave_alone(row, path, None, written[path], now.get(path))
        if not edited:
            self._want(row, f"{start}archived", True)

    def _want(self, row: Revision, path: str, value: Any) -> None:
        self.wanted.setdefault(row.product_id, {})[path] = self.now[row.product_id][path] = value
        self._whose[row.product_id, path] = row

    def _leave_alone(self, row: Revision, path: str, before: Any, imported: Any, now: Any) -> None:
        if path not in row.kept:
            self.left.append(Left(row, path, before, imported, now))


def variant_of(path: str) -> str:
    """The start of all paths of a variant; empty for a path of the product."""
    return path[: path.index(".", len("variant.")) + 1] if path.startswith("variant.") else ""


def added_variants(row: Revision) -> set[str]:
    return {variant_of(path) for path, (before, _) in row.fields.items() if path.endswith(".sku") and before is None}


def _wanted(row: Revision, path: str) -> tuple[str, Any]:
    """The path to set, and to what, so that this much of the change is taken back."""
    if row.kind == Revision.Kind.CREATED:
        return "status", ARCHIVED
    if variant_of(path) in added_variants(row):
        return f"{variant_of(path)}archived", True
    return path, row.fields[path][0]


def _told(left: Sequence[Left], names: Mapping[UUID, str]) -> list[Edited]:
    if not left:
        return []
    last: dict[tuple[UUID, str], Revision] = {}
    later = Revision.objects.filter(product__in={one.product for one in left}, id__gt=min(one.row.id for one in left))
    for row in later.exclude(kind=Revision.Kind.CREATED).order_by("id"):
        last |= {(row.product_id, path): row for path in (*row.fields, "")}
    told = []
    for one in left:
        edit = last.get((one.product, one.path)) or last.get((one.product, ""))
        told.append(
            Edited(
                revision=one.row.id,
                product=one.product,
                name=names.get(one.product, ""),
                path=one.path,
                before=one.before,
                imported=one.imported,
                now=one.now,
                by=edit.actor if edit else "",
                at=edit.at if edit else None,
            )
        )
    return told

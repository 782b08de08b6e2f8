"""One change of products: the actor for the audit trail, the rows locked, the revision and the event recorded beside it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, ProtectedError
from psycopg.errors import ForeignKeyViolation

from catalog import revisions
from catalog.events import ProductChanged
from catalog.models import Product, Variant
from kernel import audit, outbox
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import Message


class UnknownProduct(NotFound):
    code = "product_not_found"
    title = "There is no such product"


class UnknownVariant(NotFound):
    code = "variant_not_found"
    title = "There is no such variant"


class NotOneOf(Invalid):
    code = "field_not_changeable"
    title = "This field cannot be changed here"


class ChangedMeanwhile(Conflict):
    """What one removes, another has just begun to use."""

    code = "changed_meanwhile"
    title = "Somebody removed or began to use the same thing just now; look again"


class TakenMeanwhile(Conflict):
    """Between our look and our write somebody else took the handle, the SKU or the code."""

    code = "taken_meanwhile"
    title = "Somebody else has just taken this"


@dataclass
class Change:
    """Set `kind` to what happened; leave it empty when nothing did, and no event and no revision is recorded."""

    product: Product
    kind: str = field(default="")


# Part of the constraint's name, and the field it is about.
HELD_ONCE: Final = {"product_handle": "handle", "variant_sku": "sku", "gtin_pkey": "gtins"}
# The changes that are open in this thread of work, by product: what happens inside one is part of it.
_open: ContextVar[Mapping[UUID, Change]] = ContextVar("open_changes")


@contextmanager
def one_change(*, product: UUID, now: datetime, actor: UUID | None) -> Iterator[None]:
    """Whatever services do to this product inside is one change: one revision, one event."""
    with changing(product=product, now=now, actor=actor):
        yield


@contextmanager
def changing(*, product: UUID, now: datetime, actor: UUID | None) -> Iterator[Change]:
    around = _open.get({}).get(product)
    if around is not None:
        yield around
        return
    with one_holder(), written_by(actor):
        # The lock makes the next sequence ours: nobody else records for this product until we commit.
        locked = Product.objects.select_for_update(no_key=True).filter(id=product).first()
        if locked is None:
            raise UnknownProduct(field="product")
        before = revisions.snapshot([locked.id])
        change = Change(product=locked)
        token = _open.set({**_open.get({}), locked.id: change})
        try:
            yield change
        finally:
            _open.reset(token)
        if change.kind:
            locked.updated_at = now
            locked.save()
            after = revisions.snapshot([locked.id])
            revisions.record(before, after, created=(), run=None, actor=str(actor or ""), at=now)
            record([locked], {locked.id: change.kind}, now=now)


@contextmanager
def one_holder() -> Iterator[None]:
    """Two people may take it at once: the database lets one of them."""
    try:
        yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        field = next((field for part, field in HELD_ONCE.items() if part in constraint), None)
        if field is None:
            raise
        raise TakenMeanwhile("Somebody else has just taken this. Choose another.", field=field) from error


def product_of(variant: UUID) -> UUID:
    product = Variant.objects.filter(id=variant).values_list("product_id", flat=True).first()
    if product is None:
        raise UnknownVariant(field="variant")
    return product


@contextmanager
def written_by(actor: UUID | None) -> Iterator[None]:
    """A transaction whose audit rows name this person; without one, whoever the connection names already."""
    with _nothing_vanishes(), transaction.atomic():
        if actor is None:
            yield
            return
        with audit.acting_as(actor):
            yield


@contextmanager
def _nothing_vanishes() -> Iterator[None]:
    """References are looked at when the transaction ends: only then is it seen that somebody removed, or began to use, what we use or remove."""
    try:
        yield
    except IntegrityError as error:
        if isinstance(error, ProtectedError) or isinstance(error.__cause__, ForeignKeyViolation):
            raise ChangedMeanwhile from error
        raise


def record_created(product: Product, *, now: datetime) -> None:
    """The first revision and the first event of a product made by itself. Who made it is whom the connection names."""
    revisions.record({}, {product.id: {}}, created=[product.id], run=None, actor="", at=now)
    record([product], {product.id: "created"}, now=now)


def record(products: Sequence[Product], kinds: Mapping[UUID, str], *, now: datetime) -> None:
    """One event a product. The rows are locked, or new and not yet seen by anyone."""
    known = [row.id for row in products if kinds[row.id] != "created"]
    before = Message.objects.filter(aggregate_type=ProductChanged.aggregate_type, aggregate_id__in=known)
    last = dict(before.values_list("aggregate_id").annotate(Max("sequence"))) if known else {}
    outbox.record_many(
        [
            ProductChanged(
                aggregate_id=row.id, sequence=last.get(row.id, 0) + 1, store=None, change=kinds[row.id], handle=row.handle, status=row.status
            )
            for row in products
        ],
        now=now,
    )

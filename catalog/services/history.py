"""What happened to a product, latest first, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from catalog import revisions
from catalog.models import Product, Revision, Variant


@dataclass(frozen=True, slots=True)
class Line:
    path: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Past:
    """`actor`: a user's id, or what a program calls itself. `run`: the import or grid it came from, and `run_name` what that is called."""

    id: int
    at: datetime
    actor: str
    kind: str
    run: UUID | None
    run_name: str
    lines: list[Line]
    can_undo: bool


def history(*, product: UUID, first: int = 20, after: int | None = None, currency: str = "EUR") -> list[Past]:
    """`first` changes, latest first; `after` the id of the last one seen. Costs are told in `currency`, the company's."""
    rows = Revision.objects.filter(product=product).select_related("run")
    if after is not None:
        rows = rows.filter(id__lt=after)
    archived = Product.objects.filter(id=product, status=Product.Status.ARCHIVED).exists()
    skus = {str(ident): sku for ident, sku in Variant.objects.filter(product=product).values_list("id", "sku")}
    return [_past(row, skus if len(skus) > 1 else {}, currency, archived) for row in rows.order_by("-id")[:first]]


def _past(row: Revision, skus: Mapping[str, str], currency: str, archived: bool) -> Past:
    lines = [_line(path, before, now, skus, currency) for path, (before, now) in row.fields.items()]
    can_undo = row.undone_by_id is None and not (archived and row.kind == Revision.Kind.CREATED)
    return Past(row.id, row.at, row.actor, row.kind, row.run_id, row.run.name if row.run else "", lines, can_undo)


def _line(path: str, before: Any, now: Any, skus: Mapping[str, str], currency: str) -> Line:
    """With several variants the line says whose field it was."""
    label, old = revisions.words(path, before, currency=currency)
    new = revisions.words(path, now, currency=currency)[1]
    if old == new:
        # As many pictures as before, but described or put in order anew.
        old, new = "", _("edited")
    sku = skus.get(path.split(".")[1]) if path.startswith("variant.") else None
    return Line(path, f"{sku}: {label}" if sku else label, old, new)

"""What an undone run left alone because somebody had edited it, decided in one go."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from catalog import revisions
from catalog.models import ImportRun, Product, Revision
from catalog.services import changes, undo
from catalog.services.undo import Edited, Plan, edits_of_run


def resolve_edits(*, run: UUID, restore: bool, now: datetime, actor: UUID | None, revision: int | None = None, path: str = "") -> int:
    """All edits that are left, or the one of this revision and path: back to what stood before the run, or kept as they are now. What
    cannot be put back stays undecided. How many products are left to decide; the run says so too."""
    edits = [edit for edit in edits_of_run(run=run) if revision is None or (edit.revision, edit.path) == (revision, path)]
    with changes.written_by(actor):
        # In the order of ids, as everybody who locks several products does.
        products = list(Product.objects.select_for_update(no_key=True).filter(id__in={edit.product for edit in edits}).order_by("id"))
        rows = {row.id: row for row in Revision.objects.filter(id__in={edit.revision for edit in edits})}
        if restore and edits:
            _restore(edits, rows, products, now=now, actor=actor, alone=revision is not None)
        elif edits:
            _keep(edits, rows)
        return _tell_left(run)


def _keep(edits: Sequence[Edited], rows: Mapping[int, Revision]) -> None:
    for edit in edits:
        rows[edit.revision].kept = sorted({*rows[edit.revision].kept, edit.path})
    Revision.objects.bulk_update(rows.values(), ["kept"])


def _restore(
    edits: Sequence[Edited], rows: Mapping[int, Revision], products: Sequence[Product], *, now: datetime, actor: UUID | None, alone: bool
) -> None:
    ids = [product.id for product in products]
    before = revisions.snapshot(ids)
    plan = Plan({product: dict(paths) for product, paths in before.items()})
    # The latest change first: of a value the run wrote twice, what it said before both is what comes back.
    for edit in edits:
        plan._want(rows[edit.revision], *undo._wanted(rows[edit.revision], edit.path))
    while products and (unsellable := undo._put_back(products, plan, rows=list(rows.values()), now=now, alone=alone)):
        plan.leave([(product, path) for product in unsellable for path in plan.wanted[product]])
        products = list(Product.objects.filter(id__in=ids).order_by("id"))
    if plan.left and alone:
        raise revisions.CannotPutBack("What it said before cannot be put back: something it names is gone or taken.", field="path")
    changed = [product for product in products if plan.wanted.get(product.id)]
    if changed:
        back = {product.id for product in changed}
        undo._settle(changed, before, rows=[row for row in rows.values() if row.product_id in back], now=now, actor=actor)


def _tell_left(run: UUID) -> int:
    left = len({edit.product for edit in edits_of_run(run=run)})
    row = ImportRun.objects.select_for_update(no_key=True).get(id=run)
    row.tally = {**row.tally, "edited": left, "decided": True}
    row.save(update_fields=["tally"])
    return left

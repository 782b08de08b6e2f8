"""Where and when a product is offered, which store ranges it, and the step from draft to the shelves."""

from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.checklist import Item, checklist
from catalog.models import LifeCycle, Product, Publication, StoreRange
from catalog.models.products import Channel, Store
from catalog.services import changes
from catalog.services.products import change_product
from kernel.errors import Invalid, Refused


class NotReady(Refused):
    """`details["missing"]`: what is open, [{"key", "title", "open", "links": [[label, field], …]}, …]."""

    code = "not_ready"
    title = "Something is missing before this can be published"


class BadWindow(Invalid):
    code = "publication_window_invalid"
    title = "Not a time in which something is offered"


def publish(*, product: UUID, now: datetime, actor: UUID | None) -> Product:
    """Makes it active once nothing is open that keeps it back (catalog.checklist)."""
    with changes.written_by(actor):
        # Held, so that what was found complete is what goes out.
        held = Product.objects.select_for_update(no_key=True).filter(id=product).first()
        if held is None:
            raise changes.UnknownProduct(field="product")
        missing = [item for item in checklist(held) if item.blocking and item.open]
        if missing:
            raise NotReady(f"Still missing: {', '.join(item.title for item in missing)}.", field="status", missing=[_open(item) for item in missing])
        return change_product(product=product, fields={"status": Product.Status.ACTIVE}, now=now, actor=actor)


def set_publication(
    *,
    product: UUID,
    channel: Channel,
    offered: bool | None,
    now: datetime,
    actor: UUID | None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Publication | None:
    """`offered` None takes the row away: offered as long as it is active and priced. Both times carry their zone; `ends_at` is the first
    moment it is no longer offered."""
    _check_window(starts_at, ends_at)
    with changes.changing(product=product, now=now, actor=actor) as change:
        before = Publication.objects.filter(product=product, channel=channel).first()
        after = None if offered is None else {"offered": offered, "starts_at": starts_at, "ends_at": ends_at}
        if after == (before and {name: getattr(before, name) for name in ("offered", "starts_at", "ends_at")}):
            return before
        change.kind = "changed"
        return _put(Publication, before, after, product=change.product, channel=channel)  # type: ignore[no-any-return]


def set_range(*, product: UUID, store: Store, life_cycle: str | None, now: datetime, actor: UUID | None) -> StoreRange | None:
    """Where it stands in its life in this store; None: as in the whole shop. Who may is the door's question, store by store."""
    if life_cycle is not None and life_cycle not in LifeCycle.values:
        raise Invalid(f"“{life_cycle}” is none of {', '.join(LifeCycle.values)}.", field="life_cycle")
    with changes.changing(product=product, now=now, actor=actor) as change:
        before = StoreRange.objects.filter(product=product, store=store).first()
        if life_cycle == (before and before.life_cycle):
            return before
        change.kind = "changed"
        after = None if life_cycle is None else {"life_cycle": life_cycle}
        return _put(StoreRange, before, after, product=change.product, store=store)  # type: ignore[no-any-return]


def _put(model: Any, before: Any, after: dict[str, Any] | None, **where: Any) -> Any:
    if after is None:
        if before is not None:
            before.delete()
        return None
    row = before or model(**where)
    for name, value in after.items():
        setattr(row, name, value)
    row.save()
    return row


def _check_window(starts_at: datetime | None, ends_at: datetime | None) -> None:
    for name, at in (("starts_at", starts_at), ("ends_at", ends_at)):
        if at is not None and at.utcoffset() is None:
            raise BadWindow("A time is told with its time zone.", field=name)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise BadWindow("It ends after it starts.", field="ends_at")


def _open(item: Item) -> dict[str, Any]:
    return {"key": item.key, "title": item.title, "open": item.total - item.done, "links": [list(link) for link in item.links]}

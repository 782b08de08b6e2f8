"""An order that was placed and has not left is changed: goods, offers, stock and money follow together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.services import redemptions
from inventory import services as inventory
from inventory.queries.goods import by_sku
from kernel.errors import Invalid
from orders.models import Due, Order, OrderLine
from orders.services import paying
from orders.services.life import Moved, count_dues, mark_paid, moved, opened, paid_of, record_step, tell_change
from orders.services.repricing import Priced, Wanted, priced
from orders.services.sales import MANUAL, MARKDOWN

GOODS = ("goods", "deposit")


class EditInvalid(Invalid):
    code = "edit_invalid"
    title = "This change is not possible"


@dataclass(frozen=True, kw_only=True)
class Change:
    """Of a line by its position, or of goods that are added by their `sku`. `quantity` in thousandths; 0 takes the line out."""

    quantity: int
    line: int | None = None
    sku: str = ""


@transaction.atomic
def edit(*, order: UUID, version: int, changes: Sequence[Change], actor: UUID | None, now: datetime) -> Moved:
    """What is missing then is awaited, what is too much goes back to the tenders, the last one first.

    Raises EditInvalid, OrderState, OrderChangedMeanwhile, OutOfStock, and what the engine and the offers refuse; nothing has happened then.
    """
    found = opened(order=order, move="edit", version=version)
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    wanted = _wanted(lines, changes)
    if found.status != Order.Status.QUOTE:
        # Goods before offers, as whoever buys locks them.
        _hold_goods(found, lines, wanted, now)
    redemptions.release(order=order, now=now)
    result = priced(order=found, wanted=wanted, kept=[line for line in lines if line.kind not in GOODS], now=now)
    before = found.total
    _write(found, result)
    done = settle(order=found, actor=actor, now=now)
    if found.status != Order.Status.QUOTE:
        claim(order=found, lines=result.lines, now=now)
    facts = {"before": before, "total": found.total, "changes": [_fact(change) for change in changes]}
    record_step(order=order, kind="edited", facts=facts, actor=actor, now=now)
    tell_change(found, "edited", now=now)
    # Its money may be all there now: that is a move of its own.
    return mark_paid(order=order, now=now, actor=actor) if found.status == Order.Status.PENDING and done.paid == found.total else done


def _fact(change: Change) -> dict[str, object]:
    return {"line": change.line, "sku": change.sku, "quantity": change.quantity}


def _wanted(lines: Sequence[OrderLine], changes: Sequence[Change]) -> list[Wanted]:
    """The goods as they shall be."""
    goods = {
        line.position: Wanted(position=line.position, sku=line.sku, quantity=line.quantity, extra=line.extra)
        for line in lines
        if line.kind == "goods"
    }
    next_position = max((line.position for line in lines), default=0) + 1
    if not changes:
        raise EditInvalid("Change something.", field="changes")
    for place, change in enumerate(changes):
        where = f"changes.{place}"
        if change.line is None and change.sku and change.quantity > 0:
            goods[next_position] = Wanted(position=next_position, sku=change.sku, quantity=change.quantity)
            next_position += 1
        elif change.line in goods and change.quantity >= 0 and not change.sku:
            old = goods.pop(change.line)
            if change.quantity:
                goods[change.line] = Wanted(position=change.line, sku=old.sku, quantity=change.quantity, extra=old.extra)
        else:
            raise EditInvalid("Name a line of goods with its new quantity, or a sku with how many of it.", field=where)
    if not goods:
        raise EditInvalid("Nothing is left of it: cancel the order.", field="changes")
    return [goods[position] for position in sorted(goods)]


def _write(order: Order, result: Priced) -> None:
    OrderLine.objects.filter(order=order).delete()
    OrderLine.objects.bulk_create(result.lines)
    order.total, order.tax, order.tax_included, order.rounding = result.total, result.tax, result.tax_included, 0


def settle(*, order: Order, actor: UUID | None, now: datetime) -> Moved:
    """Money and status follow the total."""
    came = paid_of(order.id)
    if came > order.total:
        came -= paying.refund_down_to(order=order, amount=order.total, actor=actor, now=now)
    if order.status == Order.Status.PAID and came < order.total:
        order.status = Order.Status.PENDING
    _spread_dues(order, came)
    return moved(order, "total", "tax", "tax_included", "rounding")


def _spread_dues(order: Order, came: int) -> None:
    """What the order costs more or less falls on the last part."""
    dues = list(Due.objects.filter(order=order).order_by("position"))
    if not dues:
        return
    left = order.total - sum(due.amount for due in dues)
    for due in reversed(dues):
        due.paid, due.amount, left = 0, *_taken(due.amount, left)
        if due.amount:
            Due.objects.filter(pk=due.pk).update(amount=due.amount, paid=0)
        else:
            due.delete()
    count_dues(order=order.id, paid=came)


def _taken(amount: int, left: int) -> tuple[int, int]:
    """The part as it is then, and what is still to be spread: a part is never below nothing."""
    return (amount + left, 0) if amount + left >= 0 else (0, amount + left)


def _hold_goods(order: Order, before: Sequence[OrderLine], wanted: Sequence[Wanted], now: datetime) -> None:
    """Lines whose goods or quantity are others are let go of and held anew; the rest is not touched."""
    if order.location is None:
        return
    was = {line.position: (line.variant_id, line.quantity) for line in before if _stands(line)}
    ids = by_sku(skus=[one.sku for one in wanted])
    # What nobody knows is refused when it is priced.
    now_is = {one.position: (ids[one.sku], one.quantity) for one in wanted if one.sku in ids and not one.extra.get("digital")}
    gone = [position for position, held in was.items() if now_is.get(position) != held]
    if gone:
        inventory.release(reference=order.id, lines=gone, now=now)
    holds = [
        inventory.Hold(location=order.location, variant=variant, quantity=quantity, line=position)
        for position, (variant, quantity) in now_is.items()
        if was.get(position) != (variant, quantity)
    ]
    if holds:
        inventory.reserve(holds=holds, reference=order.id, kind="order", expires_at=None, now=now)


def _stands(line: OrderLine) -> bool:
    """Somewhere on a shelf; what is digital is nowhere."""
    return line.variant_id is not None and line.kind == "goods" and not line.extra.get("digital")


def claim(*, order: Order, lines: Sequence[OrderLine], now: datetime) -> None:
    """Offers count for the order as it is now."""
    given = [
        redemptions.Given(part["promotion"], part["amount"], part.get("supplier_amount", 0))
        for line in lines
        for part in line.discounts
        if part["promotion"] != MANUAL and not part["promotion"].startswith(MARKDOWN)
    ]
    claims = [redemptions.Claim(order=order.id, at=order.placed_at, given=tuple(given), coupons=tuple(order.coupons), customer=order.customer_id)]
    redemptions.claim(claims=claims)

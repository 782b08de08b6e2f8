"""The life of an order after it was placed: a table of moves. What is not in it is refused, with what is possible.

Every move locks the order, counts its version up, writes a step and tells an event whose sequence is that version.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Sum

from kernel import outbox
from kernel.errors import Conflict, Invalid, NotFound
from kernel.events import Event
from orders.events import OrderChanged, OrderPlaced
from orders.models import Due, Order, OrderLine, OrderStep, Payment
from orders.services.gift_lines import issue_cards
from org.paging import plain_text

Status = Order.Status

# By status what can be done, and what the order is then. "" leaves it what it is.
MOVES: Final[Mapping[str, Mapping[str, str]]] = {
    Status.QUOTE: {"edit": "", "convert": Status.PENDING, "cancel": Status.CANCELLED, "expire": Status.CANCELLED},
    Status.PENDING: {
        "edit": "",
        "pay": "",
        "mark_paid": Status.PAID,
        "hold": "",
        "let_go": "",
        "review": Status.REVIEW,
        "cancel": Status.CANCELLED,
        "expire": Status.CANCELLED,
    },
    Status.PAID: {
        "edit": "",
        "hold": "",
        "let_go": "",
        "hand_over": "",
        "invoice": "",
        "review": Status.REVIEW,
        "cancel": Status.CANCELLED,
    },
    # Settled by a person: it stands, or comes to nothing.
    Status.REVIEW: {"settle": "", "cancel": Status.CANCELLED},
    Status.CANCELLED: {"invoice": ""},
}
# What ends with the goods: afterwards they come back by a return.
NEEDS_GOODS: Final = frozenset({"edit", "hold", "let_go", "hand_over", "cancel", "expire"})
# A held order can only be let go of; money that comes for it is taken all the same.
STOPPED: Final = frozenset({"edit", "hand_over", "hold", "expire"})
LONGEST_REASON: Final = 40


class OrderState(Conflict):
    """`details`: status, and what is possible instead."""

    code = "order_state"
    title = "This cannot be done with the order as it is"


class OrderChangedMeanwhile(Conflict):
    """`details.version` is the order's now: read it again."""

    code = "order_changed"
    title = "The order has changed since you read it"


class UnknownOrder(NotFound):
    title = "There is no such order"


class ReasonNeeded(Invalid):
    code = "reason_needed"
    title = "Say why, in 1 to 40 characters"


@dataclass(frozen=True, kw_only=True)
class Moved:
    """How the order stands after a move."""

    id: UUID
    number: str
    status: str
    version: int
    total: int
    paid: int


def record_step(*, order: UUID, kind: str, facts: Mapping[str, Any], actor: UUID | None, now: datetime) -> None:
    """Writes down one thing that was done. `facts`: ids, codes and amounts, nothing that tells who bought. Call it in the transaction of the deed."""
    OrderStep.objects.create(order_id=order, kind=kind, facts=dict(facts), actor=actor, at=now)


def possible(order: Order) -> frozenset[str]:
    """What can be done with it now."""
    if order.kind == Order.Kind.RETURN or order.source == Order.Source.IMPORT:
        return frozenset({"invoice", "pay", "mark_paid"}) & frozenset(MOVES[order.status])
    moves = frozenset(MOVES[order.status])
    if order.handed_over_at or order.source == Order.Source.TILL:
        moves -= NEEDS_GOODS
    return moves - STOPPED if order.held_reason else moves - {"let_go"}


def opened(*, order: UUID, move: str, version: int | None = None) -> Order:
    """The order, locked until the end of the transaction, when `move` is possible and `version` is what it is. None: whatever it is."""
    found = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("channel__company", "store").filter(id=order).first()
    if found is None:
        raise UnknownOrder
    if version is not None and version != found.version:
        raise OrderChangedMeanwhile(field="version", version=found.version)
    can = possible(found)
    if move not in can:
        words = ", ".join(sorted(can)) or "nothing more"
        raise OrderState(f"{found.number} is {found.status}: possible is {words}.", status=found.status, possible=sorted(can))
    return found


def moved(order: Order, *fields: str) -> Moved:
    """Saves what changed under the next version."""
    order.version += 1
    order.save(update_fields=["version", "status", *fields])
    return Moved(id=order.id, number=order.number, status=order.status, version=order.version, total=order.total, paid=paid_of(order.id))


def tell(order: Order, event: Event, *, now: datetime) -> None:
    outbox.record(event, now=now)


def common(order: Order) -> dict[str, Any]:
    """The envelope's part of every event of an order. Call it after `moved`."""
    return {
        "aggregate_id": order.id,
        "sequence": order.version,
        "store": order.store.code if order.store else None,
        "number": order.number,
        "business_date": order.business_date.isoformat(),
    }


def tell_change(order: Order, change: str, *, now: datetime) -> None:
    tell(order, OrderChanged(**common(order), change=change, status=order.status, total=order.total), now=now)


def paid_of(order: UUID) -> int:
    return int(Payment.objects.filter(order_id=order).aggregate(sum=Sum("amount"))["sum"] or 0)


def mark_paid(*, order: UUID, now: datetime, actor: UUID | None = None) -> Moved:
    """Counts the money that has come, in the transaction that wrote its payment: the order is paid when it is all there, and has been
    paid a part otherwise. A second time it changes nothing."""
    found = Order.objects.select_for_update(no_key=True, of=("self",)).select_related("channel", "store").get(id=order)
    came = paid_of(order)
    if found.status != Status.PENDING:
        return Moved(id=found.id, number=found.number, status=found.status, version=found.version, total=found.total, paid=came)
    count_dues(order=order, paid=came)
    if came != found.total:
        done = moved(found)
        record_step(order=order, kind="part_paid", facts={"paid": came, "due": found.total - came}, actor=actor, now=now)
        tell_change(found, "part_paid", now=now)
        return done
    found.status, found.expires_at = Status.PAID, None
    fields = ["expires_at"]
    if found.delivery == "digital":
        found.handed_over_at = now
        fields.append("handed_over_at")
    done = moved(found, *fields)
    issue_cards(order=found, now=now)
    record_step(order=order, kind="paid", facts={"paid": came}, actor=actor, now=now)
    tell(found, placed_event(found), now=now)
    return done


def count_dues(*, order: UUID, paid: int) -> None:
    """Parts are paid in their order."""
    left = paid
    for due in Due.objects.filter(order_id=order).order_by("position"):
        share = max(0, min(left, due.amount))
        left -= share
        if share != due.paid:
            Due.objects.filter(pk=due.pk).update(paid=share)


def hold(*, order: UUID, version: int, reason: str, actor: UUID | None, now: datetime) -> Moved:
    """Nothing is handed over until it is let go of."""
    reason = checked_reason(reason)
    found = opened(order=order, move="hold", version=version)
    found.held_reason = reason
    return _done(found, "held", {"reason": reason}, actor, now)


def let_go(*, order: UUID, version: int, actor: UUID | None, now: datetime) -> Moved:
    found = opened(order=order, move="let_go", version=version)
    facts, found.held_reason = {"reason": found.held_reason}, ""
    return _done(found, "let_go", facts, actor, now)


def put_to_review(*, order: UUID, reason: str, now: datetime) -> Moved:
    """Money and order do not fit: a person decides."""
    found = opened(order=order, move="review")
    facts = {"reason": reason[:LONGEST_REASON], "was": found.status}
    found.status = Status.REVIEW
    done = moved(found)
    record_step(order=order, kind="review", facts=facts, actor=None, now=now)
    tell_change(found, "reviewed", now=now)
    return done


def settle_review(*, order: UUID, version: int, note: str, actor: UUID | None, now: datetime) -> Moved:
    """A person has looked: the order stands as its money says. To undo it, cancel it."""
    note = checked_reason(note, longest=200)
    found = opened(order=order, move="settle", version=version)
    came = paid_of(order)
    if came not in range(min(0, found.total), max(0, found.total) + 1):
        raise OrderState("It was paid more than it costs: give the rest back first.", paid=came, total=found.total)
    found.status = Status.PENDING
    done = _done(found, "reviewed", {"note": note}, actor, now)
    return mark_paid(order=order, now=now, actor=actor) if came == found.total else done


def _done(found: Order, kind: str, facts: Mapping[str, Any], actor: UUID | None, now: datetime) -> Moved:
    done = moved(found, "held_reason")
    record_step(order=found.id, kind=kind, facts=facts, actor=actor, now=now)
    tell_change(found, kind, now=now)
    return done


def checked_reason(reason: str, *, longest: int = LONGEST_REASON) -> str:
    reason = plain_text(reason, field="reason", longest=1000).strip()
    if not 0 < len(reason) <= longest:
        raise ReasonNeeded(f"Say why, in 1 to {longest} characters.", field="reason")
    return reason


def placed_event(order: Order) -> OrderPlaced:
    """As the order stands: it was placed before, and is paid now."""
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    payments = Payment.objects.filter(order=order).order_by("position").values("kind", "amount")
    return OrderPlaced(
        **common(order),
        source=order.source,
        channel=order.channel.code,
        currency=order.currency,
        total=order.total,
        tax=order.tax,
        tax_included=order.tax_included,
        rounding=order.rounding,
        placed_at=order.placed_at.isoformat().replace("+00:00", "Z"),
        shift=order.shift,
        line_count=len(lines),
        lines=[_told(line) for line in lines],
        payments=[dict(payment) for payment in payments],
    )


def _told(line: OrderLine) -> dict[str, Any]:
    return {
        "position": line.position,
        "kind": line.kind,
        "variant": str(line.variant_id) if line.variant_id else None,
        "sku": line.sku,
        "quantity": line.quantity,
        "total": line.total,
        "tax": line.tax,
        "discounts": [{"promotion": part["promotion"], "amount": part["amount"]} for part in line.discounts],
    }

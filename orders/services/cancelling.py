"""An order comes to nothing: goods, offers, gift cards, credit, points and money are given back, each exactly once."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from catalog.services import redemptions
from inventory import services as inventory
from orders.events import OrderCancelled
from orders.models import Due, Order, OrderLine, Payment
from orders.services import gift_lines, settling, tenders
from orders.services.life import Moved, OrderState, checked_reason, common, count_dues, moved, opened, paid_of, record_step, tell

EXPIRED = "expired"


@transaction.atomic
def cancel(*, order: UUID, version: int | None, reason: str, actor: UUID | None, now: datetime) -> Moved:
    """All of it or nothing. What a provider has to give back is written down with it and carried out by a worker, as often as it takes.

    Raises OrderState (goods that have left come back by a return), OrderChangedMeanwhile, GiftCardUsed.
    """
    return _cancel(order=order, move="cancel", version=version, reason=checked_reason(reason), actor=actor, now=now)


def expire(*, now: datetime, limit: int = 100) -> int:
    """Quotes whose time is over, and orders nobody paid anything of: each by itself. How many. What has had a deposit waits for a person."""
    begun = Due.objects.filter(order=OuterRef("pk"), paid__gt=0)
    due = Order.objects.filter(status__in=["quote", "pending"], expires_at__lte=now).exclude(Exists(begun)).order_by("expires_at")
    ended = 0
    for id in due.values_list("id", flat=True)[:limit]:
        try:
            with transaction.atomic():
                _cancel(order=id, move="expire", version=None, reason=EXPIRED, actor=None, now=now)
            ended += 1
        except OrderState:
            # Paid, held or cancelled since it was looked for.
            continue
    return ended


def _cancel(*, order: UUID, move: str, version: int | None, reason: str, actor: UUID | None, now: datetime) -> Moved:
    found = opened(order=order, move=move, version=version)
    _take_cards_back(found, actor, now)
    before = paid_of(order)
    settling.give_back(order=order, now=now)
    tenders.give_back(order=order, now=now, actor=actor)
    give_back_tenders(order=order, now=now)
    inventory.release(reference=order, now=now)
    redemptions.release(order=order, now=now)
    count_dues(order=order, paid=0)
    found.status, found.cancelled_at, found.expires_at, found.held_reason = Order.Status.CANCELLED, now, None, ""
    done = moved(found, "cancelled_at", "expires_at", "held_reason")
    step = "expired" if move == "expire" else "cancelled"
    record_step(order=order, kind=step, facts={"reason": reason, "refunded": before}, actor=actor, now=now)
    tell(found, OrderCancelled(**common(found), reason=reason, currency=found.currency, total=found.total, refunded=before), now=now)
    return done


def _take_cards_back(order: Order, actor: UUID | None, now: datetime) -> None:
    """Gift cards that were sold with it, before anything else moves. Raises GiftCardUsed where something was paid with one."""
    lines = list(OrderLine.objects.filter(order=order, kind=OrderLine.Kind.GIFT_CARD))
    if order.status != Order.Status.PAID or not lines:
        return
    # They may be paid and not made yet: what comes to nothing is never made then.
    gift_lines.issue_cards(order=order, now=now)
    cards = [card for line in lines for card in gift_lines.sold_cards(line=line)]
    tenders.lock_value(payments=list(Payment.objects.filter(order=order)), besides=[card.account for card in cards])
    gift_lines.void_cards(cards=cards, reference=order.id, actor=actor, note=order.number, now=now)


def give_back_tenders(*, order: UUID, now: datetime) -> int:
    """What is left of each tender goes back the way it came: written as a tender below zero. How much that was.

    Value was moved back by its ledger, and providers were asked, by those who do so: this is the order's side of it.
    """
    position = Payment.objects.filter(order=order).aggregate(last=Max("position"))["last"] or 0
    open_ones = Payment.objects.select_for_update(no_key=True).filter(order=order, amount__gt=0).order_by("position")
    rows = []
    for number, paid in enumerate((one for one in open_ones if one.amount > one.refunded), start=position + 1):
        left = paid.refunded - paid.amount
        back = {"kind": paid.kind, "amount": left, "tendered": left, "source": paid.source, "label": paid.label}
        rows.append(Payment(order_id=order, position=number, paid_at=now, refunds=paid, **back))
    Payment.objects.bulk_create(rows)
    return -sum(row.amount for row in rows)

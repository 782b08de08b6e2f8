"""Points follow orders: earned when one stands paid, wherever it was sold, and taken back with what is cancelled or came back."""

from collections.abc import Collection
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from django.db.models import Sum

from customers import services as customers
from orders.models import Order, OrderLine, Payment
from orders.queries.returns import EARNS_NOTHING, share_returned
from orders.services.life import record_step
from org import settings


def earn_for(*, orders: Collection[UUID], now: datetime) -> int:
    """What each order is worth as it stands, however often it is told; the points that came or went.

    Where nobody earns anything it costs one statement."""
    if not settings.get("value.points_earned"):
        return 0
    known = Order.objects.filter(id__in=list(orders), customer__isnull=False, customer__erased_at__isnull=True, status=Order.Status.PAID)
    return sum(_earn(order, now) for order in known.exclude(source=Order.Source.IMPORT).select_related("customer"))


def _earn(order: Order, now: datetime) -> int:
    assert order.customer is not None
    whose = order.customer.merged_into_id or order.customer.id
    points = customers.earn_points(customer=whose, order=order.id, amount=_paid_for_goods(order), currency=order.currency, now=now)
    if points:
        facts = {"earned": points} if points > 0 else {"taken_back": -points}
        record_step(order=order.id, kind="points", facts=facts, actor=None, now=now)
        # What came back before this was told.
        take_back(order=order.id, part=share_returned(sale=order.id), now=now)
    return points


def _paid_for_goods(order: Order) -> int:
    """Minor units, tax and all; what points paid earns no points again."""
    lines = OrderLine.objects.filter(order=order, quantity__gt=0).exclude(kind__in=EARNS_NOTHING)
    sums = lines.aggregate(total=Sum("total"), tax=Sum("tax"))
    by_points = Payment.objects.filter(order=order, kind=Payment.Kind.POINTS).aggregate(sum=Sum("amount"))["sum"] or 0
    return int((sums["total"] or 0) + (0 if order.tax_included else sums["tax"] or 0) - by_points)


def take_back(*, order: UUID, part: Fraction, now: datetime) -> customers.Reversed:
    """`part` of what the order earned, in all by now; what is short was spent already and stands written down."""
    back = customers.reverse_points(order=order, part=min(part, Fraction(1)), now=now)
    if back.points or back.short:
        record_step(order=order, kind="points", facts={"taken_back": back.points, "short": back.short}, actor=None, now=now)
    return back

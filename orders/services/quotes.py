"""A quote is an order nothing was promised of yet; a special order is one that is paid in parts. Both are the same document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from inventory import services as inventory
from kernel.errors import Conflict, Invalid
from orders import carts
from orders.events import OrderConfirmed
from orders.models import Due, Order, OrderLine
from orders.services import cart_prices, checking_out, placing
from orders.services.carts import ground_of
from orders.services.editing import claim
from orders.services.life import Moved, common, count_dues, mark_paid, moved, opened, paid_of, record_step, tell
from orders.services.sales import Sale
from org import settings


class ScheduleInvalid(Invalid):
    """`details.total`: what the parts have to come to."""

    code = "schedule_invalid"
    title = "The parts do not come to what the order costs"


class QuoteOver(Conflict):
    code = "quote_over"
    title = "This quote holds no longer: make a new one"


@dataclass(frozen=True, kw_only=True)
class Part:
    amount: int
    due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What is offered to whom. `given`: lines, coupons and delivery as orders.carts reads them. `until`: how long it holds; None: as long as nobody
    cancels it."""

    channel: UUID
    given: Mapping[str, Any]
    customer: UUID | None = None
    store: UUID | None = None
    ship_to: UUID | None = None
    bill_to: UUID | None = None
    parts: Sequence[Part] = ()
    until: datetime | None = None


@transaction.atomic
def quote(*, order: UUID, offer: Offer, actor: UUID | None, now: datetime) -> Moved:
    """Priced as a checkout would now; nothing is held, counted or taken. The same id again answers how it stands.

    Raises what pricing and delivery refuse, ScheduleInvalid.
    """
    ids = {name: getattr(offer, name) for name in ("customer", "store", "ship_to", "bill_to")}
    document = {**carts.EMPTY, **carts.read(offer.given)} | {name: str(id) for name, id in ids.items() if id}
    ground = ground_of(document, channel=offer.channel, order=order)
    if ground.placed:
        stands = Order.objects.get(id=order)
        return Moved(id=order, number=stands.number, status=stands.status, version=stands.version, total=stands.total, paid=paid_of(order))
    priced = cart_prices.price(document=document, channel=offer.channel, ground=ground, only_offered=False, now=now)
    cart_prices.must_be_known(priced)
    if not priced.lines:
        raise checking_out.NothingToBuy(field="lines")
    placing.place(sales=[_offered(order, offer, document, priced, actor, now)], now=now)
    done = Moved(id=order, number=Order.objects.values_list("number", flat=True).get(id=order), status="quote", version=1, total=priced.total, paid=0)
    return schedule(order=order, version=1, parts=offer.parts, actor=actor, now=now) if offer.parts else done


def _offered(order: UUID, offer: Offer, document: dict[str, Any], priced: cart_prices.Priced, actor: UUID | None, now: datetime) -> Sale:
    buying = checking_out.Buying(
        order=order,
        channel=offer.channel,
        document=document,
        agreed_total=priced.total,
        agreed_lines={},
        tenders=(),
        source=Order.Source.STAFF,
        actor=actor,
    )
    location = checking_out._location(buying, priced)
    customer = priced.customer.id if priced.customer else None
    return replace(checking_out._sale(buying, priced, location, now), customer=customer, status=Order.Status.QUOTE, expires_at=offer.until)


@transaction.atomic
def schedule(*, order: UUID, version: int, parts: Sequence[Part], actor: UUID | None, now: datetime) -> Moved:
    """In which parts it is paid: a deposit and the rest. Replaces what was agreed before; what was paid counts for the first ones."""
    found = opened(order=order, move="edit", version=version)
    if any(part.amount <= 0 for part in parts) or (parts and sum(part.amount for part in parts) != found.total):
        raise ScheduleInvalid(field="parts", total=found.total)
    Due.objects.filter(order=order).delete()
    Due.objects.bulk_create([Due(order=found, position=n, amount=part.amount, due_on=part.due_on) for n, part in enumerate(parts, start=1)])
    count_dues(order=order, paid=paid_of(order))
    done = moved(found)
    facts = {"parts": [{"amount": part.amount, "due_on": part.due_on and part.due_on.isoformat()} for part in parts]}
    record_step(order=order, kind="scheduled", facts=facts, actor=actor, now=now)
    return done


@transaction.atomic
def convert(*, order: UUID, version: int, actor: UUID | None, now: datetime) -> Moved:
    """A quote becomes an order at its prices: goods are held, offers counted, money awaited. Raises QuoteOver, OutOfStock, PromotionUsedUp."""
    found = opened(order=order, move="convert", version=version)
    if found.expires_at is not None and found.expires_at <= now:
        raise QuoteOver
    days = int(settings.get("orders.pending_days"))
    found.status, found.expires_at = Order.Status.PENDING, now + timedelta(days=days) if days else None
    done = moved(found, "expires_at")
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    _hold(found, lines, now)
    claim(order=found, lines=lines, now=now)
    record_step(order=order, kind="converted", facts={"total": found.total}, actor=actor, now=now)
    until = found.expires_at.isoformat().replace("+00:00", "Z") if found.expires_at else None
    told: dict[str, Any] = {
        "source": found.source,
        "channel": found.channel.code,
        "currency": found.currency,
        "total": found.total,
        "due": found.total,
    }
    tell(found, OrderConfirmed(**common(found), **told, expires_at=until), now=now)
    # What costs nothing is paid.
    return mark_paid(order=order, now=now, actor=actor) if found.total == 0 else done


def _hold(order: Order, lines: Sequence[OrderLine], now: datetime) -> None:
    if order.location is None:
        return
    goods = [line for line in lines if line.variant_id and line.kind == OrderLine.Kind.GOODS and not line.extra.get("digital")]
    holds = [inventory.Hold(location=order.location, variant=line.variant_id, quantity=line.quantity, line=line.position) for line in goods]  # type: ignore[arg-type]
    if holds:
        inventory.reserve(holds=holds, reference=order.id, kind="order", expires_at=None, now=now)

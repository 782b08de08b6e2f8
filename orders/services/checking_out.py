"""From a cart to an order: step by step, or in one request. Order, tenders, goods, offers and event stand in one transaction; a provider
is asked after it, never within.

The order's id is the caller's and follows from their key: asked again it is the same order, gone on with where it was broken off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from inventory import services as inventory
from kernel.errors import Conflict, Invalid, Refused
from orders import carts as documents
from orders.models import Order
from orders.queries import carts as read
from orders.queries.carts import Ground, Standing
from orders.services import attempts, cart_prices, carts, delivery, settling
from orders.services.cancelling import cancel
from orders.services.cart_prices import DeliveryNeeded, Priced
from orders.services.cart_store import PLACED, Kept, store
from orders.services.life import mark_paid
from orders.services.placing import place, refusal_of
from orders.services.sales import Sale
from orders.services.tenders import known_cards, point_worth, take_tenders
from orders.tenders import ACCOUNT, AWAITED, POINTS, STORE_CREDIT, Tender, TenderMismatch, cover

Json = dict[str, Any]

# Goods are kept for an order that waits for a bank transfer.
TRANSFER_LASTS: Final = timedelta(days=14)
# Of somebody who has not signed in nobody knows whose credit it is.
SIGNED_IN_ONLY: Final = frozenset({STORE_CREDIT, POINTS, ACCOUNT})
LOOKS: Final = 3


class PriceChanged(Conflict):
    """`details`: agreed and total, and of each line that differs [{line, agreed, total}], minor units."""

    code = "price_changed"
    title = "It costs something else now than was agreed"


class NothingToBuy(Invalid):
    code = "cart_empty"
    title = "There is nothing in this cart"


class AddressNeeded(Invalid):
    code = "address_needed"
    title = "Say where it goes to"


class ContactNeeded(Invalid):
    code = "contact_needed"
    title = "Say who buys: an e-mail address, at least"


class PaymentDeclined(Refused):
    """The order came to nothing, everything was given back. `details.reason` is the provider's; try again under another key."""

    code = "payment_declined"
    status = 402
    title = "The payment was declined"


@dataclass(frozen=True, kw_only=True)
class Buying:
    """What is placed, by whom and for how much. `agreed_lines`: what the shopper saw of each of the cart's lines, where that is known."""

    order: UUID
    channel: UUID
    document: Json
    agreed_total: int
    agreed_lines: Mapping[str, int]
    tenders: Sequence[Tender]
    source: str
    actor: UUID | None
    cart: Kept | None = None


def place_cart(
    *,
    cart: UUID,
    channel: UUID | None,
    version: int | None,
    agreed_total: int,
    agreed_lines: Mapping[str, int] | None = None,
    tenders: Sequence[Tender] = (),
    order: UUID,
    source: str = Order.Source.WEB,
    actor: UUID | None = None,
    who: str = "",
    joined: bool = False,
    now: datetime,
) -> Standing:
    """Places what is in the cart. A cart that was placed already, in another tab or a moment ago, answers with its order.

    `who` tries codes of gift cards (org.access.Principal.name). Raises UnknownCart, CartChanged, what orders.carts and pricing refuse,
    PriceChanged, delivery.SoldOut, what orders.services.tenders refuses, PromotionUsedUp, CouponUsed, PaymentDeclined. `joined`: as of
    checkout; an order that another tab placed with a card is then told as it stands, and whoever placed it asks its provider.
    """
    kept = carts.found(id=cart, channel=channel, now=now)
    if kept.state == PLACED and kept.order:
        return _gone_on_with(kept.order, now=now, asking=not joined)
    carts.must_be_open(kept, version)
    told = kept.document.get("told") or {}
    buying = Buying(
        order=order,
        channel=kept.channel,
        document=kept.document,
        agreed_total=agreed_total,
        agreed_lines=told.get("lines", {}) if agreed_lines is None else agreed_lines,
        tenders=known_cards(wanted=tenders, who=who or str(order)),
        source=source,
        actor=actor,
        cart=kept,
    )
    with transaction.atomic(savepoint=not joined):
        try:
            stands = _written(buying, now=now)
        except carts.CartChanged:
            # Another tab has placed it meanwhile: there is one order, and both are told of it. Nothing was written before this was known.
            after = store.get(id=cart)
            if after is None or after.state != PLACED or after.order is None:
                raise
            order, stands = after.order, None
    return _gone_on_with(order, now=now, fresh=stands, asking=not joined)


def checkout(
    *,
    channel: UUID,
    given: Mapping[str, Any],
    agreed_total: int,
    agreed_lines: Mapping[str, int] | None = None,
    tenders: Sequence[Tender] = (),
    order: UUID,
    store: UUID | None = None,
    customer: UUID | None = None,
    ship_to: UUID | None = None,
    bill_to: UUID | None = None,
    contact: Mapping[str, Any] | None = None,
    shipping: Mapping[str, Any] | None = None,
    billing: Mapping[str, Any] | None = None,
    source: str = Order.Source.WEB,
    actor: UUID | None = None,
    who: str = "",
    joined: bool = False,
    now: datetime,
) -> Standing:
    """The same in one request, without a cart. `given`: lines, coupons, delivery, as orders.carts reads them.

    `customer` with addresses by id for whoever knows who it is; else `contact`, `shipping` and `billing` of a guest. Raises as place_cart.
    `joined`: it is all there is to a transaction of the caller's, who gives it up whatever is raised, and lets no provider be asked in it.
    """
    document = {**documents.EMPTY, **documents.read(given), "store": store and str(store)}
    ids = {"customer": customer, "ship_to": ship_to, "bill_to": bill_to}
    document |= {name: str(id) for name, id in ids.items() if id} | {"signed_in": customer is not None}
    if (contact or shipping or billing) and read.standing(order=order):
        return _gone_on_with(order, now=now)
    found = known_cards(wanted=tenders, who=who or str(order))
    # Two statements less, and one commit instead of two with the caller's record of the answer.
    with transaction.atomic(savepoint=not joined):
        # A guest that bought nothing is nobody: undone with all the rest when it is refused.
        if contact or shipping or billing:
            document |= carts.new_addresses(customer=customer, contact=contact or {}, shipping=shipping, billing=billing, now=now)
        buying = Buying(
            order=order,
            channel=channel,
            document=document,
            agreed_total=agreed_total,
            agreed_lines=agreed_lines or {},
            tenders=found,
            source=source,
            actor=actor,
        )
        stands = _written(buying, now=now)
    return _gone_on_with(order, now=now, fresh=stands)


def _written(buying: Buying, *, now: datetime) -> Standing | None:
    """In one transaction. How it stands, where that is all there is to it; None: the order stood already, or a provider is to be asked."""
    document = buying.document
    ground = carts.ground_of(document, channel=buying.channel, order=buying.order)
    if ground.placed:
        return None
    _must_say_who_and_where(buying, ground)
    priced = cart_prices.price(document=document, channel=buying.channel, ground=ground, only_offered=buying.source == Order.Source.WEB, now=now)
    cart_prices.must_be_known(priced)
    if not priced.lines:
        raise NothingToBuy(field="lines")
    _must_be_agreed(buying, priced)
    covered = _covered(buying, priced.total)
    try:
        return _write(buying, priced, covered, now=now)
    except IntegrityError as error:
        refusal = refusal_of(error=error)
        if refusal is None:
            raise
        raise refusal from error


def _must_say_who_and_where(buying: Buying, ground: Ground) -> None:
    """Staff may sell to somebody who does not say."""
    document = buying.document
    if not document["customer"] and buying.source == Order.Source.WEB:
        raise ContactNeeded(field="contact")
    if document["ship_to"] and ground.country is None:
        raise AddressNeeded("This customer has no such address.", field="ship_to")
    if document["bill_to"] and not ground.billed:
        raise AddressNeeded("This customer has no such address.", field="bill_to")


def _must_be_agreed(buying: Buying, priced: Priced) -> None:
    if type(buying.agreed_total) is not int:
        raise PriceChanged(field="agreed_total", total=priced.total, lines=[])
    if buying.agreed_total != priced.total:
        by_line = priced.by_line
        differ = [
            {"line": id, "agreed": buying.agreed_lines.get(id), "total": total}
            for id, total in by_line.items()
            if buying.agreed_lines.get(id) != total
        ]
        raise PriceChanged(
            f"{buying.agreed_total} was agreed, it is {priced.total} now.",
            field="agreed_total",
            agreed=buying.agreed_total,
            total=priced.total,
            currency=priced.book.currency,
            lines=differ,
        )


def _covered(buying: Buying, total: int) -> list[Tender]:
    """The tenders, which come to the total. One provider at most: what one declines, no other may have taken."""
    for tender in buying.tenders:
        if tender.kind == "cash":
            raise TenderMismatch("Cash is taken at a till.", field="tenders")
        if tender.kind in SIGNED_IN_ONLY and not buying.document["signed_in"]:
            raise TenderMismatch("Only a customer who has signed in pays with this.", field="tenders")
    if sum(tender.kind == "card" for tender in buying.tenders) > 1:
        raise TenderMismatch("Pay with one card.", field="tenders")
    worth = point_worth() if any(tender.kind == POINTS for tender in buying.tenders) else 0
    return [share.tender for share in cover(total=total, tenders=buying.tenders, point_worth=worth)]


def _write(buying: Buying, priced: Priced, covered: Sequence[Tender], *, now: datetime) -> Standing | None:
    """Locks in everybody's order: the cart, value, the order, goods, offers."""
    if buying.cart is not None and not store.put_if_version(
        cart=replace(buying.cart, state=PLACED, order=buying.order), version=buying.cart.version, now=now
    ):
        raise carts.CartChanged(field="version")
    location = _location(buying, priced)
    customer = priced.customer.id if priced.customer else None
    payments = take_tenders(order=buying.order, wanted=covered, currency=priced.book.currency, customer=customer, now=now) if covered else []
    awaited = [tender for tender in covered if tender.kind in AWAITED]
    # What is sold and handed over by being paid goes the way of what is paid later.
    later = bool(awaited) or _handed_over_when_paid(priced)
    sale = replace(
        _sale(buying, priced, location, now),
        customer=customer,
        payments=tuple(payments),
        status=Order.Status.PENDING if later else Order.Status.PAID,
        expires_at=now + TRANSFER_LASTS if any(tender.kind == "transfer" for tender in awaited) else None,
    )
    try:
        placed = place(sales=[sale], now=now)[0]
    except inventory.OutOfStock as short:
        raise _sold_out(short, priced) from short
    card = next((tender for tender in awaited if tender.kind == "card"), None)
    if not placed.new:
        return None
    if card:
        attempts.prepare(order=sale.id, backend=card.backend, amount=card.amount, currency=sale.currency, token=card.token, now=now)
        return None
    if later and not awaited:
        mark_paid(order=sale.id, now=now, actor=buying.actor)
        return None
    return _stands(sale, placed.number)


def _stands(sale: Sale, number: str) -> Standing:
    return Standing(
        id=sale.id,
        number=number,
        status=str(sale.status),
        currency=sale.currency,
        total=sale.total,
        tax=sale.tax,
        paid=sum(payment.amount for payment in sale.payments),
        attempt=None,
        payment_state="",
        action={},
        refusal="",
    )


def _handed_over_when_paid(priced: Priced) -> bool:
    return any(line.kind == "gift_card" or line.extra.get("digital") for line in priced.lines)


def _location(buying: Buying, priced: Priced) -> UUID | None:
    """Where everything is held. Raises DeliveryNeeded, AddressNeeded, SoldOut."""
    chosen = buying.document["delivery"]
    if not priced.physical:
        return None
    if chosen is None or chosen["kind"] == "digital":
        raise DeliveryNeeded(field="delivery")
    if chosen["kind"] == "ship":
        if priced.option is None:
            raise DeliveryNeeded("Choose how it is shipped.", field="delivery.option")
        if not buying.document["ship_to"]:
            raise AddressNeeded(field="ship_to")
    return delivery.source_of(channel=buying.channel, kind=chosen["kind"], location=chosen["location"], wanted=priced.physical).id


def _sale(buying: Buying, priced: Priced, location: UUID | None, now: datetime) -> Sale:
    document = buying.document
    ids = {name: UUID(document[name]) if document[name] else None for name in ("ship_to", "bill_to", "store")}
    return Sale(
        id=buying.order,
        number="",
        source=buying.source,
        channel=buying.channel,
        store=ids["store"],
        location=location,
        currency=priced.book.currency,
        total=priced.total,
        tax=priced.tax,
        tax_included=priced.tax_included,
        business_date=now.astimezone(priced.book.zone).date(),
        placed_at=now,
        lines=priced.lines,
        payments=(),
        cashier=buying.actor,
        coupons=tuple(document["coupons"]),
        hold=True,
        ship_to=ids["ship_to"],
        bill_to=ids["bill_to"],
        delivery=(document["delivery"] or {}).get("kind", "") if priced.physical else "digital",
        delivery_option=priced.option.code if priced.option else "",
    )


def _sold_out(short: inventory.OutOfStock, priced: Priced) -> delivery.SoldOut:
    by_position = {line.position: line for line in priced.lines}
    wanted = [(by_position[one.line], one) for one in short.left]
    return delivery.SoldOut(left=[{"line": priced.ids[line.position], "sku": line.sku, "asked": one.asked, "left": one.left} for line, one in wanted])


def _gone_on_with(order: UUID, *, now: datetime, fresh: Standing | None = None, asking: bool = True) -> Standing:
    """How it stands, once its provider was asked; not `asking`: as it stands. `fresh`: as it was just written. Raises PaymentDeclined."""
    standing = fresh or _standing(order)
    if asking and standing.attempt and standing.status == Order.Status.PENDING:
        attempts.ask_gateway(attempt=standing.attempt, now=now)
        standing = _standing(order)
    if standing.status == Order.Status.CANCELLED and standing.refusal:
        raise PaymentDeclined(field="tenders", reason=standing.refusal, order=str(order), number=standing.number)
    return standing


def _standing(order: UUID) -> Standing:
    found = read.standing(order=order)
    if found is None:
        raise carts.UnknownCart
    return found


def undo_placing(*, order: UUID, now: datetime) -> bool:
    """Its payment came to nothing: tenders, goods and offers are given back, and the cart is open again. Exactly once; in the transaction
    that knows of the failure. False: it waited for no payment any more."""
    with transaction.atomic():
        waiting = Order.objects.select_for_update(no_key=True).filter(id=order, status=Order.Status.PENDING).exists()
        if not waiting:
            return False
        cart = read.cart_of_order(order=order)
        cancel(order=order, version=None, reason=settling.PAYMENT_FAILED, actor=None, now=now)
        if cart is not None:
            carts.open_again(order=order, cart=cart, now=now)
    return True


@settling.on_failed
def _when_declined(*, order: UUID, now: datetime) -> None:
    undo_placing(order=order, now=now)

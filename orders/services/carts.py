"""Carts: made, written whole by whoever read the last version, merged when somebody signs in, gone when nobody came back.

Knowing a cart's id, which is random, is what lets a shopper in; staff and programs are bound to their channel besides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from customers import services as customers
from kernel.errors import Conflict, NotFound
from orders import carts
from orders.models import Cart as Row
from orders.queries import carts as read
from orders.queries.carts import Ground
from orders.services import cart_prices, delivery
from orders.services.cart_prices import Priced
from orders.services.cart_store import MERGED, OPEN, Kept, store

Json = dict[str, Any]

# Since somebody last changed it.
LASTS: Final = timedelta(days=30)
LOOKS: Final = 5


class UnknownCart(NotFound):
    code = "cart_unknown"
    title = "There is no such cart"


class CartChanged(Conflict):
    """`details.version` is the cart's now: read it again."""

    code = "cart_changed"
    title = "The cart has changed since you read it"


class CartClosed(Conflict):
    """`details.order`: what it became."""

    code = "cart_closed"
    title = "This cart has been ordered already"


@dataclass(frozen=True, kw_only=True)
class Cart:
    """A cart and what it costs now."""

    kept: Kept
    priced: Priced
    ground: Ground


def get_cart(*, id: UUID, channel: UUID | None, only_offered: bool, now: datetime) -> Cart:
    """`channel`: whoever asks is bound to it. Raises UnknownCart."""
    return priced(found(id=id, channel=channel, now=now), only_offered=only_offered, now=now)


def found(*, id: UUID, channel: UUID | None, now: datetime) -> Kept:
    kept = store.get(id=id)
    if kept is None or channel not in (None, kept.channel) or kept.state == MERGED or (kept.state == OPEN and kept.expires_at <= now):
        raise UnknownCart
    return kept


def priced(kept: Kept, *, only_offered: bool, now: datetime, order: UUID | None = None) -> Cart:
    ground = ground_of(kept.document, channel=kept.channel, order=order)
    return Cart(
        kept=kept,
        ground=ground,
        priced=cart_prices.price(document=kept.document, channel=kept.channel, ground=ground, only_offered=only_offered, now=now),
    )


def ground_of(document: Json, *, channel: UUID, order: UUID | None, every_option: bool = False) -> Ground:
    chosen = (document["delivery"] or {}).get("option") or ""
    ids = {name: UUID(document[name]) if document[name] else None for name in ("customer", "ship_to", "bill_to")}
    return read.ground(channel=channel, option=None if every_option else chosen, order=order, **ids)


def create_cart(*, channel: UUID, store: UUID | None = None, given: Mapping[str, Any], only_offered: bool, now: datetime) -> Cart:
    """Nobody's yet. `given`: lines, coupons and delivery, any of them. Raises what orders.carts refuses, UnknownGoods."""
    document = {**carts.EMPTY, **carts.read(given), "store": str(store) if store else None}
    kept = Kept(id=uuid4(), version=0, channel=channel, customer=None, state=OPEN, document=document, order=None, expires_at=now + LASTS)
    return _put(kept, document, only_offered=only_offered, now=now)


def change_cart(*, id: UUID, channel: UUID | None, version: int | None, change: Callable[[Json], Json], only_offered: bool, now: datetime) -> Cart:
    """`change` makes the new document of the old one. `version` None: of whatever stands, as often as somebody else is faster.

    Raises UnknownCart, CartClosed, CartChanged, and what pricing refuses.
    """
    for _ in range(LOOKS):
        kept = must_be_open(found(id=id, channel=channel, now=now), version)
        try:
            return _put(kept, change(kept.document), only_offered=only_offered, now=now)
        except CartChanged:
            if version is not None:
                raise
    raise CartChanged(field="version")


def must_be_open(kept: Kept, version: int | None) -> Kept:
    if kept.state != OPEN:
        raise CartClosed(order=str(kept.order) if kept.order else None)
    if version not in (None, kept.version):
        raise CartChanged(field="version", version=kept.version)
    return kept


def put_cart(*, id: UUID, channel: UUID | None, version: int | None, given: Mapping[str, Any], only_offered: bool, now: datetime) -> Cart:
    """The parts that are given in place of those that are there."""
    parts = carts.read(given)
    return change_cart(id=id, channel=channel, version=version, change=lambda old: {**old, **parts}, only_offered=only_offered, now=now)


def _put(kept: Kept, document: Json, *, only_offered: bool, now: datetime) -> Cart:
    """Priced before it is kept, so that what cannot be bought is not kept; and what it was said to cost is kept with it."""
    made = replace(kept, document=document, customer=UUID(document["customer"]) if document["customer"] else None, expires_at=now + LASTS)
    cart = priced(made, only_offered=only_offered, now=now)
    before = set() if not kept.version else {line.get("sku") for line in kept.document["lines"]}
    cart_prices.must_be_known(cart.priced, besides=before)
    with_told = {**document, "told": {"total": cart.priced.total, "lines": cart.priced.by_line}}
    if not store.put_if_version(cart=replace(made, document=with_told), version=kept.version, now=now):
        raise CartChanged(field="version")
    return replace(cart, kept=replace(made, document=with_told, version=kept.version + 1))


def set_addresses(
    *,
    id: UUID,
    channel: UUID | None,
    version: int | None,
    contact: Mapping[str, Any],
    shipping: Mapping[str, Any] | None,
    billing: Mapping[str, Any] | None,
    only_offered: bool,
    now: datetime,
) -> Cart:
    """Who nobody knows yet becomes a guest: `contact` has given_name, family_name, email, phone. Addresses are of this order alone.

    What was given before and is not given again stays. Raises what customers.services refuses.
    """
    with transaction.atomic(savepoint=False):
        kept = must_be_open(found(id=id, channel=channel, now=now), version)
        parts = new_addresses(customer=kept.customer, contact=contact, shipping=shipping, billing=billing, now=now)
        return _put(kept, {**kept.document, **parts}, only_offered=only_offered, now=now)


def new_addresses(
    *, customer: UUID | None, contact: Mapping[str, Any], shipping: Mapping[str, Any] | None, billing: Mapping[str, Any] | None, now: datetime
) -> Json:
    """The parts of a document that say who and where; a guest where nobody is known."""
    if customer is None:
        customer = customers.create_customer(data=contact, guest=True, actor=None, now=now)
    parts: Json = {"customer": str(customer)}
    for name, address in (("ship_to", shipping), ("bill_to", billing)):
        if address:
            parts[name] = str(customers.add_address(customer=customer, address=address, listed=False, now=now))
    return parts


def sign_in(
    *,
    id: UUID,
    channel: UUID | None,
    version: int | None,
    customer: UUID,
    ship_to: UUID | None = None,
    bill_to: UUID | None = None,
    only_offered: bool,
    now: datetime,
) -> Cart:
    """The cart is this customer's from now on; what they had open in this channel goes into it. Only for whoever knows who it is: a server,
    or staff. Addresses by id, of the customer's own. Raises customers.queries.CustomerUnknown."""
    addresses = {"ship_to": ship_to and str(ship_to), "bill_to": bill_to and str(bill_to)}
    try:
        # Within a caller's transaction a refusal ends that one.
        with transaction.atomic(savepoint=False):
            kept = must_be_open(found(id=id, channel=channel, now=now), version)
            customer, other = read.known_with_cart(customer=customer, channel=kept.channel)
            mine = {"customer": str(customer), "signed_in": True, **addresses}
            document = {**kept.document, **{name: value for name, value in mine.items() if value is not None}}
            if kept.document["customer"] not in (None, str(customer)):
                # A guest's addresses are not this customer's.
                document |= addresses
            before = _take_over(other, now=now) if other and other != kept.id else None
            return _put(kept, carts.merged(document, before) if before else document, only_offered=only_offered, now=now)
    except IntegrityError as error:
        # Somebody else signed in with the same customer at the same moment.
        raise CartChanged(field="version") from error


def _take_over(other: UUID, *, now: datetime) -> Json | None:
    """The document of the customer's other open cart, which ends."""
    before = store.get(id=other)
    if before is None:
        return None
    if not store.put_if_version(cart=replace(before, state=MERGED), version=before.version, now=now):
        raise CartChanged(field="version")
    return before.document


def delivery_choices(*, id: UUID, channel: UUID | None, country: str | None, only_offered: bool, now: datetime) -> Json:
    """Options with what they cost for this cart, and where it can be fetched when. `country`: before there is an address."""
    kept = found(id=id, channel=channel, now=now)
    ground = ground_of(kept.document, channel=kept.channel, order=None, every_option=True)
    bare = {**kept.document, "delivery": None}
    cost = cart_prices.price(document=bare, channel=kept.channel, ground=ground, only_offered=only_offered, now=now)
    return delivery.choices(
        channel=kept.channel,
        options=ground.options,
        currency=cost.book.currency,
        country=ground.country or country,
        total=sum(line.total for line in cost.lines if line.kind != "gift_card"),
        wanted=cost.physical,
        now=now,
    )


def open_again(*, order: UUID, cart: UUID, now: datetime) -> bool:
    """The order came to nothing: its cart is there again, unless its customer has another by now."""
    kept = store.get(id=cart)
    if kept is None or kept.order != order:
        return False
    if kept.customer and read.cart_of_customer(customer=kept.customer, channel=kept.channel):
        return False
    return store.put_if_version(cart=replace(kept, state=OPEN, order=None, expires_at=now + LASTS), version=kept.version, now=now)


def expire_carts(*, now: datetime, limit: int = 500) -> int:
    """Up to so many that nobody came back to; how many went."""
    due = Row.objects.filter(state=OPEN, expires_at__lte=now).order_by("expires_at").values_list("pk", flat=True)[:limit]
    # Whoever comes back at this moment wins.
    return Row.objects.filter(pk__in=list(due), state=OPEN, expires_at__lte=now).delete()[0]

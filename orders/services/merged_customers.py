"""Orders, carts and what offers were given follow the customer who was kept when two became one."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from catalog.services import redemptions
from orders import carts as documents
from orders.models import Cart, Order
from orders.queries import carts as read
from orders.services.cart_store import MERGED, OPEN, store
from orders.services.carts import CartChanged

# Somebody may be putting things into one of the carts meanwhile.
TRIES: Final = 5


def follow(*, keep: UUID, gone: UUID, actor: UUID | None, now: datetime) -> None:
    """In the transaction of the merge. Whose an order is changes nothing else about it: its version stays. Raises CartChanged where somebody
    goes on writing into a cart: try again."""
    # Carts first, as everybody locks; placed ones too: should their order come to nothing they are open again.
    theirs = Cart.objects.filter(customer=gone).exclude(state=MERGED).order_by("id")
    for id in theirs.values_list("id", flat=True):
        _tried(id, keep, now)
    Order.objects.filter(customer=gone).update(customer=keep)
    redemptions.follow(keep=keep, gone=gone)


def _tried(id: UUID, keep: UUID, now: datetime) -> None:
    if not any(_moved(id, keep, now) for _ in range(TRIES)):
        raise CartChanged(field="version")


def _moved(id: UUID, keep: UUID, now: datetime) -> bool:
    """It goes into the one the kept customer has open in this channel, or becomes theirs. False: somebody wrote it meanwhile."""
    cart = store.get(id=id)
    if cart is None or cart.state == MERGED:
        return True
    other = read.cart_of_customer(customer=keep, channel=cart.channel) if cart.state == OPEN else None
    into = store.get(id=other) if other else None
    if into is None:
        return store.put_if_version(cart=replace(cart, customer=keep, document=_of(cart.document, keep)), version=cart.version, now=now)
    both = documents.merged(into.document, cart.document)
    if not store.put_if_version(cart=replace(into, document=both, expires_at=max(into.expires_at, cart.expires_at)), version=into.version, now=now):
        return False
    if not store.put_if_version(cart=replace(cart, state=MERGED), version=cart.version, now=now):
        # The kept one has its goods already: undone with all the rest.
        raise CartChanged(field="version")
    return True


def _of(document: dict[str, Any], keep: UUID) -> dict[str, Any]:
    return {**document, "customer": str(keep)}

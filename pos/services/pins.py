"""A cashier's PIN: four digits that name one person in one store, checked by the till itself, offline too."""

import hmac
import logging
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import IntegrityError, transaction

from kernel.errors import Conflict, Invalid, NotAllowed, Refused
from org.access import allows
from pos.models import PinCredential, Till
from pos.queries import pin_digest

log = logging.getLogger(__name__)

MOST_TRIES = 5
# Seconds from the first try, of a till.
WAIT = 60


class PinInvalid(Invalid):
    code = "pin_invalid"
    title = "A PIN is four digits"


class PinTaken(Conflict):
    """Says nothing about whose it is."""

    code = "pin_taken"
    title = "This PIN cannot be used in this store. Choose another."


class PinNotProven(NotAllowed):
    """The same for a wrong PIN, somebody unknown and somebody who may not: nothing can be learned from it."""

    code = "pin_not_proven"
    title = "This needs the PIN of somebody who manages this store"


class TooManyPins(Refused):
    code = "too_many_pins"
    status = 429
    title = "Too many wrong PINs. Wait a minute."


def set_pin(*, user: Any, store: Any, pin: str) -> None:
    """`user` and `store` are org.models rows. Replaces the person's PIN in that store."""
    if len(pin) != 4 or not (pin.isascii() and pin.isdigit()):
        raise PinInvalid(field="pin")
    digest = pin_digest(store_id=store.id, pin=pin)
    try:
        with transaction.atomic():
            PinCredential.objects.update_or_create(user=user, store=store, defaults={"digest": digest})
    except IntegrityError as error:
        raise PinTaken(field="pin") from error


def remove_pin(*, user: Any, store: Any) -> None:
    PinCredential.objects.filter(user=user, store=store).delete()


def prove(*, till: Till, user: UUID, digest: bytes, may: Collection[str] = ("pos.manage",)) -> Any:
    """Somebody who manages the till's store, or may one of `may` there, by the digest of the PIN they typed. `till` with its store.

    A till holds these digests, so this keeps out whoever has its token alone; a till that is lost is signed out as a whole.
    """
    key = f"till-pins-{till.pk}"
    # Counted before it is looked at, so that guesses sent all at once are counted too.
    if _tries(key) > MOST_TRIES:
        raise TooManyPins(retry_after=WAIT)
    held = PinCredential.objects.select_related("user").filter(user=user, store=till.store_id).first()
    right = hmac.compare_digest(bytes(held.digest) if held else bytes(32), digest)
    if held is None or not right or not any(allows(held.user, one, store=till.store_id) for one in may):
        log.warning("a PIN was not proven at till %s", till.pk)
        raise PinNotProven
    _forget(key)
    return held.user


def _tries(key: str) -> int:
    """This one included. A cache that is away must not keep a manager out."""
    try:
        cache.add(key, 0, WAIT)
        return int(cache.incr(key))
    except Exception as error:
        log.warning("PINs are not counted: %s", type(error).__name__)
        return 0


def _forget(key: str) -> None:
    try:
        cache.delete(key)
    except Exception as error:
        log.warning("PINs are not counted: %s", type(error).__name__)

"""A cashier's PIN: four digits that name one person in one store, checked by the till itself, offline too."""

from typing import Any

from django.db import IntegrityError, transaction

from kernel.errors import Conflict, Invalid
from pos.models import PinCredential
from pos.queries import pin_digest


class PinInvalid(Invalid):
    code = "pin_invalid"
    title = "A PIN is four digits"


class PinTaken(Conflict):
    """Says nothing about whose it is."""

    code = "pin_taken"
    title = "This PIN cannot be used in this store. Choose another."


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

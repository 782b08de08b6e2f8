"""Markdowns: a sticker with a code of its own on goods that have to go."""

import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from catalog import gtin
from catalog.models import Sticker, Variant
from catalog.price_history import at_moment
from catalog.price_reading import price_history
from catalog.pricebook import Place
from catalog.services import changes
from catalog.services.prices import HIGHEST
from kernel.errors import Invalid
from kernel.money import MILLION, format_amount
from org.queries import open_stores

# GS1 General Specifications, section 1.4.5: numbers that mean something within one company only.
PREFIX: Final = "28"
MOST_PIECES: Final = 1_000
TRIES: Final = 5


def make_stickers(
    *, variant: UUID, store: UUID, kind: str, value: int, pieces: int, reason: str, expires_at: datetime, now: datetime, actor: UUID
) -> Sticker:
    """`value`: parts per million off, or minor units: off, or the price. All pieces carry one code; it is worth nothing after `expires_at`."""
    with changes.written_by(actor):
        row = Variant.objects.filter(id=variant).first()
        if row is None:
            raise changes.UnknownVariant(field="variant")
        there = next(iter(open_stores(stores=[store])), None)
        if there is None:
            raise Invalid("There is no such store.", field="store")
        sticker = Sticker(variant=row, store_id=store, kind=kind, value=value, pieces=pieces, reason=" ".join(reason.split()))
        sticker.expires_at, sticker.made_by, sticker.made_at = expires_at, actor, now
        _check(sticker, now)
        _must_be_less(sticker, Place(there.channel_id, there.id), now)
        return _coded(sticker)


def _check(sticker: Sticker, now: datetime) -> None:
    if sticker.kind not in Sticker.Kind.values:
        raise Invalid("A markdown is percent off, an amount off, or a price.", field="kind")
    highest = MILLION if sticker.kind == Sticker.Kind.PERCENT else HIGHEST
    if not 0 < sticker.value <= highest:
        raise Invalid(
            "Take more than nothing off, and at most all of it." if highest == MILLION else "Give an amount of more than nothing.", field="value"
        )
    if not 0 < sticker.pieces <= MOST_PIECES:
        raise Invalid(f"Print 1 to {MOST_PIECES:,} stickers at a time.", field="pieces")
    if not sticker.reason or len(sticker.reason) > 100:
        raise Invalid("Say in at most 100 characters why it is marked down.", field="reason")
    if sticker.expires_at <= now:
        raise Invalid("It has to be sold by a later moment than now.", field="expires_at")


def _must_be_less(sticker: Sticker, place: Place, now: datetime) -> None:
    """A price by hand that is not below the one on the shelf is a mistake of the hand."""
    if sticker.kind == Sticker.Kind.PERCENT:
        return
    told = price_history(variant=sticker.variant_id, place=place)
    present = at_moment(told.periods, now)
    if present is None:
        raise Invalid("It has no price in this store. Mark it down by percent.", field="value")
    if sticker.value >= present.amount:
        said = format_amount(present.amount, told.currency)
        raise Invalid(f"It costs {said} there already: mark it down below that.", field="value")


def _coded(sticker: Sticker) -> Sticker:
    """At random: a code that follows from the last one can be printed by anybody."""
    for _try in range(TRIES):
        body = PREFIX + f"{secrets.randbelow(10**10):010d}"
        sticker.code = f"{body}{gtin.check_digit(body)}"
        try:
            with transaction.atomic():
                sticker.save(force_insert=True)
            return sticker
        except IntegrityError as error:
            if "pkey" not in (getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""):
                raise
    raise RuntimeError("no free code for a sticker was found")

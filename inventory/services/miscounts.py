"""A count could not know of sales that were still on their way: what left the book twice comes back into it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from inventory.models import Level, Movement
from inventory.queries.reasons import correction_of, miscount, why
from inventory.services.moving import Move, move
from kernel.errors import Conflict


class MiscountChanged(Conflict):
    code = "miscount_changed"
    title = "More has come in meanwhile: look again"


@transaction.atomic
def correct_late(*, location: UUID, variant: UUID, quantity: int, actor: UUID | None, now: datetime) -> bool:
    """Put right what the last count could not know. `quantity` is what whoever decides saw; False when it is put right already."""
    # Locked, so that nothing comes in between looking and moving, and two people do not both put it right.
    Level.objects.select_for_update().filter(location=location, variant=variant).first()
    found = miscount(variant=variant, location=location, known=why(variant=variant, location=location))
    if found is None:
        return False
    if found.quantity != quantity:
        raise MiscountChanged(field="quantity")
    correction = Move(
        location=location,
        variant=variant,
        quantity=quantity,
        cause=Movement.Cause.ADJUSTMENT,
        reference=correction_of(found.anchor.reference),
        line=found.times,
        actor=actor,
        note="Left before the count, told after it",
        occurred_at=now,
    )
    return bool(move(movements=[correction], now=now))

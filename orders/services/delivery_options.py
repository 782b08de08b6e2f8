"""Ways for goods to get to a customer, and what each costs: kept whole, rates included."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from kernel.errors import Conflict, Invalid, NotFound
from orders.models import DeliveryOption, DeliveryRate

CHANGEABLE = ("name", "names", "kind", "tax_class", "days_least", "days_most")


class OptionUnknown(NotFound):
    title = "There is no such delivery option"


class OptionTaken(Conflict):
    code = "delivery_option_taken"
    title = "There is a delivery option of this code already"


class OptionInvalid(Invalid):
    code = "delivery_option_invalid"
    title = "This cannot be said of a delivery option"


def add_delivery_option(
    *, code: str, fields: Mapping[str, Any], channels: Sequence[UUID] = (), rates: Sequence[Mapping[str, Any]] = ()
) -> DeliveryOption:
    """`rates`: currency, countries (empty: everywhere else), from_total and amount in minor units. Raises OptionTaken, OptionInvalid."""
    if DeliveryOption.objects.filter(code=code).exists():
        raise OptionTaken(field="code")
    return _kept(DeliveryOption(code=code), fields, channels, rates)


def change_delivery_option(
    *, option: int, fields: Mapping[str, Any], channels: Sequence[UUID] | None = None, rates: Sequence[Mapping[str, Any]] | None = None
) -> DeliveryOption:
    """Rates that are given replace those there are. What was ordered with it costs what it did."""
    return _kept(_found(option), fields, channels, rates)


def archive_delivery_option(*, option: int, archived: bool, now: datetime) -> DeliveryOption:
    """Nobody is offered it any more; what was ordered with it stays."""
    found = _found(option)
    if (found.archived_at is not None) != archived:
        found.archived_at = now if archived else None
        found.save(update_fields=["archived_at"])
    return found


def _found(option: int) -> DeliveryOption:
    found = DeliveryOption.objects.filter(pk=option).first()
    if found is None:
        raise OptionUnknown
    return found


@transaction.atomic
def _kept(
    row: DeliveryOption, fields: Mapping[str, Any], channels: Sequence[UUID] | None, rates: Sequence[Mapping[str, Any]] | None
) -> DeliveryOption:
    for name in CHANGEABLE:
        if name in fields:
            setattr(row, name, fields[name])
    if row.days_most < row.days_least:
        raise OptionInvalid("At most is not less than at least.", field="days_most")
    _clean(row, exclude=["channels"])
    row.save()
    if channels is not None:
        row.channels.set(channels)  # type: ignore[arg-type]  # by their ids, as Django takes them
    if rates is not None:
        row.rates.all().delete()
        made = [DeliveryRate(option=row, **rate) for rate in rates]
        try:
            DeliveryRate.objects.bulk_create(made)
        except IntegrityError as error:
            raise OptionInvalid("Two rates are for the same countries from the same total, or one is below zero.", field="rates") from error
    return row


def _clean(row: DeliveryOption, exclude: Sequence[str]) -> None:
    try:
        row.clean_fields(exclude=list(exclude))
    except ValidationError as error:
        name, told = next(iter(error.message_dict.items()))
        raise OptionInvalid(" ".join(told), field=name) from error

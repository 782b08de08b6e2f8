"""Places where stock lies, what each of them does for the shop, and which channels promise from it."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q

from inventory.models import Level, Location, Source
from kernel import audit
from kernel.errors import Conflict, Invalid, NotFound

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
# Code, kind and store say which place it is: they stay.
CHANGEABLE_OF_PLACE: Final = frozenset(
    {
        "name", "street", "postal_code", "city", "country", "latitude", "longitude", "hours", "timezone", "offers_pickup", "pickup_minutes",
        "ships", "receives", "short_sales",
    }
)  # fmt: skip


class NoSellingLocation(Conflict):
    """The store has no place to sell from yet."""

    code = "no_selling_location"
    title = "This store has no stock location"


class UnknownLocation(NotFound):
    code = "location_not_found"
    title = "There is no such place"


class LocationCodeTaken(Conflict):
    code = "location_code_taken"
    title = "Another place has this code"


class LocationThere(Conflict):
    """A store has one place of each kind."""

    code = "location_there"
    title = "This store has such a place already"


class WrongLocation(Invalid):
    code = "location_wrong"
    title = "A place is not described like this"


class WrongHours(Invalid):
    code = "hours_wrong"
    title = "These are no opening hours"


class LocationPromised(Conflict):
    code = "location_promised"
    title = "Goods of this place are promised"


def create_location(*, code: str, name: str, kind: str = Location.Kind.STORE, store: models.Model | None = None) -> Location:
    location = Location(code=code, name=name, kind=kind)
    location.store = store  # type: ignore[assignment]
    location.save()
    return location


SELLING = "select id from inventory_location where store_id = %s and kind = %s order by id limit 1"


def selling_location(store: models.Model | UUID) -> UUID:
    """The place a store (or its id) sells from."""
    with connection.cursor() as cursor:
        cursor.execute(SELLING, [store if isinstance(store, UUID) else store.pk, Location.Kind.STORE.value])
        found = cursor.fetchone()
    if found is None:
        raise NoSellingLocation
    id: UUID = found[0]
    return id


def place_beside(*, store: models.Model | None, kind: str) -> UUID:
    """Where the store (its row; None: the shop, for what was sent in) keeps what it does not sell: Location.Kind.DAMAGED or QUARANTINE. Made
    the first time it is needed."""
    kept = Location.Kind(kind)
    code = f"{str(store.pk)[-8:] if store else 'shop'}-{kind}"
    wanted = Q(store=store, kind=kind) if store else Q(code=code)
    found = Location.objects.filter(wanted).values_list("id", flat=True).first()
    if found is not None:
        return found
    # At once by two: the second meets a constraint and takes the first one's.
    made = Location(code=code, name=f"{store or 'Shop'}: {kept.label}"[:100], kind=kind)
    made.store = store  # type: ignore[assignment]
    Location.objects.bulk_create([made], ignore_conflicts=True)
    return Location.objects.values_list("id", flat=True).get(wanted)


def add_location(*, code: str, name: str, kind: str, store: UUID | None, fields: Mapping[str, Any], actor: UUID | None) -> Location:
    """A place with all there is to say of it; `fields` as change_location has them."""
    location = Location(code=code, name=name, kind=kind)
    location.store_id = store
    with _written_by(actor):
        _write(location, fields)
    return location


def change_location(*, location: UUID, fields: Mapping[str, Any], actor: UUID | None) -> Location:
    """`fields`: names of CHANGEABLE_OF_PLACE with their new values; coordinates in millionths of a degree, hours as the model has them."""
    with _written_by(actor):
        row = _locked(location)
        _write(row, fields)
    return row


def archive_location(*, location: UUID, now: datetime, actor: UUID | None) -> Location:
    """Nothing is promised from it any more; what lies there and its history stay. Refused while goods of it are promised."""
    with _written_by(actor):
        row = _locked(location)
        if Level.objects.filter(location=row, reserved__gt=0).exists():
            raise LocationPromised("Orders or carts still hold goods here. Send them out or release them first.", field="archived")
        if row.archived_at is None:
            row.archived_at = now
            row.save(update_fields=["archived_at"])
    return row


def restore_location(*, location: UUID, actor: UUID | None) -> Location:
    with _written_by(actor):
        row = _locked(location)
        row.archived_at = None
        row.save(update_fields=["archived_at"])
    return row


def set_sources(*, location: UUID, channels: Collection[UUID], priority: int = 100, actor: UUID | None) -> None:
    """These channels promise from the place, and no others; of a channel's places the lowest `priority` goes first."""
    if not 0 <= priority <= 32_767:
        raise WrongLocation("Its turn is a number from 0 to 32767.", field="priority")
    with _written_by(actor):
        row = _locked(location)
        if channels and row.kind not in (Location.Kind.STORE, Location.Kind.WAREHOUSE):
            raise WrongLocation("Channels draw from stores and warehouses only.", field="channels")
        Source.objects.filter(location=row).exclude(channel__in=channels).delete()
        wanted = [Source(location=row, channel_id=channel, priority=priority) for channel in channels]
        Source.objects.bulk_create(wanted, update_conflicts=True, unique_fields=["channel", "location"], update_fields=["priority"])


def _locked(location: UUID) -> Location:
    row = Location.objects.select_for_update(no_key=True, of=("self",)).filter(pk=location).first()
    if row is None:
        raise UnknownLocation(field="location")
    return row


def _write(row: Location, fields: Mapping[str, Any]) -> None:
    unknown = sorted(set(fields) - CHANGEABLE_OF_PLACE)
    if unknown:
        raise WrongLocation(f"{', '.join(unknown)} cannot be changed here.", field=unknown[0])
    for name, value in fields.items():
        setattr(row, name, value)
    row.hours = checked_hours(row.hours)
    _check(row)
    row.save()


def _check(row: Location) -> None:
    if (row.latitude is None) != (row.longitude is None):
        missing = "latitude" if row.latitude is None else "longitude"
        raise WrongLocation("Coordinates are two numbers: how far north, and how far east.", field=missing)
    if (row.offers_pickup or row.ships) and row.kind not in (Location.Kind.STORE, Location.Kind.WAREHOUSE):
        raise WrongLocation("Only stores and warehouses hand over or send goods.", field="offers_pickup" if row.offers_pickup else "ships")
    try:
        row.clean_fields(exclude=["store"])
        row.validate_constraints(exclude=["store", "code"])
    except ValidationError as error:
        field = next(iter(error.message_dict), "")
        raise WrongLocation(" ".join(error.messages), field="" if field == "__all__" else field) from None


def checked_hours(hours: Mapping[str, Any]) -> dict[str, list[list[str]]]:
    """{"mon": [["09:00", "18:30"]]}: spans of a day in their order, none reaching into the next. Days without one are left out."""
    unknown = sorted(set(hours) - set(DAYS))
    if unknown:
        raise WrongHours(f"{unknown[0]} is no day of the week.", field="hours")
    return {day: _spans(day, hours[day]) for day in DAYS if hours.get(day)}


def _spans(day: str, spans: Any) -> list[list[str]]:
    found: list[list[str]] = []
    for span in spans:
        if len(span) != 2 or not all(isinstance(clock, str) and CLOCK.fullmatch(clock) for clock in span):
            raise WrongHours("Write each time like 09:00: when it opens, and when it closes.", field=f"hours-{day}")
        opens, closes = span
        if opens >= closes or (found and opens <= found[-1][1]):
            raise WrongHours("It closes after it opens, and opens again later than that.", field=f"hours-{day}")
        found.append([opens, closes])
    return found


@contextmanager
def _written_by(actor: UUID | None) -> Iterator[None]:
    """Two that are made at once meet in the database; the second is told plainly."""
    try:
        with transaction.atomic(), audit.acting_as(actor):
            yield
    except IntegrityError as error:
        constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        if constraint == "location_one_of_a_kind":
            raise LocationThere("A store has one place of each kind. Change the one it has.", field="kind") from None
        if "code" in constraint:
            raise LocationCodeTaken("Another place has this code. Choose another one.", field="code") from None
        raise

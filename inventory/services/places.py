"""Places where stock lies."""

from uuid import UUID

from django.db import models
from django.db.models import Q

from inventory.models import Location
from kernel.errors import Conflict


class NoSellingLocation(Conflict):
    """The store has no place to sell from yet."""

    code = "no_selling_location"
    title = "This store has no stock location"


def create_location(*, code: str, name: str, kind: str = Location.Kind.STORE, store: models.Model | None = None) -> Location:
    location = Location(code=code, name=name, kind=kind)
    location.store = store  # type: ignore[assignment]
    location.save()
    return location


def selling_location(store: models.Model | UUID) -> UUID:
    """The place a store (or its id) sells from."""
    id = Location.objects.filter(Q(store=store), kind=Location.Kind.STORE).values_list("id", flat=True).first()
    if id is None:
        raise NoSellingLocation
    return id

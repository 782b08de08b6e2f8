"""Who manages which store, asked about people whom entries name."""

from collections.abc import Collection
from uuid import UUID

from org.access import allows
from org.models import Store, User


def stores(*, ids: Collection[UUID]) -> dict[UUID, Store]:
    return {store.pk: store for store in Store.objects.filter(pk__in=ids)}


def managing(*, people: Collection[UUID], stores: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """(person, store). Two statements, whoever and however many they are."""
    found = User.objects.filter(pk__in=people).prefetch_related("grants") if people else ()
    return {(person.pk, store) for person in found for store in stores if allows(person, "pos.manage", store=store)}

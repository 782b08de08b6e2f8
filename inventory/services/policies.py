"""How goods are kept and promised: bundles and what they are made of, safety stock, reorder points, what is sold ahead."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from inventory.models import Component, Level, Policy
from inventory.services.patience import patient
from kernel.errors import Conflict, Invalid


class BundleWrong(Invalid):
    code = "bundle_wrong"
    title = "A bundle is made of other goods, each once, and more than nothing of it"


class BundleNested(Conflict):
    code = "bundle_nested"
    title = "A bundle cannot be part of another bundle"


class BundleHasStock(Conflict):
    """What lies on the shelf under its own code could never be sold again."""

    code = "bundle_has_stock"
    title = "These goods have stock of their own: take it out before they become a bundle"


class PolicyWrong(Invalid):
    code = "policy_wrong"
    title = "These rules do not fit together"


class Kept:
    """Stands for: as it is."""


KEPT: Final = Kept()


@transaction.atomic
def bundle_of(*, bundle: UUID, components: Sequence[tuple[UUID, int]]) -> None:
    """What 1000 of the bundle are made of: (variant, thousandths) in the order they are shown. Replaces; nothing makes it plain goods again."""
    wanted = {component for component, _ in components}
    if len(wanted) < len(components) or bundle in wanted or any(quantity <= 0 for _, quantity in components):
        raise BundleWrong(field="components")
    with connection.cursor() as cursor:
        # The lock that the components' trigger takes: two who change one bundle come one after the other.
        cursor.execute("select pg_advisory_xact_lock(hashtext('inventory_component'))")
    if components and Level.objects.filter(variant=bundle).exclude(on_hand=0, reserved=0).exists():
        raise BundleHasStock(field="bundle")
    if components and Component.objects.filter(bundle__in=wanted).exists() or Component.objects.filter(component=bundle).exists():
        raise BundleNested(field="components")
    Component.objects.filter(bundle=bundle).delete()
    Component.objects.bulk_create(
        Component(bundle_id=bundle, component_id=component, quantity=quantity, position=position)
        for position, (component, quantity) in enumerate(components, start=1)
    )


@patient
def set_policy(
    *,
    location: UUID,
    variant: UUID,
    safety: int | Kept = KEPT,
    reorder_point: int | None | Kept = KEPT,
    reorder_to: int | None | Kept = KEPT,
    ahead: int | Kept = KEPT,
    ahead_kind: str | Kept = KEPT,
    ahead_on: date | None | Kept = KEPT,
) -> None:
    """Thousandths. What is not given stays as it is. `ahead`: how many may be promised that are not there; then `ahead_kind` says as what."""
    given: dict[str, Any] = {
        "safety": safety,
        "reorder_point": reorder_point,
        "reorder_to": reorder_to,
        "ahead": ahead,
        "ahead_kind": ahead_kind,
        "ahead_on": ahead_on,
    }
    with transaction.atomic():
        policy = _policy(location, variant)
        for name, value in given.items():
            if not isinstance(value, Kept):
                setattr(policy, name, value)
        _check(policy)
        policy.save()


def _policy(location: UUID, variant: UUID) -> Policy:
    found = Policy.objects.select_for_update().filter(location=location, variant=variant).first()
    if found is None:
        # Made first, so that two who make it at once each keep what the other said.
        Policy.objects.bulk_create([Policy(location_id=location, variant_id=variant)], ignore_conflicts=True)
        found = Policy.objects.select_for_update().get(location=location, variant=variant)
    return found


def _check(policy: Policy) -> None:
    try:
        policy.clean_fields(exclude=["location", "variant"])
        policy.validate_constraints()
    except ValidationError as wrong:
        raise PolicyWrong("; ".join(wrong.messages)) from wrong
    if min(policy.reorder_point or 0, policy.reorder_to or 0) < 0:
        raise PolicyWrong(field="reorder_point")

"""Bundles, and how goods are kept in a place."""

from datetime import date

import pytest

from inventory import services
from inventory.models import Component, Level, Policy
from inventory.services import Hold, OutOfStock
from kernel.ids import uuid7
from org.tests.cast import NOW


def components(bundle):
    return list(Component.objects.filter(bundle=bundle).order_by("position").values_list("component_id", "quantity"))


def test_a_bundle_is_set_and_replaced_and_taken_apart(room):
    bundle, one, two, three = room.variants[:4]
    services.bundle_of(bundle=bundle, components=[(one, 1_000), (two, 2_000)])
    services.bundle_of(bundle=bundle, components=[(two, 500), (three, 1_000), (one, 1_000)])
    assert components(bundle) == [(two, 500), (three, 1_000), (one, 1_000)]
    services.bundle_of(bundle=bundle, components=[])
    assert components(bundle) == []


def test_what_is_no_bundle_is_refused(room):
    bundle, one, two = room.variants[:3]
    for wrong in ([(one, 0)], [(one, 1_000), (one, 1_000)], [(bundle, 1_000)]):
        with pytest.raises(services.BundleWrong):
            services.bundle_of(bundle=bundle, components=wrong)
    services.bundle_of(bundle=bundle, components=[(one, 1_000)])
    for nested in ({"bundle": two, "components": [(bundle, 1_000)]}, {"bundle": one, "components": [(two, 1_000)]}):
        with pytest.raises(services.BundleNested):
            services.bundle_of(**nested)
    services.open_stock(location=room.northside, quantities={two: 1_000}, reference=uuid7(), now=NOW)
    with pytest.raises(services.BundleHasStock):
        services.bundle_of(bundle=two, components=[(room.variants[4], 1_000)])


def test_as_many_bundles_as_the_scarcest_component_makes(room):
    bundle, one, two = room.variants[:3]
    services.bundle_of(bundle=bundle, components=[(one, 1_000), (two, 2_500)])
    services.open_stock(location=room.northside, quantities={one: 9_000, two: 6_000}, reference=uuid7(), now=NOW)
    hold = {"location": room.northside, "variant": bundle, "line": 1}
    with pytest.raises(OutOfStock) as refused:
        services.reserve(holds=[Hold(**hold, quantity=3_000)], reference=uuid7(), kind="order", expires_at=None, now=NOW)
    assert [(left.variant, left.asked, left.left) for left in refused.value.left] == [(bundle, 3_000, 2_400)]
    order = uuid7()
    services.reserve(holds=[Hold(**hold, quantity=2_001)], reference=order, kind="order", expires_at=None, now=NOW)
    assert dict(Level.objects.values_list("variant_id", "reserved")) == {one: 2_001, two: 5_003}
    services.take_reserved(reference=order, occurred_at=NOW, actor=None, now=NOW)
    assert dict(Level.objects.values_list("variant_id", "on_hand")) == {one: 6_999, two: 997}


def test_a_policy_keeps_what_is_not_said(room):
    where = {"location": room.northside, "variant": room.variants[0]}
    services.set_policy(**where, safety=500, reorder_point=2_000, reorder_to=8_000)
    services.set_policy(**where, ahead=3_000, ahead_kind="preorder", ahead_on=date(2026, 5, 1))
    services.set_policy(**where, reorder_point=1_000)
    policy = Policy.objects.get()
    assert (policy.safety, policy.reorder_point, policy.reorder_to, policy.ahead, policy.ahead_kind) == (500, 1_000, 8_000, 3_000, "preorder")
    level = Level.objects.get()
    assert (level.safety, level.ahead) == (500, 3_000)


@pytest.mark.parametrize(
    "wrong",
    [
        {"safety": -1},
        {"ahead": 1_000},
        {"ahead_kind": "backorder"},
        {"ahead": 1_000, "ahead_kind": "soon"},
        {"ahead": 1_000, "ahead_kind": "preorder"},
        {"reorder_point": 5_000, "reorder_to": 5_000},
        {"reorder_point": -1},
    ],
)
def test_rules_that_do_not_fit_are_refused(room, wrong):
    with pytest.raises(services.PolicyWrong):
        services.set_policy(location=room.northside, variant=room.variants[0], **wrong)
    assert not Policy.objects.exists()

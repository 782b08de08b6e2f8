"""A hostile or mistyped basket, rule or fact is refused with the field it is about."""

from copy import deepcopy
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.pricing.checking import check_basket, check_facts, check_promotion, check_rules
from catalog.tests.pricing import shapes
from catalog.tests.pricing.baskets import cases
from catalog.tests.pricing.golden import CASES
from kernel.errors import Invalid

TWO = shapes.promotion("two", shapes.set_of(2, 500))
TIERS = shapes.promotion("more", shapes.tiers("quantity", (3, "percent", 100_000)))
BUNDLE = shapes.promotion("meal", shapes.bundle(400, ("sku:a", 1), ("sku:b", 1)))
BASKET = shapes.basket(shapes.line(1, 100), shapes.line(2, 100), charges=(shapes.charge(1, 10),))


def put(value: Any, path: str, new: Any) -> Any:
    """The value with something else at the path; GONE takes it away."""
    changed = deepcopy(value)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    at = changed
    for step in way:
        at = at[step]
    if new is GONE:
        del at[last]
    else:
        at[last] = new
    return changed


GONE = Exception("gone")

WRONG_PROMOTIONS = [
    (TWO, "reward.size", 0),
    (TWO, "reward.size", True),
    (TWO, "reward.size", "2"),
    (TWO, "reward.value", 5.0),
    (TWO, "reward.value", -1),
    (TWO, "reward.value", GONE),
    (TWO, "reward.vlaue", 1),
    (TWO, "reward.kind", "sets"),
    (TWO, "reward.kind", ["set"]),
    (TWO, "code", ""),
    (TWO, "code", "ärger"),
    (TWO, "code", "two\n"),
    (TWO, "level", "order"),
    (TWO, "combination", "all"),
    (TWO, "stack_limit", 500_000),
    (TWO, "selection.any", []),
    (TWO, "selection.any.tag", []),
    (TWO, "selection.any.tag", ["x" * 201]),
    (TWO, "windows", [{"days": [8], "from": 0, "until": 0}]),
    (TWO, "windows", [{"days": [], "from": 0, "until": 0}]),
    (TWO, "windows", [{"days": [1], "from": 0, "until": 1440}]),
    (TWO, "limits.per_basket", 0),
    (TWO, "limits.offline", "perhaps"),
    (TWO, "supplier_share", 1_000_001),
    (TWO, "minimum", None),
    (TWO, "starts_at", "2026-01-01"),
    (TWO, "starts_at", 2**53),
    (TIERS, "reward.steps", []),
    (TIERS, "reward.steps.0.value", 1_000_001),
    (TIERS, "reward.steps.0.kind", "gift"),
    (BUNDLE, "reward.as", "set"),
    (BUNDLE, "reward.slots.1.quantity", 0),
]
FIELDS = {"reward.kind": "reward.kind", "level": "reward.kind", "windows": "windows"}


@pytest.mark.parametrize(("promotion", "path", "new"), WRONG_PROMOTIONS, ids=lambda value: str(value)[:40])
def test_a_wrong_promotion_is_refused_with_its_field(promotion, path, new):
    with pytest.raises(Invalid) as refused:
        check_promotion(put(promotion, path, new))
    assert refused.value.code == "rules_invalid"
    assert refused.value.field.startswith(FIELDS.get(path, path))


WRONG_BASKETS = [
    ("lines.0.quantity", 1500),
    ("lines.0.quantity", 0),
    ("lines.0.id", 2),
    ("lines.0.id", 0),
    ("lines.0.id", 1.0),
    ("lines.0.kind", "gift"),
    ("lines.0.facets", "category:tea"),
    ("lines.0.prices.0.amount", -1),
    ("lines.0.prices.0.price_quantity", 0),
    ("lines.0.fixed", {"source": "markdown", "code": "", "kind": "percent", "value": 1_000_001}),
    ("lines.0.sold_by", None),
    ("charges.0.amount", 10**13),
    ("charges.0.kind", "tip"),
    ("coupons", ["x"] * 51),
    ("lines", [shapes.line(number, 1) for number in range(1, 1002)]),
    ("lines", {}),
    ("total", 0),
]


@pytest.mark.parametrize(("path", "new"), WRONG_BASKETS, ids=lambda value: str(value)[:40])
def test_a_wrong_basket_is_refused_with_its_field(path, new):
    with pytest.raises(Invalid) as refused:
        check_basket(put(BASKET, path, new))
    assert refused.value.code == "basket_invalid"
    # Of two equal ids the second is told.
    assert refused.value.field.startswith(path if new != 2 else "lines.1.id")


@pytest.mark.parametrize("value", [None, [], "x", 7, {}, {"lines": None}])
def test_anything_else_is_refused_too(value):
    for check in (check_basket, check_rules, check_promotion, check_facts):
        with pytest.raises(Invalid):
            check(value)


def test_two_promotions_of_one_code_are_refused():
    with pytest.raises(Invalid) as refused:
        check_rules(shapes.rules(TWO, TWO))
    assert refused.value.field == "promotions.1.code"


def test_what_the_engine_is_tried_with_is_in_order():
    for case in [*cases(count=300, seed=8), *CASES]:
        check_basket(case["basket"])
        check_rules(case["rules"])
        check_facts(case["facts"])


@settings(max_examples=300, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    value=st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers()), st.dictionaries(st.text(), st.none())),
)
def test_nothing_but_a_refusal_comes_of_anything_anywhere(seed, value):
    random = Random(seed)
    case = next(cases(count=1, seed=seed))
    for part, check in (("basket", check_basket), ("rules", check_rules), ("facts", check_facts)):
        whole = deepcopy(case[part])
        at: Any = whole
        while True:
            key = random.choice(list(at) if isinstance(at, dict) else range(len(at)))
            if not at[key] or not isinstance(at[key], dict | list) or random.random() < 0.2:
                break
            at = at[key]
        at[key] = value
        try:
            check(whole)
        except Invalid as refused:
            assert refused.message  # noqa: PT017

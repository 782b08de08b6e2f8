"""The cart as a document: what it refuses, and how two become one. No database."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import carts

PIECES = st.integers(carts.LEAST_QUANTITY, carts.MOST_QUANTITY)
SKUS = st.sampled_from([f"SKU-{n}" for n in range(6)])
LINE = st.builds(lambda sku, quantity: {"sku": sku, "quantity": quantity}, SKUS, PIECES)
CARD = st.builds(lambda value, pieces: {"gift_card": value, "quantity": pieces * 1000}, st.integers(1, 3), st.integers(1, 9))
DOCUMENTS = st.builds(
    lambda lines, coupons: {**carts.EMPTY, **carts.read({"lines": lines, "coupons": coupons})},
    st.lists(LINE | CARD, max_size=8),
    st.lists(st.sampled_from(["A", "b", "C c", "d"]), max_size=4),
)


def sums(document):
    found = {}
    for line in document["lines"]:
        what = line.get("sku") or line["gift_card"]
        found[what] = found.get(what, 0) + line["quantity"]
    return found


@pytest.mark.parametrize("quantity", [-1, 0, -1000, 10**9, "1", "1000", 1.5, 1000.0, math.nan, math.inf, True, None, [], {}])
def test_a_quantity_is_whole_thousandths_within_a_range_that_is_told(quantity):
    with pytest.raises(carts.QuantityInvalid) as refusal:
        carts.read({"lines": [{"sku": "TEA", "quantity": quantity}]})
    assert (refusal.value.code, refusal.value.status, refusal.value.field) == ("quantity_invalid", 400, "lines.0.quantity")
    assert refusal.value.details == {"minimum": 1, "maximum": 9_999_000}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"total": 1}, "total"),
        ({"lines": [{"sku": "TEA", "quantity": 1000, "price": 1}]}, "lines.0.price"),
        ({"lines": [{"sku": "TEA", "unit_price": 1}]}, "lines.0.unit_price"),
        ({"delivery": {"kind": "ship", "amount": 0}}, "delivery.amount"),
        ({"customer": "x"}, "customer"),
        ({"signed_in": True}, "signed_in"),
        ({"told": {}}, "told"),
    ],
)
def test_a_price_or_anything_else_unknown_is_refused_by_name(given, field):
    with pytest.raises(carts.UnknownField) as refusal:
        carts.read(given)
    assert (refusal.value.code, refusal.value.status, refusal.value.field) == ("unknown_field", 400, field)


@pytest.mark.parametrize(
    "given",
    [
        [],
        None,
        "lines",
        {"lines": {}},
        {"lines": "TEA"},
        {"lines": [7]},
        {"lines": [{}]},
        {"lines": [{"sku": "TEA", "gift_card": 5}]},
        {"lines": [{"sku": ""}]},
        {"lines": [{"sku": "T\x00A"}]},
        {"lines": [{"sku": "T" * 61}]},
        {"lines": [{"gift_card": 0}]},
        {"lines": [{"gift_card": True}]},
        {"lines": [{"id": "1", "sku": "A"}, {"id": "1", "sku": "B"}]},
        {"lines": [{"id": "a b", "sku": "A"}]},
        {"lines": [{"sku": "A"}] * 201},
        {"coupons": "SPRING"},
        {"coupons": ["A"] * 21},
        {"coupons": [7]},
        {"delivery": {"kind": "drone"}},
        {"delivery": {"kind": "pickup"}},
    ],
)
def test_what_is_no_cart_is_refused(given):
    with pytest.raises(carts.CartInvalid):
        carts.read(given)


def test_lines_without_an_id_get_one_that_is_free():
    read = carts.lines([{"sku": "A"}, {"id": "1", "sku": "B"}, {"sku": "C"}])
    assert [line["id"] for line in read] == ["2", "1", "3"]


def test_more_of_the_same_adds_up_and_a_known_id_is_replaced():
    document = {**carts.EMPTY, "lines": carts.lines([{"id": "a", "sku": "A", "quantity": 1000}])}
    assert carts.with_lines(document, [{"sku": "A", "quantity": 2000}])["lines"] == [{"id": "a", "sku": "A", "quantity": 3000}]
    replaced = carts.with_lines(document, [{"id": "a", "sku": "B", "quantity": 2000}, {"sku": "C"}])["lines"]
    assert [(line["sku"], line["quantity"]) for line in replaced] == [("B", 2000), ("C", 1000)]
    assert carts.without_line(document, "a")["lines"] == []
    assert document["lines"][0]["quantity"] == 1000


@given(DOCUMENTS, DOCUMENTS)
def test_merging_adds_up_the_same_goods_within_the_range_and_loses_none(kept, gone):
    merged = carts.merged(kept, gone)
    ours, theirs, both = sums(kept), sums(gone), sums(merged)
    assert both.keys() == ours.keys() | theirs.keys()
    for what, quantity in both.items():
        assert max(ours.get(what, 0), 1) <= quantity <= ours.get(what, 0) + theirs.get(what, 0)
        if ours.get(what, 0) + theirs.get(what, 0) <= carts.MOST_QUANTITY:
            assert quantity == ours.get(what, 0) + theirs.get(what, 0)
    assert set(merged["coupons"]) == set(kept["coupons"]) | set(gone["coupons"])
    assert len({line["id"] for line in merged["lines"]}) == len(merged["lines"])
    # What was merged is a cart that may be written.
    assert carts.lines(merged["lines"]) == merged["lines"]
    assert carts.merged(kept, carts.EMPTY) == kept


@given(DOCUMENTS, DOCUMENTS)
def test_which_cart_is_kept_changes_nothing_about_the_goods(one, other):
    def capped(document):
        return {what: min(quantity, carts.MOST_QUANTITY) for what, quantity in sums(document).items()}

    assert capped(carts.merged(one, other)) == capped(carts.merged(other, one))

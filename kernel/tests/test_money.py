import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel import money
from kernel.tests import money_vectors

VECTORS = json.loads(money_vectors.FILE.read_text())
amounts = st.integers(-(10**14), 10**14)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=20)


def cases(name):
    return VECTORS[name]


def given_of(case):
    return {name: value for name, value in case.items() if name != "expect"}


@pytest.mark.parametrize("name", ["line_total", "included_tax", "allocate"])
def test_the_shared_vectors_hold(name):
    function = getattr(money, name)
    assert [case for case in cases(name) if function(**given_of(case)) != case["expect"]] == []


def test_the_shared_vectors_hold_for_currencies():
    assert [case for case in cases("exponent") if money.exponent(case["currency"]) != case["expect"]] == []
    assert [case for case in cases("format_amount") if money.format_amount(case["amount"], case["currency"]) != case["expect"]] == []


def test_what_is_beyond_the_browser_is_still_exact_here():
    for case in cases("line_total_unsafe"):
        assert money.line_total(**case) == money_vectors.line_total(**case)


def test_the_vectors_are_what_their_script_writes():
    assert money_vectors.FILE.read_text() == money_vectors.text()


def test_nonsense_is_refused():
    for currency in VECTORS["refused"]["exponent"]:
        with pytest.raises(ValueError, match="ISO 4217"):
            money.exponent(currency)
    for name in ("line_total", "included_tax", "allocate"):
        for case in VECTORS["refused"][name]:
            with pytest.raises(ValueError):
                getattr(money, name)(**case)


@given(price=amounts, price_quantity=st.integers(1, 10**6), quantity=st.integers(-(10**8), 10**8))
def test_a_refund_is_the_sale_with_the_sign_turned(price, price_quantity, quantity):
    sale = money.line_total(price=price, price_quantity=price_quantity, quantity=quantity)
    assert money.line_total(price=price, price_quantity=price_quantity, quantity=-quantity) == -sale
    assert abs(2 * (sale * price_quantity - price * quantity)) <= price_quantity


@given(amount=amounts, rate=st.integers(0, 1_000_000))
def test_included_tax_leaves_a_net_that_carries_it(amount, rate):
    tax = money.included_tax(amount=amount, rate=rate)
    assert tax == money_vectors.included_tax(amount, rate)
    assert money.included_tax(amount=-amount, rate=rate) == -tax
    assert abs(tax) <= abs(amount)


@given(total=amounts, weights=weights)
def test_an_allocation_sums_to_its_total_and_nobody_is_off_by_a_unit(total, weights):
    parts = money.allocate(total=total, weights=weights)
    assert sum(parts) == total
    shares = weights if any(weights) else [1] * len(weights)
    assert all(abs(part * sum(shares) - total * share) < sum(shares) for part, share in zip(parts, shares, strict=True))


@given(total=amounts, weights=weights)
def test_an_allocation_is_largest_remainder_with_ties_to_the_earlier(total, weights):
    assert money.allocate(total=total, weights=weights) == money_vectors.allocate(total, weights)


@given(amount=st.integers(-(10**18), 10**18), currency=st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_a_written_amount_reads_back(amount, currency):
    from decimal import Decimal

    assert Decimal(money.format_amount(amount, currency)).scaleb(money.exponent(currency)) == amount

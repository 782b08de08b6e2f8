"""Any sequence of partial returns sums to the sale, in every component; and until when goods may come back."""

from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.money import MILLION, divided, included_tax
from orders.allocation import agrees, allocation
from orders.returns import Facts, part, shares, together, turned, until, verdict, without_receipt

POLICY = {"days": 30, "categories": {}, "extended": []}
BOUGHT = date(2026, 3, 14)


@dataclass
class Sold:
    quantity: int
    total: int
    discount: int = 0
    tax: int = 0
    taxes: list = field(default_factory=list)
    discounts: list = field(default_factory=list)
    allocation: list = field(default_factory=list)

    def __post_init__(self):
        evenly = allocation(quantity=self.quantity, total=self.total, discount=self.discount, tax=self.tax)
        self.allocation = self.allocation or evenly


def split(whole: int, cuts: list[int]) -> list[int]:
    places = sorted({cut % (whole + 1) for cut in cuts})
    return [end - start for start, end in zip([0, *places], [*places, whole], strict=True)]


@st.composite
def sold_lines(draw):
    """Whole pieces or weighed, 0 to 3 decimals (amounts from one unit to millions), tax in or on top, several taxes, several givers."""
    quantity = draw(st.one_of(st.integers(1, 60).map(lambda n: n * 1000), st.integers(1, 20_000)))
    listed = draw(st.integers(0, draw(st.sampled_from([5, 99, 4_999, 10_000_000]))))
    discount = draw(st.integers(0, listed))
    total = listed - discount
    rates = draw(st.lists(st.integers(0, 250_000), max_size=4))
    rate = sum(rates)
    tax = included_tax(amount=total, rate=rate) if draw(st.booleans()) else divided(total * rate, MILLION)
    taxes = [
        {"code": f"tax-{n}", "name": "Tax", "rate": 0, "amount": amount}
        for n, amount in enumerate(split(tax, draw(st.lists(st.integers(0, 10**9), max_size=3))))
    ]
    discounts = [
        {"promotion": f"offer-{n}", "name": "Offer", "amount": amount, "supplier_amount": draw(st.integers(0, amount))}
        for n, amount in enumerate(split(discount, draw(st.lists(st.integers(0, 10**9), max_size=3))))
    ]
    runs = draw(st.sampled_from([None, "uneven"]))
    line = Sold(quantity=quantity, total=total, discount=discount, tax=tax, taxes=taxes, discounts=discounts)
    if runs and quantity > 1000 and quantity % 1000 == 0:
        # As the engine tells of a bundle or an offer: some pieces carry all of the discount.
        first = draw(st.integers(1, quantity // 1000 - 1)) * 1000 if quantity > 1000 else quantity
        shares_of = {name: draw(st.integers(0, getattr(line, name))) for name in ("total", "discount", "tax")}
        line.allocation = [
            {"quantity": first, **shares_of},
            {"quantity": quantity - first} | {name: getattr(line, name) - share for name, share in shares_of.items()},
        ]
    return line


def parts_of(line, quantities):
    start, found = 0, []
    for quantity in quantities:
        found.append(part(sold=line, start=start, quantity=quantity))
        start += quantity
    return found


@settings(max_examples=400, deadline=None)
@given(line=sold_lines(), data=st.data())
def test_any_sequence_of_partial_returns_sums_to_the_line_in_every_component(line, data):
    cuts = data.draw(st.lists(st.integers(1, line.quantity), max_size=8, unique=True))
    ends = sorted({*cuts, line.quantity})
    parts = parts_of(line, [end - start for start, end in zip([0, *ends], ends, strict=False)])

    assert sum(one.quantity for one in parts) == line.quantity
    for name in ("total", "discount", "tax"):
        assert sum(getattr(one, name) for one in parts) == getattr(line, name)
    for place, tax in enumerate(line.taxes):
        assert sum(one.taxes[place]["amount"] for one in parts) == tax["amount"]
    for place, off in enumerate(line.discounts):
        assert sum(one.discounts[place]["amount"] for one in parts) == off["amount"]
        assert sum(one.discounts[place]["supplier_amount"] for one in parts) == off["supplier_amount"]
    for one in parts:
        amounts = {"total": one.total, "discount": one.discount, "tax": one.tax}
        assert one.list_total == one.total + one.discount
        assert min([*amounts.values(), *(tax["amount"] for tax in one.taxes), *(off["amount"] for off in one.discounts)]) >= 0
        assert sum(tax["amount"] for tax in one.taxes) == one.tax or not line.taxes
        assert sum(off["amount"] for off in one.discounts) == one.discount or not line.discounts
        assert agrees(one.allocation, quantity=one.quantity, **amounts)
        mirror = turned(one)
        assert agrees(mirror["allocation"], quantity=mirror["quantity"], total=-one.total, discount=-one.discount, tax=-one.tax)
        assert mirror["total"] == mirror["list_total"] - mirror["discount"]


def test_thirty_three_refunds_of_a_third_come_to_what_was_paid():
    # Three for 1.00, eleven times: each piece is a third.
    line = Sold(quantity=33_000, total=1_100, tax=176, taxes=[{"code": "vat", "amount": 175}, {"code": "levy", "amount": 1}])

    refunds = parts_of(line, [1_000] * 33)

    assert {one.total for one in refunds} == {33, 34}
    assert sum(one.total for one in refunds) == 1_100
    assert sum(one.tax for one in refunds) == 176
    assert [sum(one.taxes[place]["amount"] for one in refunds) for place in (0, 1)] == [175, 1]


def test_a_piece_costs_what_that_piece_was_sold_for():
    # Two at full price, the third free.
    runs = [{"quantity": 2_000, "total": 600, "discount": 0, "tax": 96}, {"quantity": 1_000, "total": 0, "discount": 300, "tax": 0}]
    line = Sold(quantity=3_000, total=600, discount=300, tax=96, allocation=runs)

    assert [one.total for one in parts_of(line, [1_000] * 3)] == [300, 300, 0]
    assert part(sold=line, start=1_000, quantity=2_000).allocation == [
        {"quantity": 1_000, "total": 300, "discount": 0, "tax": 48},
        {"quantity": 1_000, "total": 0, "discount": 300, "tax": 0},
    ]


def test_weighed_goods_come_back_by_cumulative_remainder():
    line = Sold(quantity=1_234, total=1_000, tax=65)

    assert [one.total for one in parts_of(line, [411, 411, 412])] == [333, 333, 334]


@pytest.mark.parametrize(("start", "quantity"), [(0, 0), (-1, 1), (0, 2_001), (1_500, 501), (0, -1)])
def test_a_part_outside_its_line_is_a_mistake_of_a_program(start, quantity):
    with pytest.raises(ValueError):
        part(sold=Sold(quantity=2_000, total=10), start=start, quantity=quantity)


@settings(max_examples=300, deadline=None)
@given(amounts=st.lists(st.integers(0, 60), min_size=1, max_size=5))
def test_shares_are_whole_at_the_end_never_shrink_and_stay_near_their_proportion(amounts):
    whole = sum(amounts)
    before = [0] * len(amounts)
    for of in range(whole + 1):
        now = shares(amounts=amounts, of=of)
        assert sum(now) == of
        assert all(new >= old for new, old in zip(now, before, strict=True))
        assert all(abs(share - Fraction(amount * of, whole or 1)) <= len(amounts) / 2 for share, amount in zip(now, amounts, strict=True))
        before = now
    assert before == amounts


@settings(max_examples=200, deadline=None)
@given(amounts=st.lists(st.integers(-50, 50), min_size=1, max_size=4))
def test_shares_of_amounts_on_both_sides_of_nothing_still_sum_up(amounts):
    whole = sum(amounts)
    if whole:
        for of in range(0, whole, 1 if whole > 0 else -1):
            assert sum(shares(amounts=amounts, of=of)) == of
        assert shares(amounts=amounts, of=whole) == amounts


def test_within_the_days_everything_is_allowed():
    found = verdict(facts=Facts(bought_on=BOUGHT), policy=POLICY, on=date(2026, 4, 13))

    assert found.reasons == ()
    assert found.allowed == {"original", "store_credit"}
    assert found.with_approval == frozenset()


def test_after_the_days_there_is_store_credit_or_a_manager():
    found = verdict(facts=Facts(bought_on=BOUGHT), policy=POLICY, on=date(2026, 4, 17))

    assert found.allowed == {"store_credit"}
    assert found.with_approval == {"original"}
    assert [(one.code, one.text, one.facts) for one in found.reasons] == [
        (
            "window_over",
            "Bought 34 days ago, limit 30. Store credit, or ask a manager.",
            {"days": 34, "limit": 30, "last_day": "2026-04-13"},
        )
    ]


def test_the_nearest_category_with_days_of_its_own_counts():
    policy = POLICY | {"categories": {"food": 0, "chilled": 2}}

    assert until(bought_on=BOUGHT, categories=["milk", "chilled", "food"], policy=policy) == date(2026, 3, 16)
    assert until(bought_on=BOUGHT, categories=["bread", "food"], policy=policy) == BOUGHT
    assert until(bought_on=BOUGHT, categories=["socks"], policy=policy) == date(2026, 4, 13)


def test_a_span_makes_the_last_day_later_and_never_sooner():
    christmas = {"from": "2026-11-15", "through": "2026-12-24", "until": "2027-01-31"}
    policy = POLICY | {"extended": [christmas]}

    for bought, last in [
        (date(2026, 11, 14), date(2026, 12, 14)),
        (date(2026, 11, 15), date(2027, 1, 31)),
        (date(2026, 12, 24), date(2027, 1, 31)),
        (date(2026, 12, 25), date(2027, 1, 24)),
    ]:
        assert until(bought_on=bought, categories=[], policy=policy) == last
    short = policy | {"extended": [christmas | {"until": "2026-11-20"}]}
    assert until(bought_on=date(2026, 12, 1), categories=[], policy=short) == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"discounts": [{"promotion": "markdown:2812345678901", "amount": 1}]}, "final_sale"),
        ({"age_limit": 18}, "age_restricted"),
        ({"numbered": True}, "serial_missing"),
        ({"numbered": True, "sold_serial": "A1", "shown_serial": "B2"}, "serial_differs"),
    ],
)
def test_what_only_a_manager_may_take_back(more, code):
    found = verdict(facts=Facts(bought_on=BOUGHT, **more), policy=POLICY, on=BOUGHT)

    assert [one.code for one in found.reasons] == [code]
    assert found.allowed == frozenset()
    assert found.with_approval == {"original", "store_credit"}


def test_the_piece_that_was_sold_comes_back_by_its_number():
    for sold in ("A1", ""):
        facts = Facts(bought_on=BOUGHT, numbered=True, sold_serial=sold, shown_serial="A1")
        assert verdict(facts=facts, policy=POLICY, on=BOUGHT).reasons == ()


def test_two_reasons_leave_what_both_do_and_a_manager_may_allow_the_rest():
    facts = Facts(bought_on=BOUGHT, age_limit=18)
    found = verdict(facts=facts, policy=POLICY, on=date(2026, 6, 1))

    assert [one.code for one in found.reasons] == ["window_over", "age_restricted"]
    assert (found.allowed, found.with_approval) == (frozenset(), {"original", "store_credit"})


def test_lines_together_are_given_what_is_allowed_for_each():
    good = verdict(facts=Facts(bought_on=BOUGHT), policy=POLICY, on=BOUGHT)
    late = verdict(facts=Facts(bought_on=BOUGHT), policy=POLICY, on=date(2026, 6, 1))

    assert together([good, late]) == ({"store_credit"}, {"original"})
    assert together([good, without_receipt()]) == (frozenset(), {"store_credit"})

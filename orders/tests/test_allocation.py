from hypothesis import given
from hypothesis import strategies as st

from kernel import money
from orders.allocation import allocation

amounts = st.integers(-(2**53), 2**53)
quantities = st.integers(-(10**9), 10**9).filter(bool)


def unrolled(segments, name):
    """Amounts unit by unit, told back from the runs."""
    told = []
    for segment in segments:
        units = abs(segment["quantity"]) // 1000
        each, rest = divmod(segment[name], units)
        assert rest == 0, "a run is of equal units"
        told += [each] * units
    return told


@given(quantity=quantities, total=amounts, discount=amounts, tax=amounts)
def test_nothing_is_lost_or_made_up(quantity, total, discount, tax):
    segments = allocation(quantity=quantity, total=total, discount=discount, tax=tax)
    for name, whole in (("quantity", quantity), ("total", total), ("discount", discount), ("tax", tax)):
        assert sum(segment[name] for segment in segments) == whole


@given(quantity=quantities, total=amounts, discount=amounts, tax=amounts)
def test_few_runs_however_many_units(quantity, total, discount, tax):
    segments = allocation(quantity=quantity, total=total, discount=discount, tax=tax)
    assert 1 <= len(segments) <= 4
    assert all(segment["quantity"] * quantity > 0 for segment in segments)
    for one, next in zip(segments, segments[1:], strict=False):
        assert any(one[name] * next["quantity"] != next[name] * one["quantity"] for name in ("total", "discount", "tax"))


@given(quantity=quantities.filter(lambda quantity: quantity % 1000), total=amounts, tax=amounts)
def test_what_was_weighed_is_one_segment(quantity, total, tax):
    assert allocation(quantity=quantity, total=total, discount=0, tax=tax) == [{"quantity": quantity, "total": total, "discount": 0, "tax": tax}]


@given(units=st.integers(1, 60), total=st.integers(-5_000, 5_000), discount=st.integers(0, 500), tax=st.integers(-500, 500))
def test_units_get_what_the_shared_arithmetic_gives_them(units, total, discount, tax):
    segments = allocation(quantity=units * 1000, total=total, discount=discount, tax=tax)
    for name, whole in (("total", total), ("discount", discount), ("tax", tax)):
        assert unrolled(segments, name) == money.allocate(total=whole, weights=[1] * units)


@given(quantity=quantities, total=amounts, discount=amounts, tax=amounts)
def test_goods_coming_back_mirror_the_goods_sold(quantity, total, discount, tax):
    sold = allocation(quantity=quantity, total=total, discount=discount, tax=tax)
    back = allocation(quantity=-quantity, total=-total, discount=-discount, tax=-tax)
    assert back == [{name: -value for name, value in segment.items()} for segment in sold]


def test_three_for_ten():
    assert allocation(quantity=3_000, total=1_000, discount=0, tax=160) == [
        {"quantity": 1_000, "total": 334, "discount": 0, "tax": 54},
        {"quantity": 2_000, "total": 666, "discount": 0, "tax": 106},
    ]

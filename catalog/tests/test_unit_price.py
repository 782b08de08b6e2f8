"""Prices by the kilogram, litre and piece, and what is left of them: whole numbers only."""

import pytest

from catalog.unit_price import UnitPrice, margin, unit_price


@pytest.mark.parametrize(
    ("net_content", "net_unit", "told"),
    [
        (330_000, "ml", UnitPrice(848, "l")),
        (500_000, "g", UnitPrice(560, "kg")),
        (1_000, "l", UnitPrice(280, "l")),
        (750, "l", UnitPrice(373, "l")),
        (6_000, "piece", UnitPrice(47, "piece")),
        (None, "", None),
        (5_000, "", None),
    ],
)
def test_a_price_is_told_by_what_is_in_it(net_content: int | None, net_unit: str, told: UnitPrice | None) -> None:
    assert unit_price(amount=280, price_quantity=1000, net_content=net_content, net_unit=net_unit, sold_by="each") == told


def test_what_is_weighed_is_priced_by_the_kilogram_already() -> None:
    assert unit_price(amount=120, price_quantity=100, net_content=None, net_unit="", sold_by="weight") == UnitPrice(1200, "kg")


def test_a_price_for_several_pieces_counts_for_one() -> None:
    assert unit_price(amount=560, price_quantity=2000, net_content=1_000, net_unit="l", sold_by="each") == UnitPrice(280, "l")


def test_a_margin_is_part_of_the_price_without_tax() -> None:
    # 2.80 with 7 % tax in it is 2.62 without; 1.65 of cost leaves 0.97 of it.
    assert margin(amount=280, price_quantity=1000, tax_rate=70_000, cost=165) == 370_229


def test_a_price_below_cost_has_a_margin_below_zero() -> None:
    assert margin(amount=100, price_quantity=1000, tax_rate=0, cost=150) == -500_000


def test_without_a_cost_or_for_nothing_there_is_no_margin() -> None:
    assert margin(amount=280, price_quantity=1000, tax_rate=70_000, cost=None) is None
    assert margin(amount=0, price_quantity=1000, tax_rate=70_000, cost=10) is None


def test_the_cost_of_a_price_for_several_is_for_as_many() -> None:
    assert margin(amount=200, price_quantity=2000, tax_rate=0, cost=50) == 500_000

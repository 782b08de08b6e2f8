"""What a product costs per kilogram, litre or piece, and what is left of its price: integers in, integers out.

Prices are minor units for `price_quantity` thousandths of the variant's unit; net contents are thousandths of theirs.
"""

from dataclasses import dataclass

from kernel.money import MILLION, divided, included_tax

# How many of the unit make the one that prices are told by.
TOLD_BY = {"g": ("kg", 1000), "kg": ("kg", 1), "ml": ("l", 1000), "l": ("l", 1), "piece": ("piece", 1)}


@dataclass(frozen=True, slots=True)
class UnitPrice:
    """Minor units for one `unit`: kg, l or piece."""

    amount: int
    unit: str


def unit_price(*, amount: int, price_quantity: int, net_content: int | None, net_unit: str, sold_by: str) -> UnitPrice | None:
    """None when nobody said how much is in it. What is weighed is priced by the kilogram already."""
    if sold_by == "weight":
        return UnitPrice(divided(amount * 1000, price_quantity), "kg")
    if net_content is None or net_unit not in TOLD_BY:
        return None
    unit, many = TOLD_BY[net_unit]
    # One piece holds net_content / 1000 of its unit.
    return UnitPrice(divided(amount * 1000 * 1000 * many, price_quantity * net_content), unit)


def margin(*, amount: int, price_quantity: int, tax_rate: int, cost: int | None) -> int | None:
    """Parts per million of the price without tax; below zero when it costs more than it brings. `cost` is for 1000 thousandths."""
    net = amount - included_tax(amount=amount, rate=tax_rate)
    if cost is None or net <= 0:
        return None
    return divided((net * 1000 - cost * price_quantity) * MILLION, net * 1000)

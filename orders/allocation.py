"""How a line's price, discount and tax fall on its single units, settled when it is sold: a refund replays it and never computes anew.

Segments are runs of equal units, [{"quantity": 2000, "total": 500, "discount": 0, "tax": 80}]: quantity in thousandths, the
rest in minor units and for the whole run. A quantity that is no whole number of units was weighed: one segment, of which
a refund takes its part by cumulative remainder. A negative quantity (goods coming back) is the mirror of the positive one.
"""

from collections.abc import Mapping, Sequence

Segment = Mapping[str, int]
UNIT = 1000


def allocation(*, quantity: int, total: int, discount: int, tax: int) -> list[Segment]:
    """At most four segments however many units; their sums are exactly the line's. The first units carry the odd cents."""
    amounts = {"total": total, "discount": discount, "tax": tax}
    if quantity % UNIT:
        return [{"quantity": quantity, **amounts}]
    units = abs(quantity) // UNIT
    sign = 1 if quantity > 0 else -1
    # Each amount has one step: the first `odd` units carry one minor unit more than the others.
    steps = sorted({0, units} | {abs(amount) % units for amount in amounts.values()})
    return [
        {"quantity": sign * (end - start) * UNIT} | {name: _run(amount, units, start, end) for name, amount in amounts.items()}
        for start, end in zip(steps, steps[1:], strict=False)
    ]


def agrees(segments: Sequence[Segment], *, quantity: int, total: int, discount: int, tax: int) -> bool:
    """Whether runs that came with a sale are all of its line: every run is of something, and together they come to the line."""
    positive = quantity > 0
    for segment in segments:
        if not segment["quantity"] or (segment["quantity"] > 0) != positive:
            return False
        quantity, total = quantity - segment["quantity"], total - segment["total"]
        discount, tax = discount - segment["discount"], tax - segment["tax"]
    return not (quantity or total or discount or tax)


def _run(amount: int, units: int, start: int, end: int) -> int:
    """What units `start` to `end` carry of `amount`; no step lies between them."""
    each, odd = divmod(abs(amount), units)
    carried = (end - start) * (each + (1 if start < odd else 0))
    return -carried if amount < 0 else carried

"""Step 6: what every piece of a line costs, as runs of equal pieces. A refund replays them; orders/allocation.py says how they are stored."""

from catalog.pricing.lines import Line
from catalog.pricing.pieces import Parts, shared

Segment = dict[str, int]
# (count, list price, present price) of each piece
Run = tuple[int, int, int]


def allocation(line: Line, *, tax: int, exempted: int) -> list[Segment]:
    """The sums of the runs are exactly the line's total, discount and tax."""
    runs = [(count, listed, price) for count, listed, price, _, _ in line.runs]
    if line.weighed:
        return [{"quantity": line.quantity, "total": line.amount - exempted, "discount": line.off, "tax": tax}]
    if exempted:
        exempt_parts = shared(total=exempted, runs=[(count, price) for count, _, price in runs])
        untaxed = [
            (count, listed - price, price - part) for (_, listed, price), parts in zip(runs, exempt_parts, strict=True) for count, part in parts
        ]
    else:
        untaxed = [(count, listed - price, price) for count, listed, price in runs]
    tax_parts = shared(total=tax, runs=[(count, total) for count, _, total in untaxed])
    return _segments(untaxed, tax_parts)


def _segments(runs: list[Run], tax_parts: list[Parts]) -> list[Segment]:
    pieces: list[tuple[Run, int]] = []
    for (_, discount, total), parts in zip(runs, tax_parts, strict=True):
        for count, tax in parts:
            # Equal neighbours are one segment.
            before = pieces.pop()[1] if pieces and pieces[-1][0] == (discount, total, tax) else 0
            pieces.append(((discount, total, tax), before + count))
    return [
        {"quantity": count * 1000, "total": total * count, "discount": discount * count, "tax": tax * count}
        for (discount, total, tax), count in pieces
    ]

"""Step 6: what every piece of a line costs, as runs of equal pieces. A refund replays them; orders/allocation.py says how they are stored."""

from itertools import groupby

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
    exempt_parts = shared(total=exempted, runs=[(count, price) for count, _, price in runs])
    untaxed = [(count, listed - price, price - part) for (_, listed, price), parts in zip(runs, exempt_parts, strict=True) for count, part in parts]
    tax_parts = shared(total=tax, runs=[(count, total) for count, _, total in untaxed])
    return _segments(untaxed, tax_parts)


def _segments(runs: list[Run], tax_parts: list[Parts]) -> list[Segment]:
    pieces = [(count, discount, total, part) for (_, discount, total), parts in zip(runs, tax_parts, strict=True) for count, part in parts]
    segments = []
    for (discount, total, tax), equal in groupby(pieces, key=lambda piece: piece[1:]):
        count = sum(piece[0] for piece in equal)
        segments.append({"quantity": count * 1000, "total": total * count, "discount": discount * count, "tax": tax * count})
    return segments

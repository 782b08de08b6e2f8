"""What left the shelf is what was sold, what is held is what was promised, and each happened once. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stock:
    """Of orders of the web and of what came back: id, number, kind, status, left. Lines: order, variant, quantity, of goods alone. Movements and
    open reservations: reference, variant, quantity. `wrong`: levels that are not the sum of what moved, or of what is held."""

    orders: Sequence[Row] = ()
    lines: Sequence[Row] = ()
    movements: Sequence[Row] = ()
    held: Sequence[Row] = ()
    wrong: Sequence[str] = ()


def judge(stock: Stock) -> Iterable[str]:
    sold, moved, held = _sums(stock.lines, "order"), _sums(stock.movements, "reference"), _sums(stock.held, "reference")
    for order in stock.orders:
        gone, promised = wanted(order)
        left = {variant: -many for variant, many in moved[order["id"]].items()}
        for what, found, part in (("moved", left, gone), ("held", held[order["id"]], promised)):
            expected = sold[order["id"]] if part else {}
            if _solid(found) != _solid(expected):
                yield f"{order['number']} ({order['status']}): {what} {_solid(found)}, to be {_solid(expected)}"
    yield from stock.wrong


def wanted(order: Row) -> tuple[bool, bool]:
    """Whether its goods must have moved, and whether they must be held."""
    if order["kind"] == "return":
        return True, False
    if order["status"] in ("cancelled", "quote"):
        return False, False
    return (True, False) if order["left"] else (False, True)


def _sums(rows: Sequence[Row], by: str) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = _Sums()
    for row in rows:
        found[row[by]][row["variant"]] += row["quantity"]
    return found


class _Sums(dict[str, Counter[str]]):
    def __missing__(self, key: str) -> Counter[str]:
        self[key] = Counter()
        return self[key]


def _solid(found: Mapping[str, int]) -> dict[str, int]:
    return {variant: many for variant, many in found.items() if many}

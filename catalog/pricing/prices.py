"""Step 1: the price that holds for a line, of all that may."""

from typing import Any

from kernel.errors import Invalid

Json = dict[str, Any]


class Unpriced(Invalid):
    code = "unpriced"
    title = "There is no price for this now"


def valid(row: Json, at: int) -> bool:
    """From `starts_at` on, until just before `ends_at`; null is for ever."""
    return (row["starts_at"] is None or row["starts_at"] <= at) and (row["ends_at"] is None or at < row["ends_at"])


def quantities(lines: list[Json]) -> dict[str, int]:
    """How much of each SKU the whole basket holds: what quantity breaks go by."""
    held: dict[str, int] = {}
    for line in lines:
        held[line["sku"]] = held.get(line["sku"], 0) + line["quantity"]
    return held


def chosen(line: Json, *, quantity: int, groups: list[str], at: int) -> Json:
    """The offer of the highest rank; then the first list by its code; in it the largest step reached."""
    best: Json | None = None
    for offer in line["prices"]:
        holds = offer["from_quantity"] <= quantity and (not offer["group"] or offer["group"] in groups) and valid(offer, at)
        if holds and (best is None or _order(offer) < _order(best)):
            best = offer
    if best is None:
        raise Unpriced(f"Line {line['id']} ({line['sku']}) has no price at this time.", field=f"lines.{line['id']}", line=line["id"], sku=line["sku"])
    return best


def _order(offer: Json) -> tuple[int, str, int, int, int]:
    """Equal in all three: the smaller amount, then the larger quantity for it."""
    return (-offer["rank"], offer["list"], -offer["from_quantity"], offer["amount"], -offer["price_quantity"])

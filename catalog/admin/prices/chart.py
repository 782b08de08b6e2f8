"""The steps of a price through time, as parts of a picture 684 by 176. Pure: periods in, coordinates out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from catalog.price_history import Period, at_moment

LEFT, RIGHT, TOP, FLOOR = 8, 676, 26, 150
BACK, AHEAD = timedelta(days=90), timedelta(days=14)
# A step narrower than this has no room for its price.
ROOM = 34


def chart(periods: Sequence[Period], *, now: datetime) -> dict[str, Any] | None:
    """The last ninety days and what is planned for the next fourteen. None when nothing was for sale in them."""
    start, end = now - BACK, now + AHEAD
    seen = [one for one in periods if (one.ends_at is None or one.ends_at > start) and (one.starts_at is None or one.starts_at < end)]
    if not seen:
        return None
    known = min((one.starts_at or start for one in seen), default=start)
    start = max(start, min(known, now - timedelta(days=7)))
    highest = max(one.unit for one in seen) or 1
    span = int((end - start).total_seconds())

    def across(at: datetime | None, otherwise: datetime) -> int:
        held = min(max(at or otherwise, start), end)
        return LEFT + (RIGHT - LEFT) * int((held - start).total_seconds()) // span

    def up(one: Period) -> int:
        return FLOOR - int((FLOOR - TOP) * one.unit / highest)

    today = across(now, now)
    steps = [(across(one.starts_at, start), across(one.ends_at, end), up(one), one) for one in seen]
    present = at_moment(seen, now)
    return {
        "past": _lines([(x, min(other, today), y) for x, other, y, _one in steps if x < today]),
        "planned": _lines([(max(x, today), other, y) for x, other, y, _one in steps if other > today]),
        "labels": [{"x": (x + other) // 2, "y": y - 6, "period": one} for x, other, y, one in steps if other - x >= ROOM and one is not present],
        "today": today,
        "grid": [FLOOR - (FLOOR - TOP) * part // 4 for part in (1, 2, 3, 4)],
        "floor": FLOOR,
        "start": start,
        "end": end,
        "present": present,
        "present_y": up(present) if present else FLOOR,
    }


def _lines(steps: Sequence[tuple[int, int, int]]) -> list[str]:
    """One line for every stretch without a gap."""
    lines: list[list[tuple[int, int]]] = []
    for x, other, y in steps:
        if lines and lines[-1][-1][0] == x:
            lines[-1] += [(x, y), (other, y)]
        else:
            lines.append([(x, y), (other, y)])
    return [" ".join(f"{x},{y}" for x, y in line) for line in lines]

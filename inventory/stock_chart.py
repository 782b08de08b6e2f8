"""The steps of stock on hand through time, as points of a picture 684 by 176. Pure: rows in, coordinates out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inventory.queries import TimelineEntry

LEFT, RIGHT, TOP, FLOOR = 8, 600, 22, 154


def chart(entries: Sequence[TimelineEntry], *, now: datetime) -> dict[str, Any] | None:
    """`entries` newest first, as the timeline has them. None when there is nothing to draw."""
    if len(entries) < 2:
        return None
    oldest_first = sorted(entries, key=lambda entry: (entry.occurred_at, entry.id))
    balance = entries[-1].balance - entries[-1].quantity
    steps = []
    for entry in oldest_first:
        balance += entry.quantity
        steps.append((entry.occurred_at, balance))
    return drawn(steps, now=now)


def drawn(steps: Sequence[tuple[datetime, int]], *, now: datetime) -> dict[str, Any]:
    start = steps[0][0]
    span = max(int((now - start).total_seconds()), 1)
    highest, lowest = max(0, *(value for _at, value in steps)), min(0, *(value for _at, value in steps))
    height = max(highest - lowest, 1000)

    def across(at: datetime) -> int:
        return LEFT + (RIGHT - LEFT) * min(max(int((at - start).total_seconds()), 0), span) // span

    def up(value: int) -> int:
        return FLOOR - (FLOOR - TOP) * (value - lowest) // height

    points = [(across(steps[0][0]), up(steps[0][1]))]
    for at, value in steps[1:]:
        points += [(across(at), points[-1][1]), (across(at), up(value))]
    points.append((RIGHT, points[-1][1]))
    line = " ".join(f"{x},{y}" for x, y in points)
    return {
        "line": line,
        "area": f"{LEFT},{up(0)} {line} {RIGHT},{up(0)}",
        "zero": up(0),
        "end_y": points[-1][1],
        "highest": highest,
        "lowest": lowest,
        "grid": [up(lowest + height * part // 4) for part in (1, 2, 3, 4)],
        "start": start,
    }

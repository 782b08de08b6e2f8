"""The steps of stock on hand through time, as points of a picture 684 by 176. Pure: rows in, coordinates out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from inventory.queries import Step

LEFT, RIGHT, TOP, FLOOR = 8, 600, 28, 154
WIDTH = RIGHT - LEFT
# Labels of big steps: how many, how much of the height makes a step big, how far apart they stand.
LABELS, BIG, APART, LINE = 4, 8, 130, 16
DAYS = 7


def slice_of(*, since: datetime, now: datetime) -> timedelta:
    """How much time one point of the picture is."""
    return max((now - since) / WIDTH, timedelta(seconds=1))


def chart(steps: Sequence[Step], *, on_hand: int, since: datetime, now: datetime) -> dict[str, Any]:
    """`steps` oldest first, and what they came to."""
    span = max(int((now - since).total_seconds()), 1)

    def across(at: datetime) -> int:
        return LEFT + WIDTH * min(max(int((at - since).total_seconds()), 0), span) // span

    begin = balance = on_hand - sum(step.moved for step in steps)
    corners = [(LEFT, balance)]
    for at, together in groupby(steps, key=lambda step: step.at):
        balance += sum(step.moved for step in together)
        corners.append((across(at), balance))
    return drawn(corners, steps, across=across, begin=begin, since=since, now=now)


def drawn(corners: Sequence[tuple[int, int]], steps: Sequence[Step], *, across: Any, begin: int, since: datetime, now: datetime) -> dict[str, Any]:
    highest, lowest = max(0, *(value for _x, value in corners), 0), min(0, *(value for _x, value in corners), 0)
    height = max(highest - lowest, 1000)

    def up(value: int) -> int:
        return FLOOR - (FLOOR - TOP) * (value - lowest) // height

    points = [(LEFT, up(begin))]
    for x, value in corners[1:]:
        points += [(x, points[-1][1]), (x, up(value))]
    points.append((RIGHT, points[-1][1]))
    line = " ".join(f"{x},{y}" for x, y in points)
    heights = dict(corners)
    return {
        "line": line,
        "area": f"{LEFT},{up(0)} {line} {RIGHT},{up(0)}",
        "zero": up(0),
        "end_y": points[-1][1],
        "highest": highest,
        "lowest": lowest,
        "grid": [up(lowest + height * part // 4) for part in (1, 2, 3, 4)],
        "start": since,
        "begin": begin,
        "begin_y": up(begin) - 6,
        "days": days(since=since, now=now, across=across),
        "labels": labels([(across(step.at), step) for step in steps], height=height, level=lambda x: up(heights.get(x, 0))),
    }


def days(*, since: datetime, now: datetime, across: Any) -> list[dict[str, Any]]:
    """A few evenly spaced days below the picture."""
    return [{"x": across(at), "at": at} for at in (since + (now - since) * part / DAYS for part in range(DAYS))]


def labels(steps: Sequence[tuple[int, Step]], *, height: int, level: Any) -> list[dict[str, Any]]:
    """The biggest steps that were no sales, as long as there is room for what is said of them."""
    big = sorted((one for one in steps if one[1].cause != "sale" and abs(one[1].moved) * BIG >= height), key=lambda one: -abs(one[1].moved))
    shown: list[dict[str, Any]] = []
    for x, step in big:
        if len(shown) < LABELS and all(abs(one["at_x"] - x) >= APART for one in shown) and x > LEFT:
            turned = x > RIGHT - APART
            y = max(level(x) - 5, LINE)
            shown.append({"at_x": x, "x": x - 6 if turned else x + 6, "y": y, "turned": turned, "cause": step.cause, "moved": step.moved})
    return shown

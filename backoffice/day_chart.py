"""A day's sales adding up, hour by hour, beside the same weekday a week before: points of a picture 386 by 140. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

RIGHT, TOP, FLOOR = 300, 14, 120
Hours = Sequence[tuple[datetime, int]]


def day_chart(*, today: Hours, before: Hours, now: datetime, zone: ZoneInfo, shift: timedelta) -> dict[str, Any] | None:
    """`before` lies `shift` earlier. None when neither day has sold anything."""
    moved = [(at + shift, total) for at, total in before]
    hours = [at for at, _total in (*today, *moved)]
    if not hours:
        return None
    start = min(min(hours), now)
    end = max(max(hours) + timedelta(hours=1), now)
    line_now, sum_now = _adding_up(today, until=now)
    line_before, sum_before = _adding_up(moved, until=end)
    height = max(sum_now, sum_before, 1)
    span = max(int((end - start).total_seconds()), 1)

    def points(line: Hours) -> list[tuple[int, int]]:
        placed = [(RIGHT * int((at - start).total_seconds()) // span, FLOOR - (FLOOR - TOP) * total // height) for at, total in line]
        return [(min(max(x, 0), RIGHT), y) for x, y in placed]

    now_points, before_points = points([(start, 0), *line_now]), points([(start, 0), *line_before])
    end_x, end_y = now_points[-1]
    line = " ".join(f"{x},{y}" for x, y in now_points)
    middle = start + (end - start) / 2
    return {
        "now": line,
        "area": f"0,{FLOOR} {line} {end_x},{FLOOR}",
        "before_line": " ".join(f"{x},{y}" for x, y in before_points),
        "end_x": end_x,
        "end_y": end_y,
        **_labels(end_x, end_y, before_points[-1][1]),
        "today": sum_now,
        "before": sum_before,
        "hours": [f"{at.astimezone(zone):%H:%M}" for at in (start, middle, end)],
    }


def _labels(end_x: int, end_y: int, before_y: int) -> dict[str, int]:
    """Two labels at their lines' ends that never lie on one another: near the right edge today's goes under last week's."""
    if end_x < 210:
        return {"label_x": end_x + 8, "label_y": end_y + 14, "before_y": before_y}
    above = before_y if before_y <= end_y else max(before_y, end_y + 20)
    below = max(end_y + 4, above + 32) if before_y <= end_y else end_y
    return {"label_x": RIGHT + 6, "label_y": below, "before_y": above}


def _adding_up(hours: Hours, *, until: datetime) -> tuple[list[tuple[datetime, int]], int]:
    """The running sum at the end of each hour, and once more at `until`."""
    total, line = 0, []
    for at, sold in hours:
        total += sold
        line.append((min(at + timedelta(hours=1), until), total))
    return [*line, (until, total)], total

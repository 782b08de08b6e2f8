"""Opening hours on the clock of the place, and when something is ready that is worked on only while it is open.

Hours are {"mon": [["09:00", "18:30"]], …}: a day that is missing is closed, {} says nothing about hours. An end at or before its
start is on the next day; 24:00 is midnight at the end of the day.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kernel.errors import Invalid

# Of each day of the week (0 is Monday) when it opens and closes, in minutes since its midnight.
Week = Mapping[int, Sequence[tuple[int, int]]]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)
DAY_MINUTES = 24 * 60
# Whatever takes longer is no promise.
FARTHEST_DAYS = 400


class BadHours(Invalid):
    code = "bad_hours"
    title = 'Write opening hours as {"mon": [["09:00", "18:30"]], …}'


def week_of(hours: Any) -> Week | None:
    """None when nothing is said about hours. Raises BadHours."""
    if not isinstance(hours, dict) or not set(hours) <= set(DAYS):
        raise BadHours(f"The days are called {', '.join(DAYS)}.", field="hours")
    return {number: _spans(hours[day], day) for number, day in enumerate(DAYS) if day in hours} or None


def _spans(given: Any, day: str) -> list[tuple[int, int]]:
    if not isinstance(given, list):
        raise BadHours(f"Give a list of hours for {day}.", field="hours")
    spans = sorted(_span(one, day) for one in given)
    if any(later[0] < earlier[1] for earlier, later in zip(spans, spans[1:], strict=False)):
        raise BadHours(f"Two of the hours of {day} overlap.", field="hours")
    return spans


def _span(given: Any, day: str) -> tuple[int, int]:
    if not isinstance(given, list) or len(given) != 2:
        raise BadHours(f'Give the hours of {day} as ["09:00", "18:30"].', field="hours")
    start, end = (_minutes(one, day) for one in given)
    if start == DAY_MINUTES:
        raise BadHours(f"Nothing opens at 24:00; that is 00:00 of the day after {day}.", field="hours")
    return start, end if end > start else end + DAY_MINUTES


def _minutes(given: Any, day: str) -> int:
    if not isinstance(given, str) or not CLOCK.fullmatch(given):
        raise BadHours(f"A time of {day} is no time from 00:00 to 24:00.", field="hours")
    hour, minute = given.split(":")
    return int(hour) * 60 + int(minute)


def ready_at(*, week: Week | None, zone: ZoneInfo, minutes: int, now: datetime) -> datetime | None:
    """`now` and so many minutes of opening time, in UTC; None when it does not open long enough.

    What would be ready as the door closes is ready when it opens again.
    """
    left, reached = timedelta(minutes=minutes), _whole_minute(now)
    if week is None:
        return reached + left
    for opens, closes in _openings(week, zone, reached):
        begins = max(opens, reached)
        if closes - begins > left:
            return begins + left
        left -= max(closes - begins, timedelta())
        reached = max(reached, closes)
    return None


def _openings(week: Week, zone: ZoneInfo, since: datetime) -> Iterator[tuple[datetime, datetime]]:
    """From the day before on, which may not have closed yet."""
    today = since.astimezone(zone).date()
    for number in range(-1, FARTHEST_DAYS):
        day = today + timedelta(days=number)
        for start, end in week.get(day.weekday(), ()):
            # An hour that the clock shows twice in autumn: it opens at the first and closes at the second.
            yield _instant(day, start, zone, fold=0), max(_instant(day, end, zone, fold=fold) for fold in (0, 1))


def _instant(day: date, minutes: int, zone: ZoneInfo, *, fold: int) -> datetime:
    shown = datetime.combine(day, time.min) + timedelta(minutes=minutes)
    return shown.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _whole_minute(now: datetime) -> datetime:
    down = now.astimezone(UTC).replace(second=0, microsecond=0)
    return down if down == now else down + timedelta(minutes=1)

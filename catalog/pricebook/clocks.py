"""Store times: a stored instant stands for a wall clock of the shop, and every place begins when its own clock shows that time."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND, SECOND = timedelta(milliseconds=1), timedelta(seconds=1)


def milliseconds(at: datetime) -> int:
    return (at - EPOCH) // MILLISECOND


class Clock:
    """Of one place, beside that of the shop. What it was asked it knows: thousands of prices begin at the same few moments."""

    def __init__(self, *, shop: str, place: str) -> None:
        self.shop, self.place = ZoneInfo(shop), ZoneInfo(place)
        self._known: dict[datetime, int] = {}

    def instant(self, stored: datetime | None) -> int | None:
        """Milliseconds since the epoch; None stays for ever."""
        if stored is None:
            return None
        found = self._known.get(stored)
        if found is None:
            found = self._known[stored] = milliseconds(self._here(stored))
        return found

    def day(self, day: date | None) -> int | None:
        """When the place's own clock begins this day."""
        return None if day is None else milliseconds(first_shown(datetime.combine(day, time()), self.place))

    def _here(self, stored: datetime) -> datetime:
        if self.shop.key == self.place.key:
            return stored
        return first_shown(stored.astimezone(self.shop).replace(tzinfo=None, fold=0), self.place)


def first_shown(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which a clock in this zone first shows `wall` or, in the hour that spring leaves out, something later."""
    before = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None, fold=0) == wall:
        return before
    # The clock jumps over it: the jump lies between the two readings of that time. Offsets are whole seconds.
    early, late = wall.replace(tzinfo=zone, fold=1, microsecond=0).astimezone(UTC), before.replace(microsecond=0)
    while late - early > SECOND:
        middle = early + (late - early) // SECOND // 2 * SECOND
        early, late = (early, middle) if middle.astimezone(zone).replace(tzinfo=None, fold=0) > wall else (middle, late)
    return late

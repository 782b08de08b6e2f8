"""When a promotion runs, by the clocks of the stores: its times are those of the wall, in every store its own."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from catalog.models import Promotion
from org import settings
from org.queries import open_stores

WEEK = 7 * 1440


class Clocks:
    """The shop's own zone and those of its stores. Read once for many promotions: two statements."""

    def __init__(self) -> None:
        self.shop = ZoneInfo(settings.get("shop.timezone"))
        self.all = [self.shop, *(ZoneInfo(name) for name in {store.timezone for store in open_stores()})]

    def begun(self, row: Promotion, now: datetime) -> bool:
        """Some clock has reached its start."""
        return row.starts_at is None or any(self._wall(row.starts_at, zone) <= now for zone in self.all)

    def over(self, row: Promotion, now: datetime) -> bool:
        """Every clock has reached its end."""
        return row.ends_at is not None and all(self._wall(row.ends_at, zone) <= now for zone in self.all)

    def _wall(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The instant at which a clock of that zone shows what the shop's clock shows at `at`."""
        return at.astimezone(self.shop).replace(tzinfo=zone, fold=0)


def is_live(row: Promotion, now: datetime, clocks: Clocks | None = None) -> bool:
    """Some store may give it at this moment, as far as days and hours go: weekly times are left aside."""
    if row.state != Promotion.State.APPROVED:
        return False
    clocks = clocks or Clocks()
    return clocks.begun(row, now) and not clocks.over(row, now)


def is_over(row: Promotion, now: datetime, clocks: Clocks | None = None) -> bool:
    return row.state == Promotion.State.ENDED or (row.state == Promotion.State.APPROVED and (clocks or Clocks()).over(row, now))


def meet(one: Promotion, other: Promotion) -> bool:
    """Both may run in one minute of some week."""
    ends, starts = (
        [each.ends_at for each in (one, other) if each.ends_at is not None],
        [each.starts_at for each in (one, other) if each.starts_at is not None],
    )
    if ends and starts and max(starts) >= min(ends):
        return False
    spans = [_spans(each.rule.get("windows") or ()) for each in (one, other)]
    return any(a < d and c < b for a, b in spans[0] for c, d in spans[1])


def _spans(windows: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Minutes of the week from Monday 00:00; what goes on past Sunday midnight goes on at its beginning."""
    if not windows:
        return [(0, WEEK)]
    found = []
    for window in windows:
        length = (window["until"] - window["from"]) % 1440 or 1440
        for day in window["days"]:
            begin = (day - 1) * 1440 + window["from"]
            found.append((begin, min(begin + length, WEEK)))
            if begin + length > WEEK:
                found.append((0, begin + length - WEEK))
    return found

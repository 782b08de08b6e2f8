"""What somebody asks of a timeline: which movements, which page, which period the picture shows; its rows, and all of them as a file."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.http import QueryDict
from django.utils import timezone

from catalog.importing.cleaning import escaped
from inventory import queries
from inventory.admin.causes import named
from inventory.admin.shown import CAUSES
from inventory.models import Level, LotLevel, Movement
from org.models import User

ROWS = 50
MOST_CHOICES = 200
SOON = timedelta(minutes=1)
PERIODS = {"28": timedelta(days=28), "90": timedelta(days=90)}
SINCE_COUNT = "count"


def zone_of(level: Level) -> str:
    return level.location.timezone or (level.location.store.timezone if level.location.store else "")


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Of an address: what it says that makes no sense says nothing."""

    cause: str
    since: date | None
    until: date | None
    person: UUID | None
    lot: UUID | None
    period: str
    older: tuple[int, int] | None
    newer: tuple[int, int] | None

    @property
    def narrows(self) -> bool:
        return any((self.cause, self.since, self.until, self.person, self.lot))

    def only(self, zone: str) -> queries.Only:
        there = ZoneInfo(zone) if zone else timezone.get_current_timezone()

        def midnight(day: date | None, more: int = 0) -> datetime | None:
            return datetime.combine(day + timedelta(days=more), time(), tzinfo=there) if day else None

        causes = (self.cause,) if self.cause else ()
        return queries.Only(causes=causes, since=midnight(self.since), until=midnight(self.until, 1), actor=self.person, lot=self.lot)

    def address(self, **change: Any) -> str:
        """The same question, but for `change`: "?cause=sale&older=…"."""
        new = replace(self, **({"older": None, "newer": None} | change))
        told = {"cause": new.cause, "since": new.since, "until": new.until, "person": new.person, "lot": new.lot, "period": new.period}
        told |= {name: f"{place[0]},{place[1]}" for name, place in (("older", new.older), ("newer", new.newer)) if place}
        return "?" + urlencode({name: value for name, value in told.items() if value})


def asked(given: QueryDict) -> Asked:
    cause, period = given.get("cause", ""), given.get("period", "")
    return Asked(
        cause=cause if cause in Movement.Cause.values else "",
        since=day_in(given.get("since", "")),
        until=day_in(given.get("until", "")),
        person=id_in(given.get("person", "")),
        lot=id_in(given.get("lot", "")),
        period=period if period in PERIODS or period == SINCE_COUNT else "",
        older=place_in(given.get("older", "")),
        newer=place_in(given.get("newer", "")),
    )


def place_in(text: str) -> tuple[int, int] | None:
    """The cursor of another page: "id,balance"."""
    found = re.fullmatch(r"([0-9]{1,18}),(-?[0-9]{1,18})", text, re.ASCII)
    return (int(found[1]), int(found[2])) if found else None


def day_in(text: str) -> date | None:
    """Within the years in which a day later is a day, too."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 < day.year < 9000 else None


def id_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def page_of(level: Level, question: Asked) -> tuple[queries.Timeline, tuple[int, int] | None]:
    """The page asked for, and where it begins: None is the newest."""
    here: dict[str, Any] = {"variant": level.variant_id, "location": level.location_id, "only": question.only(zone_of(level))}
    start = queries.newer(**here, first=ROWS, top=question.newer) if question.newer else question.older
    return queries.timeline(**here, first=ROWS, older=start), start


def ledger(entries: Sequence[queries.TimelineEntry], user: Any, why: queries.Why) -> list[dict[str, Any]]:
    """Each movement with its word, what it came of, its person, and whether it was told later than it happened."""
    people = User.objects.in_bulk({entry.actor for entry in entries if entry.actor})
    known = named(entries, user)
    counted = why.anchor if why.anchor and why.anchor.cause == "count" else None
    rows = []
    for entry in entries:
        shape, word = CAUSES[entry.cause]
        # Opening stock is told for a day in the past as a matter of course.
        late = entry.recorded_at if entry.recorded_at - entry.occurred_at > SOON and entry.cause != "opening" else None
        after = counted is not None and late is not None and entry.id > counted.id and entry.occurred_at < counted.occurred_at
        person = people.get(entry.actor) if entry.actor else None
        rows.append(
            {"movement": entry, "icon": shape, "word": word, "late": late, "after": after, "person": person, "document": known.get(entry.reference)}
        )
    return rows


def choices(level: Level) -> dict[str, Any]:
    """Who can have moved goods here, and the lots that were here."""
    store = level.location.store_id
    people = User.objects.filter(Q(grants__store=store) | Q(grants__store=None)).distinct().order_by("name")
    lots = LotLevel.objects.filter(location=level.location_id, lot__variant=level.variant_id).order_by("-lot__made_at")
    return {
        "causes": [(cause, word) for cause, (_icon, word) in CAUSES.items()],
        "people": list(people.values_list("id", "name")[:MOST_CHOICES]),
        "lots": list(lots.values_list("lot_id", "lot__code")[:MOST_CHOICES]),
    }


HEADER = ("happened_at", "recorded_at", "cause", "document", "lot", "person", "note", "change", "on_hand")


def as_file(level: Level, question: Asked, user: Any) -> Iterator[str]:
    """CSV, newest first. No cell begins with what a spreadsheet takes for a formula; numbers are numbers."""
    yield line(HEADER)
    people: dict[UUID, str] = {}
    here: dict[str, Any] = {"variant": level.variant_id, "location": level.location_id, "only": question.only(zone_of(level))}
    for entries in queries.whole_timeline(**here):
        strangers = {entry.actor for entry in entries if entry.actor} - people.keys()
        people |= dict(User.objects.filter(pk__in=strangers).values_list("id", "name")) if strangers else {}
        known = named(entries, user)
        yield "".join(line(cells(entry, people, known)) for entry in entries)


def cells(entry: queries.TimelineEntry, people: dict[UUID, str], known: dict[UUID, Any]) -> Sequence[str]:
    document = known[entry.reference].text if entry.reference in known else ""
    person = people.get(entry.actor, "") if entry.actor else ""
    return (
        moment(entry.occurred_at),
        moment(entry.recorded_at),
        entry.cause,
        *(escaped(text) for text in (document, entry.lot_code or "", person, entry.note)),
        decimal(entry.quantity),
        decimal(entry.balance),
    )


def line(told: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(told)
    return out.getvalue()


def moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def decimal(thousandths: int) -> str:
    """-1500 -> -1.5."""
    whole, rest = divmod(abs(thousandths), 1000)
    return ("-" if thousandths < 0 else "") + f"{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")

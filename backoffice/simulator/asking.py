"""What is tried, as the address says it. Whatever stands there is read: what cannot be meant is told in words, never refused."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog.pricebook.clocks import first_shown
from catalog.services.preview import MOST_COUPONS, MOST_LINES, MOST_PIECES

ITEM: Final = "item."
TABS: Final = ("basket", "kept", "recent")
CUSTOMERS: Final = ("", "new", "known")
LONGEST_CODE, LONGEST_WORD, MOST_WORDS = 60, 60, 20
FIRST_YEAR, LAST_YEAR = 2000, 2099
_QUANTITY = re.compile(r"(\d{1,9})(?:[.,](\d{1,3}))?", re.ASCII)
_MOMENT = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::\d\d)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A SKU or a barcode, and how much of it in thousandths; None: what was written is no quantity."""

    code: str
    written: str
    quantity: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """`at`: a local date and time of the place, "now", or nothing: then whatever is most telling."""

    lines: tuple[Line, ...] = ()
    place: str = ""
    at: str = ""
    coupons: tuple[str, ...] = ()
    customer: str = ""
    groups: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    staff: bool = False
    delivery: str = ""
    promotion: str = ""
    order: str = ""
    tab: str = "basket"
    add: str = ""
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    @property
    def known(self) -> bool:
        """Somebody, and not just anybody, buys it."""
        return bool(self.customer or self.groups or self.segments)

    def query(self) -> str:
        pairs: list[tuple[str, str]] = [(name, str(getattr(self, name))) for name in ("place", "at", "promotion", "order") if getattr(self, name)]
        pairs += [(ITEM + line.code, line.written) for line in self.lines]
        pairs += [(name, " ".join(getattr(self, name))) for name in ("coupons",) if self.coupons]
        pairs += [(name, ", ".join(getattr(self, name))) for name in ("groups", "segments") if getattr(self, name)]
        pairs += [("customer", self.customer)] if self.customer else []
        pairs += [("staff", "1")] if self.staff else []
        pairs += [("delivery", self.delivery)] if self.delivery else []
        pairs += [("tab", self.tab)] if self.tab != "basket" else []
        return urlencode(pairs)

    def link(self, **changes: Any) -> str:
        return "?" + replace(self, add="", **changes).query()

    def with_more(self, code: str, more: int) -> "Asked":
        """So many thousandths more of it, or less; nothing left of it takes it out."""
        found = next((line for line in self.lines if line.code == code), None)
        quantity = (found.quantity or 0 if found else 0) + more
        if quantity <= 0:
            return self.without(code)
        line = Line(code, written(quantity), quantity)
        lines = [line if one.code == code else one for one in self.lines] if found else [*self.lines, line]
        return replace(self, lines=tuple(lines), add="")

    def done(self, deed: str) -> "Asked":
        """What a button beside a line does: "more:SKU", "less:SKU", "out:SKU"."""
        what, _colon, code = _plain(deed).partition(":")
        if not any(line.code == code for line in self.lines):
            return self
        return {"more": self.with_more(code, 1000), "less": self.with_more(code, -1000), "out": self.without(code)}.get(what, self)

    def without(self, code: str) -> "Asked":
        return replace(self, lines=tuple(line for line in self.lines if line.code != code), add="")


def asked(query: QueryDict) -> Asked:
    problems: list[Problem] = []
    promotion, order = _text(query, "promotion"), _text(query, "order")
    tab, customer = _text(query, "tab"), _text(query, "customer")
    return Asked(
        lines=_lines(query, problems),
        place=_text(query, "place"),
        at=_text(query, "at"),
        coupons=_words(query, "coupons", r"[\s,;]+", MOST_COUPONS, problems),
        customer=customer if customer in CUSTOMERS else "",
        groups=_words(query, "groups", r"[,;]+", MOST_WORDS, problems),
        segments=_words(query, "segments", r"[,;]+", MOST_WORDS, problems),
        staff=_text(query, "staff") in ("1", "on"),
        delivery=_text(query, "delivery")[:20],
        promotion=promotion,
        order=order,
        tab=tab if tab in TABS else "basket",
        add=_text(query, "add", 100),
        problems=tuple(problems),
    )


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The instant at which a clock there shows it; None for what no clock shows."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    try:
        return first_shown(datetime(*(int(part) for part in found.groups())), zone)  # type: ignore[arg-type]  # noqa: DTZ001  # a wall clock
    except ValueError:
        return None


def shown(at: datetime, zone: ZoneInfo) -> str:
    """As a field for a date and a time has it."""
    return at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def first_minute(starts: datetime) -> datetime:
    """The first one in which it holds from beginning to end: fields have no seconds, and what starts in between has not begun."""
    return starts + timedelta(seconds=59, microseconds=999_999)


def written(quantity: int) -> str:
    whole, rest = divmod(quantity, 1000)
    return f"{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")


def thousandths(text: str) -> int | None:
    found = _QUANTITY.fullmatch(text)
    return int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0")) if found else None


def _lines(query: QueryDict, problems: list[Problem]) -> tuple[Line, ...]:
    """What there is nothing of is left out; the same twice is one line."""
    given = [(name.removeprefix(ITEM), value) for name, values in query.lists() if name.startswith(ITEM) for value in values]
    given += [(code, "1") for code in query.getlist("sku")]
    found: dict[str, Line] = {}
    for name, text in given:
        code, said = _plain(name)[: LONGEST_CODE + 1], _plain(text)[:20]
        line = Line(code, said, thousandths(said))
        if not code or line.quantity == 0 or not said:
            continue
        old = found.get(code)
        if old and old.quantity and line.quantity:
            line = Line(code, written(old.quantity + line.quantity), old.quantity + line.quantity)
        found[code] = line
    if len(found) > MOST_LINES:
        told = {"most": MOST_LINES, "given": f"{len(found):,}"}
        problems.append(Problem("lines", _("A basket here has at most %(most)s lines; of the %(given)s given only the first are looked at.") % told))
    lines = tuple(found.values())[:MOST_LINES]
    problems += [Problem(ITEM + line.code, wrong) for line in lines if (wrong := wrong_quantity(line.quantity))]
    return lines


def wrong_quantity(quantity: int | None) -> str:
    if quantity is None:
        return _("Write a number of pieces or kilograms, such as 2 or 0.5.")
    return _("At most %(most)s.") % {"most": f"{MOST_PIECES:,}"} if quantity > MOST_PIECES * 1000 else ""


def _words(query: QueryDict, name: str, apart: str, most: int, problems: list[Problem]) -> tuple[str, ...]:
    text = ", ".join(_plain(value) for value in query.getlist(name))[:4000]
    words = list(dict.fromkeys(word.strip()[:LONGEST_WORD] for word in re.split(apart, text) if word.strip()))
    if len(words) > most:
        problems.append(Problem(name, _("At most %(most)s of these are looked at.") % {"most": most}))
    return tuple(words[:most])


def _text(query: QueryDict, name: str, longest: int = LONGEST_WORD) -> str:
    return _plain(query.get(name, ""))[:longest]


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable()).strip()


def said(problems: Sequence[Problem], name: str) -> str:
    return next((problem.text for problem in problems if problem.field == name), "")

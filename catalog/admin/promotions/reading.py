"""What is typed on a promotion's page, as people write it: amounts, percents, whole numbers, times. Integers out."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from catalog.amounts import NotAnAmount, minor_units
from kernel.money import format_amount


class NotReadable(ValueError):
    """The words say what was expected, with an example."""


class Reader:
    """Values by the names of their inputs. What cannot be read stands in `errors` and counts as None, so that all of it is told at once."""

    def __init__(self, sent: Any, *, currency: str, zone: ZoneInfo) -> None:
        self.sent, self.currency, self.zone = sent, currency, zone
        self.errors: dict[str, str] = {}

    def text(self, name: str) -> str:
        return str(self.sent.get(name, "")).strip()

    def flag(self, name: str) -> bool:
        return name in self.sent

    def several(self, name: str) -> list[str]:
        return [value for value in self.sent.getlist(name) if value]

    def several_lines(self, name: str) -> list[str]:
        """One a line, or separated by commas."""
        return [part.strip() for part in re.split(r"[,;\n]", self.text(name)) if part.strip()]

    def words(self, name: str) -> list[str]:
        """Codes separated by commas or spaces, each once."""
        return list(dict.fromkeys(part for part in re.split(r"[,;\s]+", self.text(name)) if part))

    def amount(self, name: str, *, needed: bool = True) -> int | None:
        with self._read(name, needed) as text:
            if text:
                try:
                    return minor_units(text, self.currency)
                except NotAnAmount as wrong:
                    raise NotReadable(f"{wrong}. {self._example()}") from wrong
        return None

    def percent(self, name: str, *, needed: bool = True) -> int | None:
        with self._read(name, needed) as text:
            if text:
                match = re.fullmatch(r"([0-9]{1,3})(?:[.,]([0-9]{1,4}))?", text.removesuffix("%").strip(), re.ASCII)
                if match is None:
                    raise NotReadable(_("Write a percentage like 20 or 12.5."))
                return int(match[1]) * 10_000 + int((match[2] or "").ljust(4, "0"))
        return None

    def whole(self, name: str, *, needed: bool = True) -> int | None:
        with self._read(name, needed) as text:
            if text:
                if not re.fullmatch("-?[0-9]{1,9}", text, re.ASCII):
                    raise NotReadable(_("Write a whole number like 2."))
                return int(text)
        return None

    def moment(self, name: str) -> datetime | None:
        """A wall clock of the shop."""
        with self._read(name, needed=False) as text:
            if text:
                try:
                    return datetime.fromisoformat(text).replace(tzinfo=self.zone)
                except ValueError as wrong:
                    raise NotReadable(_("Write a day and a time like 2026-04-18 09:00.")) from wrong
        return None

    def minute(self, name: str) -> int | None:
        with self._read(name, needed=True) as text:
            match = re.fullmatch("([01]?[0-9]|2[0-3]):([0-5][0-9])", text, re.ASCII)
            if match is None:
                raise NotReadable(_("Write a time like 09:00."))
            return int(match[1]) * 60 + int(match[2])
        return None

    def facets(self, name: str) -> dict[str, list[str]]:
        """One a line: category:tea."""
        found: dict[str, list[str]] = {}
        for line in self.text(name).splitlines():
            group, colon, value = line.strip().partition(":")
            if not line.strip():
                continue
            if not colon or not value.strip():
                self.errors.setdefault(name, _("Write one a line, like category:tea or sku:12204."))
                continue
            found.setdefault(group.strip(), []).append(value.strip())
        return found

    def selection(self, name: str) -> dict[str, Any]:
        return {"any": self.facets(name), "except": self.facets(f"{name}-except")}

    def rows(self, *names: str) -> Iterator[int]:
        """The numbers of rows in which something is written; inputs are called slot-0-name, slot-1-name."""
        start = names[0].partition("-")[0]
        numbers = sorted({int(match[1]) for key in self.sent if (match := re.fullmatch(rf"{start}-([0-9]{{1,2}})-[a-z-]+", key))})
        for number in numbers:
            if any(self.text(name.replace("-N-", f"-{number}-")) for name in names):
                yield number

    def _example(self) -> str:
        return _("Write it like %(amount)s.") % {"amount": format_amount(500, self.currency)}

    @contextmanager
    def _read(self, name: str, needed: bool) -> Iterator[str]:
        text = self.text(name)
        if not text and needed:
            self.errors.setdefault(name, _("This is needed."))
        try:
            yield text
        except NotReadable as wrong:
            self.errors.setdefault(name, str(wrong))


def amount_text(amount: int | None, currency: str) -> str:
    return "" if amount is None else format_amount(amount, currency)


def percent_text(ppm: int | None) -> str:
    if ppm is None:
        return ""
    whole, rest = divmod(ppm, 10_000)
    return str(whole) + (f".{rest:04}".rstrip("0") if rest else "")


def moment_text(at: datetime | None, zone: ZoneInfo) -> str:
    return "" if at is None else at.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def facets_text(groups: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(f"{group}:{value}" for group, values in groups.items() for value in values)

"""Pages by cursor: where a list goes on, stable while rows come and go (a position in the order, never an offset)."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from kernel.errors import Invalid

Row = TypeVar("Row")
LONGEST = 100


@dataclass(frozen=True)
class Page(Generic[Row]):
    items: tuple[Row, ...]
    more: bool


def page_of(rows: Sequence[Row], *, first: int) -> Page[Row]:
    """From up to `first` + 1 rows: the one too many only tells that there is more."""
    return Page(items=tuple(rows[:first]), more=len(rows) > first)


def page_size(first: int | None, *, field: str, default: int = 50) -> int:
    if first is None:
        return default
    if not 1 <= first <= LONGEST:
        raise Invalid(f"Ask for 1 to {LONGEST} rows at a time.", field=field, minimum=1, maximum=LONGEST)
    return first


def cursor(*position: object) -> str:
    """Opaque to the caller: the last row's place in the order."""
    text = json.dumps([str(part) for part in position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(text: str | None, *kinds: Callable[[str], Any], field: str) -> tuple[Any, ...] | None:
    """What `cursor` hid, each part read by its kind; None without a cursor."""
    if not text:
        return None
    try:
        parts = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        if not isinstance(parts, list) or not all(isinstance(part, str) and storable(part) for part in parts):
            raise ValueError
        return tuple(kind(part) for kind, part in zip(kinds, parts, strict=True))
    except (ValueError, binascii.Error, RecursionError, OverflowError) as error:
        raise Invalid("This cursor is not one of ours. Start again without it.", field=field) from error


def storable(text: str) -> bool:
    """No NUL and no half characters: the database can neither hold them nor be asked about them."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a moment has a time zone")
    return at


def plain_text(text: str | None, *, field: str, longest: int = 200) -> str:
    """Text the database can be asked about, and not endless."""
    if not text:
        return ""
    if len(text) > longest or not storable(text):
        raise Invalid(f"Send plain text of at most {longest} characters.", field=field, maximum=longest)
    return text

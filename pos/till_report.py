"""What a device says of itself with what it sends: `X-Till-Report: waiting=3;oldest_ms=8000;free_bytes=9000000;persisted=1;release=1.4`."""

import re
from typing import Any

LONGEST = 300
MOST = 2**53
WHOLE = ("waiting", "oldest_ms", "free_bytes")
RELEASE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
PART = re.compile(r"([a-z_]{1,20})=([A-Za-z0-9_.-]{0,40})")


def read(header: str) -> dict[str, Any] | None:
    """The facts that are known here; None for a header of another shape, as a whole. Names to come are passed over."""
    parts = [PART.fullmatch(part) for part in header.split(";")] if 0 < len(header) <= LONGEST and header.isascii() else [None]
    if not all(parts):
        return None
    told = [part.groups() for part in parts if part]
    if len({name for name, _ in told}) < len(told):
        return None
    found: dict[str, Any] = {}
    for name, value in told:
        if name in WHOLE:
            if not value.isdecimal() or int(value) > MOST:
                return None
            found[name] = int(value)
        elif name == "persisted":
            if value not in ("0", "1"):
                return None
            found[name] = value == "1"
        elif name == "release":
            if not RELEASE.fullmatch(value):
                return None
            found[name] = value
    return found

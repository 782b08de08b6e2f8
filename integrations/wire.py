"""One HTTP call to a stranger: a limit for connecting, one for each read, and one for all of it."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LARGEST = 4_000_000


@dataclass(frozen=True)
class Limits:
    connect: float = 2.0
    read: float = 5.0
    total: float = 10.0


class NoAnswer(Exception):
    """Nothing came, or not all of it: whether it was done is not known."""


def call(*, method: str, url: str, body: bytes | None, headers: Mapping[str, str], limits: Limits) -> tuple[int, bytes]:
    """Status and body. Raises NoAnswer."""
    parts = urlsplit(url)
    until = time.monotonic() + limits.total
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    line = kind(parts.hostname or "", parts.port, timeout=limits.connect)
    try:
        line.connect()
        line.sock.settimeout(min(limits.read, limits.total))
        line.request(method, f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body=body, headers=dict(headers))
        answer = line.getresponse()
        return answer.status, _read(answer, until)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(type(error).__name__) from error
    finally:
        line.close()


def _read(answer: http.client.HTTPResponse, until: float) -> bytes:
    """Piece by piece, so that one that drips cannot hold us past the total."""
    got = bytearray()
    while piece := answer.read1(65_536):
        got += piece
        if time.monotonic() > until or len(got) > LARGEST:
            raise NoAnswer("TooSlow")
    if answer.length:
        # read1 does not complain about a body that was cut off.
        raise NoAnswer("CutOff")
    return bytes(got)

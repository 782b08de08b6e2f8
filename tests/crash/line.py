"""A client that is honest about what it does not know: it asks again under the same key until it is answered."""

import contextlib
import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

# What says nothing of the request itself: it is asked again.
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
IN_FLIGHT = "idempotency_in_flight"
PATIENCE = 120.0
TIMEOUT = 12.0


class GivenUp(AssertionError):
    """No answer in two minutes: the product did not come back."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What a client was told, and what it had asked: enough to ask once more."""

    what: str
    method: str
    path: str
    body: bytes
    headers: dict[str, str]
    status: int
    answer: bytes
    tries: int

    @property
    def told(self) -> Any:
        return json.loads(self.answer or b"null")


@dataclass
class Book:
    """What all clients together were told. Kept outside everything that is killed."""

    kept: list[Answered] = field(default_factory=list)
    counted: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, answered: Answered) -> None:
        with self._lock:
            self.counted["answers"] += 1
            self.counted["tries"] += answered.tries
            if answered.method != "GET":
                self.kept.append(answered)

    def count(self, what: str) -> None:
        with self._lock:
            self.counted[what] += 1

    @property
    def answers(self) -> int:
        return self.counted["answers"]


@dataclass
class Line:
    """`chance` is the client's own: what it asks and how it is called does not depend on the others."""

    port: int
    book: Book
    chance: random.Random
    # How often a client leaves before it is answered, and asks again.
    leaves: float = 0.04

    def key(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def ask(self, method: str, path: str, body: Any = None, *, what: str = "", **headers: str) -> Answered:
        """Answered for good: done, or refused for what it is. Headers by their names with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if method != "GET":
            named.setdefault("Idempotency-Key", self.key())
        octets = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        if octets:
            named["Content-Type"] = "application/json"
        until, tries = time.monotonic() + PATIENCE, 0
        while True:
            tries += 1
            status, answer = self._once(method, path, octets, named)
            if status and status not in AGAIN and not (status == 409 and self._in_flight(answer)):
                break
            if time.monotonic() > until:
                raise GivenUp(f"{method} {path}: {status} {answer[:300]!r}")
            # As any client does between two tries.
            time.sleep(0.05 + self.chance.random() * 0.15)
        answered = Answered(what or path, method, path, octets, named, status, answer, tries)
        self.book.write(answered)
        return answered

    def _in_flight(self, answer: bytes) -> bool:
        return IN_FLIGHT.encode() in answer

    def _once(self, method: str, path: str, octets: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Status 0: no answer, and nobody knows what was done."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        try:
            line.request(method, path, body=octets or None, headers=headers)
            if method != "GET" and self.chance.random() < self.leaves:
                self.book.count("left")
                return 0, b""
            answer = line.getresponse()
            told = answer.read()
            if answer.status >= 500:
                self.book.count(f"status_{answer.status}")
            return answer.status, told
        except (OSError, http.client.HTTPException):
            self.book.count("unanswered")
            return 0, b""
        finally:
            with contextlib.suppress(OSError):
                line.close()

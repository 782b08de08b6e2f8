"""Answers kept as bytes in this process, each for one version of a shelf: worth something only while that version stands.

Which version stands is read from the database for every request, so no process's memory is ever the truth.
"""

import gzip
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from org import wire

MOST_BYTES = 32 * 1024 * 1024
LARGEST = 512 * 1024


@dataclass
class Answer:
    content: bytes
    etag: str
    version: int
    _packed: bytes | None = field(default=None, repr=False)

    def packed(self) -> bytes:
        """Compressed, once."""
        if self._packed is None:
            self._packed = gzip.compress(self.content, wire.LEVEL, mtime=0)
        return self._packed


@dataclass
class Answers:
    """The ones used last, as many as fit."""

    most: int = MOST_BYTES
    size: int = 0
    kept: "OrderedDict[bytes, Answer]" = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def find(self, key: bytes) -> Answer | None:
        with self.lock:
            found = self.kept.get(key)
            if found is not None:
                self.kept.move_to_end(key)
            return found

    def keep(self, key: bytes, answer: Answer) -> None:
        if len(answer.content) > LARGEST:
            return
        with self.lock:
            self._drop(key)
            self.kept[key] = answer
            self.size += len(answer.content)
            while self.size > self.most:
                self._drop(next(iter(self.kept)))

    def forget(self) -> None:
        with self.lock:
            self.kept.clear()
            self.size = 0

    def _drop(self, key: bytes) -> None:
        found = self.kept.pop(key, None)
        if found is not None:
            self.size -= len(found.content)


answers = Answers()


def forget_answers() -> None:
    answers.forget()

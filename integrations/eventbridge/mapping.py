"""A message as a PutEvents entry, its size as AWS counts it, and batches that fit."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kernel import outbox
from kernel.models import Message

SOURCE = "onecounter"
MOST_ENTRIES = 10
MOST_BYTES = 256 * 1024 - 1
"""AWS: "The total entry size must be less than 256KB", for one entry as for the batch."""
TIME_BYTES = 14


@dataclass(frozen=True)
class Entry:
    fields: dict[str, Any]
    size: int


def entry(message: Message, *, bus: str) -> Entry:
    fields = {
        "EventBusName": bus,
        "Source": SOURCE,
        "DetailType": message.type,
        "Detail": json.dumps(outbox.envelope(message), ensure_ascii=False, separators=(",", ":")),
        "Time": message.occurred_at,
    }
    return Entry(fields, size_of(fields))


def size_of(fields: dict[str, Any]) -> int:
    texts = [fields.get("Source"), fields.get("DetailType"), fields.get("Detail"), *fields.get("Resources", [])]
    return (TIME_BYTES if fields.get("Time") else 0) + sum(len(text.encode()) for text in texts if text)


def batches(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """In order, at most ten and less than 256 KB each. Every entry must fit by itself."""
    batch: list[Entry] = []
    size = 0
    for each in entries:
        if batch and (len(batch) == MOST_ENTRIES or size + each.size > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += each.size
    if batch:
        yield batch

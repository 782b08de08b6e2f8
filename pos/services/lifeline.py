"""A till's journal that came as a file: the last way in, when its line or its browser is gone for good.

The file is as any till writes it: a line that says what it is, then a line for each entry with its exact text, hash and signature. It
is believed no more than what comes over the line: every entry is checked with the key of the enrolment that made it, known ones are
known, and what a fenced-off enrolment made is kept apart until a person releases it.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from kernel.errors import Invalid
from pos.models import JournalEntry, Till, TillEpoch
from pos.services.delivery import receive
from pos.services.intake import ACCEPTED, CONFLICT, QUARANTINED, Sealed

log = logging.getLogger(__name__)

FORMAT = 1
LARGEST_FILE = 10 * 1024**2
MOST_ENTRIES = 5_000
BATCH = 50
UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class LifelineUnreadable(Invalid):
    code = "lifeline_unreadable"
    title = "This is no journal that a till saved"


class LifelineTooLarge(Invalid):
    code = "lifeline_too_large"
    title = "At most 10 MB and 5,000 entries at a time. Save only what was not sent, at the till."


class LifelineOfAnotherTill(Invalid):
    code = "lifeline_other_till"
    title = "This is the journal of another till. Read it in on that till's page."


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """How many entries the file had, and what became of them. `accepted` and `apart` are new here; `known` had come before."""

    entries: int
    accepted: int
    known: int
    apart: int
    conflicts: int


def take_in(*, till: Till, file: bytes, actor: UUID | None, now: datetime) -> TakenIn:
    """Posted at once as far as that goes, like what a till sends. Reading the same file again changes nothing."""
    sealed = _entries_of(till, file)
    epochs = {epoch.epoch: epoch for epoch in TillEpoch.objects.filter(till=till).select_related("till__store")}
    if not epochs:
        raise LifelineOfAnotherTill(field="file")
    newest = epochs[max(epochs)]
    counts: Counter[str] = Counter()
    for number, entries in _by_epoch(sealed):
        for start in range(0, len(entries), BATCH):
            batch = entries[start : start + BATCH]
            # Whose enrolment nobody knows is kept apart under the newest one.
            counts.update(_taken(epochs.get(number, newest), batch, now))
    log.info("%s read %d journal entries of till %s from a file", actor, len(sealed), till.pk)
    return TakenIn(entries=len(sealed), accepted=counts[ACCEPTED], known=counts["known"], apart=counts[QUARANTINED], conflicts=counts[CONFLICT])


def _taken(epoch: TillEpoch, batch: list[Sealed], now: datetime) -> list[str]:
    before = _known(batch)
    return [
        "known" if result.hash in before and result.status != CONFLICT else result.status for result in receive(epoch=epoch, entries=batch, now=now)
    ]


def _known(batch: list[Sealed]) -> set[str]:
    """The hashes of those that had come before with this very text."""
    ids = {id for id in (_told(one, "id") for one in batch) if isinstance(id, str)}
    found = JournalEntry.objects.filter(id__in=[UUID(id) for id in ids if UUID_SHAPE.fullmatch(id)]).values_list("hash", flat=True)
    return {bytes(digest).hex() for digest in found}


def _entries_of(till: Till, file: bytes) -> list[Sealed]:
    if len(file) > LARGEST_FILE:
        raise LifelineTooLarge(field="file")
    head, *lines = _lines(file)
    if head.get("onecounter_journal") != FORMAT:
        raise LifelineUnreadable(field="file")
    if head.get("till") != str(till.pk):
        raise LifelineOfAnotherTill(field="file")
    if len(lines) > MOST_ENTRIES:
        raise LifelineTooLarge(field="file")
    return [_sealed(line) for line in lines]


def _lines(file: bytes) -> list[dict[str, Any]]:
    try:
        lines = [orjson.loads(line) for line in file.splitlines() if line.strip()]
    except ValueError as error:
        raise LifelineUnreadable(field="file") from error
    if not lines or not all(isinstance(line, dict) for line in lines):
        raise LifelineUnreadable(field="file")
    return lines


def _sealed(line: dict[str, Any]) -> Sealed:
    text, digest, signature = line.get("text"), line.get("hash"), line.get("sig")
    if not isinstance(text, str) or not isinstance(digest, str) or not isinstance(signature, str):
        raise LifelineUnreadable(field="file")
    return Sealed(text=text, hash=digest[:64].lower(), signature=signature)


def _by_epoch(sealed: list[Sealed]) -> Iterator[tuple[int, list[Sealed]]]:
    """In the order the enrolments were made; what says of itself belongs to none comes under 0."""
    groups: dict[int, list[Sealed]] = {}
    for one in sealed:
        groups.setdefault(_epoch_of(one), []).append(one)
    yield from sorted(groups.items())


def _epoch_of(sealed: Sealed) -> int:
    epoch = _told(sealed, "epoch")
    return epoch if type(epoch) is int else 0


def _told(sealed: Sealed, name: str) -> Any:
    """What a text says of itself, before it is known whether it is what it says."""
    try:
        told = orjson.loads(sealed.text)
    except ValueError:
        return None
    return told.get(name) if isinstance(told, dict) else None

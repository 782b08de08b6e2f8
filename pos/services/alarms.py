"""What people are told about entries as they come in: kept apart, in conflict with another, or written by a clock that was wrong."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pos.models import TillEpoch
from pos.services.notes import Note

if TYPE_CHECKING:
    from pos.services.intake import Reading

# A sale's day and the order of a shift's sales survive less; a receipt whose time is off by more is a wrong receipt.
SKEW = timedelta(minutes=2)


def of_batch(*, epoch: TillEpoch, fresh: Iterable["Reading"], conflicts: Iterable[tuple["Reading", str]], now: datetime) -> list[Note]:
    """Of what is kept for the first time; a note that is there already stays as it is."""
    new = list(fresh)
    apart = [_note(epoch, one, "apart", {"reason": one.reason.split(":")[0]}, now) for one in new if one.reason]
    against = [_note(epoch, one, "conflict", {"reason": why}, now, about=one.hash.hex()[:16]) for one, why in conflicts]
    return [*apart, *against, *_clock(epoch, new, now)]


def _note(epoch: TillEpoch, reading: "Reading", kind: str, facts: dict[str, Any], now: datetime, *, about: str = "") -> Note:
    entry = reading.entry
    told = {"epoch": entry.epoch if entry else epoch.epoch, "seq": reading.seq, "received": now}
    if entry and reading.proven and entry.kind == "sale":
        # What the till says of it, shown to people and booked nowhere.
        said = {name: entry.body.get(name) for name in ("receipt", "currency", "total")}
        told |= {name: value for name, value in said.items() if (isinstance(value, str) and len(value) <= 20) or type(value) is int}
        told |= {"cashier": entry.cashier} if entry.cashier else {}
    at = entry.made_at(received_at=now) if entry and reading.proven else now
    return Note(
        store=epoch.till.store_id, till=epoch.till_id, entry=reading.id, kind=kind, about=about, facts={**told, **facts}, amount=0, happened_at=at
    )


def _clock(epoch: TillEpoch, fresh: Sequence["Reading"], now: datetime) -> Iterator[Note]:
    """Once a day and enrolment, with the furthest it was off: by what the till knew itself, or by a time that is still to come."""
    off = max((_seconds_off(one, now) for one in fresh if one.entry and one.proven), key=abs, default=0)
    if abs(off) > SKEW.total_seconds():
        about, facts = f"{epoch.epoch}/{now.date()}", {"epoch": epoch.epoch, "seconds": off}
        yield Note(store=epoch.till.store_id, till=epoch.till_id, entry=None, kind="clock", about=about, facts=facts, amount=0, happened_at=now)


def _seconds_off(reading: "Reading", now: datetime) -> int:
    """The till's clock less ours; above zero it was ahead."""
    assert reading.entry is not None
    ahead = reading.entry.wall_ms + reading.entry.clock_offset_ms - int(now.timestamp() * 1000)
    return max(ahead, 0) // 1000 or -reading.entry.clock_offset_ms // 1000

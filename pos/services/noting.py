"""From what posting found to notes: facts every note of a sale has, what went short, what could not be posted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from orders.services import Placed
from pos import journal, queries
from pos.models import Shift, SyncNote
from pos.services.notes import Note, Remark
from pos.services.recounting import of_line

BOOKS = "books"


def of_entry(entry: journal.Entry, *, store: UUID, received_at: datetime, remarks: Iterable[Remark]) -> list[Note]:
    """Ids only: whoever reads the note may be told the names or not."""
    facts = {"received": received_at, "cashier": entry.cashier, "receipt": entry.body.get("receipt"), "currency": entry.body.get("currency")}
    common = {name: value for name, value in facts.items() if value}
    return [
        Note(
            store=store,
            till=entry.till,
            entry=entry.id,
            kind=remark.kind,
            about=remark.about,
            facts={**common, **remark.facts},
            amount=remark.amount,
            happened_at=entry.made_at(received_at=received_at),
        )
        for remark in remarks
    ]


def late(shift: Shift, body: journal.SaleBody) -> Remark:
    facts = {"what": "late", "shift": shift.id, "shift_cashier": shift.cashier, "closed": shift.closed_at, "total": body.total}
    return Remark("shift", "It came after its shift was closed.", amount=body.total, facts=facts)


def of_another_till(body: journal.SaleBody) -> Remark:
    return Remark("shift", "It names a shift of another till.", amount=body.total, facts={"what": "other_till", "total": body.total})


def beyond_limit(placed: Placed) -> Iterator[Remark]:
    for name in placed.over:
        yield Remark("limit", f"{name} was given beyond its limit.", about=name[:80], facts={"name": name})


def strange_pieces(placed: Placed) -> Iterator[Remark]:
    for number in placed.strange:
        yield Remark("item", f"The piece {number} was not in the book.", about=f"serial {number}", facts={"what": "serial", "name": number})


def gone_short(sold: Sequence[tuple[journal.SaleBody, Placed]]) -> list[list[Remark]]:
    """For each sale, what went below zero with it. What lay below zero before is known, and told no second time."""
    lines = [{line.variant: line for line in body.lines if line.variant} if placed.new else {} for body, placed in sold]
    taken = Counter[tuple[UUID, UUID]]()
    for body, placed in sold:
        for short in placed.shortages:
            taken[short.location, short.variant] += _sold(body, short.variant)
    return [
        [
            Remark(
                "stock",
                about=str(short.variant),
                facts={
                    **of_line(own[short.variant]),
                    "variant": short.variant,
                    "location": short.location,
                    "quantity": _sold(body, short.variant),
                    "on_hand": short.on_hand,
                },
            )
            for short in placed.shortages
            if short.variant in own and short.on_hand + taken[short.location, short.variant] >= 0
        ]
        for own, (body, placed) in zip(lines, sold, strict=True)
    ]


def _sold(body: journal.SaleBody, variant: UUID) -> int:
    return sum(line.quantity for line in body.lines if line.variant == variant)


def of_trouble(troubles: Sequence[tuple[str, UUID, datetime, str]]) -> list[Note]:
    """Texts that could not be posted: till, when they came, and why. What does not add up is told at once, else only after the last try."""
    if not troubles:
        return []
    tills = queries.till_facts(tills={till for _, till, _, _ in troubles})
    return [note for text, till, received_at, words in troubles for note in _held(text, tills[till], received_at, words)]


def _held(text: str, till: queries.TillFacts, received_at: datetime, words: str) -> list[Note]:
    entry = journal.read(text)
    remark = Remark("held", about=BOOKS, amount=_total(entry.body), facts={"what": BOOKS, "entry_kind": entry.kind, "words": words[:200]})
    return of_entry(entry, store=till.store, received_at=received_at, remarks=[remark])


def _total(body: Mapping[str, Any]) -> int:
    total = body.get("total")
    return total if type(total) is int else 0


def posted_after_all(entries: Sequence[tuple[UUID, UUID]], now: datetime) -> None:
    """(till, entry) that had trouble before: their notes close by themselves."""
    if not entries:
        return
    open_ones = SyncNote.objects.filter(till__in={till for till, _ in entries}, entry__in=[id for _, id in entries], closed_at=None)
    open_ones.filter(kind=SyncNote.Kind.HELD).update(closed_at=now, fix="posted")

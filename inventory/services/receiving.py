"""Goods that came with a paper, and stock put right with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from inventory.models import Document, LotLevel
from inventory.queries.goods import Good
from inventory.services.documents import Draft, checked_place, must_be_postable, post
from inventory.services.lines import Line, LotNeeded, read_lines
from inventory.services.patience import patient
from kernel.errors import Invalid
from org.paging import plain_text

Reason = Document.Reason
# Which way it goes; the others go both.
LEAVE: Final = frozenset({Reason.DAMAGED, Reason.EXPIRED, Reason.LOST, Reason.OWN_USE})
COME: Final = frozenset({Reason.FOUND})


class ReasonDoesNotFit(Invalid):
    code = "reason_does_not_fit"
    title = "The reason does not fit"


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """`quantity`: thousandths of the variant, or of the cases when `gtin` is a case's (1000 of a case of twelve is 12 pieces).
    `cost`: minor units of the company's currency for all of it. `serials`: as many as pieces came."""

    variant: UUID | None = None
    gtin: str | None = None
    quantity: int
    cost: int | None = None
    lot: str | None = None
    expires_on: date | None = None
    serials: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class AdjustmentLine:
    """`quantity` is signed. A lot that is new may be found (above 0), never be lost."""

    variant: UUID | None = None
    gtin: str | None = None
    quantity: int
    lot: str | None = None
    serials: Sequence[str] = ()


@patient
def receive(
    *,
    location: UUID,
    lines: Sequence[ReceiptLine],
    supplier: str = "",
    paper: str = "",
    note: str = "",
    occurred_at: datetime,
    reference: UUID,
    actor: UUID | None,
    now: datetime,
) -> Document:
    """A receipt with what it cost, its lots and its serial numbers. `reference` becomes its id: the same one again changes nothing."""
    must_be_postable(lines, occurred_at, now)
    checked_place(location, receives=True)
    named, found = read_lines(lines)
    for place, line in enumerate(named):
        if line.quantity < 0:
            raise Invalid("More than nothing was received. What went back to the supplier is an adjustment.", field=f"lines.{place}.quantity")
        if found[line.variant].by_lot and not line.lot:
            raise LotNeeded(f"{found[line.variant].sku} is kept by lot: name the lot that came.", field=f"lines.{place}.lot")
    draft = Draft(
        id=reference,
        kind=Document.Kind.RECEIPT,
        location=location,
        lines=named,
        occurred_at=occurred_at,
        supplier=_text(supplier, "supplier", 100),
        paper=_text(paper, "paper", 60),
        note=_text(note, "note", 200),
    )
    return post(drafts=[draft], actor=actor, now=now)[0]


@patient
def adjust_stock(
    *,
    location: UUID,
    lines: Sequence[AdjustmentLine],
    reason: str,
    note: str = "",
    reference: UUID,
    actor: UUID | None,
    now: datetime,
    occurred_at: datetime | None = None,
) -> Document:
    """Stock put right, saying why (Document.Reason). Goods kept by lot name it where the book knows of one here."""
    occurred_at = occurred_at or now
    must_be_postable(lines, occurred_at, now)
    checked_place(location)
    if reason not in Reason.values or not reason:
        raise ReasonDoesNotFit("Say why: " + ", ".join(value for value in Reason.values if value) + ".", field="reason")
    named, found = read_lines(lines)
    _must_fit(named, reason)
    _must_name_lots(named, found, location)
    draft = Draft(
        id=reference,
        kind=Document.Kind.ADJUSTMENT,
        location=location,
        lines=named,
        occurred_at=occurred_at,
        reason=reason,
        note=_text(note, "note", 200),
    )
    return post(drafts=[draft], actor=actor, now=now)[0]


def _must_fit(lines: Sequence[Line], reason: str) -> None:
    for place, line in enumerate(lines):
        if (reason in LEAVE and line.quantity > 0) or (reason in COME and line.quantity < 0):
            way = "leave" if reason in LEAVE else "come"
            raise ReasonDoesNotFit(f"With the reason “{Reason(reason).label}” goods {way}.", field=f"lines.{place}.quantity")


def _must_name_lots(lines: Sequence[Line], found: dict[UUID, Good], location: UUID) -> None:
    open = [(place, line.variant) for place, line in enumerate(lines) if found[line.variant].by_lot and not line.lot]
    if not open:
        return
    here = LotLevel.objects.filter(location=location, lot__variant__in=[variant for _, variant in open], on_hand__gt=0)
    lots = list(here.order_by("lot__code").values_list("lot__variant", "lot__code"))
    for place, variant in open:
        codes = [code for of, code in lots if of == variant]
        if codes:
            words = f"{found[variant].sku} is kept by lot. Here are: {', '.join(codes[:5])}."
            raise LotNeeded(words, field=f"lines.{place}.lot", lots=codes)


def _text(text: str, field: str, longest: int) -> str:
    return plain_text(text.strip(), field=field, longest=longest)

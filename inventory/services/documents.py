"""Documents: posted when they are made, undone by movements the other way. Receipts, adjustments and opening stock are made elsewhere
and posted here, however many at once in a few statements."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

from inventory.models import Document, DocumentLine, Location, Movement, Serial
from inventory.queries.goods import goods
from inventory.services import costs, tracking
from inventory.services.costs import Averaged, Paid, TakenBack
from inventory.services.lines import BundleHasNoStock, Line
from inventory.services.moving import Move, move
from inventory.services.patience import patient
from inventory.services.places import UnknownLocation
from inventory.services.tracking import LotDiffers, Piece
from kernel.errors import Conflict, Invalid, NotFound

Kind = Document.Kind
# A clock may run ahead; none does by more.
AHEAD: Final = timedelta(days=1)
MOST_LINES: Final = 5_000


class UnknownDocument(NotFound):
    code = "document_not_found"
    title = "There is no such document"


class EmptyDocument(Invalid):
    code = "document_empty"
    title = "A document has at least one line"


class DocumentTooLong(Invalid):
    code = "document_too_long"
    title = "These are too many lines for one document"


class DocumentDiffers(Conflict):
    code = "document_differs"
    title = "This document was posted with other lines"


class DocumentUndone(Conflict):
    code = "document_undone"
    title = "This document has been undone already"


class LotsGone(Conflict):
    code = "document_lots_gone"
    title = "Goods of these lots have left since"


class SerialsGone(Conflict):
    code = "document_serials_gone"
    title = "Some of these pieces have left since"


class LocationArchived(Conflict):
    code = "location_archived"
    title = "This place is archived"


class LocationReceivesNothing(Conflict):
    code = "location_receives_nothing"
    title = "This place receives no goods"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A document to be. The same `id` again is posted once."""

    id: UUID
    kind: str
    location: UUID
    lines: Sequence[Line]
    occurred_at: datetime
    reason: str = ""
    supplier: str = ""
    paper: str = ""
    note: str = ""
    run: UUID | None = None


MAKE: Final = """
insert into inventory_document (id, kind, location_id, reason, supplier, paper, note, run, occurred_at, made_at, made_by)
select id, kind, location, reason, supplier, paper, note, run, occurred_at, %s, %s
from jsonb_to_recordset(%s::jsonb) as told(
    id uuid, kind text, location uuid, reason text, supplier text, paper text, note text, run uuid, occurred_at timestamptz
)
order by id
on conflict (id) do nothing
returning id
"""
WRITE: Final = """
insert into inventory_documentline (document_id, position, variant_id, lot_id, quantity, cost, average_before, average_after)
select document, position, variant, lot, quantity, cost, average_before, average_after
from jsonb_to_recordset(%s::jsonb) as told(
    document uuid, position integer, variant uuid, lot uuid, quantity bigint, cost bigint, average_before bigint, average_after bigint
)
order by document, position
"""
BELOW: Final = """
select lot.code from inventory_lotlevel level join inventory_lot lot on lot.id = level.lot_id
join jsonb_to_recordset(%s::jsonb) as told(lot uuid, location uuid) on level.lot_id = told.lot and level.location_id = told.location
where level.on_hand < 0 order by lot.code
"""


@transaction.atomic
def post(*, drafts: Sequence[Draft], actor: UUID | None, now: datetime) -> list[Document]:
    """All or none; lines are checked by whoever drafted them. A document that is there already stays as it is, and is answered when
    it says the same. Statements do not grow with documents or lines."""
    made = _make(drafts, actor, now)
    before = [draft for draft in drafts if draft.id not in made]
    fresh = [draft for draft in drafts if draft.id in made]
    if fresh:
        _post(fresh, actor, now)
    documents = Document.objects.select_related("location").in_bulk([draft.id for draft in drafts])
    _must_say_the_same(before, documents)
    return [documents[draft.id] for draft in drafts]


@patient
@transaction.atomic
def undo_document(*, document: UUID, actor: UUID | None, now: datetime) -> Document:
    """Its movements the other way, once. Raises DocumentUndone, and LotsGone or SerialsGone where what it brought has left since.
    The average cost goes back too, as far as it can (see costs.take_out)."""
    row = Document.objects.select_for_update(of=("self",)).select_related("location").filter(id=document).first()
    if row is None:
        raise UnknownDocument(field="document")
    if row.undone_at is not None:
        raise DocumentUndone(f"{row} has been undone already.", field="document")
    # One place of a run of several: what came to the others has moved the average too.
    alone = row.run is None or not Document.objects.filter(run=row.run).exclude(id=row.id).exists()
    lines = lines_left([row.id])
    take_back(documents={row.id: row}, lines=lines, alone={line.variant_id for line in lines} if alone else (), actor=actor, now=now)
    row.undone_at, row.undone_by = now, actor
    row.save(update_fields=["undone_at", "undone_by"])
    return row


def lines_left(documents: Collection[UUID]) -> list[DocumentLine]:
    """The lines of these that nobody has taken back yet."""
    back = set(Movement.objects.filter(reference__in=documents, cause=Movement.Cause.UNDO).values_list("reference", "line"))
    lines = DocumentLine.objects.filter(document__in=documents).order_by("document", "position")
    return [line for line in lines if (line.document_id, line.position) not in back]


def take_back(
    *,
    documents: Mapping[UUID, Document],
    lines: Sequence[DocumentLine],
    alone: Collection[UUID],
    actor: UUID | None,
    now: datetime,
    lots_may_go_below: bool = False,
) -> None:
    """Moves these lines of documents that are locked. `alone`: variants of which nothing that came with these lines stays."""
    found = goods(variants={line.variant_id for line in lines})
    for good in found.values():
        if good.bundle:
            raise BundleHasNoStock(f"{good.sku} has become a bundle: it has no stock of its own to take back.", field="document")
    averages = costs.take_out(gone=_brought(lines, alone), now=now)
    costs.tell_catalog(averages=averages, now=now, actor=actor)
    # Last, as in _post.
    move(movements=[_the_other_way(documents[line.document_id], line, actor, now) for line in lines], now=now)
    if not lots_may_go_below:
        _must_have_lots(documents, lines)
    for document in documents.values():
        _take_back_pieces(document, [line for line in lines if line.document_id == document.id and found[line.variant_id].by_serial])


def checked_place(location: UUID, *, receives: bool = False) -> Location:
    row = Location.objects.filter(id=location).first()
    if row is None:
        raise UnknownLocation(field="location")
    if row.archived_at is not None:
        raise LocationArchived(f"{row.name} is archived: restore it first.", field="location")
    if receives and not row.receives:
        raise LocationReceivesNothing(f"{row.name} receives no goods.", field="location")
    return row


def must_be_postable(lines: Sequence[object], occurred_at: datetime, now: datetime) -> None:
    if not lines:
        raise EmptyDocument(field="lines")
    if len(lines) > MOST_LINES:
        raise DocumentTooLong(f"A document has at most {MOST_LINES:,} lines; these are {len(lines):,}.", field="lines")
    must_be_postable_at(occurred_at, now)


def must_be_postable_at(occurred_at: datetime, now: datetime) -> None:
    if occurred_at > now + AHEAD:
        raise Invalid("It cannot have happened later than now.", field="occurred_at")


def _make(drafts: Sequence[Draft], actor: UUID | None, now: datetime) -> set[UUID]:
    """Which of them are new. Somebody who posts the same one meanwhile is waited for."""
    rows = [{name: value for name, value in vars(draft).items() if name != "lines"} for draft in drafts]
    with connection.cursor() as cursor:
        cursor.execute(MAKE, [now, actor, json.dumps(rows, default=str)])
        return {id for (id,) in cursor.fetchall()}


def _post(drafts: Sequence[Draft], actor: UUID | None, now: datetime) -> None:
    lots = _lots(drafts, now)
    averages = costs.bring_in(paid=_paid(drafts), now=now)
    _write(drafts, lots, averages)
    costs.tell_catalog(averages={variant: one.after for variant, one in averages.items()}, now=now, actor=actor)
    # Last: whoever sells these goods waits from here to the end.
    move(movements=[one for draft in drafts for one in _movements(draft, lots, actor)], now=now)
    tracking.bring_pieces(pieces=_pieces(drafts, come=True))
    tracking.send_pieces(pieces=_pieces(drafts, come=False), state=Serial.State.GONE)


def _lots(drafts: Sequence[Draft], now: datetime) -> dict[tuple[UUID, str], UUID]:
    """What comes may bring a lot that is new; what goes is of one that came."""
    come: dict[tuple[UUID, str], date | None] = {}
    go: list[tuple[UUID, str]] = []
    for line in [line for draft in drafts for line in draft.lines if line.lot]:
        of = (line.variant, line.lot)
        if line.quantity < 0:
            go.append(of)
            continue
        if come.get(of) is not None and line.expires_on is not None and come[of] != line.expires_on:
            raise LotDiffers(f"Lot {line.lot} stands here with two dates.", field="lines", lot=line.lot)
        come[of] = line.expires_on or come.get(of)
    made = tracking.ensure_lots(wanted=come, now=now)
    return {**made, **tracking.find_lots(wanted=[of for of in go if of not in made])}


def _paid(drafts: Sequence[Draft]) -> dict[UUID, Paid]:
    """Of what came with its cost. What came without one is held at the average."""
    paid: dict[UUID, Paid] = {}
    for line in [line for draft in drafts for line in draft.lines]:
        if line.cost is not None:
            before = paid.get(line.variant, Paid(quantity=0, cost=0))
            paid[line.variant] = Paid(quantity=before.quantity + line.quantity, cost=before.cost + line.cost)
    return paid


def _write(drafts: Sequence[Draft], lots: Mapping[tuple[UUID, str], UUID], averages: Mapping[UUID, Averaged]) -> None:
    rows = []
    for draft in drafts:
        for position, line in enumerate(draft.lines, start=1):
            average = averages.get(line.variant) if line.cost is not None else None
            row = {"document": draft.id, "position": position, "variant": line.variant, "quantity": line.quantity, "cost": line.cost}
            told = {"average_before": average and average.before, "average_after": average and average.after}
            rows.append({**row, **told, "lot": lots.get((line.variant, line.lot))})
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [json.dumps(rows, default=str)])


def _movements(draft: Draft, lots: Mapping[tuple[UUID, str], UUID], actor: UUID | None) -> list[Move]:
    """A document's kinds are causes of the same name."""
    return [
        Move(
            location=draft.location,
            variant=line.variant,
            quantity=line.quantity,
            cause=draft.kind,
            reference=draft.id,
            line=position,
            lot=lots.get((line.variant, line.lot)),
            cost=line.cost,
            actor=actor,
            note=draft.note,
            occurred_at=draft.occurred_at,
        )
        for position, line in enumerate(draft.lines, start=1)
    ]


def _pieces(drafts: Sequence[Draft], *, come: bool) -> list[Piece]:
    return [
        Piece(variant=line.variant, number=number, location=draft.location, reference=draft.id)
        for draft in drafts
        for line in draft.lines
        if (line.quantity > 0) == come
        for number in line.serials
    ]


def _must_say_the_same(drafts: Sequence[Draft], documents: Mapping[UUID, Document]) -> None:
    if not drafts:
        return
    told: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for line in DocumentLine.objects.filter(document__in=[draft.id for draft in drafts]).select_related("lot").order_by("position"):
        told[line.document_id].append((line.variant_id, line.quantity, line.lot.code if line.lot else "", line.cost))
    for draft in drafts:
        row = documents[draft.id]
        same = (row.kind, row.location_id, row.reason) == (draft.kind, draft.location, draft.reason)
        if not same or told[draft.id] != [(line.variant, line.quantity, line.lot, line.cost) for line in draft.lines]:
            raise DocumentDiffers(f"{row} was posted under this reference, and says something else.", field="reference")


def _brought(lines: Sequence[DocumentLine], alone: Collection[UUID]) -> dict[UUID, TakenBack]:
    """By variant: what was paid for these lines."""
    sums: dict[UUID, Paid] = {}
    by_variant: dict[UUID, DocumentLine] = {}
    for line in lines:
        if line.cost is not None:
            before = sums.get(line.variant_id, Paid(quantity=0, cost=0))
            sums[line.variant_id] = Paid(quantity=before.quantity + line.quantity, cost=before.cost + line.cost)
            by_variant[line.variant_id] = line
    return {
        variant: TakenBack(paid=sums[variant], before=line.average_before, after=line.average_after, alone=variant in alone)
        for variant, line in by_variant.items()
    }


def _the_other_way(document: Document, line: DocumentLine, actor: UUID | None, now: datetime) -> Move:
    return Move(
        location=document.location_id,
        variant=line.variant_id,
        quantity=-line.quantity,
        cause=Movement.Cause.UNDO,
        reference=document.id,
        line=line.position,
        lot=line.lot_id,
        cost=line.cost,
        actor=actor,
        occurred_at=now,
    )


def _must_have_lots(documents: Mapping[UUID, Document], lines: Sequence[DocumentLine]) -> None:
    """After they were moved: so the levels are ours, and say what everybody else has done."""
    pairs = [{"lot": line.lot_id, "location": documents[line.document_id].location_id} for line in lines if line.lot_id and line.quantity > 0]
    if not pairs:
        return
    with connection.cursor() as cursor:
        cursor.execute(BELOW, [json.dumps(pairs, default=str)])
        gone = [code for (code,) in cursor.fetchall()]
    if gone:
        raise LotsGone(f"Goods of lot {', '.join(gone[:5])} have left since: adjust what is there instead.", field="document", lots=gone)


def _take_back_pieces(document: Document, lines: Sequence[DocumentLine]) -> None:
    came = [line for line in lines if line.quantity > 0]
    left = [line for line in lines if line.quantity < 0]
    if came:
        here = Serial.objects.filter(came_with=document.id, state=Serial.State.IN_STOCK, location=document.location_id)
        _must_be_all(came, here.update(state=Serial.State.GONE, location=None, left_with=document.id))
    if left:
        gone = Serial.objects.filter(left_with=document.id, state=Serial.State.GONE)
        _must_be_all(left, gone.update(state=Serial.State.IN_STOCK, location=document.location_id, left_with=None))


def _must_be_all(lines: Sequence[DocumentLine], pieces: int) -> None:
    if pieces * 1000 != sum(abs(line.quantity) for line in lines):
        raise SerialsGone("Some of its pieces have left or come back since: adjust what is there instead.", field="document")

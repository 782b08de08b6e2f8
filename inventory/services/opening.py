"""Opening stock from a file: checked without saving, opened as it was checked, taken back as a whole.

The file and what was checked of it are kept in the storage under the run's id until it is opened and beyond; the documents carry the run.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any, BinaryIO, Final, cast
from uuid import UUID, uuid5

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import connection, transaction

from catalog.importing import reading
from catalog.importing.incoming import Fault
from catalog.importing.reading import SourceFile
from inventory import opening_file
from inventory.models import Document, DocumentLine
from inventory.services import costs
from inventory.services.documents import Draft, lines_left, must_be_postable_at, post, take_back
from inventory.services.lines import Line
from inventory.services.opening_check import Plan, Planned, planned
from inventory.services.patience import patient
from kernel import jobs
from kernel.errors import Conflict, Invalid, NotFound
from kernel.ids import uuid7
from kernel.models import Job
from org.paging import plain_text
from org.queries import shop_currency

APPLY, UNDO = "inventory.opening.apply", "inventory.opening.undo"
# More are opened by a worker, so that nobody waits for them in front of a page.
AT_ONCE: Final = 2_000


class UnknownOpening(NotFound):
    code = "opening_not_found"
    title = "There is no such opening stock"


class OpeningChanged(Conflict):
    """`changed`: what is different since the check, a line of words each."""

    code = "opening_changed"
    title = "Something has changed since the file was checked"


class NothingToOpen(Invalid):
    code = "opening_of_nothing"
    title = "There is nothing to open"


class OpeningUndone(Conflict):
    code = "opening_undone"
    title = "This opening stock has been taken back already"


@dataclass(frozen=True, kw_only=True)
class PlaceSum:
    """What a place would get: thousandths of what is counted and of what is weighed, minor units of what is known to have cost."""

    location: UUID
    code: str
    name: str
    lines: int
    pieces: int
    weight: int
    worth: int


@dataclass(frozen=True, kw_only=True)
class CheckedOpening:
    """`refused` lines are left out, `warned` ones are not; each has its line, column, reason and the row as it came. `nothing` lines say zero."""

    run: UUID
    name: str
    lines: int
    nothing: int
    places: list[PlaceSum]
    refused: list[Fault]
    warned: list[Fault]

    @property
    def at_once(self) -> bool:
        """Small enough for apply_opening within a request; else start_opening."""
        return self.lines <= AT_ONCE


@dataclass(frozen=True, kw_only=True)
class Opened:
    run: UUID
    documents: list[Document]
    lines: int


@dataclass(frozen=True, kw_only=True)
class MovedSince:
    """A line of opening stock whose level has moved after it."""

    document: UUID
    position: int
    location: str
    variant: UUID
    sku: str
    quantity: int
    on_hand: int


@dataclass(frozen=True, kw_only=True)
class UndoneOpening:
    """`moved`: lines whose levels have moved since; they were left, unless it was asked to take them back all the same."""

    taken_back: int
    left: int
    moved: list[MovedSince]


def check_opening(
    *, content: BinaryIO, size: int, name: str, occurred_at: datetime, stores: Collection[UUID] | None, actor: UUID | None, now: datetime
) -> CheckedOpening:
    """A dry run; nothing but the file is kept. `stores`: whose places may be opened, None for all. `occurred_at`: when it was counted.
    `name` is shown and never used as a path. Raises UnreadableFile, FileTooLarge, MissingColumns, OpeningTooLong."""
    must_be_postable_at(occurred_at, now)
    plan = _plan(SourceFile(content, size, lenient=True), stores)
    run, shown = uuid7(), plain_text(PurePath(name.replace("\\", "/")).name.replace("\0", "")[:60], field="file") or "opening stock"
    told = {
        "name": shown,
        "actor": str(actor or ""),
        "occurred_at": occurred_at.isoformat(),
        "digest": reading.digest(content),
        "lines": [_written(line) for line in plan.lines],
    }
    default_storage.save(_path(run, "source"), File(content))
    default_storage.save(_path(run, "checked.json"), ContentFile(json.dumps(told).encode()))
    return _checked(run, shown, plan)


def checked_opening(*, run: UUID, stores: Collection[UUID] | None, actor: UUID | None) -> CheckedOpening:
    """The check once more, by the catalogue as it is now. Raises UnknownOpening."""
    told = _told(run, actor)
    with reading.stored(_path(run, "source"), lenient=True) as file:
        return _checked(run, told["name"], _plan(file, stores))


def start_opening(*, run: UUID, stores: Collection[UUID] | None, actor: UUID | None, now: datetime) -> Job:
    """apply_opening as a job; its result is {"documents": [ids], "lines": n}. Started twice it opens once."""
    _told(run, actor)
    return jobs.start(kind=APPLY, arguments=_arguments(run, stores), actor=actor, now=now)


@patient
@transaction.atomic
def apply_opening(*, run: UUID, stores: Collection[UUID] | None, actor: UUID | None, now: datetime) -> Opened:
    """A document for each place, all or none, once for ever: the same run again answers them. Exactly what was checked, or OpeningChanged.
    Raises UnknownOpening, NothingToOpen."""
    done = _documents(run)
    if done:
        _must_be_theirs(done, stores)
        return Opened(run=run, documents=done, lines=DocumentLine.objects.filter(document__in=[row.id for row in done]).count())
    told = _told(run, actor)
    with default_storage.open(_path(run, "source")) as content:
        if reading.digest(cast(BinaryIO, content)) != told["digest"]:
            raise OpeningChanged("The file is not the one that was checked. Upload it again.", field="file", changed=[])
    with reading.stored(_path(run, "source"), lenient=True) as file:
        plan = _plan(file, stores)
    _must_be_as_checked(plan, told["lines"])
    if not plan.lines:
        raise NothingToOpen("No line of the file can be opened.", field="file")
    documents = post(drafts=_drafts(run, plan, told), actor=actor, now=now)
    return Opened(run=run, documents=documents, lines=len(plan.lines))


def moved_since(*, run: UUID, stores: Collection[UUID] | None) -> list[MovedSince]:
    """What undo_opening would leave: asked before it is pressed."""
    _must_be_theirs(_known(run), stores)
    return [one for _, one in _moved(run)]


@patient
@transaction.atomic
def undo_opening(*, run: UUID, stores: Collection[UUID] | None, actor: UUID | None, now: datetime, moved_too: bool = False) -> UndoneOpening:
    """Takes back every line whose level nobody has moved since; with `moved_too` the others as well, and then what was sold meanwhile
    may show below zero. Lines that were left can be taken back by another call. Raises OpeningUndone when nothing is left to."""
    documents = {row.id: row for row in _locked(run)}
    _must_be_theirs(list(documents.values()), stores)
    lines = lines_left(list(documents))
    if not lines:
        raise OpeningUndone(field="run")
    # Costs, then levels: the order of everybody who moves goods with their cost. So nothing moves between looking and taking back.
    costs.hold({line.variant_id for line in lines})
    _hold_levels(documents, lines)
    moved = _moved(run)
    left = set() if moved_too else {key for key, _ in moved}
    back = [line for line in lines if (line.document_id, line.position) not in left]
    kept = [line for line in lines if (line.document_id, line.position) in left]
    if back:
        alone = {line.variant_id for line in back} - _shared(run, back)
        take_back(documents=documents, lines=back, alone=alone, actor=actor, now=now, lots_may_go_below=moved_too)
    whole = [row.id for row in documents.values() if row.undone_at is None and not any(line.document_id == row.id for line in kept)]
    Document.objects.filter(id__in=whole).update(undone_at=now, undone_by=actor)
    return UndoneOpening(taken_back=len(back), left=len(kept), moved=[one for _, one in moved])


def start_undo_opening(*, run: UUID, stores: Collection[UUID] | None, actor: UUID | None, now: datetime, moved_too: bool = False) -> Job:
    """undo_opening as a job, for a run of more than AT_ONCE lines; its result is {"taken_back": n, "left": n}."""
    _must_be_theirs(_known(run), stores)
    return jobs.start(kind=UNDO, arguments={**_arguments(run, stores), "moved_too": moved_too}, actor=actor, now=now)


def _arguments(run: UUID, stores: Collection[UUID] | None) -> dict[str, Any]:
    return {"run": str(run), "stores": None if stores is None else sorted(str(store) for store in stores)}


MOVED: Final = """
select d.id, l.position, p.code, l.variant_id, v.sku, l.quantity, coalesce(level.on_hand, 0)
from inventory_document d
join inventory_documentline l on l.document_id = d.id
join inventory_location p on p.id = d.location_id
join catalog_variant v on v.id = l.variant_id
join inventory_movement m on m.reference = d.id and m.cause = 'opening' and m.line = l.position and m.part = 0
left join inventory_level level on level.variant_id = l.variant_id and level.location_id = d.location_id
where d.run = %s
  and not exists (select from inventory_movement b where b.reference = d.id and b.cause = 'undo' and b.line = l.position and b.part = 0)
  and exists (
      select from inventory_movement s
      where s.variant_id = l.variant_id and s.location_id = d.location_id and s.id > m.id and s.reference <> d.id
  )
order by p.code, l.position
"""
HOLD_LEVELS: Final = """
select level.id from inventory_level level
join (select distinct variant, location from jsonb_to_recordset(%s::jsonb) as one(variant uuid, location uuid)) told
on level.variant_id = told.variant and level.location_id = told.location
order by level.variant_id, level.location_id for update of level
"""


def _plan(file: SourceFile, stores: Collection[UUID] | None) -> Plan:
    return planned(opening_file.rows(file, currency=shop_currency()), stores=stores)


def _checked(run: UUID, name: str, plan: Plan) -> CheckedOpening:
    sums = list(_sums(plan))
    return CheckedOpening(run=run, name=name, lines=len(plan.lines), nothing=plan.nothing, places=sums, refused=plan.refused, warned=plan.warned)


def _sums(plan: Plan) -> Iterator[PlaceSum]:
    for place in sorted(plan.places.values(), key=lambda row: row.name):
        lines = [line for line in plan.lines if line.location == place.id]
        if lines:
            counted = sum(line.quantity for line in lines if plan.goods[line.variant].pieces)
            yield PlaceSum(
                location=place.id,
                code=place.code,
                name=place.name,
                lines=len(lines),
                pieces=counted,
                weight=sum(line.quantity for line in lines) - counted,
                worth=sum(line.cost or 0 for line in lines),
            )


def _drafts(run: UUID, plan: Plan, told: dict[str, Any]) -> list[Draft]:
    by_place: dict[UUID, list[Line]] = defaultdict(list)
    for line in plan.lines:
        of = Line(variant=line.variant, quantity=line.quantity, cost=line.cost, lot=line.lot, expires_on=line.expires_on)
        by_place[line.location].append(of)
    then = datetime.fromisoformat(told["occurred_at"])
    return [
        # Named by the run and the place, so that the same run is posted once whoever starts it.
        Draft(id=uuid5(run, place.hex), kind=Document.Kind.OPENING, location=place, lines=lines, occurred_at=then, note=told["name"], run=run)
        for place, lines in sorted(by_place.items())
    ]


def _must_be_as_checked(plan: Plan, before: Sequence[list[Any]]) -> None:
    now, then = {line.line: _written(line) for line in plan.lines}, {line[0]: line for line in before}
    if now == then:
        return
    reasons = {fault.line: fault.reason for fault in plan.refused}
    changed = []
    for line in sorted({*now, *then}):
        if now.get(line) != then.get(line):
            words = "is something else now" if line in now and line in then else "can be opened now" if line in now else reasons.get(line, "is gone")
            changed.append(f"line {line}: {words}")
    shown = "; ".join(changed[:3]) + (f"; and {len(changed) - 3:,} more" if len(changed) > 3 else "")
    raise OpeningChanged(f"Since the check: {shown}. Check the file again.", field="file", changed=changed)


def _written(line: Planned) -> list[Any]:
    day = line.expires_on.isoformat() if line.expires_on else None
    return [line.line, str(line.location), str(line.variant), line.quantity, line.cost, line.lot, day]


def _told(run: UUID, actor: UUID | None) -> dict[str, Any]:
    """What was kept of the check; another's is not there."""
    try:
        with default_storage.open(_path(run, "checked.json")) as content:
            told: dict[str, Any] = json.loads(content.read())
    except OSError as error:
        raise UnknownOpening(field="run") from error
    if told["actor"] != str(actor or ""):
        raise UnknownOpening(field="run")
    return told


def _path(run: UUID, name: str) -> str:
    return f"openings/{run}/{name}"


def _documents(run: UUID) -> list[Document]:
    return list(Document.objects.filter(run=run).select_related("location").order_by("id"))


def _known(run: UUID) -> list[Document]:
    rows = _documents(run)
    if not rows:
        raise UnknownOpening(field="run")
    return rows


def _locked(run: UUID) -> list[Document]:
    rows = list(Document.objects.select_for_update(of=("self",)).filter(run=run).select_related("location").order_by("id"))
    if not rows:
        raise UnknownOpening(field="run")
    return rows


def _must_be_theirs(documents: Sequence[Document], stores: Collection[UUID] | None) -> None:
    """A run is one thing: who may not touch one of its places may not touch it."""
    if stores is not None and any(row.location.store_id not in set(stores) for row in documents):
        raise UnknownOpening(field="run")


def _hold_levels(documents: dict[UUID, Document], lines: Sequence[DocumentLine]) -> None:
    pairs = [{"variant": str(line.variant_id), "location": str(documents[line.document_id].location_id)} for line in lines]
    with connection.cursor() as cursor:
        cursor.execute(HOLD_LEVELS, [json.dumps(pairs)])


def _moved(run: UUID) -> list[tuple[tuple[UUID, int], MovedSince]]:
    with connection.cursor() as cursor:
        cursor.execute(MOVED, [run])
        names = ("document", "position", "location", "variant", "sku", "quantity", "on_hand")
        found = [MovedSince(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
    return [((one.document, one.position), one) for one in found]


def _shared(run: UUID, back: Sequence[DocumentLine]) -> set[UUID]:
    """Variants of which other lines of the run stay, or were taken back before: the average was moved by all of them."""
    ours = {line.id for line in back}
    priced = DocumentLine.objects.filter(document__run=run, cost__isnull=False).values_list("id", "variant_id")
    return {variant for line, variant in priced if line not in ours}

"""A lot that nobody may sell any more: stopped everywhere in the transaction that recalls it, freed place by place as people
have taken it off the shelf.

The order of locks: the lot, the task, then levels as everybody locks them. Whoever receives goods of a lot holds its row, so a
recall waits for them and sees them; what moves without that is found by `follow_recalls`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from inventory.events import LotRecalled
from inventory.models import Location, Lot, Movement, Recall, Task
from inventory.services.moving import Move, move
from inventory.services.patience import patient
from inventory.services.places import create_location
from kernel import outbox
from kernel.errors import Conflict, Invalid, NotFound

LONGEST_LOT: Final = 20
LONGEST_REASON: Final = 200
LONGEST_NOTE: Final = 200
# More thousandths than any shelf holds.
MOST_FOUND: Final = 10**15


class RecallIncomplete(Invalid):
    code = "recall_incomplete"
    title = "A recall names goods, a lot and a reason"


class RecalledAlready(Conflict):
    code = "recalled_already"
    title = "This lot is recalled already"


class UnknownRecall(NotFound):
    code = "recall_not_found"
    title = "There is no such recall"


class RecallTaskDone(Conflict):
    code = "recall_task_done"
    title = "Somebody has dealt with this already"


class FoundImpossible(Invalid):
    code = "found_impossible"
    title = "Nothing, or so many: what was found is no other quantity"


class RecallStillOpen(Conflict):
    code = "recall_still_open"
    title = "Places have yet to take this lot off the shelf"


# Where the lot was ever moved. Nobody scanned it at all: then wherever there is anything of these goods.
PLACES: Final = """
with had as (
    select location_id from inventory_lotlevel where lot_id = %(lot)s
), asked as (
    select location_id from had
    union
    select location_id from inventory_level where variant_id = %(variant)s and on_hand <> 0 and not exists (select from had)
)
select place.id, place.code from asked join inventory_location place on place.id = asked.location_id
where place.kind <> 'quarantine' order by place.id
"""

FOLLOW: Final = """
insert into inventory_task (kind, location_id, variant_id, recall_id, opened_at)
select 'recall', place.id, lot.variant_id, recall.id, %s
from inventory_recall recall
join inventory_lot lot on lot.id = recall.lot_id
join inventory_lotlevel level on level.lot_id = lot.id
join inventory_location place on place.id = level.location_id
where recall.closed_at is null and level.on_hand > 0 and place.kind <> 'quarantine'
    and not exists (select from inventory_task task where task.recall_id = recall.id and task.location_id = place.id)
order by lot.variant_id, place.id
on conflict (recall_id, location_id) do nothing
"""


@patient
@transaction.atomic
def recall(*, variant: UUID, code: str, reason: str, actor: UUID | None, now: datetime) -> Recall:
    """From the commit on nothing of `variant` is promised or taken online in the places that had this lot, and tills that have a line
    refuse it. A lot that nobody has brought yet is made: it cannot be received any more either."""
    code, reason = code.strip(), reason.strip()
    sku = _checked(variant, code, reason)
    Lot.objects.bulk_create([Lot(variant_id=variant, code=code, made_at=now)], ignore_conflicts=True)
    lot = Lot.objects.select_for_update().get(variant_id=variant, code=code)
    if Recall.objects.filter(lot=lot).exists():
        raise RecalledAlready(f"Lot {code} is recalled already.", field="lot", lot=code)
    made = Recall.objects.create(lot=lot, reason=reason, made_by=actor, made_at=now)
    places = _places(lot)
    kind = Task.Kind.RECALL
    Task.objects.bulk_create([Task(kind=kind, location_id=place, variant_id=variant, recall=made, opened_at=now) for place, _ in places])
    locations = sorted(place_code for _, place_code in places)
    told = LotRecalled(aggregate_id=made.id, sequence=1, store=None, variant=variant, sku=sku, lot=code, locations=locations)
    outbox.record(told, now=now)
    return made


@patient
def follow_recalls(*, now: datetime) -> int:
    """Where a recalled lot has come since: those places are asked too. How many."""
    with connection.cursor() as cursor:
        cursor.execute(FOLLOW, [now])
        return int(cursor.rowcount)


@patient
@transaction.atomic
def finish_recall_task(*, task: int, found: int, note: str = "", actor: UUID | None, now: datetime) -> Task:
    """Somebody looked: what was `found` (thousandths) lies in quarantine now, and the goods may be sold here again."""
    held = Task.objects.select_for_update(of=("self",)).select_related("recall__lot").filter(pk=task, kind=Task.Kind.RECALL).first()
    if held is None or held.recall is None:
        raise UnknownRecall
    if held.done_at is not None:
        raise RecallTaskDone
    if not 0 <= found <= MOST_FOUND:
        raise FoundImpossible(field="found")
    if len(note) > LONGEST_NOTE:
        raise FoundImpossible(f"Say it in at most {LONGEST_NOTE} characters.", field="note")
    if found:
        _put_aside(held, held.recall, found, actor, now)
    held.done_at, held.done_by, held.found, held.note = now, actor, found, note
    held.save(update_fields=["done_at", "done_by", "found", "note"])
    return held


@transaction.atomic
def close_recall(*, recall: UUID, actor: UUID | None, now: datetime) -> Recall:
    """When every place has looked. Said again it changes nothing."""
    held = Recall.objects.select_for_update().filter(pk=recall).first()
    if held is None:
        raise UnknownRecall
    left = held.tasks.filter(done_at__isnull=True).count()
    if left:
        raise RecallStillOpen(f"{left} places have yet to take this lot off the shelf.", left=left)
    if held.closed_at is None:
        held.closed_at, held.closed_by = now, actor
        held.save(update_fields=["closed_at", "closed_by"])
    return held


def _checked(variant: UUID, code: str, reason: str) -> str:
    """The SKU of what is recalled."""
    if not 0 < len(code) <= LONGEST_LOT:
        raise RecallIncomplete(f"Name the lot as it is printed, with at most {LONGEST_LOT} characters.", field="lot")
    if not 0 < len(reason) <= LONGEST_REASON:
        raise RecallIncomplete(f"Say why, in at most {LONGEST_REASON} characters: every till shows it.", field="reason")
    with connection.cursor() as cursor:
        cursor.execute("select sku from catalog_variant where id = %s", [variant])
        known = cursor.fetchone()
    if known is None:
        raise RecallIncomplete("There are no such goods.", field="variant")
    return str(known[0])


def _places(lot: Lot) -> list[tuple[UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute(PLACES, {"lot": lot.id, "variant": lot.variant_id})
        return cursor.fetchall()


def _put_aside(task: Task, recall: Recall, found: int, actor: UUID | None, now: datetime) -> None:
    """Two movements with the recall's id: they leave the shelf and come to quarantine. The task's place among the recall's is their line."""
    line = Task.objects.filter(recall=recall, pk__lte=task.pk).count()
    ways = ((task.location_id, -found), (_quarantine(task.location_id), found))
    moves = [
        Move(
            location=location,
            variant=task.variant_id,
            lot=recall.lot_id,
            quantity=quantity,
            cause=Movement.Cause.RECALL,
            reference=recall.id,
            line=line,
            part=part,
            actor=actor,
            note=recall.reason,
            occurred_at=now,
        )
        for part, (location, quantity) in enumerate(ways)
    ]
    move(movements=moves, now=now)


def _quarantine(location: UUID) -> UUID:
    """The place's own, or its store's: made when it is missing."""
    # Two people of one place wait for each other here. Not in the way of movements: those only ask that the row stays.
    place = Location.objects.select_for_update(no_key=True, of=("self",)).select_related("store").get(pk=location)
    kind = Location.Kind.QUARANTINE
    codes = [*_quarantine_codes(place.code)]
    its_own = {"store_id": place.store_id} if place.store_id else {"store_id": None, "code__in": codes}
    found = Location.objects.filter(kind=kind, **its_own).values_list("id", flat=True).first()
    if found:
        return found
    taken = set(Location.objects.filter(code__in=codes).values_list("code", flat=True))
    code = next(one for one in codes if one not in taken)
    try:
        with transaction.atomic():
            return create_location(code=code, name=f"{place.name[:80]} – quarantine", kind=kind, store=place.store).id
    except IntegrityError:
        # From another place of the same store somebody was quicker.
        return Location.objects.values_list("id", flat=True).get(kind=kind, **its_own)


def _quarantine_codes(code: str) -> Iterable[str]:
    ends = ["-q", *(f"-q{n}" for n in range(2, 100))]
    return (code[: 20 - len(end)] + end for end in ends)

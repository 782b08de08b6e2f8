"""Recalls: which there are, what each place found, who bought the lot, and who may have. Quantities are integer thousandths."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q

from inventory.models import Recall, Task
from org.paging import Page, page_of


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """A sale. `reference` is its order, `movement` where a next page goes on."""

    movement: int
    reference: UUID
    line: int
    location: UUID
    location_code: str
    location_name: str
    quantity: int
    occurred_at: datetime


NEWEST: Final = 2**63 - 1

CERTAIN: Final = """
select m.id, m.reference, m.line, place.id, place.code, place.name, -m.quantity, m.occurred_at
from inventory_recall recall
join inventory_movement m on m.lot_id = recall.lot_id
join inventory_location place on place.id = m.location_id
where recall.id = %(recall)s and m.cause = 'sale' and m.id < %(before)s
order by m.id desc limit %(limit)s
"""

# Sold without a lot from the lot's first arrival at the place until somebody had looked there: a till without a line may have sold
# after the recall was made. Where nobody has scanned the lot at all, every sale may have been of it. Each place gives one page, so
# a page costs what is on it however much was sold.
POSSIBLE: Final = """
with place as (
    select place.id, place.code, place.name, lot.id as lot, lot.variant_id as variant, task.done_at as until, (
        select min(m.occurred_at) from inventory_movement m where m.lot_id = lot.id and m.location_id = place.id
    ) as since
    from inventory_recall recall
    join inventory_lot lot on lot.id = recall.lot_id
    join inventory_task task on task.recall_id = recall.id
    join inventory_location place on place.id = task.location_id
    where recall.id = %(recall)s
)
select sold.id, sold.reference, sold.line, place.id, place.code, place.name, -sold.quantity, sold.occurred_at
from place cross join lateral (
    select m.id, m.reference, m.line, m.quantity, m.occurred_at from inventory_movement m
    where m.variant_id = place.variant and m.location_id = place.id and m.id < %(before)s and m.cause = 'sale' and m.lot_id is null
        and (place.since is null or m.occurred_at >= place.since) and (place.until is null or m.occurred_at <= place.until)
    order by m.id desc limit %(limit)s
) sold
order by sold.id desc limit %(limit)s
"""


def certain_buyers(*, recall: UUID, first: int = 50, before: int | None = None) -> Page[Buyer]:
    """Sales with the lot's own code, the newest first. `before` is the last `movement` of the page before."""
    return _buyers(CERTAIN, recall, first, before)


def possible_buyers(*, recall: UUID, first: int = 50, before: int | None = None) -> Page[Buyer]:
    """Sales of the goods without any lot, where and while the lot was there, the newest first."""
    return _buyers(POSSIBLE, recall, first, before)


def _buyers(statement: str, recall: UUID, first: int, before: int | None) -> Page[Buyer]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"recall": recall, "before": NEWEST if before is None else before, "limit": first + 1})
        rows = cursor.fetchall()
    names = ("movement", "reference", "line", "location", "location_code", "location_name", "quantity", "occurred_at")
    return page_of([Buyer(**dict(zip(names, row, strict=True))) for row in rows], first=first)


def recalls(*, only_open: bool = False, first: int = 50, before: UUID | None = None) -> Page[Recall]:
    """The newest first, each with its lot and goods, `places` and how many of them are `left`. `before` is the last id of the page before."""
    found = Recall.objects.select_related("lot__variant__product").annotate(
        places=Count("tasks"), left=Count("tasks", filter=Q(tasks__done_at__isnull=True))
    )
    within = (Q(closed_at__isnull=True) if only_open else Q()) & (Q(pk__lt=before) if before else Q())
    return page_of(list(found.filter(within).order_by("-id")[: first + 1]), first=first)


def recall_tasks(*, recall: UUID) -> list[Task]:
    """What each place was asked, those that have yet to look first."""
    return sorted(Task.objects.filter(recall=recall).select_related("location"), key=lambda task: (task.done_at is not None, task.location.code))

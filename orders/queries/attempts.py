"""What providers were asked for and what came of it. Amounts are minor units of the attempt's currency."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from orders.models import Attempt, AttemptStep, Discrepancy, ProviderRefund
from orders.refunds import GIVEN_INSTEAD
from org.paging import Page, page_of

STATES: Final = tuple(Attempt.State.values)
DISCREPANCY_STATES: Final = tuple(Discrepancy.State.values)
# Where a person has to look: an attempt nobody can decide, or money that would not go back.
REFUSED: Final = Q(state__in=[ProviderRefund.State.FAILED, ProviderRefund.State.REVIEW]) & ~Q(code=GIVEN_INSTEAD)
TO_LOOK_AT: Final = Q(state=Attempt.State.REVIEW) | Q(pk__in=ProviderRefund.objects.filter(REFUSED).values("attempt"))


@dataclass(frozen=True, kw_only=True)
class AttemptRow:
    """`token` stays inside: it could be used again."""

    id: UUID
    order: UUID
    order_number: str
    backend: str
    state: str
    wants: str
    amount: int
    captured: int
    refunded: int
    currency: str
    reference: str
    label: str
    code: str
    tries: int
    due_at: datetime | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class StepRow:
    what: str
    facts: dict[str, Any]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RefundRow:
    id: UUID
    amount: int
    state: str
    reference: str
    code: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class AttemptDetail:
    attempt: AttemptRow
    steps: tuple[StepRow, ...]
    refunds: tuple[RefundRow, ...]


@dataclass(frozen=True, kw_only=True)
class DiscrepancyRow:
    id: int
    backend: str
    kind: str
    reference: str
    attempt: UUID | None
    ours: dict[str, Any]
    theirs: dict[str, Any]
    state: str
    found_at: datetime
    settled_at: datetime | None
    settled_by: UUID | None


def _row(found: Attempt) -> AttemptRow:
    names = [name for name in AttemptRow.__dataclass_fields__ if name not in ("order", "order_number")]
    return AttemptRow(order=found.order_id, order_number=found.order.number, **{name: getattr(found, name) for name in names})


def _reachable(channel: UUID | None) -> QuerySet[Attempt]:
    """Of a key's channel; None: all."""
    rows = Attempt.objects.select_related("order")
    return rows.filter(order__channel=channel) if channel else rows


def attempts(
    *, first: int, after: tuple[datetime, UUID] | None, channel: UUID | None, state: str = "", order: UUID | None = None
) -> Page[AttemptRow]:
    """Newest first. `state` "to_look_at": where a person has to."""
    rows = _reachable(channel)
    if state == "to_look_at":
        rows = rows.filter(pk__in=Attempt.objects.filter(TO_LOOK_AT).values("pk"))
    elif state:
        rows = rows.filter(state=state)
    if order:
        rows = rows.filter(order=order)
    if after:
        rows = rows.filter(Q(created_at__lt=after[0]) | Q(created_at=after[0], pk__lt=after[1]))
    return page_of([_row(found) for found in rows.order_by("-created_at", "-id")[: first + 1]], first=first)


def attempt(*, id: UUID, channel: UUID | None) -> AttemptDetail | None:
    found = _reachable(channel).filter(pk=id).first()
    if found is None:
        return None
    return AttemptDetail(attempt=_row(found), steps=tuple(steps(attempts=[id])[id]), refunds=tuple(refunds(attempts=[id])[id]))


def steps(*, attempts: Collection[UUID]) -> dict[UUID, list[StepRow]]:
    """Of each, oldest first."""
    found: dict[UUID, list[StepRow]] = defaultdict(list)
    for row in AttemptStep.objects.filter(attempt__in=attempts).order_by("id").values("attempt_id", *StepRow.__dataclass_fields__):
        found[row.pop("attempt_id")].append(StepRow(**row))
    return found


def refunds(*, attempts: Collection[UUID]) -> dict[UUID, list[RefundRow]]:
    """Of each, oldest first."""
    found: dict[UUID, list[RefundRow]] = defaultdict(list)
    rows = ProviderRefund.objects.filter(attempt__in=attempts).order_by("created_at", "id")
    for row in rows.values("attempt_id", *RefundRow.__dataclass_fields__):
        found[row.pop("attempt_id")].append(RefundRow(**row))
    return found


def attempt_of_refund(*, id: UUID) -> UUID | None:
    return ProviderRefund.objects.filter(pk=id).values_list("attempt_id", flat=True).first()


def discrepancies(*, first: int, after: tuple[datetime, int] | None, state: str = "") -> Page[DiscrepancyRow]:
    """Newest first."""
    rows = Discrepancy.objects.filter(state=state) if state else Discrepancy.objects.all()
    if after:
        rows = rows.filter(Q(found_at__lt=after[0]) | Q(found_at=after[0], pk__lt=after[1]))
    names = [name for name in DiscrepancyRow.__dataclass_fields__ if name != "attempt"]
    found = rows.order_by("-found_at", "-id").values("attempt_id", *names)[: first + 1]
    return page_of([DiscrepancyRow(attempt=row.pop("attempt_id"), **row) for row in found], first=first)

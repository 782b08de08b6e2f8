"""Months are closed: what comes for them later is booked on the first open day, with the day it belongs to beside it."""

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from kernel.errors import Conflict
from orders.models import PeriodLock
from orders.queries import books
from orders.services.booking import lock_books


class PeriodOpen(Conflict):
    """`details.waiting`: what is not booked yet, or not counted."""

    code = "period_not_ready"
    title = "Something of this period is not in the books yet"


class PeriodClosed(Conflict):
    code = "period_closed"
    title = "This day is closed already"


class PeriodNotOver(Conflict):
    code = "period_not_over"
    title = "A day can be closed when it is over"


@transaction.atomic
def close_period(*, company: UUID, through: date, actor: UUID | None, now: datetime) -> PeriodLock:
    """Up to and with `through`. Nobody books meanwhile; nothing that was told may be missing."""
    if through >= now.date():
        raise PeriodNotOver(field="through")
    lock_books()
    last = books.closed_through().get(company)
    if last is not None and through <= last:
        raise PeriodClosed(field="through", through=last.isoformat())
    waiting = books.unbooked(company=company, through=through)
    if waiting:
        raise PeriodOpen(field="through", waiting=waiting)
    return PeriodLock.objects.create(company_id=company, through=through, actor=actor, at=now)

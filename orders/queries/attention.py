"""What of orders, their money and their books waits for a person: small counts, each from an index that holds little else."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from customers.models import Suggestion
from orders.models import Attempt, Discrepancy, Order
from orders.queries import books
from org.models import Company
from org.queries import business_date, open_stores

# Nobody reads further than that there is much to do.
MOST = 1_000


@dataclass(frozen=True, kw_only=True)
class Trouble:
    attempts: int
    discrepancies: int


def trouble() -> Trouble:
    attempts = Attempt.objects.filter(state=Attempt.State.REVIEW).order_by()[:MOST].count()
    return Trouble(attempts=attempts, discrepancies=differing().order_by()[:MOST].count())


def differing() -> QuerySet[Discrepancy]:
    return Discrepancy.objects.filter(state=Discrepancy.State.OPEN)


def in_review(*, stores: Collection[UUID] | None) -> QuerySet[Order]:
    rows = Order.objects.filter(status=Order.Status.REVIEW)
    return rows if stores is None else rows.filter(store__in=stores)


def to_review(*, stores: Collection[UUID] | None) -> int:
    return in_review(stores=stores).order_by()[:MOST].count()


def suggested() -> QuerySet[Suggestion]:
    """Two who may be one."""
    return Suggestion.objects.filter(state=Suggestion.State.OPEN)


def duplicates() -> int:
    return suggested().order_by()[:MOST].count()


def unbooked_days(*, now: datetime) -> list[date]:
    """The last day that is over, where something of it, or of a day before, is not in the books yet."""
    stores = open_stores()
    today = business_date(store=stores[0], at=now) if stores else now.date()
    over = today - timedelta(days=1)
    companies = Company.objects.order_by("id").values_list("id", flat=True)
    return [over] if any(books.unbooked(company=company, through=over) for company in companies) else []

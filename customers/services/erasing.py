"""Forgetting somebody: their key and everything sealed under it are gone, and what only their id stood for is theirs no longer to be told.

Orders, ledgers and consents stay as they are: none of them says who it was.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from customers import above
from customers.above import Held as Reason
from customers.events import CustomerErased
from customers.models import Account, Address, Customer, Identity, Membership, Note, PersonalData, Suggestion
from customers.services.held import MergedAway, UnknownCustomer
from kernel import outbox
from kernel.errors import Conflict


class Unsettled(Conflict):
    """`details.reasons`: [{code, message}]; with `force` it is done all the same."""

    code = "customer_unsettled"
    title = "Something is still open with this customer"


@transaction.atomic
def erase(*, id: UUID, actor: UUID | None, now: datetime, force: bool = False) -> None:
    """Erased twice is fine. Refused while apps above hold somebody (an order not settled) or value is left, unless forced."""
    row = Customer.objects.select_for_update().filter(id=id).first()
    if row is None:
        raise UnknownCustomer
    if row.erased_at is not None:
        return
    if row.merged_into_id is not None:
        raise MergedAway(into=str(row.merged_into_id))
    merged = list(Customer.objects.select_for_update().filter(merged_into=row).order_by("id"))
    everyone = [row.id, *(one.id for one in merged)]
    reasons = holding(everyone)
    if reasons and not force:
        raise Unsettled(reasons[0].message, reasons=[{"code": one.code, "message": one.message} for one in reasons])
    for name in sorted(above.known()):
        if erased := above.known()[name].erase:
            erased(everyone, now)
    _forget(everyone)
    for one in (row, *merged):
        _end(one, now)


def holding(customers: list[UUID]) -> list[Reason]:
    """What is still open with these."""
    found = [reason for _name, one in sorted(above.known().items()) if one.holds for reason in one.holds(customers)]
    if Account.objects.filter(customer__in=customers, balance__gt=0).exists():
        found.append(Reason(code="customer_has_value", message="There is still credit, a gift card or points to spend."))
    return found


def _forget(customers: list[UUID]) -> None:
    PersonalData.objects.filter(customer__in=customers).delete()
    Identity.objects.filter(customer__in=customers).delete()
    Note.objects.filter(customer__in=customers).delete()
    Membership.objects.filter(customer__in=customers).delete()
    Suggestion.objects.filter(Q(low__in=customers) | Q(high__in=customers)).delete()
    # The rows stay for the orders that stand on them; country and region are what their taxes were worked out by.
    Address.objects.filter(customer__in=customers).update(sealed=b"", listed=False, default_shipping=False, default_billing=False)


def _end(row: Customer, now: datetime) -> None:
    row.erased_at, row.archived_at, row.changed_at = now, row.archived_at or now, now
    row.language, row.account_limit, row.exempt_until = "", 0, None
    row.version += 1
    row.save()
    outbox.record(CustomerErased(aggregate_id=row.id, sequence=row.version, store=None, number=row.number), now=now)

"""Two who may be one: they share an e-mail address, a phone number, or name and postcode. A person decides; a pair is suggested once."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from customers import details
from customers.models import Customer, PersonalData, Suggestion
from customers.sealing import PersonKey
from kernel.errors import Conflict, NotFound

# A night that was missed is made up for by the next.
RECENT = timedelta(days=2)
# A number that hundreds share is a switchboard's and tells nothing.
MOST_ALIKE = 20

SUGGEST = """
insert into customers_suggestion (low_id, high_id, reasons, state, made_at)
select least(clue.customer, other.customer_id), greatest(clue.customer, other.customer_id), jsonb_agg(distinct clue.reason), 'open', %s
from json_to_recordset(%s) as clue(customer uuid, reason text, digest text)
cross join lateral (
    select customer_id from customers_personaldata
    where words @> array[decode(clue.digest, 'base64')] and customer_id <> clue.customer limit %s
) other
group by 1, 2
on conflict (low_id, high_id) do nothing
"""


class UnknownSuggestion(NotFound):
    title = "There is no such suggestion"


class AlreadySettled(Conflict):
    code = "suggestion_settled"
    title = "This was decided before"


@dataclass(frozen=True)
class Clue:
    """`reason`: email, phone, household."""

    customer: UUID
    reason: str
    digest: bytes


def suggest(clues: Sequence[Clue], *, now: datetime) -> int:
    """Everybody else who is found by the same. How many pairs are new."""
    if not clues:
        return 0
    told = [{"customer": str(clue.customer), "reason": clue.reason, "digest": b64encode(clue.digest).decode()} for clue in clues]
    with connection.cursor() as cursor:
        cursor.execute(SUGGEST, [now, json.dumps(told), MOST_ALIKE])
        return cursor.rowcount


@transaction.atomic
def compare(*, customers: Sequence[UUID], now: datetime) -> int:
    """Of many at once, as after an import: their e-mail addresses and phone numbers beside everybody's."""
    clues = []
    for row in PersonalData.objects.filter(customer__in=customers):
        data = PersonKey.opened(row.customer_id, row.key).open("personal", row.sealed)
        clues += [Clue(row.customer_id, kind, details.contact_digest(kind, data[kind])) for kind in ("email", "phone") if data.get(kind)]
    return suggest(clues, now=now)


def compare_recent(*, now: datetime, batch: int = 500) -> int:
    """Everybody who came in the last two days, the night before included should it have been missed. How many pairs are new.

    For imports, which compare nobody: whoever comes by a door is compared then. Compared twice, a pair is suggested once.
    """
    recent = Customer.objects.filter(created_at__gte=now - RECENT, erased_at=None, merged_into=None).order_by("-created_at", "-id")
    ids = list(recent.values_list("id", flat=True))
    return sum(compare(customers=ids[first : first + batch], now=now) for first in range(0, len(ids), batch))


@transaction.atomic
def keep_apart(*, id: int, actor: UUID | None, now: datetime) -> None:
    """They are not the same. Said twice it is fine."""
    row = Suggestion.objects.select_for_update().filter(id=id).first()
    if row is None:
        raise UnknownSuggestion
    if row.state == Suggestion.State.MERGED:
        raise AlreadySettled
    if row.state == Suggestion.State.OPEN:
        row.state, row.settled_by, row.settled_at = Suggestion.State.DIFFERENT, actor, now
        row.save()

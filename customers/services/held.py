"""Somebody's record, locked and opened for a change, and what every change leaves: a version and an event."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from customers.events import CustomerChanged
from customers.models import Customer, PersonalData
from customers.sealing import PersonKey
from kernel import outbox
from kernel.errors import Conflict, NotFound

Json = dict[str, Any]


class UnknownCustomer(NotFound):
    title = "There is no such customer"


class ChangedMeanwhile(Conflict):
    """`details.version`: what it is now."""

    code = "customer_changed"
    title = "This customer was changed meanwhile. Read it again, then change it"


class AlreadyErased(Conflict):
    code = "customer_erased"
    title = "This customer's data was erased"


class MergedAway(Conflict):
    """`details.into`: the customer that was kept."""

    code = "customer_merged"
    title = "This customer was merged into another"


@dataclass
class Held:
    row: Customer
    personal: PersonalData
    key: PersonKey
    data: Json = field(default_factory=dict)

    def keep(self, words: list[bytes]) -> None:
        """What `data` says now."""
        self.personal.sealed = self.key.seal("personal", self.data)
        self.personal.words = words
        self.personal.save(update_fields=["sealed", "words"])


def held(id: UUID, *, version: int | None = None) -> Held:
    """Inside a transaction. Nobody else changes it until that ends; `version`: what the caller has read."""
    return held_both([id], versions={id: version})[id]


def held_both(ids: Iterable[UUID], *, versions: dict[UUID, int | None] | None = None) -> dict[UUID, Held]:
    """Locked in the order of ids, so that two who hold the same two do not wait for each other."""
    wanted = sorted(set(ids))
    rows = {row.id: row for row in Customer.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id")}
    for id in wanted:
        _must_live(rows.get(id), (versions or {}).get(id))
    personal = PersonalData.objects.in_bulk(wanted)
    return {id: _opened(rows[id], personal[id]) for id in wanted}


def _must_live(row: Customer | None, version: int | None) -> None:
    if row is None:
        raise UnknownCustomer
    if row.erased_at is not None:
        raise AlreadyErased
    if row.merged_into_id is not None:
        raise MergedAway(into=str(row.merged_into_id))
    if version is not None and version != row.version:
        raise ChangedMeanwhile(field="version", version=row.version)


def _opened(row: Customer, personal: PersonalData) -> Held:
    key = PersonKey.opened(row.id, personal.key)
    return Held(row, personal, key, key.open("personal", personal.sealed))


# An erasure holds the customer's row for itself, a merge the row with the key of the one that goes: whoever comes after one finds nobody
# here, and what came before is moved or forgotten with the rest.
KEY = """
select p.key from customers_customer c join customers_personaldata p on p.customer_id = c.id
where c.id = %s and c.merged_into_id is null and c.erased_at is null for key share of c, p
"""


def key_of(id: UUID) -> PersonKey:
    """Of a living customer, to put something beside what there is; inside a transaction. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(KEY, [id])
        row = cursor.fetchone()
    if row is None:
        _must_live(Customer.objects.filter(id=id).first(), None)
        raise UnknownCustomer
    return PersonKey.opened(id, row[0])


def moved_on(row: Customer, *changed: str, now: datetime) -> int:
    """Its next version, and everybody told what is different."""
    row.version += 1
    row.changed_at = now
    row.save()
    outbox.record(told(row, changed), now=now)
    return row.version


def told(row: Customer, changed: Iterable[str]) -> CustomerChanged:
    return CustomerChanged(
        aggregate_id=row.id,
        sequence=row.version,
        store=None,
        number=row.number,
        kind=row.kind,
        guest=row.guest,
        changed=sorted(changed),
        merged_into=row.merged_into_id,
    )

"""Who somebody is, as far as the person asking may know it: names on pages of customers and orders, contacts masked until they are asked for."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any
from uuid import UUID

from customers import addresses
from customers.models import Address, Customer, Identity, PersonalData
from customers.queries import people as asked
from customers.sealing import PersonKey, Unreadable
from org.access import allows

# Of a name that half the customers bear, these; who looks for one types more.
MOST_NAMED = 200


def names(customers: Collection[UUID], user: Any) -> dict[UUID, str]:
    """By id, in one statement; numbers for those who may not know of customers. Who was erased has a number alone."""
    known = numbers(customers)
    if not customers or not allows(user, "customers.view"):
        return known
    for row in PersonalData.objects.filter(customer__in=customers):
        if name := full_name(opened(row)):
            known[row.customer_id] = name
    return known


def numbers(customers: Collection[UUID]) -> dict[UUID, str]:
    return dict(Customer.objects.filter(pk__in=customers).values_list("id", "number")) if customers else {}


def personal(customer: UUID) -> dict[str, Any]:
    """Everything sealed about one person; empty after they were erased."""
    row = PersonalData.objects.filter(customer=customer).first()
    return opened(row) if row is not None else {}


def opened(row: PersonalData) -> dict[str, Any]:
    """Empty for what cannot be read: a list of a hundred is not refused for one."""
    with suppress(Unreadable):
        return PersonKey.opened(row.customer_id, row.key).open("personal", row.sealed)
    return {}


def full_name(told: dict[str, Any]) -> str:
    person = " ".join(part for part in (told.get("given_name", ""), told.get("family_name", "")) if part)
    company = str(told.get("company") or "")
    return f"{company} ({person})" if company and person else company or person


def key_of(customer: UUID) -> PersonKey | None:
    row = PersonalData.objects.filter(customer=customer).first()
    with suppress(Unreadable):
        return PersonKey.opened(row.customer_id, row.key) if row is not None else None
    return None


def address_lines(address: UUID) -> list[str]:
    row = Address.objects.filter(pk=address).first()
    return lines_of(row, key_of(row.customer_id)) if row is not None else []


def lines_of(row: Address, key: PersonKey | None) -> list[str]:
    """As it would stand on a parcel; of somebody who was erased the country alone."""
    if key is not None:
        with suppress(Unreadable):
            return addresses.printed(key.open("address", row.sealed))
    return [row.country]


def masked(kind: str, value: str) -> str:
    """Enough to see that it is the right one with somebody on the telephone."""
    if kind == Identity.Kind.EMAIL:
        local, _at, domain = value.partition("@")
        return f"{local[:1]}•••@{domain}"
    return f"••• {value[-3:]}" if len(value) > 4 else "•••"


def meant(term: str) -> list[UUID]:
    """Customers whom a number, an e-mail address, a phone, a card or the words of a name say. Nothing is opened: digests are compared."""
    return list(Customer.objects.filter(asked.matching(term)).order_by("-created_at").values_list("id", flat=True)[:MOST_NAMED])

"""What somebody is known by: one e-mail address, card or id elsewhere belongs to one customer, and may have been proven."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from customers import contacts, details
from customers.models import Identity
from customers.services.held import held, moved_on
from customers.services.people import add_known, reindex
from kernel.errors import Invalid, NotFound


class UnknownIdentity(NotFound):
    title = "This customer is not known by that"


def compared(kind: str, value: str, *, system: str = "", country: str = "") -> tuple[str, str]:
    """(system, value) as it is compared."""
    if kind == Identity.Kind.EMAIL:
        return "", contacts.email(value)
    if kind == Identity.Kind.PHONE:
        return "", contacts.phone(value, country=details.country_of({"country": country}))
    if kind == Identity.Kind.CARD:
        return "", details.card(value)
    if kind == Identity.Kind.EXTERNAL:
        return details.external(system, value)
    raise Invalid("It is an email, phone, card or external.", field="kind")


@transaction.atomic
def add_identity(
    *, customer: UUID, kind: str, value: str, system: str = "", country: str = "", verified: bool = False, actor: UUID | None, now: datetime
) -> None:
    """Said twice it is there once. Raises IdentityTaken when another has it."""
    of, value = compared(kind, value, system=system, country=country)
    one = held(customer)
    if not add_known(one, kind, of, value, now=now, verified=verified):
        return
    reindex(one)
    moved_on(one.row, "identities", now=now)


@transaction.atomic
def verify_identity(*, customer: UUID, kind: str, value: str, system: str = "", country: str = "", actor: UUID | None, now: datetime) -> None:
    """They have shown that it is theirs. The first time counts."""
    of, value = compared(kind, value, system=system, country=country)
    one = held(customer)
    found = one.row.identities.filter(kind=kind, system=of, digest=details.identity_digest(kind, value, of)).first()
    if found is None:
        raise UnknownIdentity
    if found.verified_at is None:
        found.verified_at = now
        found.save(update_fields=["verified_at"])
        moved_on(one.row, "identities", now=now)


@transaction.atomic
def remove_identity(*, customer: UUID, id: int, actor: UUID | None, now: datetime) -> None:
    """Whoever has it next may be known by it. Removed twice is fine."""
    one = held(customer)
    if one.row.identities.filter(id=id).delete()[0]:
        reindex(one)
        moved_on(one.row, "identities", now=now)

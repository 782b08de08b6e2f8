"""What has happened to customers. Ids and numbers; never what tells who somebody is."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CustomerChanged(Event):
    """Somebody is new, or something about them is different. `sequence` is the customer's version."""

    type: ClassVar[str] = "customers.customer.changed"
    aggregate_type: ClassVar[str] = "customer"

    number: str
    kind: str
    """person or business"""
    guest: bool
    changed: list[str]
    """What: "created", "merged", "given_name", "email", "addresses", "consents", "groups" ...; never to what."""
    merged_into: UUID | None


@dataclass(frozen=True, kw_only=True)
class CustomerErased(Event):
    """Nobody can tell any more who this was. Whoever keeps personal data by this id erases it too."""

    type: ClassVar[str] = "customers.customer.erased"
    aggregate_type: ClassVar[str] = "customer"

    number: str

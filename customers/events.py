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


@dataclass(frozen=True, kw_only=True)
class ValueMoved(Event):
    """Something came onto a gift card, a customer's credit or points, or went from it. The aggregate is the movement itself."""

    type: ClassVar[str] = "customers.value.moved"
    aggregate_type: ClassVar[str] = "value"

    cause: str
    """issue, top_up, spend, give_back, refund, goodwill, earn, reverse, expire, adjust, merge"""
    reference: UUID
    """What it belongs to: an order, a return, an import."""
    line: int
    account: UUID
    kind: str
    """gift_card, store_credit or points"""
    customer: UUID | None
    currency: str
    """PTS: whole points."""
    amount: int
    """Above zero the account got it."""
    counter: str
    """The shop's own side: "gift_card:issued", "points:earned"; empty where it came from another account."""
    other: UUID | None
    """That account."""
    undoes: UUID | None
    """The movement that this one gives back."""

"""People and firms that buy, what they agreed to, and what the shop owes them."""

from customers.models.people import (
    Address,
    Consent,
    Customer,
    Group,
    Identity,
    Membership,
    Note,
    PersonalData,
    Suggestion,
)
from customers.models.value import Account, Posting, Transaction

__all__ = [
    "Account",
    "Address",
    "Consent",
    "Customer",
    "Group",
    "Identity",
    "Membership",
    "Note",
    "PersonalData",
    "Posting",
    "Suggestion",
    "Transaction",
]

"""What can be asked about customers, and about what the shop owes them."""

from customers.queries.value import (
    AccountRow,
    Card,
    HeldAccount,
    Liability,
    MovementRow,
    account,
    accounts,
    accounts_of,
    find_gift_card,
    find_gift_cards,
    liability,
    movements,
)

__all__ = [
    "AccountRow",
    "Card",
    "HeldAccount",
    "Liability",
    "MovementRow",
    "account",
    "accounts",
    "accounts_of",
    "find_gift_card",
    "find_gift_cards",
    "liability",
    "movements",
]

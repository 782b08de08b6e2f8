"""Asking a provider for money and giving it back. What is wanted is written down and committed before the call goes out."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

Clock = Callable[[], datetime]


def prepare(*, order: UUID, backend: str, amount: int, currency: str, token: str, now: datetime, capture: bool = True) -> UUID:
    """Writes the attempt down, in the transaction that writes the order. Raises BackendUnknown, CardNumberNotAllowed."""
    raise NotImplementedError


def carry_on(*, attempt: UUID, clock: Clock) -> str:
    """Asks what is to be asked next and settles it; the attempt's state then. Outside any transaction. May be called any number of times."""
    raise NotImplementedError


def ask_gateway(*, attempt: UUID, now: datetime) -> str:
    return carry_on(attempt=attempt, clock=lambda: now)


def prepare_refund(*, payment: int, negative_payment: int, amount: int, now: datetime) -> UUID:
    """Writes down that `amount` of the tender `payment` goes back at its provider, in the transaction that writes the tender below zero.
    Raises RefundExceedsCapture."""
    raise NotImplementedError


def carry_on_refund(*, refund: UUID, clock: Clock) -> str:
    """As carry_on: outside any transaction, any number of times. The refund's state."""
    raise NotImplementedError


def let_go(*, attempt: UUID, now: datetime) -> None:
    """It shall be voided; a worker sees to it, or carry_on."""
    raise NotImplementedError


def capture(*, attempt: UUID, amount: int, now: datetime) -> None:
    """Of what is held, this much shall be taken; a worker sees to it, or carry_on."""
    raise NotImplementedError

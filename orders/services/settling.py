"""What an answer of a provider does to our book: one place, whoever heard it - the call, a webhook, a look or reconciliation."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from orders.models import Attempt
from orders.payments import Outcome

OnFailed = Callable[..., None]
_on_failed: list[OnFailed] = []


def on_failed(function: OnFailed) -> OnFailed:
    """Registers who undoes what was taken and held for an order whose payment came to nothing: `function(order=UUID, now=…)`."""
    _on_failed[:] = [function]
    return function


def settle(*, attempt: UUID, outcome: Outcome, now: datetime) -> str:
    """Writes down what the provider says. Again and from several at once it changes nothing. Returns the attempt's state."""
    raise NotImplementedError


def give_back(*, order: UUID, now: datetime) -> list[UUID]:
    """In the transaction that cancels an order: what was captured goes back (a tender below zero and a refund of the provider), what is
    under way is let go of. Returns the refunds: attempts.carry_on_refund, or a worker, carries them out after the commit."""
    raise NotImplementedError


__all__ = ["Attempt", "give_back", "on_failed", "settle"]

"""The port to those who move money: what a provider is asked and what it may answer.

Providers stand in `integrations` and are named by settings.PAYMENT_BACKENDS, as Django has it for mail. Amounts are minor
units of the payment's currency. A backend tells what happened by an Outcome and never raises for what the network does: an
answer that did not come is an Outcome of its own. It is never called while a database transaction is open.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from kernel.card_numbers import CardNumberNotAllowed, passes_luhn
from kernel.errors import NotFound, NotSignedIn

# What a provider says of a payment, or of money that goes back.
ACTION: Final = "action"
AUTHORISED: Final = "authorised"
CAPTURED: Final = "captured"
DECLINED: Final = "declined"
VOIDED: Final = "voided"
REFUNDED: Final = "refunded"
# It knows nothing of such a key: the call never got there.
ABSENT: Final = "absent"
# No answer, or one that says nothing.
UNKNOWN: Final = "unknown"

# A webhook that was signed longer ago than this is not looked at.
OLDEST_SIGNATURE: Final = 300


class BackendUnknown(NotFound):
    code = "payment_backend_unknown"
    title = "There is no such payment provider"


class SignatureInvalid(NotSignedIn):
    code = "webhook_signature_invalid"
    title = "The signature does not fit"


class EventTooOld(NotSignedIn):
    code = "webhook_too_old"
    title = "This was signed too long ago"


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One payment, and what is wanted of it. `key` is ours and never changes for the same thing asked again.

    `reference` is the provider's id once it is known; `since`: when it was first asked for, where a provider can only list.
    """

    key: str
    amount: int
    currency: str
    token: str = ""
    reference: str = ""
    order: str = ""
    capture: bool = True
    since: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the provider says now. `amount` is what was asked for there, `captured` what was taken, `refunded` what went back."""

    state: str
    reference: str = ""
    label: str = ""
    amount: int | None = None
    currency: str = ""
    captured: int = 0
    refunded: int = 0
    code: str = ""
    action: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A row of the provider's own book: a payment, or with `of` money that went back of the payment of that reference."""

    reference: str
    key: str
    state: str
    amount: int
    currency: str
    captured: int = 0
    of: str = ""
    order: str = ""
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Event:
    """A webhook whose signature fits. `refund`: it is about money that goes back."""

    id: str
    kind: str
    key: str
    reference: str
    outcome: Outcome
    refund: bool = False


class Backend(Protocol):
    def authorise(self, ask: Ask) -> Outcome: ...

    def capture(self, ask: Ask) -> Outcome:
        """`ask.amount` of what was authorised; the rest is let go."""

    def void(self, ask: Ask) -> Outcome: ...

    def refund(self, ask: Ask) -> Outcome:
        """`ask.amount` back of the payment `ask.reference`, under a key of its own: REFUNDED, DECLINED or UNKNOWN."""

    def look(self, ask: Ask) -> Outcome:
        """What is known of a payment by our key; ABSENT where nothing is."""

    def look_refund(self, ask: Ask) -> Outcome: ...

    def payments(self, since: datetime) -> Iterator[Seen]: ...

    def refunds(self, since: datetime) -> Iterator[Seen]: ...

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Event | None:
        """Raises SignatureInvalid, EventTooOld. None: well signed, and about nothing we follow."""


@cache
def _loaded(path_of: str, name: str) -> Backend:
    made: Backend = import_string(settings.PAYMENT_BACKENDS[name])()
    return made


def backend(*, name: str) -> Backend:
    path = settings.PAYMENT_BACKENDS.get(name)
    if not path:
        raise BackendUnknown(f"There is no payment provider {name}.", field="backend")
    return _loaded(path, name)


DIGITS = re.compile(r"(?:\d[ -]?){12,18}\d")


def refuse_card_number(*, token: str) -> None:
    """Raises CardNumberNotAllowed; what it was is not told on. Stricter than at the doors: no provider's token looks like one."""
    for found in DIGITS.finditer(token):
        if passes_luhn(re.sub(r"\D", "", found.group())):
            raise CardNumberNotAllowed("Send the provider's token: card numbers are neither needed nor kept.", field="token")

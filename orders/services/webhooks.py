"""What providers tell by themselves. Believed only when the signature fits, and each message once, in whatever order they come."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from orders import payments as port
from orders.models import Attempt, ProviderEvent, ProviderRefund
from orders.payments import Event
from orders.services import settling

LARGEST: Final = 1_000_000
# For this long a message waits for what it is about.
HELD_FOR: Final = timedelta(hours=24)

# The signature is checked before; whoever comes second waits for the first and finds its row.
KEEP = """
insert into orders_providerevent (backend, event, kind, reference, body, state, received_at) values (%s, %s, %s, %s, '{}', 'ignored', %s)
on conflict (backend, event) do nothing returning id
"""


def receive(*, backend: str, body: bytes, headers: Mapping[str, str], now: datetime) -> str:
    """Checks the signature before anything else, then applies it: "applied", "held", "ignored" or "repeated".

    Raises BackendUnknown, SignatureInvalid, EventTooOld. Of the body only what settles a payment is kept: the rest may tell who pays.
    """
    event = port.backend(name=backend).verify(body, headers, now)
    if event is None:
        return ProviderEvent.State.IGNORED
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(KEEP, [backend, event.id[:255], event.kind[:80], event.reference[:255], now])
        row = cursor.fetchone()
        if row is None:
            return "repeated"
        state = _apply(backend, event, now)
        kept = {"key": event.key, "refund": event.refund, "outcome": asdict(event.outcome) | {"action": {}}}
        applied_at = now if state == ProviderEvent.State.APPLIED else None
        ProviderEvent.objects.filter(pk=row[0]).update(state=state, body=kept, applied_at=applied_at)
        return state


def _apply(backend: str, event: Event, now: datetime) -> str:
    if event.refund:
        refund = ProviderRefund.objects.filter(attempt__backend=backend, key=event.key).values_list("pk", flat=True).first()
        if refund is None:
            return ProviderEvent.State.HELD
        settling.settle_refund(refund=refund, outcome=event.outcome, now=now, told=True)
        return ProviderEvent.State.APPLIED
    attempt = attempt_of(backend=backend, key=event.key, reference=event.reference)
    if attempt is None:
        return ProviderEvent.State.HELD
    settling.settle(attempt=attempt.id, outcome=event.outcome, now=now, told=True)
    return ProviderEvent.State.APPLIED


def attempt_of(*, backend: str, key: str, reference: str) -> Attempt | None:
    """By our key, which it always has; by the provider's id where somebody changed it there."""
    ours = Attempt.objects.filter(backend=backend)
    return ours.filter(key=key).first() or (ours.filter(reference=reference).first() if reference else None)


def apply_waiting(*, now: datetime, limit: int = 200) -> int:
    """Messages whose payment is known by now; what waited for a day is given up. How many were applied."""
    applied = 0
    with transaction.atomic():
        held = ProviderEvent.objects.select_for_update(skip_locked=True).filter(state="held").order_by("id")[:limit]
        for row in held:
            event = Event(id=row.event, kind=row.kind, key=row.body["key"], reference=row.reference, **_told(row))
            state = _apply(row.backend, event, now)
            if state == ProviderEvent.State.HELD and now - row.received_at > HELD_FOR:
                state = ProviderEvent.State.IGNORED
            if state != row.state:
                row.state, row.applied_at = state, now if state == ProviderEvent.State.APPLIED else None
                row.save(update_fields=["state", "applied_at"])
            applied += state == ProviderEvent.State.APPLIED
    return applied


def _told(row: ProviderEvent) -> dict[str, Any]:
    return {"outcome": port.Outcome(**row.body["outcome"]), "refund": row.body["refund"]}

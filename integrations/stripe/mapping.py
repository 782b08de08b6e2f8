"""Stripe's words in ours. Nothing of a card or its holder but brand and last four digits is taken over."""

import json
from datetime import UTC, datetime
from typing import Any, Final

import stripe

from orders import payments as port
from orders.payments import Event, Outcome, Seen

STATES: Final = {
    "requires_action": port.ACTION,
    "requires_confirmation": port.UNKNOWN,
    "processing": port.UNKNOWN,
    "requires_capture": port.AUTHORISED,
    "succeeded": port.CAPTURED,
    "canceled": port.VOIDED,
    # The card was refused: the intent would take another, we do not.
    "requires_payment_method": port.DECLINED,
}
REFUND_STATES: Final = {"succeeded": port.REFUNDED, "pending": port.UNKNOWN, "requires_action": port.UNKNOWN}
UNEXPECTED_STATE: Final = "payment_intent_unexpected_state"
MISSING: Final = "resource_missing"
INTENT_EVENTS: Final = "payment_intent."
REFUND_EVENTS: Final = ("refund.", "charge.refund.")


def key_of(thing: Any) -> str:
    return of_metadata(thing, "onecounter_key")


def of_metadata(thing: Any, name: str) -> str:
    return str(_get(_get(thing, "metadata"), name) or "")


def _get(thing: Any, name: str) -> Any:
    """Of the library's objects and of plain JSON alike."""
    return thing.get(name) if isinstance(thing, dict) else getattr(thing, name, None)


def outcome(intent: Any) -> Outcome:
    charge = _get(intent, "latest_charge")
    captured = int(_get(intent, "amount_received") or 0)
    error = _get(intent, "last_payment_error")
    state = STATES.get(str(_get(intent, "status")), port.UNKNOWN)
    if state == port.DECLINED and not error:
        # Not tried yet: so the first message about it has it.
        state = port.UNKNOWN
    return Outcome(
        state=state,
        reference=str(_get(intent, "id")),
        label=label(charge),
        amount=int(_get(intent, "amount")),
        currency=str(_get(intent, "currency")).upper(),
        captured=captured if state == port.CAPTURED else 0,
        refunded=int(_get(charge, "amount_refunded") or 0) if _expanded(charge) else 0,
        code=_code(error) if state == port.DECLINED else "",
        action={"type": "stripe", "client_secret": _get(intent, "client_secret")} if state == port.ACTION else {},
    )


def _expanded(charge: Any) -> bool:
    return charge is not None and not isinstance(charge, str)


def label(charge: Any) -> str:
    if not _expanded(charge):
        return ""
    card = _get(_get(charge, "payment_method_details"), "card") if _get(charge, "payment_method_details") else None
    return f"{str(_get(card, 'brand')).title()} {_get(card, 'last4')}" if card else ""


def _code(error: Any) -> str:
    return str(_get(error, "decline_code") or _get(error, "code") or "declined")[:60] if error else "declined"


def refund_outcome(refund: Any) -> Outcome:
    state = REFUND_STATES.get(str(_get(refund, "status")), port.DECLINED)
    code = str(_get(refund, "failure_reason") or _get(refund, "status")) if state != port.REFUNDED else ""
    told = {"amount": int(_get(refund, "amount")), "currency": str(_get(refund, "currency")).upper()}
    return Outcome(state=state, reference=str(_get(refund, "id")), code=code[:60], **told)  # type: ignore[arg-type]


def refused(error: stripe.CardError) -> Outcome:
    """The bank said no. The intent it was said of comes with it."""
    told = error.error
    intent = _get(told, "payment_intent") if told is not None else None
    reference = str(_get(intent, "id") or "") if intent is not None else ""
    return Outcome(state=port.DECLINED, reference=reference, code=str(_get(told, "decline_code") or error.code or "declined")[:60])


def impossible(error: stripe.InvalidRequestError) -> Outcome:
    code = str(error.code or "invalid_request")[:60]
    if code == MISSING and error.http_status == 404:
        return Outcome(state=port.ABSENT)
    # Its state is not what we believed: it is looked up. Anything else that is wrong with the request was not carried out.
    return Outcome(state=port.UNKNOWN if code == UNEXPECTED_STATE else port.DECLINED, code=code)


def seen(intent: Any) -> Seen:
    found = outcome(intent)
    told = {"key": key_of(intent), "order": of_metadata(intent, "onecounter_order")}
    made = datetime.fromtimestamp(int(_get(intent, "created")), UTC)
    sums = {"amount": found.amount or 0, "captured": found.captured, "currency": found.currency}
    return Seen(reference=found.reference, state=found.state, created_at=made, **told, **sums)  # type: ignore[arg-type]


def seen_refund(refund: Any) -> Seen:
    found = refund_outcome(refund)
    made = datetime.fromtimestamp(int(_get(refund, "created")), UTC)
    told = {"amount": found.amount or 0, "currency": found.currency, "of": str(_get(refund, "payment_intent") or "")}
    return Seen(reference=found.reference, key=key_of(refund), state=found.state, created_at=made, **told)  # type: ignore[arg-type]


def signed_at(header: str) -> int:
    return next((int(part[2:]) for part in header.split(",") if part.startswith("t=")), 0)


def event(body: bytes) -> Event | None:
    """None: about something we do not follow, or not of this shop."""
    told = json.loads(body)
    kind, thing = str(told["type"]), told["data"]["object"]
    common: dict[str, Any] = {"id": str(told["id"]), "kind": kind, "key": key_of(thing), "reference": str(thing.get("id", ""))}
    if not common["key"]:
        return None
    if kind.startswith(INTENT_EVENTS):
        return Event(outcome=outcome(thing), **common)
    if kind.startswith(REFUND_EVENTS):
        return Event(outcome=refund_outcome(thing), refund=True, **common)
    return None

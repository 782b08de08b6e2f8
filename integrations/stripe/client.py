"""PaymentIntents as a payment backend. Our key is Stripe's Idempotency-Key and stands in the intent's metadata, to be found by."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import stripe
from django.conf import settings
from stripe import StripeClient

from integrations.stripe import mapping
from orders import payments as port
from orders.payments import Ask, Event, Outcome, Seen

CONNECT_TIMEOUT, READ_TIMEOUT = 2.0, 8.0
# Stripe sends amounts in the currency's smallest unit, as we keep them.
PAGE = 100
# Clocks differ: what is looked for was made at about that time.
AROUND = timedelta(minutes=10)


@cache
def connected(key: str, address: str) -> StripeClient:
    """No retries of its own: what has no answer is looked up, and the worker tries again."""
    wire = stripe.RequestsClient(timeout=(CONNECT_TIMEOUT, READ_TIMEOUT))
    return StripeClient(key, base_addresses={"api": address}, http_client=wire, max_network_retries=0)


class Backend:
    @property
    def _client(self) -> StripeClient:
        return connected(settings.STRIPE_SECRET_KEY, settings.STRIPE_URL)

    def authorise(self, ask: Ask) -> Outcome:
        wanted: dict[str, Any] = {
            "amount": ask.amount,
            "currency": ask.currency.lower(),
            "payment_method": ask.token,
            "confirm": True,
            "capture_method": "automatic" if ask.capture else "manual",
            # What sends the customer elsewhere and back would need an address of the shop's.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            "metadata": {"onecounter_key": ask.key, "onecounter_order": ask.order},
            "expand": ["latest_charge"],
        }
        return _told(lambda: self._client.v1.payment_intents.create(wanted, {"idempotency_key": ask.key}), mapping.outcome)  # type: ignore[arg-type]

    def capture(self, ask: Ask) -> Outcome:
        wanted: Any = {"amount_to_capture": ask.amount, "expand": ["latest_charge"]}
        answer = _told(lambda: self._client.v1.payment_intents.capture(ask.reference, wanted, {"idempotency_key": ask.key}), mapping.outcome)
        return self._by_reference(ask.reference) if answer.code == mapping.UNEXPECTED_STATE else answer

    def void(self, ask: Ask) -> Outcome:
        answer = _told(lambda: self._client.v1.payment_intents.cancel(ask.reference, {}, {"idempotency_key": ask.key}), mapping.outcome)
        return self._by_reference(ask.reference) if answer.code == mapping.UNEXPECTED_STATE else answer

    def refund(self, ask: Ask) -> Outcome:
        wanted: Any = {"payment_intent": ask.reference, "amount": ask.amount, "metadata": {"onecounter_key": ask.key}}
        return _told(lambda: self._client.v1.refunds.create(wanted, {"idempotency_key": ask.key}), mapping.refund_outcome)

    def look(self, ask: Ask) -> Outcome:
        """By Stripe's id once we have it. Else through the list, which is always up to date: its search is not."""
        if ask.reference:
            return self._by_reference(ask.reference)
        return _told(lambda: _first(ask, self._intents(_around(ask))), mapping.outcome)

    def look_refund(self, ask: Ask) -> Outcome:
        return _told(lambda: _first(ask, self._client.v1.refunds.list(_of(ask)).auto_paging_iter()), mapping.refund_outcome)

    def payments(self, since: datetime) -> Iterator[Seen]:
        """Raises what the library raises: half a list compares with nothing."""
        return (mapping.seen(intent) for intent in self._intents({"gte": int(since.timestamp())}))

    def refunds(self, since: datetime) -> Iterator[Seen]:
        listed: Any = {"created": {"gte": int(since.timestamp())}, "limit": PAGE}
        return (mapping.seen_refund(refund) for refund in self._client.v1.refunds.list(listed).auto_paging_iter())

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Event | None:
        given = headers.get("Stripe-Signature", "")
        try:
            stripe.WebhookSignature.verify_header(body, given, settings.STRIPE_WEBHOOK_SECRET)
        except (stripe.SignatureVerificationError, ValueError):
            raise port.SignatureInvalid from None
        # The library would go by its own clock.
        if abs(now.timestamp() - mapping.signed_at(given)) > port.OLDEST_SIGNATURE:
            raise port.EventTooOld
        return mapping.event(body)

    def _by_reference(self, reference: str) -> Outcome:
        wanted: Any = {"expand": ["latest_charge"]}
        return _told(lambda: self._client.v1.payment_intents.retrieve(reference, wanted), mapping.outcome)

    def _intents(self, created: dict[str, int]) -> Iterator[Any]:
        listed: Any = {"created": created, "limit": PAGE, "expand": ["data.latest_charge"]}
        return self._client.v1.payment_intents.list(listed).auto_paging_iter()


def _around(ask: Ask) -> dict[str, int]:
    if ask.since is None:
        return {}
    # It may have been asked for anew for a while after.
    return {"gte": int((ask.since - AROUND).timestamp()), "lte": int((ask.since + 3 * AROUND).timestamp())}


def _of(ask: Ask) -> Any:
    return {"payment_intent": ask.reference, "limit": PAGE}


def _first(ask: Ask, found: Iterator[Any]) -> Any:
    return next((one for one in found if mapping.key_of(one) == ask.key), None)


def _told(ask: Callable[[], Any], read: Callable[[Any], Outcome]) -> Outcome:
    """A card that is refused comes as an exception; what the line or Stripe's trouble brings says nothing about the payment."""
    try:
        answer = ask()
    except stripe.CardError as error:
        return mapping.refused(error)
    except stripe.InvalidRequestError as error:
        return mapping.impossible(error)
    except stripe.StripeError as error:
        return Outcome(state=port.UNKNOWN, code=type(error).__name__[:60])
    return read(answer) if answer is not None else Outcome(state=port.ABSENT)

"""The real library against a server of our own."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import stripe
from django.utils import timezone

from integrations.gateway_simulator.tests.stage import Stage, ended
from integrations.stripe.client import Backend
from integrations.stripe.tests.stub import INTENT, Stripe
from orders import payments as port
from orders.models import Attempt
from orders.payments import Ask
from orders.services import attempts, webhooks
from org.tests.cast import open_shop

SECRET = "whsec_of_a_test"  # noqa: S105


@pytest.fixture
def there(settings):
    server = Stripe()
    settings.STRIPE_URL, settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = server.url, "sk_test_1", SECRET
    settings.PAYMENT_BACKENDS = {"stripe": "integrations.stripe.client.Backend"}
    yield server
    server.shutdown()
    server.server_close()


def ask(**more) -> Ask:
    told = {"key": "oc-1", "amount": 1_000, "currency": "EUR", "token": "pm_card", "order": "o-1", "since": timezone.now()}
    return Ask(**(told | more))


def test_an_intent_is_made_under_our_key_in_minor_units(there):
    outcome = Backend().authorise(ask())
    assert (outcome.state, outcome.captured, outcome.currency, outcome.label) == ("captured", 1_000, "EUR", "Visa 4242")
    method, path, fields, key = there.asked[0]
    assert (method, path, key) == ("POST", "payment_intents", "oc-1")
    assert (fields["amount"], fields["currency"], fields["metadata"]["onecounter_key"]) == ("1000", "eur", "oc-1")


def test_a_refused_card_is_declined_with_its_code(there):
    outcome = Backend().authorise(ask(token="pm_declined"))
    assert (outcome.state, outcome.code, outcome.reference) == ("declined", "insufficient_funds", "pi_1")


def test_three_d_secure_hands_the_browser_its_secret(there):
    outcome = Backend().authorise(ask(token="pm_3ds"))
    assert (outcome.state, outcome.action["client_secret"]) == ("action", "s")


def test_a_lost_answer_is_found_by_our_key(there):
    there.drops = 1
    assert Backend().authorise(ask()).state == "unknown"
    assert Backend().look(ask()).state == "captured"
    assert Backend().look(ask(key="oc-2")).state == "absent"
    assert len([one for one in there.asked if one[0] == "POST"]) == 1, "the library tries nothing again by itself"


def test_held_money_is_captured_in_part_voided_and_looked_at_when_it_is_something_else(there):
    held = Backend().authorise(ask(capture=False))
    assert held.state == "authorised"
    taken = Backend().capture(ask(key="oc-1-capture", amount=600, reference=held.reference))
    assert (taken.state, taken.captured) == ("captured", 600)
    assert Backend().void(ask(key="oc-1-void", reference=held.reference)).state == "captured"
    other = Backend().authorise(ask(key="oc-2", capture=False))
    assert Backend().void(ask(key="oc-2-void", reference=other.reference)).state == "voided"


def test_money_goes_back_once_under_its_key(there):
    paid = Backend().authorise(ask())
    back = ask(key="oc-refund-1", amount=300, reference=paid.reference)
    assert [Backend().refund(back).state for _ in range(2)] == ["refunded"] * 2
    assert len(there.refunds) == 1
    assert Backend().look_refund(back).reference == "re_1"
    assert [(one.key, one.of, one.amount) for one in Backend().refunds(timezone.now())] == [("oc-refund-1", "pi_1", 300)]
    assert [(one.key, one.captured) for one in Backend().payments(timezone.now())] == [("oc-1", 1_000)]


def message(kind="payment_intent.succeeded", *, key="oc-1", secret=SECRET, at=None, **thing):
    row = INTENT | {"id": "pi_1", "metadata": {"onecounter_key": key}, "status": "succeeded", "amount": 1_000, "amount_received": 1_000} | thing
    body = json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": row | {"currency": "eur"}}})
    return body.encode(), {"Stripe-Signature": stripe.WebhookSignature.generate_signature_header(body, secret, at)}


def test_a_message_is_believed_by_its_signature_alone(there):
    now = datetime.now(UTC)
    body, headers = message()
    event = Backend().verify(body, headers, now)
    assert (event.key, event.reference, event.outcome.state, event.outcome.captured) == ("oc-1", "pi_1", "captured", 1_000)
    for wrong in (message(secret="whsec_other")[1], {}, {"Stripe-Signature": "t=1,v1=x"}, {"Stripe-Signature": "nonsense"}):
        with pytest.raises(port.SignatureInvalid):
            Backend().verify(body, wrong, now)
    with pytest.raises(port.SignatureInvalid):
        Backend().verify(body + b" ", headers, now)
    with pytest.raises(port.EventTooOld):
        Backend().verify(body, headers, now + timedelta(minutes=6))
    assert Backend().verify(*message("customer.created"), now) is None
    assert Backend().verify(*message(key=""), now) is None


def test_an_order_is_paid_by_stripe_and_by_its_message(db, there):
    stage = Stage(simulator=None, cast=open_shop())
    order = stage.order()
    id = attempts.prepare(order=order.id, backend="stripe", amount=1_000, currency="EUR", token="pm_card", now=stage.now)
    there.drops = 1
    assert attempts.carry_on(attempt=id, clock=stage.clock) == "unknown"
    body, headers = message(key=Attempt.objects.get(pk=id).key)
    assert webhooks.receive(backend="stripe", body=body, headers=headers, now=datetime.now(UTC)) == "applied"
    assert webhooks.receive(backend="stripe", body=body, headers=headers, now=datetime.now(UTC)) == "repeated"
    assert ended(order) == "paid"
    stage.work()
    assert ended(order) == "paid"
    assert len(there.intents) == 1

"""Every step of a payment with everything that can go wrong in it: it ends in exactly one way, and the provider's book says the same.

A call that got no answer is dropped by the simulator here instead of kept waiting; test_attempts has those that wait.
"""

import pytest

from integrations.gateway_simulator.client import Backend
from integrations.gateway_simulator.tests.stage import broken, ended, paid_back
from orders.models import Attempt, Order, Payment, ProviderEvent, ProviderRefund
from orders.services import attempts, webhooks

STEPS = ("authorise", "capture", "void", "refund")
WRONG = {
    "timeout before": "{step}:lost_before",
    "timeout after": "{step}:lost_after",
    "error before": "{step}:500*3",
    "error after": "{step}:500_after",
    "decline": "{step}:decline",
    "duplicate webhook": "webhook:duplicate",
    "webhook first": "webhook:duplicate",
    "webhook never": "webhook:never",
}
# What is not here ends well: paid, or for a void cancelled.
ENDS = {("authorise", "decline"): "cancelled", ("capture", "decline"): "cancelled", ("void", "decline"): "review"}


def hears_first(stage, monkeypatch, step):
    """The message is there before the answer of the call it is about."""
    call = getattr(Backend, step)

    def told_first(self, ask):
        outcome = call(self, ask)
        assert set(stage.deliver_all(outcome.reference)) == {200}
        return outcome

    monkeypatch.setattr(Backend, step, told_first)


def play(stage, step, token) -> Attempt:
    if step == "refund":
        attempt, refund = paid_back(stage, token)
        attempts.carry_on_refund(refund=refund, clock=stage.clock)
        return attempt
    attempt = stage.attempt(stage.order(), token, capture=step == "authorise")
    stage.carry_on(attempt)
    if step == "capture":
        attempts.capture(attempt=attempt.id, amount=1_000, now=stage.now)
    if step == "void":
        attempts.let_go(attempt=attempt.id, now=stage.now)
    stage.carry_on(attempt)
    return attempt


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("step", STEPS)
def test_it_ends_as_it_must(stage, monkeypatch, step, wrong):
    if wrong == "webhook first":
        hears_first(stage, monkeypatch, step)
    attempt = play(stage, step, "sim_ok." + WRONG[wrong].format(step=step))
    stage.work(hours=0.1)
    if (step, wrong) == ("void", "decline"):
        stage.later(hours=24)
        stage.work(hours=0.1)
    attempt.refresh_from_db()
    assert set(stage.deliver_all(attempt.reference)) <= {200}
    assert set(stage.deliver_all(attempt.reference, backwards=True)) <= {200}
    attempt.refresh_from_db()
    there = stage.simulator.payments(attempt.key)
    assert len(there) == 1
    assert ended(attempt.order) == ENDS.get((step, wrong), "cancelled" if step == "void" else "paid")
    if attempt.order.status == "paid":
        assert Payment.objects.filter(order=attempt.order).count() == 1
        assert (there[0]["state"], there[0]["captured"]) == ("captured", attempt.captured)
    elif attempt.order.status == "cancelled":
        assert (there[0]["state"], there[0]["captured"]) in {("voided", 0), ("declined", 0)}
    if step == "refund":
        refund = ProviderRefund.objects.get(attempt=attempt)
        assert (refund.state, there[0]["refunded"]) == (("failed", 0) if wrong == "decline" else ("done", 300))
    assert not Attempt.objects.filter(due_at__isnull=False).exists()


def test_a_message_again_does_nothing(stage):
    attempt = stage.attempt(stage.order(), "sim_ok.authorise:lost_after.webhook:duplicate")
    stage.carry_on(attempt)
    reference = stage.simulator.payments(attempt.key)[0]["id"]
    first, again = stage.simulator.messages(reference)
    assert first["id"] == again["id"]
    assert [stage.deliver(message).json()["status"] for message in (first, again)] == ["applied", "repeated"]
    attempt.refresh_from_db()
    assert attempt.state == "captured"
    assert Payment.objects.filter(order=attempt.order).count() == 1


def test_messages_in_the_wrong_order_end_where_the_right_one_does(stage):
    attempt = stage.attempt(stage.order(), "sim_ok.authorise:action")
    stage.carry_on(attempt)
    attempt.refresh_from_db()
    stage.simulator.ask(f"payments/{attempt.reference}/confirm", {"agreed": True})
    assert stage.deliver_all(attempt.reference, backwards=True) == [200, 200]
    assert ended(attempt.order) == "paid"


def test_a_message_about_nothing_we_know_is_held_and_given_up_after_a_day(stage):
    made = stage.simulator.ask("payments", {"key": f"somebody-elses-{stage.now}", "amount": 5, "currency": "EUR", "token": "sim_ok"})
    assert [stage.deliver(message).json()["status"] for message in stage.simulator.messages(made["id"])] == ["held"]
    webhooks.apply_waiting(now=stage.now)
    assert ProviderEvent.objects.get().state == "held"
    stage.later(hours=25)
    webhooks.apply_waiting(now=stage.now)
    assert ProviderEvent.objects.get().state == "ignored"


def test_a_message_that_came_before_its_payment_is_applied_with_it(stage):
    order = stage.order()
    attempt = stage.attempt(order)
    key, wrong = attempt.key, f"oc-other-{attempt.id.hex}"
    made = stage.simulator.ask("payments", {"key": key, "amount": 1_000, "currency": "EUR", "token": "sim_ok"})
    Attempt.objects.filter(pk=attempt.pk).update(key=wrong)
    assert [stage.deliver(message).json()["status"] for message in stage.simulator.messages(made["id"])] == ["held"]
    Attempt.objects.filter(pk=attempt.pk).update(key=key)
    assert webhooks.apply_waiting(now=stage.now) == 1
    assert ended(order) == "paid"
    assert broken() == []
    assert Order.objects.get(pk=order.pk).status == "paid"

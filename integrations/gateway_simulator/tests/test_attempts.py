"""One attempt at a time, against the real process."""

import pytest

from integrations.gateway_simulator.tests.stage import ended, paid_back
from orders import payments as port
from orders.models import Attempt, AttemptStep, Payment, ProviderRefund
from orders.refunds import RefundExceedsCapture
from orders.services import attempts, settling
from orders.services.cancelling import cancel


def test_a_payment_is_written_down_asked_for_and_paid(stage, told):
    order = stage.order()
    attempt = stage.attempt(order, "sim_visa_4242")
    assert stage.carry_on(attempt) == "captured"
    attempt.refresh_from_db()
    assert ended(order) == "paid"
    assert (attempt.captured, attempt.label, attempt.payment.amount, attempt.payment.source) == (1_000, "Visa 4242", 1_000, attempt.id)
    assert list(attempt.steps.values_list("what", flat=True)) == ["asks_authorise", "answered_captured"]
    assert [event.type for event in told if "payment" in event.type] == ["orders.payment.captured"]
    assert [row["state"] for row in stage.simulator.payments(attempt.key)] == ["captured"]


def test_carried_on_again_nothing_happens(stage):
    order = stage.order()
    attempt = stage.attempt(order)
    assert [stage.carry_on(attempt) for _ in range(3)] == ["captured"] * 3
    assert Payment.objects.filter(order=order).count() == 1
    assert len(stage.simulator.payments(attempt.key)) == 1


def test_a_declined_payment_cancels_its_order(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:decline")
    assert stage.carry_on(attempt) == "declined"
    assert ended(order) == "cancelled"
    attempt.refresh_from_db()
    assert (attempt.code, attempt.due_at) == ("card_declined", None)


def test_who_undoes_the_placing_is_told_once(stage, monkeypatch):
    undone = []
    monkeypatch.setattr(settling, "_on_failed", [lambda order, now: undone.append(order)])
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:decline")
    stage.carry_on(attempt)
    stage.carry_on(attempt)
    stage.deliver_all(Attempt.objects.get(pk=attempt.id).reference)
    assert undone == [order.id]


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
def test_a_call_that_times_out_leaves_it_unknown_and_is_looked_up(stage, fault):
    order = stage.order()
    attempt = stage.attempt(order, f"sim_ok.authorise:{fault}")
    assert stage.carry_on(attempt) == "unknown"
    order.refresh_from_db()
    assert order.status == "pending"
    assert stage.carry_on(attempt) == "unknown", "it is not asked about before its time"
    stage.later(seconds=3)
    assert stage.carry_on(attempt) == "captured"
    assert ended(order) == "paid"
    assert len(stage.simulator.payments(attempt.key)) == 1
    assert "asks_look" in set(attempt.steps.values_list("what", flat=True))


def test_what_never_arrived_and_comes_too_late_is_not_charged(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:lost_before*")
    assert stage.carry_on(attempt) == "unknown"
    stage.work(hours=1)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.code) == ("declined", "never_arrived")
    assert ended(order) == "cancelled"
    assert stage.simulator.payments(attempt.key) == []


def test_what_nobody_knows_for_a_day_is_a_persons(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:unknown")
    assert stage.carry_on(attempt) == "unknown"
    stage.work(hours=25)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.due_at) == ("review", None)
    assert ended(order) == "review"
    assert attempt.steps.count() < 500


def test_a_customer_who_answers_their_bank_has_paid(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:action")
    assert stage.carry_on(attempt) == "action"
    attempt.refresh_from_db()
    assert attempt.action["url"].startswith("http://127.0.0.1:")
    assert stage.carry_on(attempt) == "action"
    stage.simulator.ask(f"payments/{attempt.reference}/confirm", {"agreed": True})
    assert stage.carry_on(attempt) == "captured"
    assert ended(order) == "paid"


def test_a_customer_who_says_no_has_not(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:action")
    stage.carry_on(attempt)
    attempt.refresh_from_db()
    stage.simulator.ask(f"payments/{attempt.reference}/confirm", {"agreed": False})
    assert stage.carry_on(attempt) == "declined"
    assert ended(order) == "cancelled"


def test_a_customer_who_never_comes_back_is_let_go(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:action")
    stage.carry_on(attempt)
    stage.work(hours=1)
    attempt.refresh_from_db()
    assert (attempt.state, attempt.code) == ("voided", "abandoned")
    assert ended(order) == "cancelled"
    assert [row["state"] for row in stage.simulator.payments(attempt.key)] == ["voided"]


@pytest.mark.parametrize(("amount", "taken"), [(600, 600), (1_000, 1_000)])
def test_what_is_held_is_captured_in_part_or_whole(stage, amount, taken):
    order = stage.order(total=amount)
    attempt = stage.attempt(order, amount=1_000, capture=False)
    assert stage.carry_on(attempt) == "authorised"
    stage.work(hours=30)
    attempt.refresh_from_db()
    assert attempt.state == "authorised"
    attempts.capture(attempt=attempt.id, amount=amount, now=stage.now)
    assert stage.carry_on(attempt) == "captured"
    attempt.refresh_from_db()
    assert (attempt.captured, ended(order)) == (taken, "paid")
    with pytest.raises(attempts.AttemptState):
        attempts.capture(attempt=attempt.id, amount=1, now=stage.now)


def test_what_is_held_is_let_go(stage):
    order = stage.order()
    attempt = stage.attempt(order, capture=False)
    stage.carry_on(attempt)
    attempts.let_go(attempt=attempt.id, now=stage.now)
    assert stage.carry_on(attempt) == "voided"
    assert ended(order) == "cancelled"


def test_what_was_never_asked_is_let_go_without_a_call(stage):
    order = stage.order()
    attempt = stage.attempt(order)
    attempts.let_go(attempt=attempt.id, now=stage.now)
    assert stage.carry_on(attempt) == "voided"
    assert stage.simulator.payments(attempt.key) == []


def test_money_that_comes_for_a_cancelled_order_goes_back(stage):
    order = stage.order()
    attempt = stage.attempt(order, "sim_ok.authorise:lost_after")
    stage.carry_on(attempt)
    cancel(order=order.id, version=None, reason="test", actor=None, now=stage.now)
    stage.work()
    attempt.refresh_from_db()
    assert (attempt.state, attempt.captured, attempt.refunded) == ("captured", 1_000, 1_000)
    assert ProviderRefund.objects.get(attempt=attempt).state == "done"
    assert ended(order) == "cancelled"
    assert [(row["captured"], row["refunded"]) for row in stage.simulator.payments(attempt.key)] == [(1_000, 1_000)]


def test_two_cards_stand_or_fall_together(stage):
    order = stage.order()
    first, second = stage.attempt(order, amount=400), stage.attempt(order, "sim_ok.authorise:decline", amount=600)
    assert [stage.carry_on(first), stage.carry_on(second)] == ["captured", "declined"]
    stage.work()
    assert ended(order) == "cancelled"
    assert stage.simulator.payments(first.key)[0]["refunded"] == 400


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "500", "500_after"])
def test_money_goes_back_once_whatever_the_line_does(stage, told, fault):
    attempt, refund = paid_back(stage, f"sim_ok.refund:{fault}")
    assert attempts.carry_on_refund(refund=refund, clock=stage.clock) == "unknown"
    stage.later(seconds=5)
    assert attempts.carry_on_refund(refund=refund, clock=stage.clock) == "done"
    assert attempts.carry_on_refund(refund=refund, clock=stage.clock) == "done"
    assert stage.simulator.payments(attempt.key)[0]["refunded"] == 300
    assert [event.type for event in told if "payment" in event.type] == ["orders.payment.captured", "orders.payment.refunded"]


def test_a_refund_the_provider_refuses_waits_for_a_person(stage):
    _, refund = paid_back(stage, "sim_ok.refund:decline")
    assert attempts.carry_on_refund(refund=refund, clock=stage.clock) == "failed"
    stage.work()
    found = ProviderRefund.objects.get(pk=refund)
    assert (found.state, found.code, found.due_at) == ("failed", "refund_declined", None)


def test_more_never_goes_back_than_came(stage):
    attempt, _ = paid_back(stage, "sim_ok", amount=700)
    with pytest.raises(RefundExceedsCapture) as refused:
        attempts.prepare_refund(payment=attempt.payment_id, negative_payment=attempt.payment_id, amount=301, now=stage.now)
    assert refused.value.details == {"asked": 301, "left": 300}


def test_a_card_number_is_no_token(stage):
    for token in ("4242424242424242", "tok 4242 4242 4242 4242", "378282246310005"):
        with pytest.raises(port.CardNumberNotAllowed) as refused:
            stage.attempt(stage.order(), token)
        assert not set("0123456789") & set(str(refused.value))
    assert stage.attempt(stage.order(), "pm_1Nv0abcDEF4242").token


def test_a_provider_nobody_knows_is_refused(stage):
    with pytest.raises(port.BackendUnknown):
        attempts.prepare(order=stage.order().id, backend="bank", amount=1, currency="EUR", token="t", now=stage.now)


def test_another_amount_than_asked_for_is_a_persons(stage):
    order = stage.order()
    attempt = stage.attempt(order)
    outcome = port.Outcome(state="captured", reference="sp_x", amount=1_000, captured=999, currency="EUR")
    assert settling.settle(attempt=attempt.id, outcome=outcome, now=stage.now) == "review"
    assert ended(order) == "review"


def test_a_worker_that_died_in_a_call_is_followed_by_one_that_looks(stage):
    order = stage.order()
    attempt = stage.attempt(order)
    claim = attempts._claim(attempts.CLAIM_ATTEMPT, {"id": attempt.id, "now": stage.now, "first": True})
    assert claim is not None
    assert stage.carry_on(attempt) == "created", "it is in hand"
    stage.later(seconds=31)
    assert attempts.work(clock=stage.clock) == 1
    assert AttemptStep.objects.filter(attempt=attempt, what="asks_look").exists()
    assert ended(order) == "paid"

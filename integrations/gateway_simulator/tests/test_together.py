"""Several at once, and a provider that dies in between."""

from threading import Barrier

import pytest

from integrations.gateway_simulator.tests.conftest import started
from integrations.gateway_simulator.tests.stage import Stage, broken, open_stage, paid_back
from orders import payments as port
from orders.models import Attempt, Payment, ProviderRefund
from orders.services import attempts, settling
from org.tests.threads import in_threads


@pytest.fixture
def wide_stage(transactional_db, simulator, at_simulator) -> Stage:
    at_simulator(simulator)
    return open_stage(simulator)


def test_two_workers_and_a_webhook_at_once_settle_it_once(wide_stage):
    stage = wide_stage
    found = [stage.attempt(stage.order(), "sim_ok.authorise:lost_after") for _ in range(6)]
    assert {stage.carry_on(attempt) for attempt in found} == {"unknown"}
    stage.later(seconds=5)
    messages = [message for attempt in found for message in stage.simulator.messages(stage.simulator.payments(attempt.key)[0]["id"])]

    def do(n):
        return [stage.deliver(message).status_code for message in messages] if n == 2 else attempts.work(clock=stage.clock)

    in_threads(3, do)
    assert {attempt.state for attempt in Attempt.objects.all()} == {"captured"}
    assert Payment.objects.count() == 6
    assert broken() == []
    assert [len(stage.simulator.payments(attempt.key)) for attempt in found] == [1] * 6


def test_the_same_answer_heard_by_four_at_once_is_one_payment(wide_stage, told):
    stage = wide_stage
    found = [stage.attempt(stage.order()) for _ in range(8)]
    together = Barrier(4, timeout=30)

    def hear(n):
        for attempt in found:
            outcome = port.Outcome(state="captured", reference=f"sp_{attempt.id}", amount=1_000, currency="EUR", captured=1_000)
            together.wait()
            assert settling.settle(attempt=attempt.id, outcome=outcome, now=stage.now, told=n % 2 == 0) == "captured"

    in_threads(4, hear)
    assert Payment.objects.count() == 8
    assert [event.type for event in told].count("orders.payment.captured") == 8
    assert broken() == []


def test_refunds_at_once_never_exceed_what_came(wide_stage):
    stage = wide_stage
    attempt, first = paid_back(stage, "sim_ok", amount=600)
    backs = []
    for _ in range(4):
        order = stage.order(total=-100)
        row = {"kind": "card", "amount": -100, "tendered": -100, "paid_at": stage.now}
        backs.append(Payment.objects.create(order=order, position=1, refunds=attempt.payment, **row))

    def ask(n):
        try:
            attempts.prepare_refund(payment=attempt.payment_id, negative_payment=backs[n].pk, amount=150, now=stage.now)
            return 1
        except attempts.RefundExceedsCapture:
            return 0

    assert sum(in_threads(4, ask)) == 2
    in_threads(2, lambda n: attempts.work(clock=stage.clock))
    assert {back.state for back in ProviderRefund.objects.all()} == {"done"}
    assert stage.simulator.payments(attempt.key)[0]["refunded"] == 900


def test_a_provider_that_dies_after_the_charge_has_not_forgotten_it(db, at_simulator, tmp_path):
    first = started(tmp_path)
    at_simulator(first)
    stage = open_stage(first)
    attempt = stage.attempt(stage.order(), "sim_ok.authorise:crash_after")
    assert stage.carry_on(attempt) == "unknown"
    assert first.process.wait(10) == 137
    stage.later(seconds=5)
    assert stage.carry_on(attempt) == "unknown", "nobody is there to be asked"
    stage.simulator = started(tmp_path)
    at_simulator(stage.simulator)
    stage.work()
    attempt.refresh_from_db()
    assert attempt.state == "captured"
    assert len(stage.simulator.payments(attempt.key)) == 1
    stage.simulator.end()

"""Against the AWS emulator: a rule puts our events into a queue, and nothing is lost however the calls fare."""

import random
from datetime import timedelta

import pytest

from integrations.eventbridge.tests.faulty import ERROR, GARBAGE, HALF, PASS, RESET, THROTTLE, FaultyProxy
from kernel import outbox
from kernel.models import Delivery
from kernel.tests.bells import NOON, ring

pytestmark = [pytest.mark.aws, pytest.mark.django_db]


def work_until_settled():
    """The back-off passes by argument, not by waiting."""
    now = NOON
    for _ in range(300):
        outbox.work(subscriber="eventbridge", now=now, limit=50)
        if not Delivery.objects.exclude(state="done").exists():
            return
        now += timedelta(seconds=15)
    pytest.fail("not settled")


def test_an_event_reaches_the_queue_behind_a_rule(bus):
    message = ring("ü")[0]
    outbox.fan_out(now=NOON)
    assert outbox.work(subscriber="eventbridge", now=NOON, limit=10) == 1
    event = bus.received(at_least=1)[0]
    assert event["detail"] == outbox.envelope(message)
    assert (event["source"], event["detail-type"]) == ("onecounter", "tower.bell.rung")


@pytest.mark.parametrize("fault", [THROTTLE, HALF, RESET, ERROR, GARBAGE])
def test_batches_that_fare_badly_lose_nothing(bus, aws, settings, fault):
    ids = {str(message.id) for message in ring(*"abcdefghijklmnopqrstuvwxyz")}
    outbox.fan_out(now=NOON)
    with FaultyProxy(aws, [fault, PASS, fault]) as proxy:
        settings.AWS_ENDPOINT_URL = proxy.url
        work_until_settled()
    received = [event["detail"]["id"] for event in bus.received(at_least=26)]
    assert proxy.injected[fault] == 2
    assert set(received) == ids
    assert (len(received) > 26) == (fault == RESET)
    assert not Delivery.objects.filter(state="parked").exists()


def test_a_long_run_of_mixed_faults_loses_nothing(bus, aws, settings):
    dice = random.Random(7)
    plan = [dice.choice([PASS, PASS, THROTTLE, HALF, RESET, ERROR]) for _ in range(30)]
    ids = {str(message.id) for message in ring(*["a"] * 200)}
    outbox.fan_out(now=NOON)
    with FaultyProxy(aws, plan) as proxy:
        settings.AWS_ENDPOINT_URL = proxy.url
        work_until_settled()
    assert proxy.plan == []
    assert all(proxy.injected[fault] for fault in (THROTTLE, HALF, RESET, ERROR))
    assert max(proxy.sizes) == 10
    assert {event["detail"]["id"] for event in bus.received(at_least=200)} == ids

"""What we do with each answer of EventBridge; the answers are botocore's stubs or a socket."""

import json
import socket
import threading
import time
from datetime import timedelta

import boto3
import pytest
from botocore.config import Config
from botocore.stub import ANY, Stubber

from integrations.eventbridge import client, mapping, subscribers
from integrations.eventbridge.tests.conftest import REGISTERED
from kernel import outbox
from kernel.models import Delivery, Message
from kernel.tests.bells import NOON, ring

pytestmark = pytest.mark.django_db
TAKEN = {"EventId": "e-1"}


@pytest.fixture
def stub(monkeypatch, settings):
    settings.AWS_EVENT_BUS = "shop"
    events = boto3.client("events", region_name="eu-central-1", config=Config(retries={"total_max_attempts": 1}))
    monkeypatch.setattr(client, "connected", lambda region, endpoint: events)
    monkeypatch.setattr(client.connected, "cache_clear", lambda: None, raising=False)
    with Stubber(events) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def rung(*tones):
    messages = ring(*tones)
    outbox.fan_out(now=NOON)
    return messages


def work(now=NOON, limit=10):
    return outbox.work(subscriber="eventbridge", now=now, limit=limit)


def deliveries():
    return list(Delivery.objects.order_by("message__position"))


def test_an_event_goes_out_as_the_document_says(stub):
    message = rung("ü")[0]
    detail = json.dumps(outbox.envelope(message), ensure_ascii=False, separators=(",", ":"))
    entry = {"EventBusName": "shop", "Source": "onecounter", "DetailType": "tower.bell.rung", "Detail": detail, "Time": NOON}
    stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [TAKEN]}, {"Entries": [entry]})
    assert work() == 1
    assert deliveries()[0].state == "done"


def test_half_a_batch_failed_inside_a_200_is_settled_entry_by_entry(stub):
    rung(*"abcd")
    flat = {"ErrorCode": "InternalFailure", "ErrorMessage": "again"}
    malformed = {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    stub.add_response("put_events", {"FailedEntryCount": 2, "Entries": [TAKEN, flat, malformed, TAKEN]}, {"Entries": ANY})
    work()
    told = [(d.state, d.attempts, d.last_error) for d in deliveries()]
    assert told == [
        ("done", 1, ""),
        ("pending", 0, "InternalFailure: again"),
        ("pending", 1, "MalformedDetail: Detail is malformed."),
        ("done", 1, ""),
    ]


def test_a_throttled_call_comes_again_later_and_burns_no_try(stub):
    rung("a", "b")
    stub.add_client_error("put_events", "ThrottlingException", "Rate exceeded", http_status_code=400)
    assert work() == 0
    for delivery in deliveries():
        assert (delivery.state, delivery.attempts) == ("pending", 0)
        assert "Rate exceeded" in delivery.last_error
        assert NOON + timedelta(seconds=5) <= delivery.due_at <= NOON + timedelta(seconds=10)


@pytest.mark.parametrize(("code", "status"), [("ServiceUnavailable", 503), ("UnknownTrouble", 502), ("AccessDeniedException", 400), ("X", 429)])
def test_trouble_that_is_no_events_fault_parks_nothing(stub, code, status):
    rung("a")
    stub.add_client_error("put_events", code, "no", http_status_code=status)
    work()
    assert (deliveries()[0].state, deliveries()[0].attempts) == ("pending", 0)


def test_a_call_refused_for_its_content_is_repeated_one_by_one(stub):
    rung("a", "bad", "c")
    taken = {"FailedEntryCount": 0, "Entries": [TAKEN]}
    stub.add_client_error("put_events", "ValidationException", "no", http_status_code=400)
    stub.add_response("put_events", taken, {"Entries": ANY})
    stub.add_client_error("put_events", "ValidationException", "no", http_status_code=400)
    stub.add_response("put_events", taken, {"Entries": ANY})
    work()
    assert [(d.state, d.attempts) for d in deliveries()] == [("done", 1), ("pending", 1), ("done", 1)]


def test_an_answer_that_tells_too_little_settles_nothing_as_delivered(stub):
    rung("a", "b")
    stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [TAKEN]}, {"Entries": ANY})
    work()
    assert [d.state for d in deliveries()] == ["pending", "pending"]


def test_an_entry_too_large_by_itself_parks_and_blocks_nobody(stub):
    rung("a", "x" * 300_000, "c")
    stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [TAKEN, TAKEN]}, {"Entries": ANY})
    work()
    assert [d.state for d in deliveries()] == ["done", "parked", "done"]
    assert deliveries()[1].last_error.startswith("The event has 300,3")
    assert "at most 262,143" in deliveries()[1].last_error


def test_batches_stay_under_256_kilobytes(stub):
    rung(*["x" * 100_000] * 5)
    for size in (2, 2, 1):
        stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [TAKEN] * size}, {"Entries": ANY})
    assert work() == 5
    assert [d.state for d in deliveries()] == ["done"] * 5


def test_the_size_is_what_aws_counts():
    fields = {"Source": "onecounter", "DetailType": "t.ü", "Detail": "{}", "Time": NOON, "Resources": ["arn:ß"], "EventBusName": "not counted"}
    assert mapping.size_of(fields) == 10 + 4 + 2 + 14 + 6


def test_batches_hold_at_most_ten_and_fill_to_the_last_byte():
    def sized(*sizes):
        return [[each.size for each in batch] for batch in mapping.batches([mapping.Entry({}, size) for size in sizes])]

    assert sized(*[1] * 21) == [[1] * 10, [1] * 10, [1]]
    assert sized(262_142, 1, 1) == [[262_142, 1], [1]]
    assert sized(262_143, 262_143) == [[262_143], [262_143]]
    assert sized() == []


def test_without_a_bus_deliveries_wait_visibly(settings):
    settings.AWS_EVENT_BUS = ""
    rung("a")
    assert work() == 0
    waiting = deliveries()[0]
    assert (waiting.state, waiting.attempts) == ("pending", 0)
    assert waiting.last_error == "Not configured: set AWS_EVENT_BUS to send events to EventBridge"


def test_an_unreachable_endpoint_is_an_outage(settings):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    settings.AWS_EVENT_BUS, settings.AWS_ENDPOINT_URL = "shop", f"http://127.0.0.1:{port}"
    rung("a")
    assert work() == 0
    assert deliveries()[0].last_error.startswith("EndpointConnectionError")
    assert deliveries()[0].attempts == 0


def test_an_endpoint_that_never_answers_is_given_up_and_not_asked_again_for_the_rest(settings, monkeypatch):
    monkeypatch.setattr(client, "READ_TIMEOUT", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.AWS_EVENT_BUS, settings.AWS_ENDPOINT_URL = "shop", f"http://127.0.0.1:{silent.getsockname()[1]}"
        rung(*["x" * 100_000] * 6)
        start = time.monotonic()
        assert work() == 0
        assert time.monotonic() - start < 2
        silent.settimeout(1)
        silent.accept()
        silent.settimeout(0.05)
        with pytest.raises(TimeoutError):
            silent.accept()
    assert {d.last_error.split(":")[0] for d in deliveries()} == {"ReadTimeoutError"}


def test_the_budget_ends_a_delivery_whose_calls_are_all_slow(monkeypatch, settings):
    settings.AWS_EVENT_BUS = "shop"
    monkeypatch.setattr(subscribers, "BUDGET", -1)
    monkeypatch.setattr(client, "put", lambda entries: pytest.fail("called"))
    rung("a")
    work()
    assert "used up" in deliveries()[0].last_error


def test_the_client_has_its_own_short_timeouts_and_no_retries():
    config = client.connected("eu-central-1", None).meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]) == (2, 5, 1)


def test_the_subscriber_is_registered_for_every_event_whether_or_not_a_bus_is_set():
    assert REGISTERED["eventbridge"].types == ("*",)
    assert not REGISTERED["eventbridge"].transactional


def test_two_threads_may_send_at_once(stub):
    rung("a")
    stub.add_response("put_events", {"FailedEntryCount": 0, "Entries": [TAKEN]}, {"Entries": ANY})
    entries = [mapping.entry(Message.objects.get(), bus="shop")]
    results = []
    thread = threading.Thread(target=lambda: results.extend(client.put(entries)))
    thread.start()
    thread.join(5)
    assert results == [client.Accepted()]

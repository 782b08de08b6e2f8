from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel import outbox
from kernel.models import Delivery, Message
from kernel.tests.bells import NOON, Listener, bell, ring

pytestmark = pytest.mark.django_db


def later(seconds):
    return NOON + timedelta(seconds=seconds)


def states(name="listener"):
    return list(Delivery.objects.filter(subscriber=name).order_by("message__position").values_list("state", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused():
    with pytest.raises(transaction.TransactionManagementError):
        outbox.record(bell(), now=NOON)


def test_an_event_goes_back_with_its_change():
    def change():
        with transaction.atomic():
            outbox.record(bell(), now=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change()
    assert Message.objects.count() == 0


def test_many_events_are_one_insert():
    with CaptureQueriesContext(
        connection,
    ) as queries:
        outbox.record_many([bell() for _ in range(500)], now=NOON)
    assert len([q for q in queries if q["sql"].strip().lower().startswith("insert")]) == 1
    assert Message.objects.count() == 500


def test_one_sequence_of_an_aggregate_is_recorded_once():
    aggregate = uuid4()
    outbox.record(bell(aggregate=aggregate), now=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.record(bell(aggregate=aggregate), now=NOON)


def test_the_envelope_has_what_the_document_promises():
    correlation = uuid4()
    message = Message.objects.get(pk=outbox.record(bell(tone="a"), now=NOON, correlation=correlation))
    assert outbox.envelope(message) == {
        "id": str(message.id),
        "type": "tower.bell.rung",
        "version": 1,
        "occurred_at": "2026-03-02T12:00:00Z",
        "aggregate": {"type": "bell", "id": str(message.aggregate_id), "sequence": 1},
        "store": "northside",
        "correlation": str(correlation),
        "data": {"tone": "a"},
    }


def test_a_message_without_correlation_starts_its_own():
    message = Message.objects.get(pk=outbox.record(bell(), now=NOON))
    assert message.correlation == message.id


def test_positions_follow_without_gaps_over_several_passes():
    ring(*"abc")
    assert outbox.fan_out(now=NOON, limit=2) == 2
    ring("d")
    assert outbox.fan_out(now=NOON) == 2
    assert outbox.fan_out(now=NOON) == 0
    assert sorted(Message.objects.values_list("position", flat=True)) == [1, 2, 3, 4]


def test_what_is_recorded_together_keeps_its_order():
    recorded = ring(*"abcdefghij")
    outbox.fan_out(now=NOON)
    assert list(Message.objects.order_by("position")) == recorded


@pytest.mark.parametrize(
    ("pattern", "heard"),
    [
        ("*", True),
        ("tower.*", True),
        ("tower.bell.rung", True),
        ("tower.bell.*", True),
        ("towers.*", False),
        ("tower_bell.rung", False),
        ("tower.bell", False),
    ],
)
def test_a_subscriber_hears_the_types_it_names(pattern, heard):
    Listener(types=(pattern,))
    ring("a")
    outbox.fan_out(now=NOON)
    assert Delivery.objects.exists() == heard


def test_two_matching_patterns_make_one_delivery():
    Listener(types=("*", "tower.*"))
    ring("a")
    outbox.fan_out(now=NOON)
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("pattern", ["*.bell", "tow*", "a.*.c"])
def test_a_star_stands_only_for_the_rest_of_a_type(pattern):
    with pytest.raises(ValueError, match="write a type"):
        Listener(types=(pattern,))


def test_registering_twice_changes_nothing():
    listener = Listener()
    outbox.register(listener.subscriber)
    assert outbox.subscribers() == [listener.subscriber]


def test_messages_come_in_batches_and_in_order_of_position():
    listener = Listener(batch=3)
    ring(*"abcdefg")
    outbox.fan_out(now=NOON)
    assert outbox.work(subscriber="listener", now=NOON, limit=100) == 7
    assert [len(call) for call in listener.calls] == [3, 3, 1]
    assert listener.heard == list(Message.objects.order_by("position").values_list("id", flat=True))
    assert outbox.work(subscriber="listener", now=NOON, limit=100) == 0


def test_half_a_batch_fails_and_only_that_half_comes_again():
    bad = lambda message: outbox.Failed("flat") if message.data["tone"] in "ace" else outbox.DELIVERED  # noqa: E731
    listener = Listener(answer=bad)
    ring(*"abcdef")
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=10)
    assert Delivery.objects.filter(state="done", settled_at=NOON, attempts=1, last_error="").count() == 3
    assert Delivery.objects.filter(state="pending", settled_at=None, attempts=1, last_error="flat", due_at__gt=NOON).count() == 3
    listener.answer = lambda message: outbox.DELIVERED
    assert outbox.work(subscriber="listener", now=NOON, limit=10) == 0
    assert outbox.work(subscriber="listener", now=later(1), limit=10) == 3
    assert states() == ["done"] * 6
    assert len(listener.heard) == 9


def test_a_poison_message_parks_after_eight_tries_and_blocks_nobody():
    def answer(message):
        if message.data["tone"] == "poison":
            raise RuntimeError("cannot be heard")
        return outbox.DELIVERED

    listener = Listener(answer=answer)
    poison = ring("a", "b", "poison", "c")[2]
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=10)
    assert sorted(states()) == ["done", "done", "done", "pending"]
    for _ in range(7):
        due = Delivery.objects.get(message=poison).due_at
        outbox.work(subscriber="listener", now=due - timedelta(milliseconds=1), limit=10)
        outbox.work(subscriber="listener", now=due, limit=10)
    parked = Delivery.objects.get(message=poison)
    assert (parked.state, parked.attempts, parked.last_error) == ("parked", 8, "RuntimeError: cannot be heard")
    assert outbox.work(subscriber="listener", now=later(10**6), limit=10) == 0
    assert listener.heard.count(poison.id) == 9  # once in the batch it broke, then eight times alone less the first


def test_back_off_doubles_to_a_cap_with_jitter():
    for attempt, longest in [(1, 1), (2, 2), (4, 8), (7, 60), (50, 60)]:
        waits = [outbox.back_off(attempt) for _ in range(200)]
        assert longest / 2 <= min(waits) < max(waits) <= longest


def test_the_receiver_may_say_when_to_come_back():
    Listener(answer=lambda message: outbox.Failed("busy", retry_after=90))
    ring("a")
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=10)
    assert Delivery.objects.get().due_at == later(90)


def test_an_outage_parks_nothing_however_long_it_lasts():
    listener = Listener(answer=lambda message: outbox.Failed("unreachable", retry_after=5, counted=False))
    ring("a", "b")
    outbox.fan_out(now=NOON)
    for minute in range(60):
        assert outbox.work(subscriber="listener", now=later(60 * minute), limit=10) == 0
    assert Delivery.objects.filter(state="pending", attempts=0, last_error="unreachable").count() == 2
    listener.answer = lambda message: outbox.DELIVERED
    assert outbox.work(subscriber="listener", now=later(10**5), limit=10) == 2


def test_an_outage_ends_the_round_instead_of_trying_the_whole_backlog():
    listener = Listener(answer=lambda message: outbox.Failed("unreachable", retry_after=5, counted=False), batch=2)
    ring(*"abcdefgh")
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=100)
    assert len(listener.calls) == 1


def test_what_can_never_succeed_parks_at_once():
    Listener(answer=lambda message: outbox.Failed("too large", final=True))
    ring("a")
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=10)
    assert (Delivery.objects.get().state, Delivery.objects.get().last_error) == ("parked", "too large")


def test_a_subscriber_that_answers_too_little_settles_nothing_as_delivered():
    Listener(batch=2)
    outbox.register(outbox.Subscriber(name="mute", types=("*",), deliver=lambda messages: []))
    ring("a", "b")
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="mute", now=NOON, limit=10)
    assert states("mute") == ["pending", "pending"]
    assert "0 outcomes for 1" in Delivery.objects.filter(subscriber="mute").first().last_error


def test_deliveries_to_a_subscriber_with_an_obstacle_wait_visibly_and_burn_no_tries():
    obstacle = ["Not configured"]
    listener = Listener(obstacle=lambda: obstacle[0])
    ring("a")
    outbox.fan_out(now=NOON)
    assert outbox.work(subscriber="listener", now=NOON, limit=10) == 0
    waiting = Delivery.objects.get()
    assert (waiting.state, waiting.attempts, waiting.last_error, listener.calls) == ("pending", 0, "Not configured", [])
    obstacle[0] = ""
    assert outbox.work(subscriber="listener", now=NOON, limit=10) == 1
    assert Delivery.objects.get().last_error == ""


def test_retry_sends_parked_ones_again_with_all_their_tries_and_leaves_delivered_ones():
    listener = Listener(answer=lambda message: outbox.Failed("no", final=True) if message.data["tone"] == "bad" else outbox.DELIVERED)
    ring("good", "bad")
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=10)
    listener.answer = lambda message: outbox.DELIVERED
    assert outbox.retry(ids=list(Delivery.objects.values_list("pk", flat=True)), now=later(5)) == 1
    assert Delivery.objects.get(state="pending").attempts == 0
    assert outbox.work(subscriber="listener", now=later(5), limit=10) == 1
    assert states() == ["done", "done"]


def test_an_unknown_subscriber_is_named():
    with pytest.raises(ValueError, match="'nobody'"):
        outbox.work(subscriber="nobody", now=NOON, limit=1)


@pytest.mark.parametrize("change", ["update kernel_message set data = '{}'", "update kernel_message set position = 7", "delete from kernel_message"])
def test_a_recorded_message_stays_as_it_is(change):
    ring("a")
    outbox.fan_out(now=NOON)
    with pytest.raises(DatabaseError, match="a message stays as it was recorded"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)

"""The outbox with several workers, on their own connections."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection, connections, transaction

from kernel import outbox
from kernel.management.commands import relay as relay_command
from kernel.management.commands.relay import Relay
from kernel.models import Delivery, Message
from kernel.tests.bells import NOON, BellRung, Listener, bell, in_threads, ring

pytestmark = pytest.mark.django_db(transaction=True)


def later(seconds):
    return NOON + timedelta(seconds=seconds)


def positions():
    return sorted(Message.objects.values_list("position", flat=True))


def test_two_relays_at_once_deliver_everything_once_with_unbroken_positions():
    listener, other = Listener(batch=3), Listener(name="other", batch=3, transactional=True)
    start = threading.Barrier(4)
    written = threading.Event()

    def write():
        start.wait(10)
        for _ in range(40):
            ring(*"abcde")

    def relay():
        start.wait(10)
        while True:
            last = written.is_set()
            fanned = outbox.fan_out(now=NOON, limit=7)
            worked = [outbox.work(subscriber=name, now=NOON, limit=50) for name in ("listener", "other")]
            if last and not fanned and not any(worked):
                return

    def writers():
        in_threads(write, write)
        written.set()

    in_threads(writers, relay, relay)
    assert positions() == list(range(1, 401))
    assert set(Counter(listener.heard).values()) == set(Counter(other.heard).values()) == {1}
    assert len(listener.heard) == len(other.heard) == 400
    assert Delivery.objects.filter(state="done", attempts=1, lease=None).count() == 800


def test_a_reader_of_positions_misses_nothing_of_a_transaction_that_stayed_open():
    """It opens first, holds the lowest ids, and commits after its neighbours were fanned out and read."""
    recorded, may_commit = threading.Event(), threading.Event()
    seen = []

    def read():
        last = max((position for position, _ in seen), default=0)
        seen.extend(Message.objects.filter(position__gt=last).order_by("position").values_list("position", "data__tone"))

    def slow():
        with transaction.atomic():
            outbox.record_many([bell(tone="slow") for _ in range(3)], now=NOON)
            recorded.set()
            assert may_commit.wait(20)

    def quick():
        assert recorded.wait(10)
        for second in range(30):
            ring("quick", now=later(second))
            outbox.fan_out(now=later(second))
            read()
        assert len(seen) == 30
        may_commit.set()

    in_threads(slow, quick)
    outbox.fan_out(now=later(31))
    read()
    assert [tone for _, tone in seen] == ["quick"] * 30 + ["slow"] * 3
    assert [position for position, _ in seen] == list(range(1, 34))


def test_only_one_relay_fans_out_at_a_time():
    ring("a")
    holding, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(%s)", [outbox.FAN_OUT_LOCK])
            holding.set()
            assert done.wait(10)

    def second():
        assert holding.wait(10)
        assert outbox.fan_out(now=NOON) == 0
        assert positions() == [None]
        done.set()

    in_threads(hold, second)
    assert outbox.fan_out(now=NOON) == 1


def test_a_row_someone_else_has_locked_is_passed_by_not_waited_for():
    listener = Listener()
    ring("a", "b", "c")
    outbox.fan_out(now=NOON)
    locked = Delivery.objects.order_by("message__position").first()
    holding, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Delivery.objects.select_for_update().get(pk=locked.pk)
            holding.set()
            assert done.wait(20)

    def work():
        assert holding.wait(10)
        try:
            with connection.cursor() as cursor:
                cursor.execute("set statement_timeout = '3s'")
            assert outbox.work(subscriber="listener", now=NOON, limit=10) == 2
        finally:
            done.set()

    in_threads(hold, work)
    assert locked.message_id not in listener.heard


def paused_inside_delivery(listener, meanwhile):
    """Runs work() at noon, and `meanwhile` on another connection while it is inside deliver."""
    inside, resume = threading.Event(), threading.Event()
    first = [True]
    answer = listener.answer

    def pause(message):
        if first:
            first.clear()
            inside.set()
            assert resume.wait(20)
            return outbox.Failed("woke up late")
        return answer(message)

    listener.answer = pause
    listener.lock = threading.RLock()

    def other():
        assert inside.wait(10)
        try:
            meanwhile()
        finally:
            resume.set()

    in_threads(lambda: outbox.work(subscriber="listener", now=NOON, limit=10), other)


def test_a_worker_paused_past_its_lease_settles_nothing():
    listener = Listener()
    ring("a")
    outbox.fan_out(now=NOON)

    def meanwhile():
        assert outbox.work(subscriber="listener", now=later(29), limit=10) == 0
        assert outbox.work(subscriber="listener", now=later(31), limit=10) == 1

    paused_inside_delivery(listener, meanwhile)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_error, delivery.settled_at) == ("done", 2, "", later(31))


def test_a_paused_worker_does_not_free_the_lease_of_the_one_that_took_over():
    listener = Listener()
    ring("a")
    outbox.fan_out(now=NOON)
    taken = []

    def meanwhile():
        taken.append(outbox._claim(outbox.named("listener"), outbox.uuid4(), later(31), 10))

    paused_inside_delivery(listener, meanwhile)
    delivery = Delivery.objects.get()
    assert len(taken[0]) == 1
    assert (delivery.state, delivery.attempts, delivery.last_error) == ("pending", 2, "")
    assert delivery.lease is not None


def test_a_transactional_subscriber_keeps_its_entries_however_long_it_takes():
    listener = Listener(transactional=True)
    ring("a")
    outbox.fan_out(now=NOON)
    paused_inside_delivery(listener, lambda: outbox.work(subscriber="listener", now=later(31), limit=10) == 0 or pytest.fail("taken over"))
    assert Delivery.objects.get().attempts == 1


def test_a_transactional_worker_that_lost_its_lease_before_it_began_has_no_effect():
    listener = Listener(transactional=True)
    ring("a")
    outbox.fan_out(now=NOON)
    lease = outbox.uuid4()
    claims = outbox._claim(listener.subscriber, lease, NOON, 10)
    assert outbox.work(subscriber="listener", now=later(31), limit=10) == 1
    assert outbox._hand_over(listener.subscriber, claims, lease, NOON) == []
    assert len(listener.heard) == 1
    assert Delivery.objects.get().attempts == 2


def test_what_a_transactional_subscriber_wrote_for_a_failed_entry_goes_back():
    def answer(message):
        with transaction.atomic():
            outbox.record(BellRung(aggregate_id=message.id, sequence=1, store=None, tone="echo"), now=NOON)
        return outbox.Failed("no") if message.data["tone"] == "bad" else outbox.DELIVERED

    Listener(answer=answer, transactional=True)
    good, bad = ring("good", "bad")
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=10)
    assert list(Message.objects.filter(data__tone="echo").values_list("aggregate_id", flat=True)) == [good.id]
    assert Delivery.objects.get(message=bad).last_error == "no"


def test_a_message_that_ends_its_workers_parks_alone():
    def answer(message):
        if message.data["tone"] == "killer":
            raise SystemExit
        return outbox.DELIVERED

    listener = Listener(answer=answer)
    killer = ring("a", "killer", "b", "c")[1]
    outbox.fan_out(now=NOON)
    deaths = 0
    for number in range(30):
        try:
            outbox.work(subscriber="listener", now=later(31 * number), limit=10)
        except SystemExit:
            deaths += 1
    parked = Delivery.objects.get(message=killer)
    assert (deaths, parked.state, parked.last_error) == (8, "parked", "no worker lived to see its result")
    # The others had their turn before the killer had its third.
    assert Delivery.objects.filter(state="done", attempts=2, settled_at__lte=later(31 * 5)).count() == 3
    assert listener.heard.count(killer.id) == 8


def test_an_answer_lost_after_acceptance_means_the_same_message_again():
    accepted = []

    def answer(message):
        accepted.append(message.id)
        if len(accepted) == 1:
            raise ConnectionResetError("after accept")
        return outbox.DELIVERED

    Listener(answer=answer)
    message = ring("a")[0]
    outbox.fan_out(now=NOON)
    outbox.work(subscriber="listener", now=NOON, limit=10)
    assert Delivery.objects.get().state == "pending"
    outbox.work(subscriber="listener", now=later(2), limit=10)
    assert accepted == [message.id, message.id]
    assert Delivery.objects.get().state == "done"


def test_a_call_out_inside_a_transaction_is_refused():
    Listener()
    ring("a")
    outbox.fan_out(now=NOON)
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        outbox.work(subscriber="listener", now=NOON, limit=10)


def test_a_running_relay_carries_what_is_recorded_and_a_slow_subscriber_holds_up_nobody():
    released, heard = threading.Event(), threading.Event()

    def slowly(message):
        assert released.wait(20)
        return outbox.DELIVERED

    def quickly(message):
        heard.set()
        return outbox.DELIVERED

    Listener(name="slow", answer=slowly)
    Listener(name="quick", answer=quickly)
    relay = Relay()
    relay.start()
    try:
        ring("a")
        assert heard.wait(10)
    finally:
        released.set()
        relay.stop()
    assert Delivery.objects.filter(state="done").count() == 2


def test_a_relay_outlives_its_database_connections(monkeypatch):
    monkeypatch.setattr(relay_command, "WAIT_FOR_DATABASE", 0.01)
    heard = threading.Semaphore(0)

    def answer(message):
        heard.release()
        return outbox.DELIVERED

    Listener(answer=answer)
    relay = Relay()
    relay.start()
    try:
        ring("before")
        assert heard.acquire(timeout=10)
        with connection.cursor() as cursor:
            cursor.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
            assert len(cursor.fetchall()) >= 2
        ring("after")
        assert heard.acquire(timeout=10)
    finally:
        relay.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_relay_ends_cleanly_when_told_to(number):
    database = connections["default"].settings_dict
    url = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
    relay = subprocess.Popen(
        [sys.executable, settings.BASE_DIR / "manage.py", "relay"],
        env={"PATH": "", "DATABASE_URL": url, "ONECOUNTER_ROLE": "command"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert any("relay started" in line for line in relay.stderr)
        relay.send_signal(number)
        assert relay.wait(10) == 0
        assert "relay stopped" in relay.stderr.read()
    finally:
        relay.kill()
        relay.wait()

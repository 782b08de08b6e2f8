"""Levels are told: one event however many movements, none lost, none older than what was told, positions a reader can follow."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction

from inventory import services
from inventory.events import shortage_events
from inventory.models import Level, LevelChange, Location, Lot, Policy, Recall, Task
from inventory.services import telling
from inventory.services.moving import Move
from inventory.tests.stockroom import Stockroom, stock_up
from kernel.ids import uuid7
from kernel.models import Message
from org.tests.cast import NOW
from org.tests.threads import in_threads, until_somebody_waits


def bring(room: Stockroom, *, variant: int = 0, quantity: int = 5_000, location: UUID | None = None) -> None:
    came = Move(
        location=location or room.northside,
        variant=room.variants[variant],
        quantity=quantity,
        cause="receipt" if quantity > 0 else "adjustment",
        reference=uuid7(),
        occurred_at=NOW,
    )
    services.move(movements=[came], now=NOW)


def told() -> list[Message]:
    return list(Message.objects.filter(type="inventory.level.changed").order_by("id"))


def test_many_movements_between_two_tellings_are_one_event(room):
    for _ in range(7):
        bring(room)
    assert services.tell_levels(now=NOW) == 1
    [message] = told()
    assert message.data["on_hand"] == message.data["available"] == 35_000
    assert (message.data["sku"], message.data["location"], message.store, message.sequence) == ("MILK-0", "northside", "northside", 1)
    assert services.tell_levels(now=NOW) == 0


def test_each_telling_counts_on_and_has_a_higher_position(room):
    bring(room)
    services.tell_levels(now=NOW)
    bring(room, variant=1)
    bring(room)
    services.tell_levels(now=NOW)
    assert [message.sequence for message in told() if message.data["sku"] == "MILK-0"] == [1, 2]
    positions = [message.data["position"] for message in told()]
    assert positions == sorted(set(positions))
    assert len(positions) == 3


def test_what_is_told_is_what_may_be_promised(room):
    bring(room)
    Policy.objects.create(location_id=room.northside, variant_id=room.variants[0], safety=2_000)
    services.tell_levels(now=NOW)
    assert told()[-1].data["available"] == 3_000
    bring(room, quantity=-4_000)
    services.tell_levels(now=NOW)
    assert (told()[-1].data["on_hand"], told()[-1].data["available"]) == (1_000, 0)


def test_nothing_may_be_promised_from_a_blocked_level_or_a_quarantine(room):
    bring(room)
    lot = Lot.objects.create(variant_id=room.variants[0], code="L1", made_at=NOW)
    recall = Recall.objects.create(lot=lot, reason="Glass", made_at=NOW)
    Task.objects.create(kind="recall", location_id=room.northside, variant_id=room.variants[0], recall=recall)
    quarantine = services.create_location(code="q", name="Quarantine", kind=Location.Kind.QUARANTINE)
    bring(room, location=quarantine.id)
    services.tell_levels(now=NOW)
    assert {(message.data["location"], message.data["on_hand"], message.data["available"]) for message in told()} == {
        ("northside", 5_000, 0),
        ("q", 5_000, 0),
    }


def test_a_telling_takes_as_many_statements_for_many_levels_as_for_one(room, django_assert_num_queries):
    bring(room)
    with django_assert_num_queries(7):  # savepoint, lock, pick, position, record, savepoint; what was held
        services.tell_levels(now=NOW)
    for variant in range(8):
        bring(room, variant=variant)
    with django_assert_num_queries(7):
        assert services.tell_levels(now=NOW) == 8


def test_a_pass_tells_each_level_once_batch_by_batch(room):
    for variant in range(8):
        bring(room, variant=variant)
        bring(room, variant=variant, location=room.riverside)
    assert services.tell_levels(now=NOW, limit=3) == 3
    assert services.tell_all_levels(now=NOW, limit=4) == 13
    assert services.tell_all_levels(now=NOW) == 0
    assert {message.sequence for message in told()} == {1}


def test_a_shortage_is_told_with_its_names(room):
    services.telling.record_shortages(levels=[(room.northside, room.variants[0], -2_000)], now=NOW)
    [message] = Message.objects.filter(type="inventory.shortage.recorded")
    assert message.data == {"variant": str(room.variants[0]), "sku": "MILK-0", "location": "northside", "on_hand": -2_000}
    assert message.store == "northside"


def test_no_shortage_takes_no_statement(room, django_assert_num_queries):
    with django_assert_num_queries(0):
        services.telling.record_shortages(levels=[], now=NOW)
    assert shortage_events(shortages=[]) == []


@pytest.mark.django_db(transaction=True)
def test_no_level_is_lost_or_told_too_old_and_a_reader_of_positions_misses_nothing():
    """Movers and tellers at once; the last event of each level says what is there, and following positions finds each."""
    room = stock_up(variants=4)
    moving = threading.Event()
    seen: dict[UUID, int] = {}

    def act(n: int) -> None:
        if n < 4:
            for step in range(40):
                with transaction.atomic():
                    bring(room, variant=(n + step) % 4)
            if n == 0:
                moving.set()
        elif n < 6:
            while not moving.is_set():
                services.tell_levels(now=NOW, limit=2)
        else:
            follow(lambda: moving.is_set(), seen)

    in_threads(7, act)
    services.tell_all_levels(now=NOW)
    follow(lambda: True, seen)
    now_there = {change.id: change.position for change in LevelChange.objects.all()}
    assert seen == now_there
    last = {message.data["sku"]: message.data["on_hand"] for message in told()}
    assert last == {f"MILK-{n}": 200_000 for n in range(4)}
    assert sorted(Level.objects.values_list("on_hand", flat=True)) == [200_000] * 4
    sequences = sorted((message.aggregate_id, message.sequence) for message in told())
    assert sequences == [(id, n + 1) for id in sorted(now_there) for n in range(sum(one == id for one, _ in sequences))]


def follow(enough, seen: dict[UUID, int]) -> None:
    """Reads on from the last position, as whoever follows changes does; never goes back."""
    last = max(seen.values(), default=0)
    while True:
        stop = enough()
        for change in LevelChange.objects.filter(position__gt=last).order_by("position"):
            assert change.position is not None
            seen[change.id] = last = change.position
        if stop:
            return


@pytest.mark.django_db(transaction=True)
def test_a_level_held_by_a_mover_waits_and_the_others_are_told():
    room = stock_up(variants=2)
    bring(room)
    bring(room, variant=1)
    held, told_meanwhile = threading.Event(), threading.Event()

    def act(n: int) -> int:
        if n == 0:
            with transaction.atomic():
                bring(room)
                held.set()
                assert told_meanwhile.wait(10)
            return 0
        assert held.wait(10)
        count = services.tell_levels(now=NOW)
        told_meanwhile.set()
        return count

    assert in_threads(2, act) == [0, 1]
    assert services.tell_levels(now=NOW + timedelta(seconds=1)) == 1
    assert [message.data["on_hand"] for message in told()] == [5_000, 10_000]


@pytest.mark.django_db(transaction=True)
def test_goods_that_never_stand_still_are_waited_for_and_told_as_they_are_then(monkeypatch):
    room = stock_up(variants=1)
    bring(room)
    monkeypatch.setattr(telling, "PATIENCE", "10s")
    held = threading.Event()

    def act(n: int) -> int:
        if n == 0:
            with transaction.atomic():
                bring(room)
                held.set()
                until_somebody_waits()
            return 0
        assert held.wait(10)
        return services.tell_levels(now=NOW)

    assert in_threads(2, act) == [0, 1]
    assert [message.data["on_hand"] for message in told()] == [10_000]


@pytest.mark.django_db(transaction=True)
def test_a_second_teller_leaves_it_to_the_first():
    room = stock_up(variants=1)
    bring(room)
    locked, done = threading.Event(), threading.Event()

    def act(n: int) -> int:
        if n == 0:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("select pg_advisory_xact_lock(%s)", [telling.TELLING_LOCK])
                locked.set()
                assert done.wait(10)
            return 0
        assert locked.wait(10)
        count = services.tell_levels(now=NOW)
        done.set()
        return count

    assert in_threads(2, act) == [0, 0]
    assert told() == []

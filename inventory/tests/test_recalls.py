"""A recall stops a lot everywhere at once and frees each place when somebody has looked there; and it knows who bought."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from inventory import queries, services
from inventory.models import Level, Location, Lot, LotLevel, Movement, Recall, Task
from inventory.queries import recalls as asked
from inventory.services import tracking
from inventory.services.moving import Move
from inventory.tests.stockroom import Stockroom, stock_up
from kernel.ids import uuid7
from kernel.models import Message
from org.tests.cast import NOW
from org.tests.doorstep import statements
from org.tests.threads import in_threads, until_somebody_waits

LATER = NOW + timedelta(hours=1)


def lot_of(room: Stockroom, code: str = "L1", variant: int = 0) -> UUID:
    return Lot.objects.get_or_create(variant_id=room.variants[variant], code=code, defaults={"made_at": NOW})[0].id


def moved(room: Stockroom, quantity: int, *, cause="receipt", location=None, lot=None, at=NOW, variant=0) -> UUID:
    reference = uuid7()
    move = Move(
        location=location or room.northside,
        variant=room.variants[variant],
        quantity=quantity,
        cause=cause,
        reference=reference,
        occurred_at=at,
        lot=lot,
    )
    services.move(movements=[move], now=at)
    return reference


def recalled(room: Stockroom, code: str = "L1", *, now=LATER) -> Recall:
    return services.recall(variant=room.variants[0], code=code, reason="Glass in it", actor=room.cast.olga.id, now=now)


def on_hand(location: UUID, variant: UUID) -> int:
    return Level.objects.get(location=location, variant=variant).on_hand


def test_each_place_that_has_or_had_the_lot_is_blocked_and_asked(room):
    lot = lot_of(room)
    moved(room, 5_000, lot=lot)
    moved(room, 2_000, lot=lot, location=room.riverside)
    moved(room, -2_000, lot=lot, location=room.riverside, cause="sale")
    warehouse = services.create_location(code="w", name="Warehouse", kind=Location.Kind.WAREHOUSE)
    moved(room, 9_000, location=warehouse.id)
    made = recalled(room)
    assert {(task.location.code, task.opened_at) for task in asked.recall_tasks(recall=made.id)} == {("northside", LATER), ("riverside", LATER)}
    assert dict(Level.objects.values_list("location__code", "blocked")) == {"northside": 1, "riverside": 1, "w": 0}
    [message] = Message.objects.filter(type="inventory.lot.recalled")
    assert message.data == {"variant": str(room.variants[0]), "sku": "MILK-0", "lot": "L1", "locations": ["northside", "riverside"]}


def test_online_doors_refuse_it_from_then_on(room):
    moved(room, 5_000, lot=lot_of(room))
    recalled(room)
    hold = services.Hold(location=room.northside, variant=room.variants[0], quantity=1_000, line=1)
    with pytest.raises(services.OutOfStock) as refused:
        services.reserve(holds=[hold], reference=uuid7(), kind="cart", expires_at=LATER, now=NOW)
    assert refused.value.left[0].left == 0


def test_a_lot_nobody_has_scanned_is_looked_for_wherever_the_goods_are(room):
    moved(room, 5_000)
    moved(room, 1_000, location=room.riverside)
    moved(room, -1_000, location=room.riverside, cause="adjustment")
    made = recalled(room, "NEVER-SEEN")
    assert [task.location.code for task in asked.recall_tasks(recall=made.id)] == ["northside"]
    assert Lot.objects.get().code == "NEVER-SEEN"


def test_what_was_found_lies_in_quarantine_and_the_rest_is_sold_again(room):
    lot = lot_of(room)
    moved(room, 5_000, lot=lot)
    moved(room, 3_000)
    made = recalled(room)
    [task] = asked.recall_tasks(recall=made.id)
    done = services.finish_recall_task(task=task.id, found=4_000, note="One was sold", actor=room.cast.mia.id, now=LATER)
    quarantine = Location.objects.get(kind="quarantine")
    assert (quarantine.store_id, quarantine.code) == (room.cast.northside.id, "northside-q")
    assert (on_hand(room.northside, room.variants[0]), on_hand(quarantine.id, room.variants[0])) == (4_000, 4_000)
    assert dict(LotLevel.objects.values_list("location__code", "on_hand")) == {"northside": 1_000, "northside-q": 4_000}
    assert {(move.cause, move.reference, move.line, move.part) for move in Movement.objects.filter(cause="recall")} == {
        ("recall", made.id, 1, 0),
        ("recall", made.id, 1, 1),
    }
    assert (done.found, done.done_by, done.note) == (4_000, room.cast.mia.id, "One was sold")
    assert Level.objects.get(location=room.northside).blocked == 0
    assert queries.reconcile() == []


def test_several_recalls_block_until_the_last_is_dealt_with(room):
    moved(room, 5_000, lot=lot_of(room))
    moved(room, 5_000, lot=lot_of(room, "L2"))
    first, second = recalled(room), recalled(room, "L2")
    for left, recall in ((1, first), (0, second)):
        [task] = asked.recall_tasks(recall=recall.id)
        services.finish_recall_task(task=task.id, found=5_000, actor=None, now=LATER)
        assert Level.objects.get(location=room.northside).blocked == left
    assert Location.objects.filter(kind="quarantine").count() == 1


def test_a_warehouse_has_a_quarantine_of_its_own(room):
    taken = services.create_location(code="w-q", name="Something else", kind=Location.Kind.TRANSIT)
    warehouse = services.create_location(code="w", name="Warehouse", kind=Location.Kind.WAREHOUSE)
    moved(room, 5_000, lot=lot_of(room), location=warehouse.id)
    moved(room, 5_000, lot=lot_of(room, "L2"), location=warehouse.id)
    for code in ("L1", "L2"):
        [task] = asked.recall_tasks(recall=recalled(room, code).id)
        services.finish_recall_task(task=task.id, found=5_000, actor=None, now=LATER)
    quarantine = Location.objects.get(kind="quarantine")
    assert (quarantine.code, on_hand(quarantine.id, room.variants[0])) == ("w-q2", 10_000)
    assert taken.kind == "transit"


def test_nothing_found_moves_nothing(room):
    moved(room, 5_000, lot=lot_of(room))
    [task] = asked.recall_tasks(recall=recalled(room).id)
    services.finish_recall_task(task=task.id, found=0, actor=None, now=LATER)
    assert not Movement.objects.filter(cause="recall").exists()
    assert not Location.objects.filter(kind="quarantine").exists()


def test_goods_in_quarantine_are_not_looked_for_again(room):
    quarantine = services.create_location(code="q", name="Quarantine", kind=Location.Kind.QUARANTINE)
    moved(room, 5_000, lot=lot_of(room), location=quarantine.id)
    assert asked.recall_tasks(recall=recalled(room).id) == []


def test_a_recall_is_closed_when_every_place_has_looked(room):
    moved(room, 5_000, lot=lot_of(room))
    made = recalled(room)
    with pytest.raises(services.RecallStillOpen) as refused:
        services.close_recall(recall=made.id, actor=None, now=LATER)
    assert refused.value.details == {"left": 1}
    [task] = asked.recall_tasks(recall=made.id)
    services.finish_recall_task(task=task.id, found=0, actor=None, now=LATER)
    closed = services.close_recall(recall=made.id, actor=room.cast.olga.id, now=LATER)
    again = services.close_recall(recall=made.id, actor=None, now=LATER + timedelta(days=1))
    assert (closed.closed_at, closed.closed_by) == (again.closed_at, again.closed_by) == (LATER, room.cast.olga.id)


@pytest.mark.parametrize(
    ("asked_for", "field"), [({"code": " "}, "lot"), ({"code": "L" * 21}, "lot"), ({"reason": ""}, "reason"), ({"variant": uuid7()}, "variant")]
)
def test_a_recall_names_goods_a_lot_and_a_reason(room, asked_for, field):
    with pytest.raises(services.RecallIncomplete) as refused:
        services.recall(**{"variant": room.variants[0], "code": "L1", "reason": "Glass", "actor": None, "now": NOW} | asked_for)
    assert refused.value.field == field


def test_the_same_lot_is_recalled_once(room):
    recalled(room)
    with pytest.raises(services.RecalledAlready):
        recalled(room)


def test_a_task_is_dealt_with_once_and_with_a_possible_quantity(room):
    moved(room, 5_000, lot=lot_of(room))
    [task] = asked.recall_tasks(recall=recalled(room).id)
    with pytest.raises(services.FoundImpossible):
        services.finish_recall_task(task=task.id, found=-1, actor=None, now=LATER)
    with pytest.raises(services.UnknownRecall):
        services.finish_recall_task(task=task.id + 1, found=1, actor=None, now=LATER)
    services.finish_recall_task(task=task.id, found=1_000, actor=None, now=LATER)
    with pytest.raises(services.RecallTaskDone):
        services.finish_recall_task(task=task.id, found=1_000, actor=None, now=LATER)
    assert Movement.objects.filter(cause="recall").count() == 2


def test_a_task_of_a_negative_level_is_no_recalls(room):
    moved(room, -1_000, cause="sale")
    with pytest.raises(services.UnknownRecall):
        services.finish_recall_task(task=Task.objects.get(kind="negative").id, found=0, actor=None, now=LATER)


def test_certain_and_possible_buyers_are_told_apart(room):
    lot = lot_of(room)
    moved(room, -1_000, cause="sale", at=NOW - timedelta(days=1))  # before the lot came
    moved(room, 9_000, lot=lot)
    moved(room, -1_000, cause="adjustment")
    certain = moved(room, -2_000, lot=lot, cause="sale", at=NOW + timedelta(minutes=1))
    moved(room, -1_000, lot=lot_of(room, "OTHER"), cause="sale", at=NOW + timedelta(minutes=1))
    possible = moved(room, -3_000, cause="sale", at=NOW + timedelta(minutes=2))
    moved(room, -1_000, cause="sale", location=room.riverside, at=NOW + timedelta(minutes=2))  # the lot never was there
    moved(room, -1_000, cause="sale", variant=1, at=NOW + timedelta(minutes=2))
    made = recalled(room)
    offline = moved(room, -1_000, cause="sale", at=LATER + timedelta(minutes=5))
    [task] = asked.recall_tasks(recall=made.id)
    services.finish_recall_task(task=task.id, found=1_000, actor=None, now=LATER + timedelta(hours=1))
    moved(room, -1_000, cause="sale", at=LATER + timedelta(hours=2))
    [buyer] = asked.certain_buyers(recall=made.id).items
    assert (buyer.reference, buyer.quantity, buyer.location_code, buyer.occurred_at) == (certain, 2_000, "northside", NOW + timedelta(minutes=1))
    assert [one.reference for one in asked.possible_buyers(recall=made.id).items] == [offline, possible]


@pytest.mark.parametrize("pages", [asked.certain_buyers, asked.possible_buyers])
def test_buyers_come_in_pages_of_one_statement_each(room, pages):
    lot = lot_of(room)
    moved(room, 1_000, lot=lot)
    moved(room, 1_000, lot=lot, location=room.riverside)
    sold = []
    for n in range(5):
        place = (room.northside, room.riverside)[n % 2]
        sold.append(moved(room, -1_000, cause="sale", location=place, lot=lot if pages is asked.certain_buyers else None))
    made = recalled(room)
    found, before = [], None
    for _ in range(3):
        with statements() as seen:
            page = pages(recall=made.id, first=2, before=before)
        assert len(seen) == 1
        found += [one.reference for one in page.items]
        before = page.items[-1].movement
    assert found == sold[::-1]
    assert not page.more


def test_recalls_are_listed_newest_first_with_how_many_places_are_left(room):
    moved(room, 5_000, lot=lot_of(room))
    moved(room, 5_000, lot=lot_of(room), location=room.riverside)
    first, second = recalled(room), recalled(room, "L2")
    tasks = asked.recall_tasks(recall=first.id)
    services.finish_recall_task(task=tasks[0].id, found=0, actor=None, now=LATER)
    with statements() as seen:
        listed = asked.recalls().items
        words = [(one.lot.code, one.lot.variant.sku, one.places, one.left) for one in listed]
    assert len(seen) == 1
    assert words == [("L2", "MILK-0", 2, 2), ("L1", "MILK-0", 2, 1)]
    services.finish_recall_task(task=tasks[1].id, found=0, actor=None, now=LATER)
    services.close_recall(recall=first.id, actor=None, now=LATER)
    assert [one.id for one in asked.recalls(only_open=True).items] == [second.id]
    assert [one.id for one in asked.recalls(before=second.id).items] == [first.id]


@pytest.mark.django_db(transaction=True)
def test_a_recall_waits_for_goods_that_are_just_being_received_and_sees_them():
    room = stock_up(variants=1)
    received = threading.Event()

    def act(n: int) -> None:
        if n == 0:
            with transaction.atomic():
                [lot] = tracking.ensure_lots(wanted={(room.variants[0], "L1"): None}, now=NOW).values()
                moved(room, 5_000, lot=lot)
                received.set()
                until_somebody_waits()
        else:
            assert received.wait(10)
            recalled(room)

    in_threads(2, act)
    assert [task.location_id for task in Task.objects.filter(kind="recall")] == [room.northside]


def test_a_recalled_lot_that_comes_to_another_place_is_looked_for_there_too(room):
    lot = lot_of(room)
    moved(room, 5_000, lot=lot)
    recalled(room)
    moved(room, 1_000, lot=lot, location=room.riverside, cause="adjustment")
    assert services.follow_recalls(now=LATER) == 1
    assert services.follow_recalls(now=LATER) == 0
    assert dict(Level.objects.values_list("location__code", "blocked")) == {"northside": 1, "riverside": 1}


@pytest.mark.django_db(transaction=True)
def test_two_people_finishing_at_once_make_one_quarantine_and_move_once():
    room = stock_up(variants=1)
    for code in ("L1", "L2"):
        moved(room, 5_000, lot=lot_of(room, code))
    tasks = [asked.recall_tasks(recall=recalled(room, code).id)[0].id for code in ("L1", "L2")]

    def act(n: int) -> str:
        try:
            services.finish_recall_task(task=tasks[n % 2], found=5_000, actor=None, now=LATER)
        except services.RecallTaskDone:
            return "done"
        return "moved"

    assert sorted(in_threads(6, act)) == ["done"] * 4 + ["moved"] * 2
    [quarantine] = Location.objects.filter(kind="quarantine")
    assert on_hand(quarantine.id, room.variants[0]) == 10_000
    assert Level.objects.get(location=room.northside).blocked == 0
    assert queries.reconcile() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_recall_the_same_lot_at_once_recall_it_once():
    room = stock_up(variants=1)
    moved(room, 5_000, lot=lot_of(room))

    def act(n: int) -> str:
        try:
            recalled(room)
        except (services.RecalledAlready, IntegrityError) as error:
            return type(error).__name__
        return ""

    assert sorted(in_threads(4, act)) == ["", "RecalledAlready", "RecalledAlready", "RecalledAlready"]
    assert Level.objects.get().blocked == 1

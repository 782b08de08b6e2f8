"""Why is it 47: the equation since the last count, balances under any filter, and what the count could not know."""

import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory import queries, services
from inventory.models import Level, Movement
from inventory.queries import Only
from inventory.services import MiscountChanged, Move
from inventory.stock_chart import chart, slice_of
from inventory.tests.stockroom import Stockroom
from org.tests.cast import NOW


def move(room: Stockroom, quantity: int, cause: str = "sale", *, at: datetime = NOW, told: datetime | None = None, **more: Any) -> None:
    moved = Move(location=room.northside, variant=room.variants[0], quantity=quantity, cause=cause, reference=uuid4(), occurred_at=at, **more)
    services.move(movements=[moved], now=told or at)


def here(room: Stockroom) -> dict[str, UUID]:
    return {"variant": room.variants[0], "location": room.northside}


@pytest.fixture
def busy(room: Stockroom) -> Stockroom:
    """60 counted, and a hundred things since."""
    move(room, 80_000, "opening", at=NOW - timedelta(days=40))
    move(room, -20_000, "count", at=NOW - timedelta(days=20))
    for day in range(20):
        at = NOW - timedelta(days=19 - day)
        move(room, -3_000, at=at, actor=UUID(int=day % 3 + 1))
        move(room, -1_000, "adjustment" if day % 5 == 0 else "sale", at=at)
        if day % 7 == 0:
            move(room, 24_000, "receipt", at=at)
    return room


def balances(busy: Stockroom) -> dict[int, int]:
    total, found = 0, {}
    for key, quantity in Movement.objects.order_by("id").values_list("id", "quantity"):
        total += quantity
        found[key] = total
    return found


ASKED = [
    Only(),
    Only(causes=["receipt"]),
    Only(causes=["sale", "adjustment"]),
    Only(actor=UUID(int=2)),
    Only(since=NOW - timedelta(days=9), until=NOW - timedelta(days=4)),
    Only(causes=["recall"]),
    Only(until=NOW - timedelta(days=10)),
]


@pytest.mark.parametrize("only", ASKED, ids=["all", "receipts", "two causes", "person", "period", "none", "far back"])
def test_the_balance_is_the_books_whatever_is_left_out(only: Only, busy: Stockroom) -> None:
    known, seen, older = balances(busy), [], None
    while True:
        page = queries.timeline(**here(busy), first=4, older=older, only=only)
        seen += page.entries
        if page.older is None:
            break
        older = page.older
    assert {entry.id: entry.balance for entry in seen}.items() <= known.items()
    rows = Movement.objects.order_by("-id")
    wanted = {
        "cause__in": only.causes or None, "actor": only.actor, "occurred_at__gte": only.since, "occurred_at__lt": only.until
    }  # fmt: skip
    expected = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    assert [entry.id for entry in seen] == list(expected.values_list("id", flat=True))


@pytest.mark.parametrize("only", ASKED[:3], ids=["all", "receipts", "two causes"])
def test_newer_leads_back_to_the_page_before(only: Only, busy: Stockroom) -> None:
    first = queries.timeline(**here(busy), first=1, only=only)
    second = queries.timeline(**here(busy), first=1, older=first.older, only=only)
    third = queries.timeline(**here(busy), first=1, older=second.older, only=only)
    top = (third.entries[0].id, third.entries[0].balance)
    back = queries.newer(**here(busy), first=1, top=top, only=only)
    assert back == first.older
    assert queries.newer(**here(busy), first=5 if only.causes else 100, top=top, only=only) is None


def test_a_lots_movements_are_found_with_the_books_balance(busy: Stockroom) -> None:
    from inventory.models import Lot

    lot = Lot.objects.create(variant_id=busy.variants[0], code="L7", made_at=NOW)
    move(busy, 5_000, "receipt", lot=lot.id)
    move(busy, -1_000)
    page = queries.timeline(**here(busy), only=Only(lot=lot.id))
    assert [(entry.lot_code, entry.balance) for entry in page.entries] == [("L7", Level.objects.get().on_hand + 1_000)]


def test_the_whole_timeline_is_every_movement_once(busy: Stockroom, monkeypatch: pytest.MonkeyPatch) -> None:
    # By its module: the package calls one of its functions by the same name.
    monkeypatch.setattr(sys.modules["inventory.queries.timeline"], "CHUNK", 7)
    told = [entry.id for chunk in queries.whole_timeline(**here(busy)) for entry in chunk]
    assert told == list(Movement.objects.order_by("-id").values_list("id", flat=True))


def test_the_equation_begins_at_the_last_count_and_adds_up(busy: Stockroom) -> None:
    why = queries.why(**here(busy))
    assert why.anchor is not None
    assert (why.anchor.cause, why.anchor.balance) == ("count", 60_000)
    parts = {part.cause: (part.total, part.times) for part in why.parts}
    assert parts == {"sale": (-76_000, 36), "receipt": (72_000, 3), "adjustment": (-4_000, 4)}
    assert why.anchor.balance + sum(part.total for part in why.parts) == why.on_hand == Level.objects.get().on_hand


def test_without_a_count_the_equation_begins_with_nothing(room: Stockroom) -> None:
    assert (queries.why(**here(room)).on_hand, queries.why(**here(room)).parts) == (0, [])
    move(room, -2_000)
    why = queries.why(**here(room))
    assert (why.anchor, why.on_hand, why.parts[0].total) == (None, -2_000, -2_000)


def test_a_long_history_without_a_count_is_told_from_a_day_on(room: Stockroom) -> None:
    move(room, -2_000, at=NOW - timedelta(days=200))
    move(room, -3_000, at=NOW - timedelta(days=100))
    move(room, -500, at=NOW - timedelta(days=5))
    why = queries.why(**here(room), since=NOW - timedelta(days=90))
    assert (why.before, [(part.total, part.times) for part in why.parts], why.on_hand) == (-5_000, [(-500, 1)], -5_500)


def count_and_late_sale(room: Stockroom) -> None:
    """Till 2 sold 2 offline at 17:52, the shelf was counted at 18:05, the sale arrived at 18:20."""
    move(room, 18_000, "opening", at=NOW - timedelta(days=2))
    move(room, -2_000, "count", at=NOW)
    move(room, -2_000, at=NOW - timedelta(minutes=13), told=NOW + timedelta(minutes=15))


def miscount(room: Stockroom) -> queries.Miscount | None:
    return queries.miscount(**here(room), known=queries.why(**here(room)))


def correct(room: Stockroom, quantity: int) -> bool:
    return services.correct_late(location=room.northside, variant=room.variants[0], quantity=quantity, actor=None, now=NOW + timedelta(hours=1))


def test_what_was_sold_before_the_count_and_told_after_it_left_the_book_twice(room: Stockroom) -> None:
    count_and_late_sale(room)
    found = miscount(room)
    assert found is not None
    assert (found.quantity, found.times, Level.objects.get().on_hand) == (2_000, 1, 14_000)
    assert (correct(room, 2_000), Level.objects.get().on_hand, miscount(room)) == (True, 16_000, None)
    assert correct(room, 2_000) is False
    assert Level.objects.get().on_hand == 16_000


def test_the_next_late_sale_asks_for_its_own_part_only(room: Stockroom) -> None:
    count_and_late_sale(room)
    correct(room, 2_000)
    move(room, -1_000, at=NOW - timedelta(minutes=5), told=NOW + timedelta(hours=2))
    found = miscount(room)
    assert found is not None
    assert found.quantity == 1_000
    with pytest.raises(MiscountChanged):
        correct(room, 2_000)
    assert correct(room, 1_000)
    assert miscount(room) is None


def test_a_sale_after_the_count_or_long_before_it_is_no_miscount(room: Stockroom) -> None:
    move(room, 18_000, "opening", at=NOW - timedelta(days=2))
    move(room, -2_000, "count", at=NOW)
    move(room, -2_000, at=NOW + timedelta(minutes=1), told=NOW + timedelta(minutes=15))
    move(room, -2_000, at=NOW - timedelta(days=30), told=NOW + timedelta(minutes=16))
    assert miscount(room) is None


def test_a_new_count_knows_what_came_before(room: Stockroom) -> None:
    count_and_late_sale(room)
    move(room, 2_000, "count", at=NOW + timedelta(hours=1))
    assert miscount(room) is None


def test_sold_counts_what_came_back(busy: Stockroom) -> None:
    now = NOW + timedelta(hours=1)
    before = queries.sold(**here(busy), now=now)
    move(busy, 2_000, "return")
    after = queries.sold(**here(busy), now=now)
    assert (before.week - after.week, before.four_weeks - after.four_weeks) == (2_000, 2_000)


@pytest.mark.parametrize("days", [0, 10])
def test_the_picture_ends_at_what_is_there(days: int, busy: Stockroom) -> None:
    why, now = queries.why(**here(busy)), NOW + timedelta(hours=1)
    assert why.anchor is not None
    since, after = (now - timedelta(days=days), None) if days else (why.anchor.occurred_at, why.anchor.id)
    steps = queries.steps(**here(busy), since=since, after=after, slice=slice_of(since=since, now=now))
    drawn = chart(steps, on_hand=why.on_hand, since=since, now=now)
    assert drawn["begin"] + sum(step.moved for step in steps) == why.on_hand
    assert days or drawn["begin"] == 60_000
    assert all(0 <= int(number) <= 684 for point in drawn["line"].split() for number in point.split(","))
    assert [label["cause"] for label in drawn["labels"]] == ["receipt"] * len(drawn["labels"])


def test_nothing_can_be_drawn_of_a_level_that_never_moved() -> None:
    drawn = chart([], on_hand=0, since=NOW, now=NOW)
    assert (drawn["highest"], drawn["lowest"], drawn["labels"]) == (0, 0, [])


@pytest.mark.parametrize("size", [1, 10, 100])
def test_a_page_costs_the_same_statements_however_much_has_moved(size: int, room: Stockroom) -> None:
    for number in range(size):
        move(room, 1_000, "receipt", at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number))
    with CaptureQueriesContext(connection) as seen:
        queries.timeline(**here(room), only=Only(causes=["receipt"]))
        queries.why(**here(room))
    # The page, where the count was, and what moved since.
    assert len(seen) == 3

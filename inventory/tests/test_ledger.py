from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from inventory import queries, services, tasks
from inventory.models import Level, Movement
from inventory.services import Move, Take
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from org.tests.cast import NOW


def sale_of(room, *quantities, location=None, reference=None):
    reference = reference or uuid7()
    return [
        Take(location=location or room.northside, variant=room.variants[n], quantity=quantity, reference=reference, line=n + 1, occurred_at=NOW)
        for n, quantity in enumerate(quantities)
    ]


def on_hand(room, n, location=None):
    return {level.location: level.on_hand for level in queries.levels(variants=[room.variants[n]])[room.variants[n]]}.get(location or room.northside)


def test_taking_lowers_the_level_and_keeps_the_movement(room):
    services.open_stock(location=room.northside, quantities={room.variants[0]: 10_000}, reference=uuid7(), now=NOW)
    assert services.take(lines=sale_of(room, 3_000), now=NOW) == []
    assert on_hand(room, 0) == 7_000
    movement = Movement.objects.latest("id")
    assert (movement.quantity, movement.cause, movement.recorded_at) == (-3_000, "sale", NOW)


def test_a_sale_is_taken_from_stock_once(room):
    lines = sale_of(room, 1_000, 2_000)
    services.take(lines=lines, now=NOW)
    assert services.take(lines=lines, now=NOW + timedelta(hours=1)) == []
    assert Movement.objects.count() == 2
    assert on_hand(room, 1) == -2_000


def test_a_half_known_sale_takes_only_what_is_new(room):
    lines = sale_of(room, 1_000, 2_000)
    services.take(lines=lines[:1], now=NOW)
    assert [short.variant for short in services.take(lines=lines, now=NOW)] == [room.variants[1]]
    assert on_hand(room, 0) == -1_000


def test_taking_more_than_is_there_stands_and_is_told(room):
    services.open_stock(location=room.northside, quantities={room.variants[0]: 1_000, room.variants[1]: 5_000}, reference=uuid7(), now=NOW)
    short = services.take(lines=sale_of(room, 1_500, 5_000), now=NOW)
    assert short == [services.Shortage(location=room.northside, variant=room.variants[0], on_hand=-500)]
    assert on_hand(room, 1) == 0


def test_the_same_goods_twice_in_one_sale_count_twice(room):
    reference = uuid7()
    lines = sale_of(room, 1_000, reference=reference)
    again = Take(location=room.northside, variant=room.variants[0], quantity=500, reference=reference, line=9, occurred_at=NOW)
    assert [short.on_hand for short in services.take(lines=[*lines, again], now=NOW)] == [-1_500]


def test_places_do_not_mix(room):
    services.take(lines=sale_of(room, 1_000), now=NOW)
    services.take(lines=sale_of(room, 4_000, location=room.riverside), now=NOW)
    assert (on_hand(room, 0), on_hand(room, 0, room.riverside)) == (-1_000, -4_000)
    seen = queries.levels(variants=room.variants, stores={room.cast.riverside.id})
    assert [(stock.location_code, stock.on_hand) for stocks in seen.values() for stock in stocks] == [("riverside", -4_000)]


def test_taking_nothing_changes_nothing(room, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert services.take(lines=[], now=NOW) == []


@pytest.mark.parametrize("quantity", [0, -1])
def test_nothing_or_less_cannot_be_taken(room, quantity):
    with pytest.raises(services.NothingMoved):
        services.take(lines=sale_of(room, quantity), now=NOW)


def test_a_hundred_lines_are_two_statements(room, django_assert_num_queries):
    reference = uuid7()
    lines = [
        Take(location=room.northside, variant=room.variants[n % 8], quantity=1_000, reference=reference, line=n, occurred_at=NOW) for n in range(100)
    ]
    services.open_stock(location=room.northside, quantities=dict.fromkeys(room.variants, 99_000), reference=uuid7(), now=NOW)
    with django_assert_num_queries(2):
        services.take(lines=lines, now=NOW)
    assert Movement.objects.filter(cause="sale").count() == 100


def test_levels_are_reached_in_one_order_whatever_the_order_of_the_lines(room):
    """New levels are numbered as the trigger reaches them: by variant, then place. It is what keeps two batches from locking each other out."""
    lines = sale_of(room, *[1_000] * 8) + sale_of(room, *[1_000] * 8, location=room.riverside)
    services.take(lines=lines[::-1], now=NOW)
    reached = list(Level.objects.order_by("id").values_list("variant_id", "location_id"))
    assert reached == sorted(reached)


def test_quantities_far_beyond_32_bits_are_exact(room):
    services.take(lines=sale_of(room, 2**52 + 1), now=NOW)
    assert on_hand(room, 0) == -(2**52 + 1)


def test_opening_stock_again_adds_nothing(room):
    reference = uuid7()
    for _ in range(2):
        services.open_stock(location=room.northside, quantities={room.variants[0]: 4_000, room.variants[1]: 0}, reference=reference, now=NOW)
    assert on_hand(room, 0) == 4_000
    assert on_hand(room, 1) is None


def test_a_correction_says_why_and_by_whom(room):
    arguments = {"location": room.northside, "variant": room.variants[0], "quantity": -2_000, "note": "broken", "reference": uuid7(), "now": NOW}
    assert services.adjust(**arguments, actor=room.cast.mia.id)
    assert not services.adjust(**arguments, actor=room.cast.mia.id)
    movement = Movement.objects.get()
    assert (movement.note, movement.actor, on_hand(room, 0)) == ("broken", room.cast.mia.id, -2_000)


def test_a_store_sells_from_its_place(room):
    assert services.selling_location(room.cast.northside) == room.northside
    assert services.selling_location(room.cast.northside.id) == room.northside
    with pytest.raises(services.NoSellingLocation):
        services.selling_location(uuid7())


@pytest.mark.parametrize(
    "change",
    [
        lambda level: Level.objects.filter(id=level.id).update(on_hand=99),
        lambda level: Level.objects.filter(id=level.id).delete(),
        lambda level: Level.objects.create(variant_id=level.variant_id, location_id=uuid7(), on_hand=1),
        lambda level: Movement.objects.update(quantity=7),
        lambda level: Movement.objects.all().delete(),
    ],
)
def test_nobody_goes_round_the_ledger(room, change):
    services.take(lines=sale_of(room, 1_000), now=NOW)
    with pytest.raises(IntegrityError, match="movement"), transaction.atomic():
        change(Level.objects.get())
    assert on_hand(room, 0) == -1_000
    assert queries.reconcile() == []


def test_a_tampered_level_is_found(room, caplog):
    services.take(lines=sale_of(room, 1_000), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("set local session_replication_role = replica")
        cursor.execute("update inventory_level set on_hand = 5")
        cursor.execute("set local session_replication_role = origin")
    assert queries.reconcile() == [queries.Difference(variant=room.variants[0], location=room.northside, on_hand=5, moved=-1_000)]
    assert tasks.reconcile() == 1
    assert "on_hand=5" in caplog.text


def test_the_timeline_tells_the_balance_after_every_movement(room, django_assert_num_queries):
    for n in range(7):
        services.move(
            movements=[
                Move(
                    location=room.northside,
                    variant=room.variants[0],
                    quantity=(n + 1) * (-1) ** n,
                    cause="adjustment",
                    reference=uuid7(),
                    occurred_at=NOW,
                )
            ],
            now=NOW,
        )
    services.take(lines=sale_of(room, 50, location=room.riverside), now=NOW)
    seen, older = [], None
    for _ in range(3):
        with django_assert_num_queries(1):
            page = queries.timeline(variant=room.variants[0], location=room.northside, first=3, older=older)
        seen += [(entry.quantity, entry.balance) for entry in page.entries]
        older = page.older
    assert seen == [(7, 4), (-6, -3), (5, 3), (-4, -2), (3, 2), (-2, -1), (1, 1)]
    assert older is None


def test_the_timeline_of_goods_that_never_moved_is_empty(room):
    assert queries.timeline(variant=room.variants[0], location=room.northside).entries == []


def test_what_is_below_zero_is_listed_worst_first(room):
    services.take(lines=sale_of(room, 1_000, 3_000), now=NOW)
    services.take(lines=sale_of(room, 9_000, location=room.riverside), now=NOW)
    assert [stock.on_hand for stock in queries.below_zero(stores={room.cast.northside.id})] == [-3_000, -1_000]
    assert queries.count_below_zero() == 3


steps = st.lists(
    st.tuples(
        st.sampled_from(["take", "move"]),
        st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.integers(1, 10_000), st.integers(0, 5)), min_size=1, max_size=5),
    ),
    max_size=8,
)


class AnySequence(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.room = stock_up(variants=4)

    @settings(max_examples=40, deadline=None)
    @given(steps=steps)
    def test_a_level_is_the_sum_of_its_movements_after_any_sequence(self, steps):
        room = self.room
        for kind, lines in steps:
            # Few references, so that lines repeat within a call and across calls.
            rows = [
                {
                    "location": room.riverside if other else room.northside,
                    "variant": room.variants[n],
                    "quantity": quantity,
                    "reference": UUID(int=line),
                    "line": line,
                    "occurred_at": NOW,
                }
                for n, other, quantity, line in lines
            ]
            if kind == "take":
                short = services.take(lines=[Take(**row) for row in rows], now=NOW)
                assert all(found.on_hand < 0 for found in short)
            else:
                services.move(movements=[Move(**row, cause="adjustment") for row in rows], now=NOW)
        assert queries.reconcile() == []
        total = sum(level.on_hand for level in Level.objects.all())
        assert total == sum(Movement.objects.values_list("quantity", flat=True))

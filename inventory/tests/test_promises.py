"""What a channel may promise, read from the levels."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog.models import Price, Product, Publication, Variant
from catalog.tests.cast import shelved
from inventory import queries, services
from inventory.models import Component, Level, Location, Lot, Policy, Recall, Reservation, Source, Task
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from org.tests.cast import NOW

ALEXANDERPLATZ, POTSDAM = (52_521_900, 13_413_200), (52_400_000, 13_060_000)


@pytest.fixture
def selling(room):
    """Northside in Berlin and Riverside in Potsdam serve the web shop; Riverside ships, too."""
    Location.objects.filter(id=room.northside).update(latitude=52_520_000, longitude=13_400_000, offers_pickup=True, pickup_minutes=60)
    Location.objects.filter(id=room.riverside).update(
        latitude=52_401_000, longitude=13_061_000, offers_pickup=True, pickup_minutes=60, ships=True, hours={"mon": [["09:00", "18:00"]]}
    )
    for place, priority in ((room.northside, 2), (room.riverside, 1)):
        Source.objects.create(channel=room.cast.web, location_id=place, priority=priority)
    return room


def stocked(room, n, northside=0, riverside=0):
    for place, quantity in ((room.northside, northside), (room.riverside, riverside)):
        if quantity:
            services.open_stock(location=place, quantities={room.variants[n]: quantity}, reference=uuid7(), now=NOW)


def promise(room, n=0, near=None, channel=None):
    return queries.promise(variants=[room.variants[n]], channel=channel or room.cast.web, near=near, now=NOW)[room.variants[n]]


def reserved(room, n, quantity, place=None):
    return Reservation.objects.create(
        location_id=place or room.northside, variant_id=room.variants[n], quantity=quantity, kind="order", reference=uuid7(), line=1, made_at=NOW
    )


def test_a_channel_promises_what_its_places_have(selling):
    stocked(selling, 0, northside=3_000, riverside=4_000)
    assert promise(selling).available == 7_000
    assert promise(selling, channel=selling.cast.stores).state == "out", "nobody said where the counter promises from"


def test_what_is_held_or_kept_back_is_not_promised(selling):
    stocked(selling, 0, northside=9_000)
    reserved(selling, 0, 2_000)
    Policy.objects.create(location_id=selling.northside, variant_id=selling.variants[0], safety=3_000)
    assert (promise(selling).available, promise(selling).state) == (4_000, "low")


def test_one_place_in_debt_takes_nothing_from_another(selling):
    stocked(selling, 0, northside=3_000)
    take = services.Take(location=selling.riverside, variant=selling.variants[0], quantity=5_000, reference=uuid7(), line=1, occurred_at=NOW)
    services.take(lines=[take], now=NOW)
    assert promise(selling).available == 3_000


def test_what_is_recalled_is_not_promised(selling):
    stocked(selling, 0, northside=9_000, riverside=1_000)
    lot = Lot.objects.create(variant_id=selling.variants[0], code="L1", made_at=NOW)
    recall = Recall.objects.create(lot=lot, reason="Glass", made_at=NOW)
    task = Task.objects.create(kind="recall", location_id=selling.northside, variant_id=selling.variants[0], recall=recall)
    assert promise(selling).available == 1_000
    Task.objects.filter(id=task.id).update(done_at=NOW)
    assert promise(selling).available == 10_000


def test_what_comes_is_promised_with_its_day(selling):
    coming = date(2026, 4, 1)
    Policy.objects.create(location_id=selling.riverside, variant_id=selling.variants[0], ahead=8_000, ahead_kind="preorder", ahead_on=coming)
    told = promise(selling)
    assert (told.state, told.available, told.there, told.comes_on, told.ships) == ("preorder", 8_000, 0, coming, True)
    reserved(selling, 0, 8_000, place=selling.riverside)
    assert promise(selling).state == "out"


@pytest.mark.parametrize("change", [{"kind": "damaged", "offers_pickup": False, "ships": False}, {"archived_at": NOW}])
def test_other_places_are_not_promised_from(selling, change):
    stocked(selling, 0, northside=3_000, riverside=4_000)
    Location.objects.filter(id=selling.northside).update(**change)
    assert promise(selling).available == 4_000
    assert [free.location for free in queries.available(variants=[selling.variants[0]])[selling.variants[0]]] == [selling.riverside]


def test_the_nearest_place_comes_first(selling):
    stocked(selling, 0, northside=3_000, riverside=4_000)
    assert [one.place.code for one in promise(selling).pickup] == ["riverside", "northside"], "as the channel prefers them"
    near = promise(selling, near=ALEXANDERPLATZ).pickup
    assert [one.place.code for one in near] == ["northside", "riverside"]
    assert 800 < near[0].place.distance < 1_000 < 20_000 < near[1].place.distance < 30_000
    assert [one.place.code for one in promise(selling, near=POTSDAM).pickup] == ["riverside", "northside"]
    Location.objects.filter(id=selling.riverside).update(latitude=None, longitude=None)
    assert [(one.place.code, one.place.distance is None) for one in promise(selling, near=POTSDAM).pickup] == [
        ("northside", False),
        ("riverside", True),
    ]


def test_pickup_is_ready_after_so_much_opening_time_on_the_stores_clock(selling):
    stocked(selling, 0, northside=3_000, riverside=4_000)
    ready = {one.place.code: one.ready_at for one in promise(selling).pickup}
    # Saturday 11:30 in Berlin: one says nothing of its hours, the other opens on Monday at nine.
    assert ready == {"northside": NOW + timedelta(hours=1), "riverside": NOW.replace(day=16, hour=9, minute=0)}


def bundle(room, n, *parts):
    for position, (part, quantity) in enumerate(parts, start=1):
        Component.objects.create(bundle_id=room.variants[n], component_id=room.variants[part], quantity=quantity, position=position)


def test_a_bundle_is_there_as_often_as_its_scarcest_part(selling):
    bundle(selling, 7, (0, 1_000), (1, 2_000))
    stocked(selling, 0, northside=5_000, riverside=9_000)
    stocked(selling, 1, northside=7_000)
    # Three of 2 pieces each in one place; the other has none of the second part, and no bundle is sent from two places.
    assert promise(selling, 7).available == 3_000
    free = queries.available(variants=selling.variants, locations=[selling.northside])[selling.variants[7]]
    assert [(one.there, one.available) for one in free] == [(3_000, 3_000)]


def test_a_bundle_waits_for_its_last_part(selling):
    bundle(selling, 7, (0, 1_000), (1, 1_000), (2, 1_000))
    stocked(selling, 0, northside=5_000)
    days = {1: date(2026, 4, 1), 2: date(2026, 5, 1)}
    for n, day in days.items():
        Policy.objects.create(location_id=selling.northside, variant_id=selling.variants[n], ahead=2_000, ahead_kind="backorder", ahead_on=day)
    told = promise(selling, 7)
    assert (told.state, told.available, told.comes_on) == ("backorder", 2_000, days[2])
    Policy.objects.filter(variant_id=selling.variants[1]).update(ahead_on=None)
    assert promise(selling, 7).comes_on is None, "nobody knows when the other part comes"


def test_half_a_piece_is_none_and_half_a_kilogram_is_some(selling):
    stocked(selling, 0, northside=1_500)
    assert promise(selling).available == 1_000
    Variant.objects.filter(id=selling.variants[0]).update(sold_by="weight")
    assert promise(selling).available == 1_500


def test_quantities_far_beyond_32_bits_are_exact(selling):
    stocked(selling, 0, northside=(2**52 + 1) * 1000)
    assert promise(selling).available == (2**52 + 1) * 1000
    bundle(selling, 7, (0, 3_000))
    assert promise(selling, 7).available > 0


def test_what_does_not_exist_is_left_out(selling):
    assert queries.promise(variants=[uuid7()], channel=selling.cast.web, now=NOW) == {}
    assert queries.promise(variants=[], channel=uuid7(), now=NOW) == {}
    assert queries.available(variants=[selling.variants[0]]) == {selling.variants[0]: []}


def test_only_what_the_channel_shows_is_told_when_that_is_asked(selling):
    Product.objects.update(status="active")
    Price.objects.bulk_create(Price(variant_id=variant, currency="EUR", amount=99) for variant in selling.variants)
    Publication.objects.create(product=Product.objects.get(), channel=selling.cast.stores, offered=False)
    shelved()
    asked = {"variants": selling.variants, "now": NOW, "only_shown": True}
    assert len(queries.promise(channel=selling.cast.web, **asked)) == 8
    assert queries.promise(channel=selling.cast.stores, **asked) == {}


@pytest.mark.parametrize("count", [1, 10, 100])
def test_however_many_are_asked_for_it_is_two_statements(db, django_assert_num_queries, count):
    room = stock_up(variants=count)
    Source.objects.create(channel=room.cast.web, location_id=room.northside)
    bundle(room, 0, *((n, 1_000) for n in range(1, min(count, 4))))
    services.open_stock(location=room.northside, quantities=dict.fromkeys(room.variants, 9_000), reference=uuid7(), now=NOW)
    with django_assert_num_queries(2):
        told = queries.promise(variants=room.variants, channel=room.cast.web, near=POTSDAM, now=NOW)
    assert len(told) == count
    with django_assert_num_queries(1):
        queries.available(variants=room.variants)


def promised_by_hand(room, parts):
    """The sum in words: of each place the scarcest part, in whole pieces."""
    total = 0
    for place in (room.northside, room.riverside):
        levels = {level.variant_id: level for level in Level.objects.filter(location_id=place)}
        free = []
        for variant, per in parts:
            level = levels.get(variant)
            known = level and not level.blocked
            free.append((level.on_hand - level.reserved - level.safety + level.ahead) * 1000 // per if known else 0)
        total += max(min(free), 0) // 1000 * 1000
    return total


numbers = st.integers(-3_000, 9_000)
facts = st.lists(st.tuples(numbers, st.integers(0, 4_000), st.integers(0, 4_000), st.integers(0, 4_000), st.booleans()), min_size=4, max_size=4)


class AnyLevels(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.room = stock_up(variants=3)
        for place in (cls.room.northside, cls.room.riverside):
            Source.objects.create(channel=cls.room.cast.web, location_id=place)
        bundle(cls.room, 2, (0, 1_000), (1, 1_500))

    @settings(max_examples=60, deadline=None)
    @given(facts=facts)
    def test_the_sum_is_the_sum_by_hand(self, facts):
        room = self.room
        spots = [(variant, place) for variant in room.variants[:2] for place in (room.northside, room.riverside)]
        with connection.cursor() as cursor:
            cursor.execute("set local session_replication_role = replica")
            cursor.execute("delete from inventory_level")
            for (variant, place), (on_hand, held, safety, ahead, blocked) in zip(spots, facts, strict=True):
                cursor.execute(
                    "insert into inventory_level (variant_id, location_id, on_hand, reserved, safety, ahead, blocked) values (%s,%s,%s,%s,%s,%s,%s)",
                    [variant, place, on_hand, held, safety, ahead, int(blocked)],
                )
            cursor.execute("set local session_replication_role = origin")
        told = queries.promise(variants=room.variants, channel=room.cast.web, now=NOW)
        first, second, both = room.variants
        assert told[first].available == promised_by_hand(room, [(first, 1_000)])
        assert told[second].available == promised_by_hand(room, [(second, 1_000)])
        assert told[both].available == promised_by_hand(room, [(first, 1_000), (second, 1_500)])
        assert all(isinstance(variant, UUID) for variant in told)

"""What is promised, all or nothing, and what becomes of it."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from inventory import services
from inventory.models import Level, Location, Movement, Reservation, Task
from inventory.services import Hold, OutOfStock, ReservationDiffers, Take
from kernel.ids import uuid7
from org.tests.cast import NOW

LATER = NOW + timedelta(minutes=15)


@pytest.fixture
def stocked(room):
    services.open_stock(location=room.northside, quantities=dict.fromkeys(room.variants[:4], 5_000), reference=uuid7(), now=NOW)
    return room


def held(room, *lines, reference=None, kind="cart", expires_at=LATER, location=None, now=NOW):
    """lines: (variant's number, quantity)"""
    reference = reference or uuid7()
    holds = [
        Hold(location=location or room.northside, variant=room.variants[n], quantity=quantity, line=line)
        for line, (n, quantity) in enumerate(lines, start=1)
    ]
    services.reserve(holds=holds, reference=reference, kind=kind, expires_at=expires_at, now=now)
    return reference


def sale(room, *lines, reference=None):
    reference = reference or uuid7()
    return [
        Take(location=room.northside, variant=room.variants[n], quantity=quantity, reference=reference, line=line, occurred_at=NOW)
        for line, (n, quantity) in enumerate(lines, start=1)
    ]


def level(room, n):
    found = Level.objects.filter(location=room.northside, variant=room.variants[n]).first()
    return found and (found.on_hand, found.reserved)


def left(refused):
    return [(one.line, one.asked, one.left) for one in refused.value.left]


def test_what_is_held_is_promised_to_nobody_else(stocked):
    held(stocked, (0, 3_000))
    assert level(stocked, 0) == (5_000, 3_000)
    with pytest.raises(OutOfStock) as refused:
        held(stocked, (0, 2_001))
    assert left(refused) == [(1, 2_001, 2_000)]
    assert refused.value.details["left"][0]["variant"] == str(stocked.variants[0])
    held(stocked, (0, 2_000))
    assert level(stocked, 0) == (5_000, 5_000)


def test_all_lines_or_none(stocked):
    with pytest.raises(OutOfStock) as refused:
        held(stocked, (0, 1_000), (1, 5_001), (5, 1))
    assert left(refused) == [(2, 5_001, 5_000), (3, 1, 0)]
    assert not Reservation.objects.exists()
    assert level(stocked, 0) == (5_000, 0)


def test_two_lines_of_one_sku_are_added_up(stocked):
    with pytest.raises(OutOfStock) as refused:
        held(stocked, (0, 3_000), (0, 2_001))
    assert left(refused) == [(1, 3_000, 5_000), (2, 2_001, 5_000)]
    held(stocked, (0, 3_000), (0, 2_000))
    assert level(stocked, 0) == (5_000, 5_000)


def test_goods_that_never_came_here_are_not_there(stocked):
    with pytest.raises(OutOfStock) as refused:
        held(stocked, (0, 1), location=stocked.riverside)
    assert left(refused) == [(1, 1, 0)]
    with pytest.raises(OutOfStock):
        services.reserve(
            holds=[Hold(location=uuid7(), variant=uuid7(), quantity=1, line=1)], reference=uuid7(), kind="cart", expires_at=LATER, now=NOW
        )


def test_safety_is_kept_back_and_goods_to_come_are_sold_ahead(stocked):
    services.set_policy(location=stocked.northside, variant=stocked.variants[0], safety=1_000)
    with pytest.raises(OutOfStock) as refused:
        held(stocked, (0, 4_001))
    assert left(refused) == [(1, 4_001, 4_000)]
    services.set_policy(location=stocked.northside, variant=stocked.variants[0], ahead=10_000, ahead_kind="preorder", ahead_on=date(2026, 5, 1))
    held(stocked, (0, 14_000))
    assert level(stocked, 0) == (5_000, 14_000)


def test_what_is_recalled_is_not_promised(stocked):
    lot = (
        Task._meta.get_field("recall")
        .related_model._meta.get_field("lot")
        .related_model.objects.create(variant_id=stocked.variants[0], code="L1", made_at=NOW)
    )
    recall = Task._meta.get_field("recall").related_model.objects.create(lot=lot, reason="glass", made_at=NOW)
    task = Task.objects.create(kind="recall", location_id=stocked.northside, variant_id=stocked.variants[0], recall=recall)
    with pytest.raises(OutOfStock) as refused:
        held(stocked, (0, 1_000))
    assert left(refused) == [(1, 1_000, 0)]
    Task.objects.filter(id=task.id).update(done_at=NOW)
    held(stocked, (0, 1_000))


@pytest.mark.parametrize("change", [{"kind": "damaged"}, {"kind": "quarantine"}, {"kind": "transit"}, {"archived_at": NOW}])
def test_only_open_stores_and_warehouses_promise(stocked, change):
    Location.objects.filter(id=stocked.northside).update(**change)
    with pytest.raises(OutOfStock):
        held(stocked, (0, 1))
    with pytest.raises(OutOfStock):
        services.sell(lines=sale(stocked, (0, 1)), now=NOW)


def test_the_same_again_is_kept_and_lasts_longer(stocked):
    cart = held(stocked, (0, 3_000), (1, 5_000))
    held(stocked, (0, 3_000), (1, 5_000), reference=cart, expires_at=LATER + timedelta(minutes=5))
    assert set(Reservation.objects.values_list("quantity", "expires_at")) == {
        (3_000, LATER + timedelta(minutes=5)),
        (5_000, LATER + timedelta(minutes=5)),
    }
    assert level(stocked, 1) == (5_000, 5_000)


def test_a_line_more_is_held_beside_what_is(stocked):
    cart = held(stocked, (0, 5_000))
    held(stocked, (0, 5_000), (1, 1_000), reference=cart)
    assert (level(stocked, 0), level(stocked, 1)) == ((5_000, 5_000), (5_000, 1_000))
    with pytest.raises(OutOfStock) as refused:
        held(stocked, (0, 5_000), (1, 1_000), (2, 9_000), reference=cart, expires_at=LATER + timedelta(hours=1))
    assert left(refused) == [(3, 9_000, 5_000)]
    assert set(Reservation.objects.values_list("expires_at", flat=True)) == {LATER}


@pytest.mark.parametrize("other", [(0, 2_000), (1, 3_000)])
def test_another_content_of_a_line_is_refused(stocked, other):
    cart = held(stocked, (0, 3_000))
    with pytest.raises(ReservationDiffers):
        held(stocked, other, (2, 1_000), reference=cart)
    assert (level(stocked, 0), level(stocked, 1), level(stocked, 2)) == ((5_000, 3_000), (5_000, 0), (5_000, 0))
    assert services.release(reference=cart, now=NOW) == 1
    held(stocked, other, reference=cart)


def test_what_an_order_holds_is_not_a_cart_s_again(stocked):
    order = held(stocked, (0, 3_000))
    services.confirm(reference=order, now=NOW)
    held(stocked, (0, 3_000), reference=order)
    assert list(Reservation.objects.values_list("kind", "expires_at")) == [("order", None)]


def test_three_lines_are_one_statement(stocked, django_assert_num_queries):
    lines = [(0, 1_000), (1, 1_000), (2, 1_000)]
    with django_assert_num_queries(1):
        cart = held(stocked, *lines)
    with django_assert_num_queries(2):
        assert services.confirm(reference=cart, now=NOW) == 3
    with django_assert_num_queries(2):
        assert services.take_reserved(reference=cart, occurred_at=NOW, actor=None, now=NOW) == []
    with django_assert_num_queries(1):
        services.sell(lines=sale(stocked, *lines), now=NOW)
    with django_assert_num_queries(2):
        services.take(lines=sale(stocked, *lines), now=NOW)
    with django_assert_num_queries(1):
        services.release(reference=cart, now=NOW)
    assert [level(stocked, n) for n in range(3)] == [(2_000, 0)] * 3


def test_the_gate_is_planned_once_for_all(stocked):
    """PostgreSQL plans the first few calls for themselves, then keeps the plan for all that looks no worse. Planning costs more than doing."""
    for n in range(12):
        held(stocked, (n % 4, 10), ((n + 1) % 4, 10))
    with connection.cursor() as cursor:
        cursor.execute(
            "select sum(generic_plans) from pg_prepared_statements where statement like %s", ["%insert into inventory_reservation as held%"]
        )
        assert cursor.fetchone()[0] >= 1


def test_letting_go_of_some_lines(stocked):
    cart = held(stocked, (0, 3_000), (1, 5_000))
    assert services.release(reference=cart, lines=[2], now=NOW) == 1
    assert (level(stocked, 0), level(stocked, 1)) == ((5_000, 3_000), (5_000, 0))
    assert services.release(reference=cart, lines=[2], now=NOW) == 0
    assert services.release(reference=cart, now=NOW) == 1
    assert services.release(reference=uuid7(), now=NOW) == 0
    assert set(Reservation.objects.values_list("state", "ended_at")) == {("released", NOW)}


def test_what_is_held_leaves_once(stocked):
    order = held(stocked, (0, 3_000), (1, 5_000), kind="order", expires_at=None)
    for _ in range(2):
        assert services.take_reserved(reference=order, occurred_at=NOW, actor=stocked.cast.mia.id, now=LATER) == []
    assert (level(stocked, 0), level(stocked, 1)) == ((2_000, 0), (0, 0))
    assert list(Movement.objects.filter(cause="sale").order_by("line").values_list("quantity", "reference", "actor", "occurred_at")) == [
        (-3_000, order, stocked.cast.mia.id, NOW),
        (-5_000, order, stocked.cast.mia.id, NOW),
    ]


def test_what_was_promised_leaves_though_the_till_sold_it(stocked):
    order = held(stocked, (0, 5_000), kind="order", expires_at=None)
    services.take(lines=sale(stocked, (0, 2_000)), now=NOW)
    assert [short.on_hand for short in services.take_reserved(reference=order, occurred_at=NOW, actor=None, now=NOW)] == [-2_000]
    assert Task.objects.get().done_at is None


def test_what_nobody_held_is_sold_while_it_lasts(stocked):
    held(stocked, (0, 4_000))
    with pytest.raises(OutOfStock) as refused:
        services.sell(lines=sale(stocked, (1, 1_000), (0, 1_001)), now=NOW)
    assert left(refused) == [(2, 1_001, 1_000)]
    lines = sale(stocked, (1, 5_000), (0, 1_000))
    services.sell(lines=lines, now=NOW)
    services.sell(lines=lines, now=NOW)
    assert (level(stocked, 0), level(stocked, 1)) == ((4_000, 4_000), (0, 0))


def test_carts_expire_in_batches_and_orders_never(stocked):
    for _ in range(3):
        held(stocked, (0, 1_000))
    order = held(stocked, (1, 1_000), kind="order", expires_at=None)
    assert services.expire(now=LATER - timedelta(seconds=1)) == 0
    assert [services.expire(now=LATER, limit=2) for _ in range(3)] == [2, 1, 0]
    assert level(stocked, 0) == (5_000, 0)
    assert Reservation.objects.get(state="open").reference == order


def test_an_order_holds_without_an_end(stocked):
    cart = held(stocked, (0, 1_000), (1, 1_000))
    assert services.confirm(reference=cart, now=NOW) == 2
    assert services.expire(now=LATER + timedelta(days=9)) == 0
    assert set(Reservation.objects.values_list("kind", "expires_at", "state")) == {("order", None, "open")}
    assert services.confirm(reference=uuid7(), now=NOW) == 0


def test_an_expired_cart_is_confirmed_while_its_goods_are_still_there(stocked):
    cart = held(stocked, (0, 3_000), (1, 1_000))
    services.expire(now=LATER)
    assert services.confirm(reference=cart, now=LATER) == 2
    assert level(stocked, 0) == (5_000, 3_000)


def test_an_expired_cart_is_refused_when_others_took_its_goods(stocked):
    cart = held(stocked, (0, 3_000), (1, 1_000))
    services.expire(now=LATER)
    held(stocked, (0, 2_001))
    with pytest.raises(OutOfStock) as refused:
        services.confirm(reference=cart, now=LATER)
    assert left(refused) == [(1, 3_000, 2_999)]
    assert level(stocked, 1) == (5_000, 0)
    assert services.confirm(reference=cart, lines=[2], now=LATER) == 1


def test_what_was_released_is_not_confirmed(stocked):
    cart = held(stocked, (0, 3_000), (1, 1_000))
    services.release(reference=cart, lines=[1], now=NOW)
    assert services.confirm(reference=cart, now=NOW) == 1
    assert level(stocked, 0) == (5_000, 0)


@pytest.mark.parametrize("quantity", [0, -1, 2**60])
def test_nothing_less_and_beyond_all_measure_is_not_held(stocked, quantity):
    with pytest.raises(services.NothingHeld):
        held(stocked, (0, quantity))


def test_a_line_comes_once(stocked):
    hold = Hold(location=stocked.northside, variant=stocked.variants[0], quantity=1, line=1)
    with pytest.raises(services.NothingHeld):
        services.reserve(holds=[hold, hold], reference=uuid7(), kind="cart", expires_at=LATER, now=NOW)


def test_nothing_is_held_for_nothing(stocked, django_assert_num_queries):
    with django_assert_num_queries(0):
        services.reserve(holds=[], reference=uuid7(), kind="cart", expires_at=LATER, now=NOW)
        services.sell(lines=[], now=NOW)


def test_a_reservation_that_ended_stays_as_it_is(stocked):
    cart = held(stocked, (0, 1_000))
    services.release(reference=cart, now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.update(state="open", ended_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Reservation.objects.all().delete()

from datetime import date, timedelta

import pytest
from django.db import transaction

from kernel.ids import uuid7
from orders import queries, services
from orders.services import SalePayment
from orders.tests.till_sales import sale
from org.tests.cast import NOW


def place(*sales):
    with transaction.atomic():
        services.place(sales=sales, now=NOW)


def riverside(room, lines=1, **more):
    return sale(room, lines, store=room.cast.riverside.id, location=room.riverside, **more)


def test_pages_go_through_all_orders_newest_first_without_a_gap(room, django_assert_num_queries):
    # Three share their moment: the id decides between them.
    made = [sale(room, 1, placed_at=NOW + timedelta(seconds=max(n - 2, 0))) for n in range(7)]
    place(*made)
    seen, after = [], None
    while True:
        with django_assert_num_queries(1):
            found = queries.page(first=2, after=after)
        seen += [order.id for order in found.items]
        if not found.more:
            break
        after = (found.items[-1].placed_at, found.items[-1].id)
    assert seen == [one.id for one in sorted(made, key=lambda one: (one.placed_at, one.id), reverse=True)]


def test_stan_from_another_store_sees_none_of_northsides_orders(room):
    ours, theirs = sale(room, 1), riverside(room)
    place(ours, theirs)
    bound = frozenset({room.cast.riverside.id})
    assert [order.id for order in queries.page(first=10, stores=bound).items] == [theirs.id]
    assert queries.detail(id=ours.id, stores=bound) is None
    assert set(queries.details(ids=[ours.id, theirs.id], stores=bound)) == {theirs.id}
    assert queries.page(first=10, stores=frozenset()).items == ()


def test_a_key_of_the_web_channel_sees_only_web_orders(room):
    web = sale(room, 1, source="web", channel=room.cast.web.id, store=None)
    place(sale(room, 1), web)
    assert [order.id for order in queries.page(first=10, channel=room.cast.web.id).items] == [web.id]


def test_an_order_is_found_by_its_number(room):
    made = sale(room, 1)
    place(made)
    assert queries.detail(number=made.number).order.id == made.id
    assert queries.detail(number="nothing") is None


@pytest.mark.parametrize("how_many", [1, 5])
def test_many_orders_in_full_are_three_statements(room, django_assert_num_queries, how_many):
    made = [sale(room, 2) for _ in range(how_many)]
    place(*made)
    with django_assert_num_queries(3):
        found = queries.details(ids=[one.id for one in made])
    assert all(len(order.lines) == 2 and len(order.payments) == 1 for order in found.values())


def test_a_shift_comes_to_its_sales(room, django_assert_num_queries):
    shift, empty = uuid7(), uuid7()
    mixed = (SalePayment(position=1, kind="cash", amount=40, tendered=50, change=10), SalePayment(position=2, kind="card", amount=60, tendered=60))
    made = [sale(room, 3, shift=shift), sale(room, 1, shift=shift, payments=mixed), sale(room, 1)]
    place(*made)
    with django_assert_num_queries(1):
        found = queries.totals_by_shift(shifts=[shift, empty])
    assert found == {shift: queries.Totals(sales=2, total=400, cash=340, tax=made[0].tax + made[1].tax), empty: queries.Totals()}


def test_a_day_comes_to_the_sales_of_its_business_date(room):
    day, before = date(2026, 3, 14), date(2026, 3, 13)
    place(sale(room, 1), sale(room, 2), sale(room, 1, business_date=before), riverside(room, 3))
    totals = queries.totals_by_day(since=before, until=day, stores={room.cast.northside.id})
    assert {at: (one.sales, one.total, one.cash) for at, one in totals.items()} == {day: (2, 300, 300), before: (1, 100, 100)}
    assert queries.totals_by_day(since=day, until=day)[day].total == 600

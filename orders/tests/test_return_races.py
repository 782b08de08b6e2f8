"""Many take the same goods back at once: never more than was sold, never more than was paid, and each return once."""

from datetime import timedelta

import pytest
from django.db import connection, transaction

from inventory.models import Level
from inventory.tests.stockroom import stock_up
from kernel.errors import Refused
from kernel.ids import uuid7
from orders.models import Order, Payment
from orders.queries import returns as queries
from orders.returns import part
from orders.services import ReturnLine, return_drafts
from orders.tests.sold import back, broken, goods, line_of, sold
from org.tests.cast import NOW
from org.tests.threads import in_threads


def tried(order, **more):
    try:
        return back(order, **more).new
    except Refused as refused:
        return refused.code


@pytest.mark.django_db(transaction=True)
def test_two_tills_return_the_last_unit_at_once_and_one_is_told_it_came_back_already():
    room = stock_up()
    for _ in range(5):
        with transaction.atomic():
            order = sold(room)
            back(order, (1, 2_000))
        found = in_threads(2, lambda n, order=order: tried(order))
        assert sorted(map(str, found)) == ["True", "return_exceeds_sale"]
    assert broken() == []


@pytest.mark.django_db(transaction=True)
def test_two_hundred_tries_give_back_what_was_paid_and_not_a_cent_more():
    room = stock_up()
    with transaction.atomic():
        order = sold(room, paid=[("card", 120), ("cash", 180)])

    found = in_threads(20, lambda n: [tried(order) for _ in range(10)])

    answers = [one for each in found for one in each]
    assert (answers.count(True), answers.count("return_exceeds_sale")) == (3, 197)
    paid = Payment.objects.filter(order=order).values_list("amount", "refunded")
    assert all(amount == refunded for amount, refunded in paid)
    assert Level.objects.get(location=room.northside, variant=room.variants[0]).on_hand == 0
    assert broken() == []


@pytest.mark.django_db(transaction=True)
def test_the_same_return_sent_by_ten_at_once_happens_once():
    room = stock_up()
    with transaction.atomic():
        order = sold(room)
    id = uuid7()

    found = in_threads(10, lambda n: back(order, id=id))

    assert sum(one.new for one in found) == 1
    assert len({one.number for one in found}) == 1
    assert Order.objects.filter(kind="return").count() == 1
    assert broken() == []


@pytest.mark.django_db(transaction=True)
def test_returns_of_two_sales_in_either_order_wait_for_each_other_and_never_deadlock():
    room = stock_up()
    with transaction.atomic():
        orders = [sold(room), sold(room)]
    lines = [ReturnLine(order_line=line_of(order).pk, quantity=100) for order in orders]
    with connection.cursor() as cursor:
        cursor.execute("update catalog_variant set sold_by = 'weight'")

    def work(n):
        mine = lines[:: 1 if n % 2 else -1]
        return [tried(orders[0], lines=mine, now=NOW + timedelta(seconds=n)) for _ in range(3)]

    assert all(answer is True for each in in_threads(8, work) for answer in each)
    assert broken() == []


@pytest.mark.django_db(transaction=True)
def test_whoever_gets_past_the_checks_meets_the_database(monkeypatch):
    room = stock_up()
    with transaction.atomic():
        order = sold(room, [goods(room, 0), goods(room, 1)])
        back(order)
    # As if nobody had looked what came back, or went back, before: money of the other line is left.
    monkeypatch.setattr(return_drafts, "_must_be_left", lambda *given, **more: None)
    monkeypatch.setattr(return_drafts, "part", lambda *, sold, start, quantity: part(sold=sold, start=0, quantity=quantity))
    assert tried(order) == "return_exceeds_sale"

    with transaction.atomic():
        back(order, (2, 1_000))
        order = sold(room, paid=[("card", 300)])
        order.payments.update(refunded=250)
    monkeypatch.setattr(queries.TenderRow, "left", property(lambda row: row.amount))
    assert tried(order) == "refund_exceeds_capture"
    order.payments.update(refunded=0)
    assert broken() == []

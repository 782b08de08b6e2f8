"""What comes back goes into stock at what it cost when it was sold, whatever the same goods cost by now."""

from datetime import date, timedelta

import pytest

from catalog.models import Variant
from inventory.models import ItemCost
from inventory.services.receiving import ReceiptLine, receive
from kernel.ids import uuid7
from kernel.models import Message
from orders.models import BookLine, Order
from orders.services import ReturnLine, return_goods
from orders.services.booking import book
from orders.tests.sold import back, goods, line_of, sold
from org.tests.cast import NOW

DAY = date(2026, 3, 14)


def costs(room, *averages):
    """In cents apiece, of its first goods."""
    for variant, cents in zip(room.variants, averages, strict=False):
        ItemCost.objects.update_or_create(variant_id=variant, defaults={"average": cents * 1000, "changed_at": NOW})


def booked(of, now=NOW):
    book(messages=list(Message.objects.filter(type__startswith="orders.").order_by("id")), now=now)
    return {row.account: row.amount for row in BookLine.objects.filter(reference=of.id, cause="cost")}


def test_one_of_three_comes_back_at_what_it_was_sold_at(room):
    costs(room, 40)
    order = sold(room)
    assert booked(order) == {"cost_of_goods": 120, "stock": -120}
    costs(room, 90)
    done = back(order)
    assert booked(done) == {"cost_of_goods": -40, "stock": 40}
    rest = back(order, (1, 2_000))
    assert booked(rest) == {"cost_of_goods": -80, "stock": 80}


def test_parts_of_a_line_come_to_all_of_it(room):
    costs(room, 0)
    ItemCost.objects.update(average=33_333)
    Variant.objects.update(sold_by="weight")
    order = sold(room, [goods(room, 0, 1_000, 300)])
    whole = booked(order)["cost_of_goods"]
    costs(room, 77)
    parts = [booked(back(order, (1, quantity)))["cost_of_goods"] for quantity in (333, 333, 334)]
    assert (whole, sum(parts)) == (33, -33)


def test_each_line_comes_back_at_its_own_cost_as_the_documents_tell_it(room):
    """Received at 40 and 10, sold, received dearer: nothing of the sale is worth more than it was."""
    for n, cents in ((0, 40), (1, 10)):
        received(room, n, cents, NOW - timedelta(days=2))
    order = sold(room, [goods(room, 0, 1_000), goods(room, 1, 2_000)])
    assert booked(order)["cost_of_goods"] == 60
    for n, cents in ((0, 400), (1, 100)):
        received(room, n, cents, NOW + timedelta(days=1))
    assert booked(back(order, (2, 1_000)))["cost_of_goods"] == -10
    assert booked(back(order, (1, 1_000)))["cost_of_goods"] == -40
    assert booked(back(order, (2, 1_000)))["cost_of_goods"] == -10


def received(room, n, cents, now):
    line = ReceiptLine(variant=room.variants[n], quantity=1_000, cost=cents)
    receive(location=room.northside, lines=[line], occurred_at=now, reference=uuid7(), actor=None, now=now)


def test_where_the_averages_are_not_told_the_booked_sum_is_shared(room):
    costs(room, 40, 10)
    order = sold(room, [goods(room, 0, 1_000), goods(room, 1, 1_000)])
    assert booked(order)["cost_of_goods"] == 50
    costs(room, 400, 100)
    both = [booked(back(order, (position, 1_000)))["cost_of_goods"] for position in (1, 2)]
    assert both == [-40, -10]


def test_what_was_taken_in_exchange_comes_back_at_its_own_cost(room):
    costs(room, 40, 10)
    order = sold(room)
    booked(order)
    done = back(order, new_lines=[goods(room, 1, 1_000, 100)])
    assert booked(done)["cost_of_goods"] == -30

    line = line_of(Order.objects.get(id=done.id), 2)
    again = return_goods(id=uuid7(), store=order.store_id, actor=None, now=NOW, lines=[ReturnLine(order_line=line.pk, quantity=1_000)])
    assert booked(again)["cost_of_goods"] == -10


def test_without_a_receipt_todays_average_counts_and_what_was_never_booked_too(room):
    costs(room, 40)
    order = sold(room)
    done = back(order)
    costs(room, 55)
    assert booked(done)["cost_of_goods"] == -55
    assert booked(order)["cost_of_goods"] == 165


@pytest.mark.parametrize("many", [1, 5])
def test_it_takes_the_same_statements_however_many_come_back(room, many, django_assert_max_num_queries):
    costs(room, 40)
    orders = [sold(room) for _ in range(many)]
    booked(orders[0])
    for order in orders:
        back(order)
    messages = list(Message.objects.filter(type="orders.order.returned"))
    with django_assert_max_num_queries(14):
        book(messages=messages, now=NOW)

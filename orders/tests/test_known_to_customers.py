"""Customers tell of what they bought, nobody is forgotten while an order is open, and orders follow who is kept."""

import pytest

from customers import queries as people
from customers import services as customers
from customers.tests.persons import ADA, GRACE, somebody
from orders.models import Order
from orders.tests import web_orders
from org.tests.cast import NOW
from org.tests.doorstep import statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(room):
    return web_orders.open_for_business(room)


def test_what_somebody_bought_stands_in_their_timeline_and_export(shop):
    keep, gone = somebody(), somebody(data=GRACE)
    mine, theirs = (web_orders.order(shop, customer=id) for id in (keep, gone))
    customers.merge(keep=keep, gone=gone, actor=None, now=NOW)
    web_orders.settled()
    assert set(Order.objects.values_list("customer", flat=True)) == {keep}
    told = [entry.facts["number"] for entry in people.timeline(id=keep, first=50).items if entry.kind == "order"]
    assert sorted(told) == sorted([mine.number, theirs.number])
    exported = customers.export(id=keep)["orders"]
    assert sum(len(order["lines"]) for order in exported) == 6
    assert {payment["amount"] for order in exported for payment in order["payments"]} == {mine.total}


@pytest.mark.parametrize("paid", ["transfer", ""])
def test_nobody_is_forgotten_while_goods_have_not_left_or_money_is_awaited(shop, paid):
    id = somebody()
    order = web_orders.order(shop, customer=id, paid=paid)
    with pytest.raises(customers.Unsettled) as refused:
        customers.erase(id=id, actor=None, now=NOW)
    assert refused.value.details["reasons"] == [{"code": "order_unsettled", "message": f"Order {order.number} is not settled."}]
    Order.objects.filter(id=order.id).update(handed_over_at=NOW)
    if paid:
        customers.erase(id=id, actor=None, now=NOW)
        web_orders.settled()
        assert web_orders.broken() == []
        assert people.find(email=ADA["email"]) is None


def test_a_page_of_a_timeline_costs_the_same_however_many_orders(shop):
    id = somebody()
    counts = set()
    for _ in range(3):
        web_orders.order(shop, customer=id)
        with statements() as seen:
            people.timeline(id=id, first=50)
        counts.add(len(seen))
    assert len(counts) == 1

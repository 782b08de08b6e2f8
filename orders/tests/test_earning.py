"""Points follow orders: earned when they stand paid, taken back with what comes to nothing."""

from datetime import date
from fractions import Fraction
from uuid import uuid4

import pytest

from customers import queries as held
from customers import services as customers
from customers.models import Customer
from kernel import outbox
from orders import subscribers
from orders.models import Order, OrderLine, OrderStep, Payment
from orders.services import earning
from org import settings
from org.tests.cast import open_shop
from org.tests.doorstep import statements


@pytest.fixture
def cast(db):
    settings.put("value.points_earned", 1)
    return open_shop()


@pytest.fixture
def anna(cast, now):
    return Customer.objects.create(number="C-1", created_at=now, changed_at=now)


def order(cast, now, customer, *lines, paid=(), **more):
    """`lines`: (kind, total); `paid`: (kind, amount), else in cash."""
    total = sum(amount for _, amount in lines)
    values = {"number": f"W-{uuid4().hex[:8]}", "source": "web", "status": "paid", "currency": "EUR", "total": total, "tax": 0} | more
    times = {"business_date": date(2026, 7, 18), "placed_at": now, "recorded_at": now}
    made = Order.objects.create(id=uuid4(), customer=customer, channel=cast.web, **times, **values)
    for position, (kind, amount) in enumerate(lines, start=1):
        amounts = {"unit_price": amount, "list_total": amount, "total": amount, "tax": 0, "tax_rate": 0, "tax_class": "x"}
        OrderLine.objects.create(order=made, position=position, kind=kind, name="Tea", quantity=1000, allocation=[], **amounts)
    for position, (kind, amount) in enumerate(paid or [("cash", total)], start=1):
        Payment.objects.create(order=made, position=position, kind=kind, amount=amount, tendered=amount, paid_at=now)
    return made


def points(customer):
    return sum(one.balance for one in held.accounts_of(customer=customer.id, kinds=["points"]))


def earn(now, *orders):
    return earning.earn_for(orders=[one.id for one in orders], now=now)


def test_what_was_paid_for_goods_earns_once(cast, now, anna):
    made = order(cast, now, anna, ("goods", 1250), ("delivery", 500), ("gift_card", 5000), ("deposit", 100), paid=[("cash", 6650), ("points", 200)])
    assert [earn(now, made) for _ in range(2)] == [15, 0]
    assert points(anna) == 15
    assert [step.facts for step in OrderStep.objects.filter(order=made)] == [{"earned": 15}]


def test_nobody_nothing_and_what_is_not_paid_earn_nothing(cast, now, anna):
    merged = Customer.objects.create(number="C-2", created_at=now, changed_at=now, merged_into=anna)
    assert earn(now, order(cast, now, None, ("goods", 1000)), order(cast, now, anna, ("goods", 1000), source="import")) == 0
    assert earn(now, order(cast, now, anna, ("goods", 1000), status="cancelled", paid=[("cash", 0)])) == 0
    assert earn(now, order(cast, now, merged, ("goods", 1000))) == 10
    assert points(anna) == 10
    settings.put("value.points_earned", 0)
    assert earn(now, order(cast, now, anna, ("goods", 1000))) == 0


def test_sales_nobody_is_known_of_cost_two_statements_whatever_their_number(cast, now):
    made = [order(cast, now, None, ("goods", 1000)) for _ in range(10)]
    with statements() as seen:
        assert earn(now, *made) == 0
    assert len(seen) == 2, seen


def test_a_cancelled_order_takes_its_points_back_and_says_what_was_spent(cast, now, anna):
    made = order(cast, now, anna, ("goods", 10_000))
    earn(now, made)
    account = held.accounts_of(customer=anna.id)[0].id
    customers.spend(spends=[customers.Spend(account=account, amount=30, currency="PTS")], reference=uuid4(), now=now)
    assert earning.take_back(order=made.id, part=Fraction(1), now=now) == customers.Reversed(points=70, short=30)
    assert earning.take_back(order=made.id, part=Fraction(1), now=now) == customers.Reversed()
    assert OrderStep.objects.filter(order=made).latest("id").facts == {"taken_back": 70, "short": 30}


def changed(now, made, to):
    """As an edit leaves it, and what is told of it."""
    OrderLine.objects.filter(order=made).update(total=to, list_total=to, unit_price=to)
    Payment.objects.filter(order=made).update(amount=to, tendered=to)
    Order.objects.filter(id=made.id).update(total=to)
    message = type("Message", (), {"type": "orders.order.changed", "aggregate_id": made.id, "data": {"change": "edited"}})()
    for _ in range(2):
        subscribers.follow_points([message])


def test_an_order_that_is_edited_has_earned_what_it_costs_then(cast, now, anna):
    made = order(cast, now, anna, ("goods", 10_000))
    earn(now, made)
    found = []
    for to in (6_000, 12_000, 6_000, 0, 10_000):
        changed(now, made, to)
        found.append(points(anna))
    assert found == [60, 120, 60, 0, 100]
    assert [step.facts for step in OrderStep.objects.filter(order=made).order_by("id")][:3] == [{"earned": 100}, {"taken_back": 40}, {"earned": 60}]
    # Half of what it is now comes back.
    changed(now, made, 8_000)
    earning.take_back(order=made.id, part=Fraction(1, 2), now=now)
    assert points(anna) == 40
    assert earning.take_back(order=made.id, part=Fraction(1, 2), now=now) == customers.Reversed()


def test_points_that_were_spent_are_not_asked_for_when_an_order_gets_cheaper(cast, now, anna):
    made = order(cast, now, anna, ("goods", 10_000))
    earn(now, made)
    account = held.accounts_of(customer=anna.id)[0].id
    customers.spend(spends=[customers.Spend(account=account, amount=90, currency="PTS")], reference=uuid4(), now=now)
    changed(now, made, 5_000)
    assert points(anna) == 0
    earn(now, order(cast, now, anna, ("goods", 3_000)))
    changed(now, made, 5_000)
    assert points(anna) == 30, "what was short is not taken from other orders"
    # Another rate from tomorrow on changes nothing of what was earned.
    settings.put("value.points_earned", 3)
    changed(now, made, 5_000)
    assert points(anna) == 30


def test_the_outbox_brings_points_once_however_often_it_tells(cast, now, anna):
    made = order(cast, now, anna, ("goods", 1000))
    message = type("Message", (), {"type": "orders.order.placed", "aggregate_id": made.id})()
    for _ in range(2):
        assert subscribers.follow_points([message]) == [outbox.DELIVERED]
    assert points(anna) == 10
    message.type = "orders.order.cancelled"
    subscribers.follow_points([message])
    assert points(anna) == 0

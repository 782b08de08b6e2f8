"""Whose card a code is is asked before a transaction is open: wrong ones are counted in the cache, which may be slow or away."""

import pytest
from django.db import connection, transaction
from graphql_relay import to_global_id

from customers import services as customers
from customers.queries import find_gift_card
from customers.services import tries
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from orders.models import Order, Payment
from orders.services import ReturnLine, return_and_refund
from orders.tenders import Tender
from orders.tests.sold import gift_card, goods, line_of, sold
from orders.tests.test_life_doors import client_of, code_of, key
from orders.tests.web_orders import open_for_business, order
from orders.tests.web_shop import HOME, SHIP, open_web_shop
from org.tests.cast import NOW
from org.tests.doorstep import graphql

pytestmark = pytest.mark.django_db(transaction=True)
PAY = "mutation ($input: OrderPayInput!) { orderPay(input: $input) { moved { paid } errors { code } } }"


class Cache:
    """Counts how often it is asked, and whether a transaction waited for it."""

    def __init__(self):
        self.kept, self.asked, self.within = {}, 0, 0

    def add(self, name, value, _seconds=None):
        self._look()
        self.kept.setdefault(name, value)

    def incr(self, name):
        self._look()
        self.kept[name] += 1
        return self.kept[name]

    def decr(self, name):
        self._look()
        self.kept[name] -= 1

    def _look(self):
        self.asked += 1
        self.within += connection.in_atomic_block


@pytest.fixture
def cache(monkeypatch):
    made = Cache()
    monkeypatch.setattr(tries, "cache", made)
    return made


@pytest.fixture
def room(transactional_db):
    return open_for_business(stock_up())


def post(path, body, desk, once=None):
    headers = {"Idempotency-Key": once or str(uuid7())}
    return client_of(key=desk).post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def by_card(made, code, **more):
    return {"version": made.version, "kind": "gift_card", "amount": 100, "code": code, **more}


def test_an_order_that_is_paid_with_a_card_by_staff(room, cache):
    desk, card, made = key(room.cast.web, "orders:write"), gift_card(300), order(room, paid="")
    first = post(f"orders/{made.id}/payments", by_card(made, card.code), desk, "the same")
    assert (first.status_code, first.json()["paid"]) == (201, 100), first.content
    assert Payment.objects.get(order=made).label == f"Gift card {card.code[-4:]}"
    made.refresh_from_db()
    given = by_card(made, card.code, id=to_global_id("Order", str(made.id)), idempotencyKey="k")
    answer = graphql(PAY, key=desk, input=given)
    assert answer.json()["data"]["orderPay"] == {"moved": {"paid": 200}, "errors": []}
    assert find_gift_card(code=card.code).balance == 100
    assert (cache.asked, cache.within) == (6, 0)
    assert set(cache.kept.values()) == {0}


def test_a_wrong_code_is_counted_and_refused_by_name_and_what_was_done_is_told_again(room, cache):
    desk, card, made = key(room.cast.web, "orders:write"), gift_card(300), order(room, paid="")
    wrong = post(f"orders/{made.id}/payments", by_card(made, "AAAA-AAAA-AAAA-AAAA"), desk)
    assert (wrong.status_code, code_of(wrong)) == (404, "gift_card_unknown")
    assert set(cache.kept.values()) == {1}
    first = post(f"orders/{made.id}/payments", by_card(made, card.code), desk, "the same")
    customers.replace_code(id=card.id, actor=None, now=NOW)
    again = post(f"orders/{made.id}/payments", by_card(made, card.code), desk, "the same")
    assert (again.status_code, again.content) == (201, first.content)
    assert cache.within == 0
    # An order of another channel is not there, whatever the code.
    foreign = post(f"orders/{made.id}/payments", by_card(made, "AAAA-AAAA-AAAA-AAAA"), key(room.cast.stores, "orders:write"))
    assert (foreign.status_code, code_of(foreign)) == (404, "not_found")


def test_an_exchange_that_costs_more(room, cache):
    with transaction.atomic():
        made = sold(room)
    card, id = gift_card(300), uuid7()
    asked = {
        "id": id,
        "lines": [ReturnLine(order_line=line_of(made).pk, quantity=1_000)],
        "new_lines": [goods(room, 1, 1_000, 250)],
        "tenders": [Tender(kind="gift_card", amount=150, code=card.code)],
        "store": made.store_id,
        "actor": None,
        "who": "till:1",
        "clock": lambda: NOW,
    }
    assert return_and_refund(**asked).new
    assert find_gift_card(code=card.code).balance == 150
    assert (cache.asked, cache.within) == (3, 0)
    # Sent again it is told again, and nothing is looked up.
    assert not return_and_refund(**asked).new
    assert cache.asked == 3


def test_a_checkout(cache, transactional_db):
    shop = open_web_shop()
    plain = key(shop.cast.web, "checkout:write", kind="publishable")
    body = {"lines": [{"sku": "TEA", "quantity": 2000}], "delivery": SHIP, "contact": {"email": "a@example.com"}, "shipping": HOME}
    body |= {"agreed_total": 1490, "tenders": [{"kind": "gift_card", "amount": 1490, "code": shop.card(1490)}]}
    assert post("checkouts", body, plain).status_code == 201
    assert (cache.asked, cache.within, Order.objects.get().status) == (3, 0, "paid")

"""A refund that the provider refuses is given as store credit by a person: all of it, once, and booked."""

from datetime import date

import pytest
from django.db import transaction

from customers.queries import accounts_of
from inventory.tests.stockroom import stock_up
from kernel.errors import Refused
from kernel.ids import uuid7
from kernel.models import Message
from orders.models import Order, OrderStep, Payment, ProviderRefund
from orders.payments import DECLINED, REFUNDED, Outcome
from orders.queries import attempts as queries
from orders.queries import books
from orders.services import attempts, booking, settling
from orders.services.giving_instead import give_credit_instead
from orders.tenders import NeedsCustomer
from orders.tests.sold import back, left, money, person, sold
from orders.tests.test_return_goods import paid_at_a_provider
from orders.tests.web_orders import broken
from org.tests.cast import NOW
from org.tests.doorstep import client_of, code_of, key
from org.tests.threads import in_threads

DAY = date(2026, 3, 14)


def refused(room, customer):
    """One of three came back; the provider does not give the 1.00 back."""
    order = sold(room, paid=[("card", 300)], customer=customer)
    attempt = paid_at_a_provider(order)
    done = back(order, store=None)
    refund = ProviderRefund.objects.get(payment__order=done.id)
    assert settling.settle_refund(refund=refund.id, outcome=Outcome(state=DECLINED, code="card_closed"), now=NOW) == "failed"
    return order, attempt, Order.objects.get(id=done.id), refund


def give(refund):
    return give_credit_instead(refund=refund.id, now=NOW, actor=None)


def credit(customer):
    return sum(one.balance for one in accounts_of(customer=customer) if one.kind == "store_credit")


def code(act):
    try:
        act()
    except Refused as refusal:
        return refusal.code
    return ""


def booked():
    return {row.account: row.amount for row in books.day(on=DAY)}


def test_the_customer_has_credit_and_the_books_owe_it_instead_of_the_provider(room):
    ada = person()
    order, attempt, document, refund = refused(room, ada)
    booking.book(messages=list(Message.objects.order_by("id")), now=NOW)
    before = booked()
    assert queries.attempts(first=9, after=None, channel=None, state="to_look_at").items
    give(refund)
    refund.refresh_from_db()
    attempt.refresh_from_db()
    assert (credit(ada), refund.state, refund.code, attempt.refunded) == (100, "failed", "given_instead", 100)
    assert money(document) == [("card", -100), ("card", 100), ("store_credit", -100)]
    assert left(order) == [("card", 200)]
    booking.book(messages=list(Message.objects.order_by("id")), now=NOW)
    moved = {account: amount - before.get(account, 0) for account, amount in booked().items() if amount != before.get(account, 0)}
    assert moved == {"card_clearing": 100, "store_credit_liability": -100}
    assert OrderStep.objects.get(order=document, kind="given_instead").facts["amount"] == 100
    assert list(Message.objects.filter(type="orders.order.changed", data__change="given_instead").values_list("aggregate_id", flat=True)) == [
        document.id
    ]
    assert not queries.attempts(first=9, after=None, channel=None, state="to_look_at").items
    assert broken() == []


def test_it_is_given_once_and_never_asked_for_again(room):
    ada = person()
    _, attempt, document, refund = refused(room, ada)
    give(refund)
    assert code(lambda: give(refund)) == "payment_state"
    assert code(lambda: attempts.try_refund_again(refund=refund.id, now=NOW, actor=None)) == "payment_state"
    # It went back all the same: a person has to know.
    for _ in range(2):
        told = Outcome(state=REFUNDED, amount=100)
        assert settling.settle_refund(refund=refund.id, outcome=told, now=NOW, told=True) == "review"
    assert ProviderRefund.objects.get().code == "given_twice"
    assert [row.id for row in queries.attempts(first=9, after=None, channel=None, state="to_look_at").items] == [attempt.id]
    assert (credit(ada), Payment.objects.filter(order=document).count(), broken()) == (100, 3, [])


@pytest.mark.parametrize("state", ["created", "unknown", "review", "done"])
def test_what_may_still_go_back_or_has_is_not_given_as_credit(room, state):
    ada = person()
    *_, refund = refused(room, ada)
    ProviderRefund.objects.update(state=state)
    assert (code(lambda: give(refund)), credit(ada)) == ("payment_state", 0)


def test_tried_again_it_may_be_refused_again_and_then_given(room):
    ada = person()
    *_, refund = refused(room, ada)
    assert attempts.try_refund_again(refund=refund.id, now=NOW, actor=None) == "unknown"
    assert code(lambda: give(refund)) == "payment_state"
    settling.settle_refund(refund=refund.id, outcome=Outcome(state=DECLINED), now=NOW)
    give(refund)
    assert credit(ada) == 100


def test_of_nobody_we_know_it_is_given_by_hand(room):
    *_, refund = refused(room, None)
    with pytest.raises(NeedsCustomer):
        give(refund)
    assert Payment.objects.filter(kind="store_credit").count() == 0
    assert code(lambda: give_credit_instead(refund=uuid7(), now=NOW, actor=None)) == "not_found"


@pytest.mark.django_db(transaction=True)
def test_ten_people_give_it_at_once_and_it_is_given_once():
    ada = person()
    with transaction.atomic():
        *_, refund = refused(stock_up(), ada)
    codes = in_threads(10, lambda n: code(lambda: give(refund)))
    assert (sorted(codes), credit(ada)) == (["", *["payment_state"] * 9], 100)
    assert broken() == []


def test_through_the_door_once_under_its_key_and_for_nobody_else(room):
    ada = person()
    *_, refund = refused(room, ada)
    path = f"/api/v1/payments/refunds/{refund.id}/credits"

    def post(once="k", **who):
        return client_of(**who).post(path, {}, content_type="application/json", headers={"Idempotency-Key": once})

    assert post().status_code == 401
    assert post(key=key(room.cast.stores, "payments:read", "orders:write")).status_code == 403
    assert (post(key=key(room.cast.web, "payments:write")).status_code, credit(ada)) == (404, 0)
    desk = key(room.cast.stores, "payments:write", "payments:read")
    first, again = post(key=desk), post(key=desk)
    assert (first.status_code, first.content, credit(ada)) == (202, again.content, 100)
    assert first.json()["refunds"][0]["code"] == "given_instead"
    assert code_of(post("other", key=desk)) == "payment_state"

"""Gift cards that were sold come back while nothing was paid with them: what is on them is gone with the same stroke that gives their money back."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import transaction

from customers import queries as value
from customers import services as customers
from customers.models import Account
from customers.services import GiftCardUsed, Spend
from kernel.errors import Refused
from kernel.ids import uuid7
from kernel.models import Message
from orders import services
from orders.models import Order, OrderLine
from orders.queries import books
from orders.services import booking, gift_lines
from orders.services.return_drafts import NotReturnable, QuantityInvalid
from orders.subscribers import book
from orders.tenders import Tender
from orders.tests.sold import back, goods, money, sold
from orders.tests.web_orders import broken
from orders.tests.web_shop import SHIP, open_web_shop, order_of
from org.tests.cast import NOW
from org.tests.threads import in_threads

DAY = date(2026, 3, 14)


def bought(shop, *lines, pieces=2, each=2500):
    """Two cards of 25.00, and what else; paid."""
    who, home = shop.buyer()
    given = {"lines": [{"gift_card": each, "quantity": pieces * 1000}, *({"sku": sku, "quantity": 1000} for sku in lines)]}
    cart = shop.sign_in(services.create_cart(channel=shop.channel, given=given | {"delivery": SHIP}, only_offered=True, now=NOW), who, home)
    placed = order_of(shop.place(cart))
    services.take_payment(order=placed.id, version=1, tender=Tender(kind="transfer", amount=placed.total), actor=None, now=NOW)
    return Order.objects.get(id=placed.id)


@pytest.fixture
def shop(db):
    return open_web_shop()


def cards(order):
    line = OrderLine.objects.get(order=order, kind="gift_card")
    return [card.account for card in gift_lines.sold_cards(line=line)]


def on(order):
    return [value.balances(accounts=cards(order))[card] for card in cards(order)]


def pay_with(card, amount=1):
    with transaction.atomic():
        customers.spend(spends=[Spend(account=card, amount=amount, currency="EUR")], reference=uuid7(), now=NOW)


def code(act):
    try:
        act()
    except Refused as refused:
        return refused.code
    return ""


def test_an_unused_card_comes_back_and_is_worth_nothing_from_then_on(shop):
    order = bought(shop)
    assert (on(order), order.delivery, order.handed_over_at) == ([2500, 2500], "digital", NOW)
    done = back(order, (1, 1000), store=None)
    assert (money(done), on(order)) == ([("transfer", -2500)], [0, 2500])
    first = value.find_gift_card(code=gift_lines.codes_of(order=order)[0])
    assert first.balance == 0
    with pytest.raises(customers.GiftCardBlocked):
        pay_with(first.id)
    # Told again it is what it was, and the other comes back as well.
    assert not back(order, (1, 1000), id=done.id, store=None).new
    back(order, (1, 1000), store=None)
    assert (on(order), code(lambda: back(order, (1, 1000), store=None))) == ([0, 0], "return_exceeds_sale")
    assert broken() == []


def test_whichever_of_them_is_unused_comes_back(shop):
    order = bought(shop)
    pay_with(cards(order)[0])
    back(order, (1, 1000), store=None)
    assert on(order) == [2499, 0]
    with pytest.raises(GiftCardUsed) as refused:
        back(order, (1, 1000), store=None)
    assert (refused.value.code, refused.value.status, refused.value.details) == ("gift_card_used", 409, {"sold": 2500, "left": 2499})
    with pytest.raises(GiftCardUsed):
        services.quote_return(lines=[services.ReturnLine(order_line=order.lines.get().pk, quantity=1000)], at=None, now=NOW)
    with pytest.raises(QuantityInvalid):
        back(order, (1, 500), store=None)
    assert (on(order), broken()) == ([2499, 0], [])


def test_the_books_owe_nothing_for_it_any_more(shop):
    order = bought(shop)
    back(order, (1, 2000), store=None)
    booking.book(messages=list(Message.objects.order_by("id")), now=NOW)
    assert {row.account: row.amount for row in books.day(on=DAY) if row.amount} == {}
    assert [(one.kind, one.balance) for one in Account.objects.filter(kind="gift_card")] == [("gift_card", 0)] * 2


def test_an_order_with_unused_cards_is_cancelled_whole_and_with_a_used_one_not_at_all(shop):
    order, kept = bought(shop, "TEA"), bought(shop, "TEA")
    services.cancel(order=order.id, version=None, reason="changed mind", actor=None, now=NOW)
    assert (on(order), Order.objects.get(id=order.id).status) == ([0, 0], "cancelled")
    # Told late that it was placed, nothing is made.
    book(list(Message.objects.filter(type="orders.order.placed")))
    assert on(order) == [0, 0]
    pay_with(cards(kept)[1])
    assert code(lambda: services.cancel(order=kept.id, version=None, reason="changed mind", actor=None, now=NOW)) == "gift_card_used"
    assert (on(kept), Order.objects.get(id=kept.id).status, broken()) == ([2500, 2499], "paid", [])
    booking.book(messages=list(Message.objects.order_by("id")), now=NOW)
    # Of the order that stands alone.
    assert {row.account: row.amount for row in books.day(on=DAY)}["gift_card_liability"] == -5000


def test_of_a_card_that_a_till_sold_nobody_here_knows_which_it_is(room):
    order = sold(room, [replace(goods(room, 0, 1000, 2500, rate=0), kind="gift_card", variant=None)])
    with pytest.raises(NotReturnable) as refused:
        back(order)
    assert refused.value.details["reason"] == "gift_card"


@pytest.mark.django_db(transaction=True)
def test_whoever_pays_with_it_while_it_comes_back_has_it_or_has_it_not():
    shop = open_web_shop()
    for _ in range(6):
        order = bought(shop, pieces=1)
        (card,) = cards(order)

        def work(n, order=order, card=card):
            return code(lambda: pay_with(card, 2500) if n % 2 else back(order, (1, 1000), store=None))

        codes = sorted(in_threads(8, work))
        came = {"return_exceeds_sale", "gift_card_blocked", "gift_card_balance"}
        paid = {"gift_card_used", "gift_card_balance"}
        assert codes.count("") == 1
        assert set(codes[1:]) <= (came | paid)
        assert on(order) == [0]
    assert broken() == []

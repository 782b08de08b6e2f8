"""Any mix of sales, returns, orders of the web, edits and cancellations books to nothing in all, and equals the orders."""

import random
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from customers import services as customers
from inventory.models import ItemCost
from kernel import outbox
from kernel.errors import Refused
from kernel.ids import uuid7
from kernel.models import Message
from orders import services
from orders.models import BookLine, Order, OrderLine, Payment
from orders.queries import books, reconciliation
from orders.services import Change, booking
from orders.tenders import Tender
from orders.tests.sold import back, gift_card, goods, person, sold
from orders.tests.web_orders import broken, open_for_business, order, settled
from org.tests.cast import NOW


@pytest.fixture
def room(room):
    open_for_business(room, 1_000_000)
    ItemCost.objects.bulk_create(
        [ItemCost(variant_id=variant, average=33_333 * n, changed_at=NOW) for n, variant in enumerate(room.variants, start=1)]
    )
    return room


def a_line(room, dice, n):
    amounts = {"each": dice.choice([33, 100, 999]), "discount": dice.choice([0, 7]), "rate": dice.choice([0, 70_000, 190_000])}
    return goods(room, n, dice.randint(1, 9) * 1_000, **amounts)


def a_sale(room, dice):
    lines = [a_line(room, dice, n) for n in range(dice.randint(1, 3))]
    total = sum(line.total for line in lines)
    part = dice.randint(0, total)
    return sold(room, lines, [("cash", part), ("card", total - part)] if 0 < part < total else None)


def a_return(room, dice):
    lines = [line for line in OrderLine.objects.filter(order__source="till", quantity__gt=0) if line.returned < line.quantity]
    if lines:
        line = dice.choice(lines)
        quantity = dice.randint(1, (line.quantity - line.returned) // 1_000) * 1_000
        back(line.order, (line.position, quantity), condition=dice.choice(["restock", "damaged", "none"]), reason="unwanted")


def a_web_order(room, dice):
    order(room, dice.randint(1, 3), paid=dice.choice(["transfer", ""]))


def of_the_web(dice):
    found = list(Order.objects.filter(source="web", handed_over_at=None).exclude(status="cancelled"))
    return dice.choice(found) if found else None


def a_change(room, dice):
    made = of_the_web(dice)
    if made is None:
        return
    by = {"order": made.id, "version": made.version, "actor": None, "now": NOW + timedelta(days=dice.randint(0, 3))}
    acts = [
        lambda: services.cancel(reason="random", **by),
        lambda: services.edit(changes=[Change(line=1, quantity=dice.randint(1, 5) * 1_000)], **by),
        lambda: services.take_payment(tender=Tender(kind="cash", amount=dice.randint(1, 100)), **by),
        lambda: services.hand_over(**by),
    ]
    with suppress(Refused):
        dice.choice(acts)()


@pytest.mark.parametrize("seed", range(6))
def test_any_mix_books_to_nothing_and_equals_the_orders(room, seed):
    dice = random.Random(seed)
    for _ in range(25):
        dice.choice([a_sale, a_sale, a_return, a_web_order, a_change, a_change])(room, dice)
        if dice.random() < 0.3:
            outbox.carry(clock=lambda: datetime.now(UTC))
    settled()
    # Told twice and in another order: nothing is booked again.
    messages = list(Message.objects.filter(type__startswith="orders."))
    outbox.carry(clock=lambda: datetime.now(UTC))
    dice.shuffle(messages)
    assert booking.book(messages=messages, now=NOW) == 0
    assert broken() == []
    assert BookLine.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    days = Order.objects.values_list("business_date", flat=True).distinct()
    assert [one for day in days for one in reconciliation.differences(on=day)] == []
    owed = dict(Payment.objects.values_list("kind").annotate(sum=Sum("amount")))
    assert sum_of("card_clearing") == owed.get("card", 0)
    assert sum_of("bank_transfers") == owed.get("transfer", 0)
    assert sum_of("cash_safe") + sum_of("cash") == owed.get("cash", 0)
    sold_lines = OrderLine.objects.filter(order__status="paid") | OrderLine.objects.filter(order__handed_over_at__isnull=False)
    told = sold_lines.aggregate(total=Sum("total"), tax=Sum("tax"))
    assert -sum_of("sales") == (told["total"] or 0) - (told["tax"] or 0)


def sum_of(account):
    return BookLine.objects.filter(account=account).aggregate(sum=Sum("amount"))["sum"] or 0


def test_value_that_is_given_spent_and_sold_is_owed_as_the_ledgers_say(room):
    card = gift_card(5_000)
    who = person()
    customers.give_credit(customer=who, amount=700, currency="EUR", reference=uuid7(), line=1, actor=None, now=NOW, note="sorry")
    sale = sold(room, [goods(room, 0, 3_000)], [Tender(kind="gift_card", amount=300, account=card.id)])
    back(sale, (1, 1_000))
    outbox.carry(clock=lambda: datetime.now(UTC))
    assert reconciliation.of_value() == []
    assert -sum_of("gift_card_liability") == 4_800
    assert sum_of("goodwill") == 5_700


def test_cards_that_the_web_sells_are_made_with_the_booking_and_owed(room):
    card = replace(goods(room, 0, 2_000, 2_500, rate=0), kind="gift_card", variant=None, sku="", taxes=())
    order(room, [card])
    for _ in range(2):
        outbox.carry(clock=lambda: datetime.now(UTC))
    assert -sum_of("gift_card_liability") == 5_000
    assert reconciliation.of_value() == []


def test_the_day_takes_the_statements_of_one_order_for_a_hundred(room):
    counted = []
    for many in (1, 9, 90):
        for _ in range(many):
            sold(room)
        outbox.carry(clock=lambda: datetime.now(UTC))
        with CaptureQueriesContext(connection) as captured:
            assert reconciliation.differences(on=NOW.date()) == []
            books.day(on=NOW.date())
        counted.append(len(captured))
    assert counted[0] == counted[1] == counted[2]

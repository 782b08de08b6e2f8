import random
from threading import Barrier

import pytest
from django.db import transaction

from inventory import queries as stock
from inventory.models import Movement
from inventory.tests.stockroom import stock_up
from kernel.models import Message
from orders import services
from orders.models import Order, OrderLine
from orders.tests.till_sales import line, sale
from org.tests.cast import NOW
from org.tests.threads import in_threads


def place(sales):
    with transaction.atomic():
        return services.place(sales=sales, now=NOW)


def told():
    """Beside it stand the shortages: nobody has opened stock here."""
    return Message.objects.filter(type="orders.order.placed").count()


@pytest.mark.django_db(transaction=True)
def test_the_same_sale_placed_by_twenty_at_once_is_one_order_one_set_of_movements_one_event():
    room = stock_up()
    threads, made = 20, [sale(room, 3) for _ in range(12)]
    together = Barrier(threads, timeout=30)

    def work(n):
        # All at the same sale at the same moment, again and again: the narrow one is between seeing no such order and writing it.
        answers = []
        for one in made:
            together.wait()
            answers += place([one])
        return answers

    answers = in_threads(threads, work)
    assert sum(placed.new for one in answers for placed in one) == len(made)
    assert all([placed.id for placed in one] == [sold.id for sold in made] for one in answers)
    assert (Order.objects.count(), OrderLine.objects.count(), Movement.objects.count(), told()) == (12, 36, 36, 12)
    assert stock.reconcile() == []


@pytest.mark.django_db(transaction=True)
def test_batches_of_the_same_sales_and_goods_in_any_order_never_deadlock():
    room = stock_up()
    shared = [sale(room, [line(room, n, 1_000, position=n + 1) for n in range(8)]) for _ in range(10)]

    def work(n):
        shuffled = random.Random(n)
        placed = 0
        for _ in range(6):
            batch = shared[:] + [sale(room, [line(room, n, position=n + 1) for n in shuffled.sample(range(8), 5)]) for _ in range(3)]
            shuffled.shuffle(batch)
            placed += sum(one.new for one in place(batch[::-1] if n % 2 else batch))
        return placed

    assert sum(in_threads(8, work)) == Order.objects.count() == 10 + 8 * 6 * 3
    assert told() == Order.objects.count()
    assert stock.reconcile() == []


@pytest.mark.django_db(transaction=True)
def test_the_same_new_sales_sent_backwards_by_another_never_deadlock():
    room = stock_up()
    # Enough that the two surely meet half-way.
    made = [sale(room, 1) for _ in range(150)]
    answers = in_threads(4, lambda n: place(made[::-1] if n % 2 else made))
    assert sum(placed.new for batch in answers for placed in batch) == len(made) == Order.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_sale_whose_first_try_was_rolled_back_is_placed_by_the_one_that_waited():
    room = stock_up()
    made = sale(room)
    inserted = Barrier(2)

    def work(n):
        if n:
            inserted.wait()
            return place([made])[0].new
        with transaction.atomic():
            services.place(sales=[made], now=NOW)
            inserted.wait()
            transaction.set_rollback(True)
        return False

    assert in_threads(2, work) == [False, True]
    assert Movement.objects.count() == 3

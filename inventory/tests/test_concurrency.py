import random

import pytest
from django.db import transaction

from inventory import queries, services
from inventory.models import Movement
from inventory.services import Take
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from org.tests.cast import NOW
from org.tests.threads import in_threads


@pytest.mark.django_db(transaction=True)
def test_batches_in_opposite_order_never_deadlock():
    room = stock_up(variants=12)
    rounds, threads = 25, 8

    def sell(n):
        shuffled = random.Random(n)
        for _ in range(rounds):
            variants = room.variants[:]
            if n % 2:
                variants.reverse()
            else:
                shuffled.shuffle(variants)
            reference = uuid7()
            lines = [
                Take(location=room.northside, variant=variant, quantity=1_000, reference=reference, line=line, occurred_at=NOW)
                for line, variant in enumerate(variants)
            ]
            with transaction.atomic():
                services.take(lines=lines, now=NOW)

    in_threads(threads, sell)
    assert {stock.on_hand for stocks in queries.levels(variants=room.variants).values() for stock in stocks} == {-rounds * threads * 1_000}
    assert queries.reconcile() == []


@pytest.mark.django_db(transaction=True)
def test_the_same_lines_from_many_threads_move_stock_once():
    room = stock_up(variants=6)
    reference, count = uuid7(), 300
    # Enough that the threads surely meet half-way.
    lines = [
        Take(location=room.northside, variant=room.variants[n % 6], quantity=1_000, reference=reference, line=n, occurred_at=NOW)
        for n in range(count)
    ]

    def sell(n):
        with transaction.atomic():
            return len(services.take(lines=lines if n % 2 else lines[::-1], now=NOW))

    assert sorted(in_threads(8, sell)) == [0] * 7 + [6]
    assert Movement.objects.count() == count
    assert queries.reconcile() == []


@pytest.mark.django_db(transaction=True)
def test_two_who_count_the_same_shelf_at_once_correct_it_once():
    room = stock_up(variants=1)
    shelf = {"location": room.northside, "variant": room.variants[0], "now": NOW}
    services.adjust(**shelf, quantity=10_000, note="there", reference=uuid7(), actor=None)

    def correct(n):
        try:
            return services.correct(**shelf, counted=8_000, note=f"counted by {n}", reference=uuid7(), actor=None)
        except services.NothingMoved:
            return False

    assert sorted(in_threads(8, correct)) == [False] * 7 + [True]
    assert [stock.on_hand for stock in queries.levels(variants=room.variants)[room.variants[0]]] == [8_000]

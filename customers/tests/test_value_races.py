"""Gift cards, credit and points claimed by many at once, in threads and transactions of their own."""

import random
from datetime import UTC, datetime
from fractions import Fraction
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction

from customers import queries, services
from customers.models import Account, Customer, Posting, Transaction
from customers.queries.value import broken
from customers.services import Spend
from customers.services.ledger import NotEnough
from kernel.models import Message
from org import settings
from org.tests.threads import in_threads

NOW = datetime(2026, 7, 18, 8, 30, tzinfo=UTC)
THREADS = 20

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def ledgers_agree(transactional_db):
    yield
    assert broken() == []


def card(amount=5000):
    return services.issue_gift_card(amount=amount, currency="EUR", reference=uuid4(), line=0, actor=None, now=NOW).id


def anna():
    return Customer.objects.create(number="C-1", created_at=NOW, changed_at=NOW).id


def claim(reference, *spends):
    """Whether it was had, in a transaction of its own."""
    try:
        with transaction.atomic():
            services.spend(
                spends=[Spend(account=id, amount=amount, currency=currency) for id, amount, currency in spends], reference=reference, now=NOW
            )
    except NotEnough:
        return False
    return True


def left(id):
    return Account.objects.get(pk=id).balance


def test_the_same_order_claimed_by_twenty_at_once_is_one_claim():
    id = card()
    for _ in range(5):
        order, start, before = uuid4(), Barrier(THREADS, timeout=30), left(id)

        def claims(_, order=order, start=start):
            start.wait()
            return claim(order, (id, 100, "EUR"))

        assert all(in_threads(THREADS, claims))
        assert left(id) == before - 100
    assert Message.objects.filter(type="customers.value.moved", data__cause="spend").count() == 5


def test_two_cards_in_opposite_order_never_lock_each_other_out():
    cards = [card(100_000) for _ in range(5)]

    def claims(n):
        shuffled = random.Random(n)
        for _ in range(15):
            order = uuid4()
            picked = shuffled.sample(cards, 2)
            assert claim(order, *((id, 10, "EUR") for id in picked))
            if shuffled.random() < 0.5:
                assert services.give_back(reference=order, now=NOW) == 2
        return True

    # A deadlock would reach us as OperationalError.
    try:
        assert all(in_threads(8, claims))
    except OperationalError as error:
        pytest.fail(f"somebody was locked out: {error}")
    spent = -sum(Posting.objects.filter(account__in=cards, amount__lt=0).values_list("amount", flat=True))
    back = sum(Posting.objects.filter(account__in=cards, transaction__cause="give_back").values_list("amount", flat=True))
    assert sum(left(id) for id in cards) == 500_000 - spent + back


def test_one_card_is_issued_and_one_account_opened_by_twenty_at_once():
    customer, order = anna(), uuid4()
    start = Barrier(THREADS, timeout=30)

    def work(n):
        start.wait()
        issued = services.issue_gift_card(amount=100, currency="EUR", reference=order, line=1, actor=None, now=NOW)
        services.give_credit(customer=customer, amount=10, currency="EUR", reference=uuid4(), line=0, actor=None, note="", now=NOW)
        return issued

    answers = in_threads(THREADS, work)
    assert sum(one.new for one in answers) == sum(bool(one.code) for one in answers) == 1
    assert left(answers[0].id) == 100
    assert [one.balance for one in queries.accounts_of(customer=customer)] == [200]


def test_points_are_earned_once_and_taken_back_once_by_twenty_at_once():
    settings.put("value.points_earned", 1)
    customer, order = anna(), uuid4()
    start = Barrier(THREADS, timeout=30)

    def work(n):
        start.wait()
        earned = services.earn_points(customer=customer, order=order, amount=90_00, currency="EUR", now=NOW)
        start.wait()
        return earned, services.reverse_points(order=order, part=Fraction(1, 3), now=NOW).points

    answers = in_threads(THREADS, work)
    assert [sum(part) for part in zip(*answers, strict=True)] == [90, 30]
    assert [one.balance for one in queries.accounts_of(customer=customer)] == [60]


def test_cards_expire_once_beside_those_who_spend_them():
    cards = [
        services.issue_gift_card(amount=100, currency="EUR", reference=uuid4(), line=0, actor=None, now=NOW, expires_at=NOW).id for _ in range(40)
    ]
    before = NOW.replace(hour=1)

    def work(n):
        if n % 2:
            return services.expire(now=NOW, limit=7) + services.expire(now=NOW, limit=7)
        had = 0
        for id in cards[n::8]:
            try:
                with transaction.atomic():
                    services.spend(spends=[Spend(account=id, amount=100, currency="EUR")], reference=uuid4(), now=before)
                had += 1
            except NotEnough:
                pass
        return had

    moved = sum(in_threads(8, work))
    while more := services.expire(now=NOW, limit=7):
        moved += more
    assert moved == 40
    assert Transaction.objects.filter(cause__in=["spend", "expire"]).count() == 40
    assert not any(left(id) for id in cards)

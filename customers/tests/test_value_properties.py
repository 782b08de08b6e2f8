"""Any sequence of what can happen to value, beside a model that only adds and subtracts."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import services
from customers.models import Account, Customer, Posting, Transaction
from customers.queries.value import broken
from customers.services import AlreadyGivenBack, GiftCardExpired, NotEnough, Spend
from customers.services.ledger import SpentOtherwise
from kernel.models import Message

NOW = datetime(2026, 7, 18, 8, 30, tzinfo=UTC)
CARDS = 3


@dataclass
class Order:
    """What was taken from which card, by line; None: given back."""

    spent: list[tuple[int, int]]
    back: bool = False
    refunded: dict[int, int] = field(default_factory=dict)


@dataclass
class Shop:
    ids: list[UUID]
    balances: list[int]
    orders: dict[UUID, Order] = field(default_factory=dict)
    now: datetime = NOW


amounts = st.integers(1, 2000)
cards = st.integers(0, CARDS - 1)
steps = st.one_of(
    st.tuples(st.just("spend"), st.lists(st.tuples(cards, amounts), min_size=1, max_size=3)),
    st.tuples(st.just("again"), st.integers(0, 5)),
    st.tuples(st.just("give_back"), st.integers(0, 5)),
    st.tuples(st.just("refund"), st.integers(0, 5), amounts),
    st.tuples(st.just("top_up"), cards, amounts),
    st.tuples(st.just("adjust"), cards, st.integers(-2000, 2000).filter(bool)),
)


def spend(shop, reference, spent):
    return services.spend(
        spends=[Spend(account=shop.ids[card], amount=amount, currency="EUR") for card, amount in spent], reference=reference, now=NOW
    )


def fits(shop, spent):
    return all(sum(amount for card, amount in spent if card == one) <= shop.balances[one] for one in range(CARDS))


def do(shop, step):
    kind, *rest = step
    known = list(shop.orders)
    if kind == "spend":
        reference = uuid4()
        if not fits(shop, rest[0]):
            with pytest.raises(NotEnough):
                spend(shop, reference, rest[0])
            return
        spend(shop, reference, rest[0])
        shop.orders[reference] = Order(spent=rest[0])
        for card, amount in rest[0]:
            shop.balances[card] -= amount
    elif kind in ("again", "give_back", "refund") and known:
        reference = known[rest[0] % len(known)]
        globals()[f"do_{kind}"](shop, reference, shop.orders[reference], *rest[1:])
    elif kind == "top_up":
        services.top_up(id=shop.ids[rest[0]], amount=rest[1], currency="EUR", reference=uuid4(), line=0, actor=None, now=NOW)
        shop.balances[rest[0]] += rest[1]
    elif kind == "adjust":
        given = {"account": shop.ids[rest[0]], "amount": rest[1], "reference": uuid4(), "line": 0, "actor": None, "note": "", "now": NOW}
        if shop.balances[rest[0]] + rest[1] < 0:
            with pytest.raises(NotEnough):
                services.adjust(**given)
        else:
            services.adjust(**given)
            shop.balances[rest[0]] += rest[1]


def do_again(shop, reference, order):
    if order.back:
        with pytest.raises(AlreadyGivenBack):
            spend(shop, reference, order.spent)
    else:
        spend(shop, reference, order.spent)
        with pytest.raises(SpentOtherwise):
            spend(shop, reference, [(order.spent[0][0], order.spent[0][1] + 1), *order.spent[1:]])


def do_give_back(shop, reference, order):
    assert services.give_back(reference=reference, now=NOW) == (0 if order.back else len(order.spent))
    if not order.back:
        for card, amount in order.spent:
            shop.balances[card] += amount
    order.back = True


def do_refund(shop, reference, order, amount):
    """To the first card of the order; a second time under the same line it is the first."""
    card, line = order.spent[0][0], len(order.refunded) % 2
    given = {"account": shop.ids[card], "reference": reference, "line": line, "now": NOW}
    if order.refunded.get(line, amount) != amount:
        with pytest.raises(SpentOtherwise):
            services.refund_to(amount=amount, **given)
        return
    moved = services.refund_to(amount=amount, **given)
    assert (moved is None) == (line in order.refunded)
    if moved:
        shop.balances[card] += amount
        order.refunded[line] = amount


@pytest.mark.django_db
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(steps, max_size=15))
def test_any_sequence_comes_to_nothing_in_all_and_no_card_is_below_zero(program):
    with transaction.atomic():
        told = Message.objects.count()
        ids = [services.issue_gift_card(amount=1000, currency="EUR", reference=uuid4(), line=0, actor=None, now=NOW).id for _ in range(CARDS)]
        shop = Shop(ids=ids, balances=[1000] * CARDS)
        for step in program:
            do(shop, step)
            assert [Account.objects.get(pk=id).balance for id in ids] == shop.balances
        with connection.cursor() as cursor:
            cursor.execute("set constraints all immediate")
            cursor.execute("select coalesce(sum(amount), 0) from customers_posting")
            assert cursor.fetchone()[0] == 0
        assert broken() == []
        assert Message.objects.count() - told == Transaction.objects.count()
        transaction.set_rollback(True)


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["give", "spend", "night"]), st.integers(1, 500), st.integers(1, 60)), min_size=1, max_size=12),
)
def test_what_expires_is_what_is_left_and_nothing_is_lost(program):
    with transaction.atomic():
        anna = Customer.objects.create(number=f"C-{uuid4().hex[:8]}", created_at=NOW, changed_at=NOW).id
        account = services.give_credit(customer=anna, amount=1, currency="EUR", reference=uuid4(), line=0, actor=None, note="", now=NOW).account
        card = services.issue_gift_card(
            amount=1000, currency="EUR", reference=uuid4(), line=0, actor=None, now=NOW, expires_at=NOW + timedelta(days=90)
        ).id
        now, left, ends, expired = NOW, 1000, NOW + timedelta(days=90), 0
        for kind, amount, days in program:
            now += timedelta(days=days)
            if kind == "night":
                dead = ends <= now and left > 0
                assert services.expire(now=now, limit=10) == dead
                expired, left = (expired + left, 0) if dead else (expired, left)
            elif kind == "give":
                services.refund_to(account=card, amount=amount, reference=uuid4(), line=0, now=now)
                left, ends = left + amount, max(ends, now + timedelta(days=30))
            else:
                try:
                    services.spend(spends=[Spend(account=card, amount=amount, currency="EUR")], reference=uuid4(), now=now)
                except (NotEnough, GiftCardExpired):
                    assert amount > left or ends <= now
                else:
                    assert ends > now
                    left -= amount
            assert Account.objects.get(pk=card).balance == left
        taken = Posting.objects.filter(account=card, transaction__cause="expire").values_list("amount", flat=True)
        assert -sum(taken) == expired
        assert Account.objects.get(pk=account).balance == 1
        transaction.set_rollback(True)

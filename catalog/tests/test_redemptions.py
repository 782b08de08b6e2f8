"""What promotions gave is counted with the orders: no limit is passed by a door that may refuse, and everything can be given back."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count, Sum

from catalog.models import Coupon, Promotion, Redemption
from catalog.services import redemptions
from catalog.services.redemptions import Claim, CouponUsed, Given, PromotionUsedUp
from kernel.ids import uuid7
from org import settings
from org.tests.cast import NOW, open_shop
from org.tests.doorstep import statements


def promotion(code, **fields):
    values = {"name": code.title(), "state": "approved", "made_by": uuid4(), "made_at": NOW, "changed_by": uuid4(), "changed_at": NOW, **fields}
    if any(name in fields for name in ("most_uses", "most_per_customer", "budget", "monthly_budget")):
        values.setdefault("offline", "allow")
    return Promotion.objects.create(code=code, rule={"reward": {"kind": "percent", "value": 100_000}}, **values)


def claim(*given, order=None, at=NOW, **fields):
    given = tuple(one if isinstance(one, Given) else Given(one, 100) for one in given)
    return Claim(order=order or uuid7(), at=at, given=given, **fields)


def made(*claims):
    with transaction.atomic():
        return redemptions.claim(claims=claims)


def counted(code):
    return Promotion.objects.values_list("used", "given").get(code=code)


def test_what_was_given_is_kept_and_counted(db):
    tea = promotion("tea")
    coupon = Coupon.objects.create(code="SPRING", promotion=tea, made_at=NOW, most_uses=2)
    first, second = claim(Given("tea", 150, 50), Given("tea", 30, 10), coupons=("SPRING", "OTHER"), customer=uuid4()), claim("tea")
    assert made(first, second) == []
    assert counted("tea") == (2, 280)
    kept = Redemption.objects.get(order=first.order)
    assert (kept.amount, kept.supplier_amount, kept.coupon_id, kept.customer, kept.over, kept.at) == (180, 60, "SPRING", first.customer, False, NOW)
    coupon.refresh_from_db()
    assert coupon.used == 1


@pytest.mark.parametrize(
    ("limits", "before", "then"),
    [
        ({"most_uses": 2}, [("tea", None), ("tea", None)], ("uses", None)),
        ({"budget": 250}, [("tea", None), ("tea", None)], ("budget", None)),
        ({"most_per_customer": 1}, [("tea", UUID(int=1))], ("customer", UUID(int=1))),
        ({"monthly_budget": 150}, [("tea", UUID(int=1))], ("month", UUID(int=1))),
        ({"monthly_budget": 150}, [], ("month", None)),
    ],
)
def test_a_limit_refuses_the_next_and_a_tills_sale_stands_beyond_it(db, limits, before, then):
    promotion("tea", **limits)
    made(*(claim(code, customer=customer) for code, customer in before))
    limit, customer = then
    with pytest.raises(PromotionUsedUp) as refused:
        made(claim("tea", customer=customer))
    assert (refused.value.code, refused.value.field) == ("promotion_used_up", "tea")
    assert counted("tea") == (len(before), 100 * len(before))
    over = made(claim("tea", customer=customer, stands=True))
    assert [(one.promotion, one.name, one.limit) for one in over] == [("tea", "Tea", limit)]
    assert Redemption.objects.filter(over=True).count() == 1
    assert counted("tea") == (len(before) + 1, 100 * len(before) + 100)


def test_another_customer_and_another_month_have_their_own(db):
    settings.put("shop.timezone", "Europe/Berlin")
    promotion("staff", most_per_customer=2, monthly_budget=150)
    carla, mia = uuid4(), uuid4()
    made(claim("staff", customer=carla), claim("staff", customer=mia))
    # The first of April in Berlin is still March in UTC.
    april = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    with pytest.raises(PromotionUsedUp):
        made(claim("staff", customer=carla, at=april - timedelta(hours=1)))
    made(claim("staff", customer=carla, at=april))
    with pytest.raises(PromotionUsedUp):
        made(claim("staff", customer=carla, at=april + timedelta(days=60)))


def test_within_one_batch_the_last_use_is_given_once(db):
    promotion("tea", most_uses=1)
    with pytest.raises(PromotionUsedUp):
        made(claim("tea"), claim("tea"))
    assert counted("tea") == (0, 0)
    over = made(claim("tea", stands=True), claim("tea", stands=True))
    assert len(over) == 1
    assert counted("tea") == (2, 200)


@pytest.mark.parametrize(
    "fields", [{"used": 1}, {"expires_at": NOW}, {"voided_at": NOW}, {"customer": UUID(int=7)}], ids=["used", "expired", "void", "not theirs"]
)
def test_a_coupon_that_does_not_hold_is_refused_and_stands_at_a_till(db, fields):
    tea = promotion("tea", needs_coupon=True)
    Coupon.objects.create(code="SPRING", promotion=tea, made_at=NOW, **fields)
    with pytest.raises(CouponUsed) as refused:
        made(claim("tea", coupons=("SPRING",)))
    assert (refused.value.code, refused.value.field) == ("coupon_used", "SPRING")
    assert [one.limit for one in made(claim("tea", coupons=("SPRING",), stands=True))] == ["coupon"]
    Coupon.objects.create(code="SUMMER", promotion=tea, made_at=NOW)
    made(claim("tea", coupons=("SPRING", "SUMMER")))
    assert Redemption.objects.order_by("-id").first().coupon_id == "SUMMER"


def test_what_nobody_knows_is_refused_online_and_left_out_at_a_till(db):
    promotion("tea")
    with pytest.raises(PromotionUsedUp):
        made(claim("gone"))
    assert made(claim("gone", "tea", stands=True)) == []
    assert Redemption.objects.count() == 1


def test_it_is_given_back_once(db):
    tea = promotion("tea", most_uses=1, budget=100)
    Coupon.objects.create(code="SPRING", promotion=tea, made_at=NOW)
    first = claim("tea", coupons=("SPRING",))
    made(first)
    assert redemptions.release(order=uuid4(), now=NOW) == 0
    assert redemptions.release(order=first.order, now=NOW) == 1
    assert redemptions.release(order=first.order, now=NOW) == 0
    assert (counted("tea"), Coupon.objects.get().used) == ((0, 0), 0)
    made(claim("tea", coupons=("SPRING",)))
    assert counted("tea") == (1, 100)


def test_an_order_that_is_changed_claims_again_what_it_let_go_of(db):
    promotion("tea", most_uses=2)
    Coupon.objects.create(code="SPRING", promotion=Promotion.objects.get(), made_at=NOW, most_uses=1)
    before = claim(Given("tea", 150, 50), coupons=("SPRING",))
    made(before)
    with transaction.atomic():
        assert redemptions.release(order=before.order, now=NOW) == 1
        redemptions.claim(claims=[claim(Given("tea", 90), order=before.order, coupons=("SPRING",))])
    kept = Redemption.objects.get()
    assert (kept.amount, kept.supplier_amount, kept.coupon_id, kept.released_at) == (90, 0, "SPRING", None)
    assert (counted("tea"), Coupon.objects.get().used) == ((1, 90), 1)
    assert redemptions.release(order=before.order, now=NOW) == 1
    assert (counted("tea"), Coupon.objects.get().used) == ((0, 0), 0)


def test_a_batch_takes_the_statements_of_one(db):
    for n in range(10):
        promotion(f"p{n}", most_per_customer=100)
    taken = []
    for many in (1, 10, 100):
        claims = [claim(f"p{n % 10}", "p0", customer=uuid4()) for n in range(many)]
        with transaction.atomic(), statements() as seen:
            redemptions.claim(claims=claims)
        taken.append(len(seen))
    assert taken == [3, 3, 3]
    with transaction.atomic(), statements() as seen:
        redemptions.claim(claims=[claim()])
    assert seen == []


def test_claims_stand_in_the_orders_transaction_only(transactional_db):
    open_shop()
    promotion("tea")
    with pytest.raises(transaction.TransactionManagementError):
        redemptions.claim(claims=[claim("tea")])


@pytest.mark.parametrize("seed", range(5))
def test_the_counters_are_the_redemptions_whatever_happens(db, seed):
    chance = random.Random(seed)
    for n in range(4):
        promotion(
            f"p{n}",
            most_uses=chance.choice([None, 5, 20]),
            budget=chance.choice([None, 900]),
            most_per_customer=chance.choice([None, 2]),
            offline="allow",
        )
    tea = Promotion.objects.get(code="p0")
    Coupon.objects.create(code="SPRING", promotion=tea, made_at=NOW, most_uses=3)
    people, orders = [uuid4() for _ in range(3)], []
    for _ in range(60):
        if orders and chance.random() < 0.3:
            redemptions.release(order=chance.choice(orders), now=NOW)
            continue
        batch = [
            claim(
                *(Given(f"p{chance.randrange(5)}", chance.randrange(1, 200)) for _ in range(chance.randrange(3))),
                customer=chance.choice([None, *people]),
                coupons=chance.choice([(), ("SPRING",)]),
                stands=chance.random() < 0.7,
            )
            for _ in range(chance.randrange(1, 4))
        ]
        try:
            made(*batch)
            orders += [one.order for one in batch]
        except (PromotionUsedUp, CouponUsed):
            pass
    unreleased = Redemption.objects.filter(released_at=None)
    found = {row["promotion"]: (row["n"], row["sum"]) for row in unreleased.values("promotion").annotate(n=Count("id"), sum=Sum("amount"))}
    assert all((row.used, row.given) == found.get(row.id, (0, 0)) for row in Promotion.objects.all())
    assert Coupon.objects.get().used == unreleased.filter(coupon="SPRING").count()
    for row in Promotion.objects.exclude(most_uses=None):
        assert unreleased.filter(promotion=row, over=False).count() <= row.most_uses


class Second(Thread):
    """What happens while the first transaction is still open."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work, self.error = work, None

    def run(self) -> None:
        try:
            self.work()
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()

    def waits(self) -> bool:
        self.start()
        deadline = time.monotonic() + 20
        while self.is_alive() and time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute("select count(*) from pg_locks where not granted")
                if cursor.fetchone()[0]:
                    return True
        return False


@pytest.mark.parametrize("limits", [{"most_uses": 1}, {"budget": 150}, {"most_per_customer": 1}, {"monthly_budget": 150}], ids=str)
def test_two_buyers_at_once_for_the_last_use_and_one_wins(transactional_db, limits):
    open_shop()
    promotion("tea", **limits)
    carla = uuid4()
    second = Second(lambda: made(claim("tea", customer=carla)))
    with transaction.atomic():
        redemptions.claim(claims=[claim("tea", customer=carla)])
        assert second.waits()
    second.join(30)
    assert isinstance(second.error, PromotionUsedUp)
    assert counted("tea") == (1, 100)


def test_a_coupon_shown_by_two_at_once_is_used_once(transactional_db):
    open_shop()
    tea = promotion("tea")
    Coupon.objects.create(code="SPRING", promotion=tea, made_at=NOW)
    second = Second(lambda: made(claim("tea", coupons=("SPRING",))))
    with transaction.atomic():
        redemptions.claim(claims=[claim("tea", coupons=("SPRING",))])
        assert second.waits()
    second.join(30)
    assert isinstance(second.error, CouponUsed)
    assert Coupon.objects.get().used == 1


def test_batches_with_the_same_offers_the_other_way_round_never_lock_each_other_out(transactional_db):
    open_shop()
    codes = [promotion(f"p{n}").code for n in range(5)]
    work = [Second(lambda codes=codes[::step]: [made(claim(*codes, stands=True), claim(*codes)) for _ in range(10)]) for step in (1, -1, 1, -1)]
    for one in work:
        one.start()
    for one in work:
        one.join(60)
    assert [one.error for one in work] == [None] * 4
    assert {counted(code) for code in codes} == {(80, 8_000)}


def test_given_back_by_two_at_once_is_given_back_once(transactional_db):
    open_shop()
    promotion("tea")
    first = claim("tea")
    made(first, claim("tea"))
    second = Second(lambda: redemptions.release(order=first.order, now=NOW))
    with transaction.atomic():
        redemptions.release(order=first.order, now=NOW)
        assert second.waits()
    second.join(30)
    assert counted("tea") == (1, 100)

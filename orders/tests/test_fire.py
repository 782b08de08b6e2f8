"""Everything of which there is only so much, claimed by two hundred at once, ten times over; and payments that fail, told by many at once."""

from collections import Counter
from itertools import accumulate
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import transaction

from catalog.models import Coupon, Redemption
from catalog.services import redemptions
from catalog.tests.test_pricebook import coupon, promotion
from customers import queries as value
from customers import services as customers
from customers.models import Account, Customer, Transaction
from inventory.models import Level, Movement
from inventory.tests.buyers import overpromised, unsound
from inventory.tests.stockroom import stock_up
from kernel.errors import Refused
from kernel.ids import uuid7
from orders import payments, services
from orders.models import Attempt, Order, OrderLine
from orders.payments import DECLINED, UNKNOWN, Outcome
from orders.services import settling
from orders.services.checking_out import undo_placing
from orders.tenders import Tender
from orders.tests.sold import back, goods, left, sold
from orders.tests.test_return_goods import paid_at_a_provider
from orders.tests.web_orders import broken
from orders.tests.web_shop import open_web_shop, reserved, spring
from org import settings
from org.tests.cast import NOW
from org.tests.fire import Prize, fire
from org.tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10
# Each claim wants 70 of 5000: 71 have it, and what is left is enough for nobody.
FULL, EACH, ENOUGH_FOR = 5000, 70, 71


def a_coupon():
    made = promotion(uuid7().hex)
    code = coupon(made.code.upper(), made, most_uses=ENOUGH_FOR).code
    return offer(made, "coupon_used", lambda: Coupon.objects.get(code=code).used, coupons=(code,))


def a_voucher():
    made = promotion(uuid7().hex, most_uses=ENOUGH_FOR, offline="allow")
    return offer(made, "promotion_used_up", lambda: counted(made)[0])


def a_budget():
    made = promotion(uuid7().hex, budget=FULL, offline="allow")
    return offer(made, "promotion_used_up", lambda: whole(counted(made)[1]))


def offer(made, refusal, taken, **shown):
    def claim(order):
        with transaction.atomic():
            given = (redemptions.Given(made.code, EACH),)
            redemptions.claim(claims=[redemptions.Claim(order=order, at=NOW, given=given, **shown)])

    return Prize(
        there=ENOUGH_FOR,
        claim=claim,
        taken=taken,
        refusals=frozenset({refusal}),
        give_back=lambda order: redemptions.release(order=order, now=NOW),
    )


def counted(made):
    made.refresh_from_db()
    kept = Redemption.objects.filter(promotion=made, released_at=None).values_list("amount", flat=True)
    assert (made.used, made.given) == (len(kept), sum(kept))
    return made.used, made.given


def whole(amount):
    pieces, odd = divmod(amount, EACH)
    assert not odd
    return pieces


def a_gift_card():
    id = customers.issue_gift_card(amount=FULL, currency="EUR", reference=uuid4(), line=0, actor=None, now=NOW).id
    return held(id, "EUR", "gift_card_balance")


def store_credit():
    return held(customers.give_credit(amount=FULL, currency="EUR", **given()).account, "EUR", "store_credit_balance")


def points():
    return held(customers.give_points(points=FULL, **given()).account, "PTS", "points_balance")


def given():
    who = Customer.objects.create(number=uuid4().hex[:12], created_at=NOW, changed_at=NOW).id
    return {"customer": who, "reference": uuid4(), "line": 0, "actor": None, "note": "", "now": NOW}


def held(account, currency, refusal):
    def claim(order):
        with transaction.atomic():
            customers.spend(spends=[customers.Spend(account=account, amount=EACH, currency=currency)], reference=order, now=NOW)

    return Prize(
        there=ENOUGH_FOR,
        claim=claim,
        taken=lambda: whole(FULL - Account.objects.get(id=account).balance),
        refusals=frozenset({refusal}),
        give_back=lambda order: customers.give_back(reference=order, now=NOW),
    )


@pytest.mark.parametrize("prize", [a_coupon, a_voucher, a_budget, a_gift_card, store_credit, points])
def test_of_two_hundred_who_want_it_at_once_exactly_so_many_have_it_and_what_came_to_nothing_comes_back_once(prize):
    for _ in range(ROUNDS):
        fire(prize())
    assert value.value.broken() == []


@pytest.mark.parametrize("rounds", [3, pytest.param(ROUNDS, marks=pytest.mark.long)])
def test_two_hundred_refunds_at_once_give_back_what_was_paid_and_not_a_cent_more(rounds):
    """Ten units, paid by a card at a provider: ten returns are had, and each asks the provider for its part."""
    room = stock_up()
    for _ in range(rounds):
        with transaction.atomic():
            order = sold(room, [goods(room, 0, 10_000, 30)], paid=[("card", 300)])
            attempt = paid_at_a_provider(order)

        def taken(order=order, attempt=attempt):
            attempt.refresh_from_db()
            asked = list(attempt.refunds.values_list("amount", flat=True))
            assert (attempt.refunded, left(order)) == (sum(asked), [("card", 300 - sum(asked))])
            return len(asked)

        fire(
            Prize(
                there=10,
                claim=lambda id, order=order: back(order, id=id, store=None),
                taken=taken,
                refusals=frozenset({"return_exceeds_sale", "refund_exceeds_capture"}),
            )
        )
    assert broken() == []


class Provider:
    """Says nothing until it is told what to say."""

    def authorise(self, ask):
        return Outcome(state=UNKNOWN)

    look = authorise


@pytest.fixture
def provider(settings):
    settings.PAYMENT_BACKENDS = {"simulator": f"{__name__}.Provider"}
    payments._loaded.cache_clear()
    yield
    payments._loaded.cache_clear()


def test_a_failed_payment_told_by_eight_at_once_gives_everything_back_once(provider):
    """Answer, message, a tab that gives up and a person who cancels: a coupon, a gift card, credit, points and goods come back once."""
    settings.put("value.point_worth", 1)
    shop = open_web_shop(many=100_000)
    spring(most_uses=1)
    who, home = shop.buyer()
    code = shop.card(300)
    customers.give_credit(amount=200, currency="EUR", **given() | {"customer": who})
    customers.give_points(points=100, **given() | {"customer": who})
    before = standing_of_value()
    tenders = [Tender(kind="gift_card", amount=300, code=code), Tender(kind="store_credit", amount=200), Tender(kind="points", amount=100)]
    asked = {"agreed_total": 1390, "customer": who, "ship_to": home, "coupons": ["SPRING"]}
    tenders.append(Tender(kind="card", amount=790, backend="simulator", token="tok"))
    for number in range(ROUNDS):
        order = shop.checkout(("TEA", 2), tenders=tenders, **asked).id
        assert (standing_of_value(), reserved(shop.warehouse)["TEA"]) == ([("gift_card", 0), ("points", 0), ("store_credit", 0)], 2000)
        start, attempt = Barrier(8, timeout=60), Attempt.objects.get(order=order).pk

        def fails(n, order=order, attempt=attempt, start=start):
            start.wait()
            no = Outcome(state=DECLINED, code="no_funds")
            acts = (
                lambda: settling.settle(attempt=attempt, outcome=no, now=NOW),
                lambda: settling.settle(attempt=attempt, outcome=no, now=NOW, told=True),
                lambda: undo_placing(order=order, now=NOW),
                lambda: services.cancel(order=order, version=None, reason="gives up", actor=None, now=NOW),
            )
            return outcome(acts[n % 4])

        codes = in_threads(8, fails)
        assert set(codes) <= {"", "order_state"}, number
        assert standing_of_value() == before
        assert Transaction.objects.filter(reference=order, cause="give_back").count() == 3
        assert (Coupon.objects.get().used, Redemption.objects.filter(order=order, released_at=None).count()) == (0, 0)
        assert reserved(shop.warehouse)["TEA"] == 0
        assert Order.objects.get(id=order).status == "cancelled"
    assert Redemption.objects.count() == ROUNDS
    assert (unsound(), overpromised(), broken(), value.value.broken()) == ([], [], [], [])


def standing_of_value():
    return sorted(Account.objects.exclude(kind="counter").values_list("kind", "balance"))


def outcome(act):
    try:
        act()
    except Refused as refused:
        return refused.code
    return ""


@pytest.mark.long
@pytest.mark.parametrize("kind", ["coupon", "gift_card", "store_credit", "points"])
def test_two_hundred_checkouts_at_once_are_paid_with_what_there_is_and_no_more(kind):
    """The same in whole orders: there is enough for nine."""
    settings.put("value.point_worth", 1)
    shop = open_web_shop(many=10_000_000)
    for _ in range(ROUNDS):
        fire(at_checkout(kind, shop))
    assert (unsound(), overpromised(), broken(), value.value.broken()) == ([], [], [], [])


def at_checkout(kind, shop):
    who, home = shop.buyer()
    asked = {"agreed_total": 990, "customer": who, "ship_to": home}
    if kind == "coupon":
        made = promotion(uuid7().hex, needs_coupon=True)
        code = coupon(made.code.upper(), made, most_uses=9).code
        # Whoever comes after the last is told the price without it; whoever comes with them, that it has just been used.
        asked |= {"agreed_total": 940, "coupons": [code], "tenders": (Tender(kind="transfer", amount=940),)}
        taken, refusals = (lambda: Coupon.objects.get(code=code).used), {"coupon_used", "price_changed"}
    else:
        code = shop.card(900) if kind == "gift_card" else ""
        tender = Tender(kind=kind, amount=100, code=code)
        more = given() | {"customer": who}
        if kind == "store_credit":
            customers.give_credit(amount=900, currency="EUR", **more)
        if kind == "points":
            customers.give_points(points=900, **more)
        asked["tenders"] = (tender, Tender(kind="transfer", amount=890))
        account = value.find_gift_card(code=code) if code else Account.objects.get(customer=who)
        taken, refusals = (lambda: whole((900 - Account.objects.get(id=account.id).balance) * EACH // 100)), {f"{kind}_balance"}
    return Prize(
        there=9,
        claim=lambda order: shop.checkout(("TEA", 1), order=order, **asked),
        taken=taken,
        refusals=frozenset(refusals),
        give_back=lambda order: outcome(lambda: services.cancel(order=order, version=None, reason="gives up", actor=None, now=NOW)) == "",
    )


@pytest.mark.long
def test_two_thousand_buyers_of_fifty():
    """Each by one request; whoever is among the fifty pays and has it. At no moment were there less than none."""
    shop = open_web_shop(many=50_000)
    who, home = shop.buyer()
    asked = {"agreed_total": 990, "customer": who, "ship_to": home}

    def lane(n):
        return Counter(outcome(lambda: shop.checkout(("TEA", 1), **asked)) for _ in range(n, 2_000, 16))

    assert sum(in_threads(16, lane), Counter()) == {"": 50, "out_of_stock": 1_950}
    assert reserved(shop.warehouse)["TEA"] == 50_000
    for order in Order.objects.all():
        services.take_payment(order=order.id, version=order.version, tender=Tender(kind="transfer", amount=990), actor=None, now=NOW)
        services.hand_over(order=order.id, actor=None, now=NOW)
    level = Level.objects.get(location=shop.warehouse, variant=shop.tea)
    assert (level.on_hand, level.reserved, OrderLine.objects.filter(kind="goods").count()) == (0, 0, 50)
    assert min(accumulate(Movement.objects.filter(location=shop.warehouse, variant=shop.tea).order_by("id").values_list("quantity", flat=True))) == 0
    assert (unsound(), overpromised(), broken()) == ([], [], [])

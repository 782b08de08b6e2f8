"""Many at the same checkout at once, and payments that come to nothing."""

import json
from collections import Counter

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.models import Coupon, Redemption
from customers.models import Account
from inventory.tests.buyers import overpromised, unsound
from kernel.errors import Refused
from kernel.ids import uuid7
from kernel.models import Message
from orders import payments, services
from orders.models import Attempt, Cart, Order, OrderLine, Payment
from orders.payments import ACTION, CAPTURED, DECLINED, UNKNOWN, Outcome
from orders.services import attempts
from orders.tenders import Tender
from orders.tests.web_orders import broken
from orders.tests.web_shop import HOME, SHIP, open_web_shop, order_of, reserved, spring
from org.tests.doorstep import client_of, key
from org.tests.threads import in_threads

pytestmark = pytest.mark.django_db(transaction=True)
LANES = 8


class Provider:
    """Answers what it is told to answer."""

    answers: list[str] = []
    calls = 0

    def authorise(self, ask):
        type(self).calls += 1
        state = self.answers.pop(0)
        return Outcome(state=state, reference=f"p-{ask.key}", amount=ask.amount, captured=ask.amount if state == CAPTURED else 0, code="no_funds")

    def look(self, ask):
        return self.authorise(ask)


@pytest.fixture
def provider(settings):
    settings.PAYMENT_BACKENDS = {"simulator": f"{__name__}.Provider"}
    payments._loaded.cache_clear()
    Provider.answers, Provider.calls = [], 0
    yield Provider
    payments._loaded.cache_clear()


def card(amount):
    return Tender(kind="card", amount=amount, backend="simulator", token="tok_1")


def outcome(buy):
    try:
        buy()
        return "bought"
    except Refused as refused:
        return refused.code


def rush(many, buy):
    """`buy(n)` for each of so many, in lanes; how it went, by code."""
    told = in_threads(LANES, lambda lane: [outcome(lambda n=n: buy(n)) for n in range(lane, many, LANES)])
    return Counter(one for of_lane in told for one in of_lane)


def test_of_a_hundred_buyers_of_twenty_exactly_twenty_win(settings):
    shop = open_web_shop()
    who, home = shop.buyer()
    asked = {"agreed_total": 990, "customer": who, "ship_to": home}
    assert rush(100, lambda n: shop.checkout(("TEA", 1), **asked)) == {"bought": 20, "out_of_stock": 80}
    assert (Order.objects.count(), OrderLine.objects.filter(kind="goods").count()) == (20, 20)
    assert reserved(shop.warehouse) == {"CUP": 0, "TEA": 20_000}
    assert (unsound(), overpromised(), broken()) == ([], [], [])
    assert Message.objects.filter(type="orders.order.confirmed").count() == 20


def test_nobody_at_the_door_meets_a_fault(settings):
    shop = open_web_shop()
    plain = key(shop.cast.web, "checkout:write", kind="publishable")
    given = {"lines": [{"sku": "TEA", "quantity": 2000}], "delivery": SHIP, "contact": {"email": "a@example.com"}, "shipping": HOME}
    body = {**given, "agreed_total": 1490, "tenders": [{"kind": "transfer", "amount": 1490}]}

    def work(lane):
        client = client_of(key=plain)
        client.raise_request_exception = False
        told = []
        for _ in range(3):
            headers = {"Idempotency-Key": str(uuid7())}
            told.append(client.post("/api/v1/checkouts", body, content_type="application/json", headers=headers).status_code)
        return told

    answers = Counter(status for of_lane in in_threads(LANES, work) for status in of_lane)
    assert answers == {201: 10, 409: 14}
    assert broken() == []


def counted(client, method, path, body, status):
    """What it answers, and what was asked of the database: with its key and its answer, without where transactions begin and end."""
    with CaptureQueriesContext(connection) as caught:
        answer = client.generic(
            method, f"/api/v1{path}", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": str(uuid7())}
        )
    assert answer.status_code == status, answer.content
    return answer.json(), [query["sql"][:100] for query in caught if query["sql"] not in ("BEGIN", "COMMIT")]


def test_a_checkout_in_one_request_is_nine_statements_with_its_key_and_its_answer():
    shop = open_web_shop()
    who, home = shop.buyer()
    client = client_of(key=key(shop.cast.web, "checkout:write"))
    given = {"delivery": SHIP, "customer": str(who), "ship_to": str(home)}
    for pieces, total in ((1, 1290), (2, 1790)):
        lines = [{"sku": "TEA", "quantity": pieces * 1000}, {"sku": "CUP", "quantity": 1000}]
        body = {**given, "lines": lines, "agreed_total": total, "tenders": [{"kind": "transfer", "amount": total}]}
        _, asked = counted(client, "POST", "/checkouts", body, 201)
    assert len(asked) == 9, asked


def test_step_by_step_a_checkout_is_thirty_one_statements():
    shop = open_web_shop()
    who, home = shop.buyer()
    client = client_of(key=key(shop.cast.web, "checkout:write"))
    for pieces, total in ((1, 990), (2, 1490)):
        cart, made = counted(client, "POST", "/carts", {"lines": [{"sku": "TEA", "quantity": pieces * 1000}]}, 201)
        path = f"/carts/{cart['id']}"
        _, signed = counted(client, "PUT", f"{path}/customer", {"customer": str(who), "ship_to": str(home)}, 200)
        _, sent = counted(client, "PUT", f"{path}/delivery", {"delivery": SHIP}, 200)
        paid = {"agreed_total": total, "tenders": [{"kind": "transfer", "amount": total}]}
        _, placed = counted(client, "POST", f"{path}/orders", paid, 201)
    assert [len(step) for step in (made, signed, sent, placed)] == [5, 8, 7, 11], (made, signed, sent, placed)


def joined(shop, cart, **more):
    """As a door does that keeps its answer in the same transaction."""
    with transaction.atomic():
        return shop.place(cart, joined=True, **more)


def test_eight_tabs_place_one_order_each_in_one_transaction_with_its_answer():
    shop = open_web_shop()
    cart = shop.ready()
    placed = in_threads(LANES, lambda n: joined(shop, cart))
    assert len({standing.id for standing in placed}) == 1
    assert (Order.objects.count(), Cart.objects.get().state) == (1, "placed")
    assert reserved(shop.warehouse)["TEA"] == 2000


def test_who_places_by_transfer_what_another_tab_has_placed_with_a_card_is_told_how_it_stands(provider):
    shop = open_web_shop()
    cart = shop.ready()
    provider.answers = [UNKNOWN]
    first = shop.place(cart, card(1490), agreed_total=1490)
    second = joined(shop, cart)
    assert (second.id, second.status, second.payment_state, provider.calls) == (first.id, "pending", UNKNOWN, 1)


def test_a_price_that_has_changed_leaves_the_cart_as_it_was_in_one_transaction_too():
    shop = open_web_shop()
    cart = shop.ready()
    with pytest.raises(services.PriceChanged):
        joined(shop, cart, agreed_total=1)
    assert (Order.objects.count(), Cart.objects.get().state) == (0, "open")
    assert joined(shop, cart).status == "pending"


def test_a_coupon_for_one_shown_by_fifty_at_once_is_given_once():
    shop = open_web_shop(many=100_000)
    spring(most_uses=1)
    who, home = shop.buyer()
    asked = {"agreed_total": 450 + 490, "customer": who, "ship_to": home, "coupons": ["SPRING"]}
    told = rush(50, lambda n: shop.checkout(("TEA", 1), **asked))
    assert told["bought"] == 1
    # Whoever comes after it is told the price without it; whoever comes with it, that it has just been used.
    assert set(told) <= {"bought", "coupon_used", "price_changed"}
    assert sum(told.values()) == 50
    assert (Coupon.objects.get().used, Redemption.objects.count(), Order.objects.count()) == (1, 1, 1)
    assert reserved(shop.warehouse)["TEA"] == 1000
    assert (unsound(), broken()) == ([], [])


def test_one_gift_card_pays_no_more_than_is_on_it():
    shop = open_web_shop(many=100_000)
    who, home = shop.buyer()
    code = shop.card(3 * 990)
    asked = {"agreed_total": 990, "customer": who, "ship_to": home, "tenders": (Tender(kind="gift_card", amount=990, code=code),)}
    assert rush(24, lambda n: shop.checkout(("TEA", 1), **asked)) == {"bought": 3, "gift_card_balance": 21}
    assert Account.objects.get(kind="gift_card").balance == 0
    assert (Payment.objects.count(), reserved(shop.warehouse)["TEA"], broken()) == (3, 3000, [])


def test_eight_tabs_place_one_order():
    shop = open_web_shop()
    cart = shop.ready()
    orders = in_threads(LANES, lambda n: shop.place(cart).id)
    assert len(set(orders)) == 1
    assert (Order.objects.count(), Cart.objects.get().state) == (1, "placed")
    assert reserved(shop.warehouse)["TEA"] == 2000


def test_a_card_that_pays_makes_a_paid_order(provider):
    shop = open_web_shop()
    provider.answers = [CAPTURED]
    cart, code = shop.ready(), shop.card(500)
    standing = shop.place(cart, Tender(kind="gift_card", amount=500, code=code), card(990))
    assert (standing.status, standing.paid, standing.payment_state) == ("paid", 1490, "captured")
    assert sorted(Payment.objects.values_list("kind", "amount")) == [("card", 990), ("gift_card", 500)]
    assert list(Message.objects.filter(type__startswith="orders.order").order_by("id").values_list("type", flat=True)) == [
        "orders.order.confirmed",
        "orders.order.placed",
    ]
    assert broken() == []


def test_a_card_that_is_declined_leaves_everything_as_it_was(provider):
    shop = open_web_shop()
    spring(most_uses=1)
    cart, code, order = shop.ready(coupons=["SPRING"]), shop.card(500), uuid7()
    total = cart.priced.total
    for _ in range(2):
        # Under the same key the same answer, and nothing is asked again.
        provider.answers = [DECLINED]
        with pytest.raises(services.PaymentDeclined) as refusal:
            shop.place(cart, Tender(kind="gift_card", amount=500, code=code), card(total - 500), order=order, agreed_total=total)
        provider.answers = provider.answers or [DECLINED]
    assert (refusal.value.code, refusal.value.status, provider.calls) == ("payment_declined", 402, 1)
    assert (Account.objects.get(kind="gift_card").balance, Coupon.objects.get().used) == (500, 0)
    assert reserved(shop.warehouse) == {"CUP": 0, "TEA": 0}
    assert (Cart.objects.get().state, Order.objects.get().status) == ("open", "cancelled")
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0
    provider.answers = [CAPTURED]
    standing = shop.place(cart, Tender(kind="gift_card", amount=500, code=code), card(total - 500), agreed_total=total)
    assert (standing.status, Cart.objects.get().order) == ("paid", standing.id)
    assert (unsound(), broken()) == ([], [])


def test_a_customer_who_has_to_confirm_is_told_and_what_is_not_known_waits(provider):
    shop = open_web_shop()
    for answer in (ACTION, UNKNOWN):
        provider.answers = [answer, answer]
        standing = shop.place(shop.ready(), card(1490), agreed_total=1490)
        assert (standing.status, standing.payment_state) == ("pending", answer)
    assert reserved(shop.warehouse)["TEA"] == 4000
    assert broken() == []


def test_an_order_whose_provider_was_never_asked_is_gone_on_with_under_its_key(provider, monkeypatch):
    shop = open_web_shop()
    cart, order = shop.ready(), uuid7()
    with monkeypatch.context() as broken_off:
        broken_off.setattr(attempts, "ask_gateway", lambda **_: (_ for _ in ()).throw(RuntimeError("the process has ended here")))
        with pytest.raises(RuntimeError):
            shop.place(cart, card(1490), order=order, agreed_total=1490)
    assert order_of(Order.objects.get()).status == "pending"
    provider.answers = [CAPTURED]
    standing = shop.place(cart, card(1490), order=order, agreed_total=1490)
    assert (standing.id, standing.status, provider.calls) == (order, "paid", 1)
    assert Attempt.objects.count() == 1
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from orders_payment")
        assert cursor.fetchone() == (1,)

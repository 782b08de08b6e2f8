"""When two customers become one, what they were about to buy and what offers gave them is the kept one's."""

import pytest
from django.db import transaction

from catalog.models import Coupon, Redemption
from catalog.services import redemptions
from catalog.tests.test_pricebook import coupon, promotion
from customers import services as customers
from kernel.ids import uuid7
from orders import services
from orders.models import Cart, Order
from orders.services.cart_store import store
from orders.tests.web_orders import broken
from orders.tests.web_shop import SHIP, open_web_shop
from org.tests.cast import NOW
from org.tests.threads import in_threads


@pytest.fixture
def shop(db):
    return open_web_shop()


def open_cart(shop, who, home, *lines, **more):
    return shop.sign_in(shop.cart(*lines, delivery=SHIP, **more), who, home).kept.id


def merge(keep, gone):
    customers.merge(keep=keep, gone=gone, actor=None, now=NOW)


def lines(id):
    return {line["sku"]: line["quantity"] for line in store.get(id=id).document["lines"]}


def place(shop, id):
    cart = services.get_cart(id=id, channel=shop.channel, only_offered=True, now=NOW)
    return shop.place(cart, agreed_total=cart.priced.total)


def test_an_open_cart_is_the_kept_ones_and_can_be_bought(shop):
    (keep, _), (gone, home) = shop.buyer(), shop.buyer(email="g@example.com")
    id = open_cart(shop, gone, home, ("TEA", 2))
    merge(keep, gone)
    kept = store.get(id=id)
    assert (kept.customer, kept.document["customer"], kept.state) == (keep, str(keep), "open")
    # Where it goes to is the kept one's address by now.
    placed = place(shop, id)
    assert Order.objects.get(id=placed.id).customer_id == keep
    assert broken() == []


def test_two_open_carts_become_one(shop):
    (keep, home), (gone, other) = shop.buyer(), shop.buyer(email="g@example.com")
    first = open_cart(shop, keep, home, ("TEA", 1), coupons=["A"])
    second = open_cart(shop, gone, other, ("TEA", 2), ("CUP", 1), coupons=["B"])
    merge(keep, gone)
    assert (lines(first), store.get(id=first).document["coupons"]) == ({"TEA": 3000, "CUP": 1000}, ["A", "B"])
    assert (store.get(id=first).document["ship_to"], store.get(id=second).state) == (str(home), "merged")
    assert Cart.objects.filter(state="open").count() == 1
    place(shop, first)


def test_a_cart_whose_order_comes_to_nothing_is_open_for_the_kept_one(shop):
    (keep, _), (gone, home) = shop.buyer(), shop.buyer(email="g@example.com")
    id = open_cart(shop, gone, home, ("TEA", 2))
    placed = place(shop, id)
    merge(keep, gone)
    services.undo_placing(order=placed.id, now=NOW)
    assert (store.get(id=id).state, store.get(id=id).customer) == ("open", keep)


def test_what_offers_gave_counts_by_the_person(shop):
    (keep, _), (gone, _) = shop.buyer(), shop.buyer(email="g@example.com")
    made = promotion("tea", most_per_customer=1, offline="allow")
    mine = coupon("MINE", promotion("mine", needs_coupon=True), customer=gone)

    def claim(who, code="tea", **shown):
        given = (redemptions.Given(code, 100),)
        redemptions.claim(claims=[redemptions.Claim(order=uuid7(), at=NOW, given=given, customer=who, **shown)])

    claim(gone)
    merge(keep, gone)
    assert Redemption.objects.get(promotion=made).customer == keep
    with pytest.raises(redemptions.PromotionUsedUp), transaction.atomic():
        claim(keep)
    claim(keep, "mine", coupons=("MINE",))
    mine.refresh_from_db()
    assert (mine.customer, mine.used, Coupon.objects.count()) == (keep, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_who_becomes_another_while_they_buy_and_fill_their_cart_locks_nobody_out():
    shop = open_web_shop(many=1_000_000)
    for number in range(5):
        (keep, home), (gone, other) = shop.buyer(), shop.buyer(email=f"g{number}@example.com")
        first, second = open_cart(shop, keep, home, ("TEA", 1)), open_cart(shop, gone, other, ("CUP", 1))
        asked = {"agreed_total": 990, "customer": gone, "ship_to": other}

        def work(n, keep=keep, gone=gone, first=first, second=second, asked=asked):
            try:
                if n == 0:
                    merge(keep, gone)
                elif n % 2:
                    shop.checkout(("TEA", 1), **asked)
                else:
                    id = first if n % 4 else second
                    services.change_cart(id=id, channel=shop.channel, version=None, change=lambda document: document, only_offered=True, now=NOW)
            except (services.CartChanged, services.CartClosed, services.UnknownCart, customers.MergedAway):
                # The other cart is gone as soon as it went into the kept one's.
                return "refused"
            except Exception as error:
                return f"{type(error).__name__}: {error}"
            return "done"

        told = in_threads(6, work)
        assert set(told) <= {"done", "refused"} or all("address" in one or one in ("done", "refused") for one in told), told
    assert broken() == []

"""From a cart to an order: whole or not at all, once, for the price that was agreed."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Coupon, Price, Redemption
from catalog.tests.test_pricebook import coupon, promotion  # noqa: F401
from customers.models import Account, Customer
from kernel.ids import uuid7
from kernel.models import Message
from orders import services
from orders.models import Order, OrderLine, OrderStep, Payment
from orders.services import checking_out, delivery
from orders.tenders import Tender, TenderMismatch
from orders.tests.web_orders import broken, settled
from orders.tests.web_shop import HOME, SHIP, cart_of, digital, open_web_shop, order_of, reserved, spring
from org.tests.cast import NOW


@pytest.fixture
def shop(db):
    yield open_web_shop()
    settled()
    assert broken() == []


def nothing_happened(shop):
    settled()
    assert (Order.objects.count(), OrderLine.objects.count(), Payment.objects.count(), Redemption.objects.count()) == (0, 0, 0, 0)
    assert reserved(shop.warehouse) == {"CUP": 0, "TEA": 0}
    assert not Message.objects.filter(type__startswith="orders.").exists()


def test_a_cart_becomes_an_order_that_waits_for_its_money(shop):
    cart = shop.ready(("TEA", 2), ("CUP", 1))
    assert (cart.priced.goods, cart.priced.delivery, cart.priced.total) == (1300, 490, 1790)
    standing = shop.place(cart)
    order = order_of(standing)
    assert standing.number.startswith("W-1")
    assert (order.status, order.total, order.source, order.delivery, order.delivery_option) == ("pending", 1790, "web", "ship", "standard")
    assert (order.location, order.store, str(order.customer_id)) == (shop.warehouse, None, cart.kept.document["customer"])
    assert order.expires_at == NOW + checking_out.TRANSFER_LASTS
    assert [(line.kind, line.sku, line.total) for line in order.lines.order_by("position")] == [
        ("goods", "TEA", 1000),
        ("goods", "CUP", 300),
        ("delivery", "", 490),
    ]
    assert order.tax == sum(line.tax for line in order.lines.all()) > 0
    assert reserved(shop.warehouse) == {"CUP": 1000, "TEA": 2000}
    assert list(Message.objects.filter(aggregate_id=order.id).values_list("type", flat=True)) == ["orders.order.confirmed"]
    assert list(OrderStep.objects.filter(order=order).values_list("kind", flat=True)) == ["placed"]
    assert cart_of(order.id).state == "placed"


def test_what_gift_cards_pay_is_paid_at_once(shop):
    cart = shop.ready()
    first, second = shop.card(1000), shop.card(900)
    order = order_of(shop.place(cart, Tender(kind="gift_card", amount=1000, code=first), Tender(kind="gift_card", amount=490, code=second)))
    assert (order.status, order.total) == ("paid", 1490)
    assert sorted(order.payments.values_list("kind", "amount")) == [("gift_card", 490), ("gift_card", 1000)]
    assert sorted(Account.objects.filter(kind="gift_card").values_list("balance", flat=True)) == [0, 410]
    assert list(Message.objects.filter(aggregate_id=order.id).values_list("type", flat=True)) == ["orders.order.placed"]


def test_the_same_order_asked_for_again_is_the_same_order(shop):
    cart, order = shop.ready(), uuid7()
    first = shop.place(cart, order=order)
    assert shop.place(cart, order=order) == first
    assert Order.objects.count() == 1


def test_two_tabs_place_one_order(shop):
    cart = shop.ready()
    first, second = shop.place(cart), shop.place(cart)
    assert first == second
    assert Order.objects.count() == 1


def test_one_request_asked_for_again_is_one_order_and_one_guest(shop):
    order = uuid7()
    asked = {"agreed_total": 1490, "order": order, "contact": {"email": "ada@example.com"}, "shipping": HOME}
    first = shop.checkout(("TEA", 2), **asked)
    # The price moved before the answer was read: the order that stands is told all the same.
    Price.objects.update(amount=999)
    assert shop.checkout(("TEA", 2), **asked) == first
    assert (Order.objects.count(), Customer.objects.filter(guest=True).count()) == (1, 1)


def test_a_price_that_has_changed_is_told_with_both_totals_and_both_of_each_line(shop):
    cart = shop.ready(("TEA", 2), ("CUP", 1))
    Price.objects.filter(variant=shop.tea).update(amount=550)
    with pytest.raises(services.PriceChanged) as refusal:
        shop.place(cart)
    told = refusal.value.details
    assert (refusal.value.code, refusal.value.status, told["agreed"], told["total"]) == ("price_changed", 409, 1790, 1890)
    assert told["lines"] == [{"line": "1", "agreed": 1000, "total": 1100}]
    nothing_happened(shop)
    assert order_of(shop.place(cart, agreed_total=1890)).total == 1890


@pytest.mark.parametrize("agreed", [None, "1490", 1490.0, True, 0, -1490])
def test_nothing_is_placed_for_another_total_than_the_one_agreed(shop, agreed):
    cart = shop.ready()
    with pytest.raises(services.PriceChanged):
        shop.place(cart, Tender(kind="transfer", amount=1490), agreed_total=agreed)
    nothing_happened(shop)


def test_what_is_not_there_is_told_with_what_is_left(shop):
    cart = shop.ready(("TEA", 21), ("CUP", 1))
    with pytest.raises(services.SoldOut) as refusal:
        shop.place(cart)
    assert (refusal.value.code, refusal.value.status) == ("out_of_stock", 409)
    assert refusal.value.details["left"] == [{"line": "1", "sku": "TEA", "asked": 21_000, "left": 20_000}]
    nothing_happened(shop)


def test_a_pickup_waits_in_its_store(shop):
    who, _ = shop.buyer()
    cart = shop.sign_in(shop.cart(("TEA", 5), delivery={"kind": "pickup", "option": "collect", "location": "northside"}), who)
    order = order_of(shop.place(cart))
    assert (order.total, order.location, order.delivery) == (2500, shop.northside, "pickup")
    assert reserved(shop.northside) == {"CUP": 0, "TEA": 5000}
    cart = shop.sign_in(shop.cart(("TEA", 1), delivery={"kind": "pickup", "location": "northside"}), who)
    with pytest.raises(services.SoldOut) as refusal:
        shop.place(cart)
    assert refusal.value.details["left"][0]["left"] == 0
    cart = services.put_cart(
        id=cart.kept.id, channel=shop.channel, version=None, given={"delivery": {"kind": "pickup", "location": "main"}}, only_offered=True, now=NOW
    )
    with pytest.raises(delivery.DeliveryInvalid):
        shop.place(cart)


def test_choices_tell_what_delivery_costs_and_where_it_can_be_fetched_when(shop):
    cart = shop.ready(("TEA", 2))
    told = services.delivery_choices(id=cart.kept.id, channel=shop.channel, country=None, only_offered=True, now=NOW)
    assert [(one["code"], one["amount"]) for one in told["options"]] == [("collect", 0), ("standard", 490)]
    assert [one["location"] for one in told["pickup"]] == ["northside"]
    bare = shop.cart(("TEA", 6))
    abroad = services.delivery_choices(id=bare.kept.id, channel=shop.channel, country="FR", only_offered=True, now=NOW)
    assert [(one["code"], one["amount"]) for one in abroad["options"]] == [("collect", 0), ("standard", 1490)]
    assert abroad["pickup"] == []


def test_from_some_total_on_shipping_is_free(shop):
    assert shop.ready(("TEA", 10)).priced.total == 5000


def test_a_promotion_on_delivery_takes_it_off(shop):
    promotion("free-shipping", rule={"level": "delivery", "reward": {"kind": "percent", "value": 1_000_000}})
    cart = shop.ready(("TEA", 2))
    assert (cart.priced.total, cart.priced.delivery) == (1000, 0)
    order = order_of(shop.place(cart))
    line = order.lines.get(kind="delivery")
    assert (line.list_total, line.discount, line.total) == (490, 490, 0)
    assert Redemption.objects.get().amount == 490


def test_a_coupon_is_claimed_and_given_back_when_the_order_comes_to_nothing(shop):
    spring(most_uses=1)
    cart = shop.ready(coupons=["spring"])
    assert cart.priced.total == 900 + 490
    standing = shop.place(cart)
    assert Coupon.objects.get().used == 1
    assert services.undo_placing(order=standing.id, now=NOW)
    assert (Coupon.objects.get().used, reserved(shop.warehouse), order_of(standing).status) == (0, {"CUP": 0, "TEA": 0}, "cancelled")
    assert not services.undo_placing(order=standing.id, now=NOW)
    # The cart is there again, and buys under another id.
    assert shop.place(cart).id != standing.id
    assert Order.objects.filter(status="pending").count() == 1


def test_undoing_gives_value_back_exactly_once(shop):
    cart, code = shop.ready(), shop.card(1000)
    standing = shop.place(cart, Tender(kind="gift_card", amount=1000, code=code), Tender(kind="transfer", amount=490))
    assert (standing.status, standing.paid) == ("pending", 1000)
    assert [services.undo_placing(order=standing.id, now=NOW) for _ in range(3)] == [True, False, False]
    assert Account.objects.get(kind="gift_card").balance == 1000
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0


@pytest.mark.parametrize("amount", [1489, 1491])
def test_tenders_come_to_the_total(shop, amount):
    cart = shop.ready()
    with pytest.raises(TenderMismatch) as refusal:
        shop.place(cart, Tender(kind="transfer", amount=amount), agreed_total=1490)
    assert refusal.value.details["missing"] == 1490 - amount
    nothing_happened(shop)


def test_cash_is_no_tender_of_the_web(shop):
    with pytest.raises(TenderMismatch):
        shop.place(shop.ready(), Tender(kind="cash", amount=1490))
    nothing_happened(shop)


def test_an_empty_gift_card_leaves_nothing_behind(shop):
    cart, code = shop.ready(), shop.card(100)
    with pytest.raises(Exception) as refusal:
        shop.place(cart, Tender(kind="gift_card", amount=1490, code=code))
    assert refusal.value.code == "gift_card_balance"
    assert Account.objects.get(kind="gift_card").balance == 100
    nothing_happened(shop)


def test_whose_credit_it_is_is_known_only_of_who_signed_in(shop):
    cart = shop.cart(("TEA", 2), delivery=SHIP)
    cart = services.set_addresses(
        id=cart.kept.id,
        channel=shop.channel,
        version=1,
        contact={"email": "ada@example.com"},
        shipping=HOME,
        billing=None,
        only_offered=True,
        now=NOW,
    )
    with pytest.raises(TenderMismatch):
        shop.place(cart, Tender(kind="store_credit", amount=1490))
    nothing_happened(shop)


def test_gift_cards_are_sold_without_tax_or_delivery_and_made_when_paid(shop):
    who, _ = shop.buyer()
    given = {"lines": [{"gift_card": 2500, "quantity": 2000}]}
    cart = shop.sign_in(services.create_cart(channel=shop.channel, given=given, only_offered=True, now=NOW), who)
    code = shop.card(5000)
    order = order_of(shop.place(cart, Tender(kind="gift_card", amount=5000, code=code)))
    assert (order.status, order.total, order.tax, order.delivery) == ("paid", 5000, 0, "digital")
    assert sorted(Account.objects.filter(kind="gift_card").values_list("balance", flat=True)) == [0, 2500, 2500]


def test_what_is_digital_needs_no_shelf_and_no_address(shop):
    digital()
    who, _ = shop.buyer()
    order = order_of(shop.place(shop.sign_in(shop.cart(("SONG", 3)), who)))
    assert (order.total, order.delivery, order.location) == (597, "digital", None)
    services.undo_placing(order=order.id, now=NOW)


def test_goods_are_not_sent_nowhere(shop):
    who, home = shop.buyer()
    cart = shop.sign_in(shop.cart(("TEA", 1)), who)
    with pytest.raises(checking_out.DeliveryNeeded):
        shop.place(cart)
    cart = shop.sign_in(shop.cart(("TEA", 1), delivery=SHIP), who)
    with pytest.raises(checking_out.AddressNeeded):
        shop.place(cart)
    somebody_else, _ = shop.buyer()
    with pytest.raises(checking_out.AddressNeeded):
        shop.checkout(("TEA", 1), agreed_total=990, customer=somebody_else, ship_to=home)
    with pytest.raises(checking_out.ContactNeeded):
        shop.place(shop.cart(("TEA", 1), delivery=SHIP))
    nothing_happened(shop)


def test_what_was_taken_off_the_shelf_is_not_placed(shop):
    cart = shop.ready()
    shop.tea.product.status = "archived"
    shop.tea.product.save()
    told = services.get_cart(id=cart.kept.id, channel=shop.channel, only_offered=True, now=NOW)
    assert [problem.code for problem in told.priced.problems] == ["sku_unknown"]
    with pytest.raises(Exception) as refusal:
        shop.place(cart)
    assert refusal.value.code == "sku_unknown"


@pytest.mark.parametrize("agreed_total", [1490])
def test_one_request_is_at_most_twelve_statements(shop, agreed_total):
    who, home = shop.buyer()
    shop.checkout(("CUP", 1), agreed_total=790, customer=who, ship_to=home)
    with CaptureQueriesContext(connection) as caught:
        shop.checkout(("TEA", 1), ("CUP", 3), agreed_total=1890, customer=who, ship_to=home)
    asked = [query["sql"][:100] for query in caught if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    assert len(asked) <= 12, asked

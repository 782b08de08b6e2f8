"""Carts at their doors: known by their id, written by version, merged when somebody signs in."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from kernel.ids import uuid7
from orders import services
from orders.models import Cart, Order
from orders.tests.web_orders import broken, settled
from orders.tests.web_shop import HOME, SHIP, open_web_shop
from org.tests.cast import NOW
from org.tests.doorstep import client_of, code_of, graphql, key, statements

# As a browser makes one: nobody else's.
CLICK = "6f1b7c7e-6e0f-4f0e-9a55-0c7be62a1b11"
CART = "cart { id version totals { total } lines { sku quantity } } errors { code field details }"
PLACE = (
    """mutation($input: CartPlaceInput!) { cartPlace(input: $input) { order { id number status total } errors { code field message details } } }"""
)


@pytest.fixture
def shop(db):
    yield open_web_shop()
    settled()
    assert broken() == []


@pytest.fixture
def browser(shop):
    return client_of(key=key(shop.cast.web, "checkout:write", kind="publishable"))


@pytest.fixture
def server(shop):
    return client_of(key=key(shop.cast.web, "checkout:write"))


def send(client, method, path, body=None, *, idempotency=None, **headers):
    """`body`: JSON, or text as it is."""
    text = body if isinstance(body, str) else json.dumps(body or {})
    headers = {"Idempotency-Key": idempotency or str(uuid4()), **headers}
    return getattr(client, method)(f"/api/v1{path}", text, content_type="application/json", headers=headers)


def lines(*wanted):
    return [{"sku": sku, "quantity": pieces * 1000} for sku, pieces in wanted]


def made(client, *wanted, **more):
    response = send(client, "post", "/carts", {"lines": lines(*wanted), **more})
    assert response.status_code == 201, response.content
    return response.json()


def test_a_guest_buys_step_by_step(shop, browser):
    cart = made(browser, ("TEA", 2))
    path = f"/carts/{cart['id']}"
    assert (cart["version"], cart["totals"]["total"], cart["lines"][0]["name"]) == (1, 1000, "Tea TEA")
    cart = send(browser, "post", f"{path}/lines", {"lines": lines(("CUP", 1))}, **{"If-Match": '"1"'}).json()
    cart = send(browser, "put", f"{path}/addresses", {"contact": {"email": "ada@example.com"}, "shipping": HOME}).json()
    choices = browser.get(f"/api/v1{path}/delivery-options").json()
    assert [(one["code"], one["amount"]) for one in choices["options"]] == [("collect", 0), ("standard", 490)]
    cart = send(browser, "put", f"{path}/delivery", {"delivery": SHIP}).json()
    assert (cart["version"], cart["totals"]["total"], cart["delivery"]["amount"]) == (4, 1790, 490)
    assert browser.get(f"/api/v1{path}").json() == cart
    placed = send(browser, "post", f"{path}/orders", {"agreed_total": 1790, "tenders": [{"kind": "transfer", "amount": 1790}]})
    assert placed.status_code == 201, placed.content
    told = placed.json()
    assert (told["status"], told["total"], told["paid"], told["payment"]) == ("pending", 1790, 0, None)
    after = browser.get(f"/api/v1{path}").json()
    assert (after["state"], after["order"]) == ("placed", told["id"])
    assert code_of(send(browser, "put", f"{path}/coupons", {"coupons": ["X"]})) == "cart_closed"


def asked(shop, **more):
    person = {"contact": {"email": "ada@example.com"}, "shipping": HOME}
    order = {"lines": lines(("TEA", 2)), "delivery": SHIP, "agreed_total": 1490, "tenders": [{"kind": "transfer", "amount": 1490}]}
    return {**person, **order, **more}


def test_a_double_click_is_one_order_and_the_same_answer(shop, browser):
    first, second = (send(browser, "post", "/checkouts", asked(shop), idempotency=CLICK) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert Order.objects.count() == 1
    other = send(browser, "post", "/checkouts", asked(shop, agreed_total=1), idempotency=CLICK)
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")


def test_after_a_refusal_the_same_key_may_ask_for_what_was_told(shop, browser):
    refused = send(browser, "post", "/checkouts", asked(shop, agreed_total=1000, tenders=[]), idempotency=CLICK)
    assert (refused.status_code, code_of(refused)) == (409, "price_changed")
    body = refused.json()
    assert (body["agreed"], body["total"]) == (1000, 1490)
    assert send(browser, "post", "/checkouts", asked(shop), idempotency=CLICK).status_code == 201


@pytest.mark.parametrize("quantity", ["-1", "0", "1000000000", '"1"', "1.5", "true", "null"])
def test_a_quantity_that_cannot_be_is_refused_with_the_range(shop, browser, quantity):
    for path in ("/carts", "/checkouts"):
        response = send(
            browser,
            "post",
            path,
            f'{{"lines": [{{"sku": "TEA", "quantity": {quantity}}}], "agreed_total": 1}}'
            if path == "/checkouts"
            else f'{{"lines": [{{"sku": "TEA", "quantity": {quantity}}}]}}',
        )
        assert (response.status_code, code_of(response)) == (400, "quantity_invalid"), response.content
        assert (response.json()["minimum"], response.json()["maximum"]) == (1, 9_999_000)
    assert (Cart.objects.count(), Order.objects.count()) == (0, 0)


def test_not_a_number_is_no_json(shop, browser):
    response = send(browser, "post", "/carts", '{"lines": [{"sku": "TEA", "quantity": NaN}]}')
    assert response.status_code == 400


@pytest.mark.parametrize("more", [{"total": 1}, {"lines": [{"sku": "TEA", "quantity": 1000, "price": 1}]}])
def test_a_price_that_is_sent_is_refused_and_never_used(shop, browser, more):
    for path, body in (("/carts", {"lines": lines(("TEA", 1)), **more}), ("/checkouts", asked(shop, **more))):
        response = send(browser, "post", path, body)
        assert (response.status_code, code_of(response)) == (400, "unknown_field"), path
    assert Order.objects.count() == 0


def test_half_a_piece_is_refused(shop, browser):
    response = send(browser, "post", "/carts", {"lines": [{"sku": "TEA", "quantity": 1500}]})
    assert (response.status_code, code_of(response)) == (400, "quantity_invalid")


def test_whoever_read_an_old_version_is_told_the_new_one(shop, browser):
    cart = made(browser, ("TEA", 1))
    path = f"/carts/{cart['id']}"
    assert send(browser, "put", path, {"lines": lines(("TEA", 2))}, **{"If-Match": '"1"'}).status_code == 200
    late = send(browser, "put", path, {"lines": lines(("TEA", 3))}, **{"If-Match": '"1"'})
    assert (late.status_code, code_of(late), late.json()["version"]) == (409, "cart_changed", 2)
    late = send(browser, "post", f"{path}/orders", {"agreed_total": 1000}, **{"If-Match": '"1"'})
    assert (late.status_code, code_of(late)) == (409, "cart_changed")
    assert send(browser, "delete", f"{path}/lines/1").json()["lines"] == []


def test_a_cart_of_another_channel_is_not_there(shop, browser):
    cart = made(browser, ("TEA", 1))
    stranger = client_of(key=key(shop.cast.stores, "checkout:write"))
    for response in (
        stranger.get(f"/api/v1/carts/{cart['id']}"),
        browser.get(f"/api/v1/carts/{uuid4()}"),
        send(stranger, "put", f"/carts/{cart['id']}", {"lines": []}),
        send(stranger, "post", f"/carts/{cart['id']}/orders", {"agreed_total": 1}),
        send(stranger, "put", f"/carts/{cart['id']}/addresses", {"contact": {"email": "x@example.com"}}),
        send(stranger, "put", f"/carts/{cart['id']}/customer", {"customer": str(uuid7())}),
    ):
        assert response.status_code == 404, response.content


def test_nobody_writes_without_the_scope_or_a_key_of_their_choice(shop, browser):
    for client, code in ((client_of(), "not_signed_in"), (client_of(key=key(shop.cast.web, "catalog:read")), "not_allowed")):
        for path in ("/carts", "/checkouts"):
            assert code_of(send(client, "post", path, {})) == code
    bare = browser.post("/api/v1/carts", "{}", content_type="application/json")
    assert code_of(bare) == "idempotency_key_invalid"


def test_a_publishable_key_says_of_nobody_that_they_signed_in(shop, browser):
    who, home = shop.buyer()
    cart = made(browser, ("TEA", 1))
    told = send(browser, "put", f"/carts/{cart['id']}/customer", {"customer": str(who)})
    assert (told.status_code, code_of(told)) == (403, "not_allowed")
    told = send(browser, "post", "/checkouts", asked(shop, contact=None, shipping=None, customer=str(who), ship_to=str(home)))
    assert (told.status_code, code_of(told)) == (403, "not_allowed")


def test_signing_in_brings_two_carts_together(shop, browser, server):
    who, home = shop.buyer()
    at_home, on_the_phone = made(browser, ("TEA", 1), coupons=["A"]), made(browser, ("TEA", 2), ("CUP", 1), coupons=["B"])
    said = {"customer": str(who), "ship_to": str(home)}
    first = send(server, "put", f"/carts/{at_home['id']}/customer", said).json()
    both = send(server, "put", f"/carts/{on_the_phone['id']}/customer", said).json()
    assert (first["customer"], both["customer"], both["signed_in"]) == (str(who), str(who), True)
    assert {line["sku"]: line["quantity"] for line in both["lines"]} == {"TEA": 3000, "CUP": 1000}
    assert {coupon["code"] for coupon in both["coupons"]} == {"A", "B"}
    assert browser.get(f"/api/v1/carts/{at_home['id']}").status_code == 404
    assert Cart.objects.filter(customer=who, state="open").count() == 1
    # Signed in again: nothing more.
    again = send(server, "put", f"/carts/{both['id']}/customer", said).json()
    assert again["lines"] == both["lines"]


def test_a_guests_address_is_not_the_customers(shop, browser, server):
    who, _ = shop.buyer()
    cart = made(browser, ("TEA", 1))
    guest = send(browser, "put", f"/carts/{cart['id']}/addresses", {"contact": {"email": "g@example.com"}, "shipping": HOME}).json()
    assert guest["ship_to"]
    assert send(server, "put", f"/carts/{cart['id']}/customer", {"customer": str(who)}).json()["ship_to"] is None


def test_staff_order_for_a_customer_in_their_store_alone(shop):
    who, home = shop.buyer()
    mia, stan = client_of(user=shop.cast.mia), client_of(user=shop.cast.stan)
    assert code_of(send(mia, "post", "/carts", {"channel": "web"})) == "place_unknown"
    assert code_of(send(stan, "post", "/carts", {"store": "northside"})) == "place_unknown"
    cart = made(mia, ("TEA", 1), store="northside", delivery={"kind": "pickup", "location": "northside"})
    assert send(stan, "put", f"/carts/{cart['id']}", {"lines": []}).status_code == 404
    assert stan.get(f"/api/v1/carts/{cart['id']}").status_code == 404
    olga = client_of(user=shop.cast.olga)
    body = asked(shop, contact=None, shipping=None, customer=str(who), ship_to=str(home), channel="web")
    placed = send(olga, "post", "/checkouts", body)
    assert placed.status_code == 201, placed.content
    order = Order.objects.get()
    assert (order.source, order.cashier, order.customer_id) == ("staff", shop.cast.olga.id, who)


def test_graphql_buys_as_rest_does(shop):
    web = {"key": key(shop.cast.web, "checkout:write", kind="publishable")}

    def change(name, kind, **given):
        query = f"mutation($input: {kind}!) {{ {name}(input: $input) {{ {CART} }} }}"
        response = graphql(query, input={"idempotencyKey": str(uuid4()), **given}, **web).json()
        assert "errors" not in response, response
        return response["data"][name]

    made = change("cartCreate", "CartCreateInput", lines=[{"sku": "TEA", "quantity": 1000}])["cart"]
    id = made["id"]
    change("cartLinesSet", "CartLinesInput", cart=id, lines=[{"sku": "TEA", "quantity": 2000}])
    change("cartCouponsSet", "CartCouponsInput", cart=id, coupons=["NONE"])
    change("cartDeliverySet", "CartDeliverySetInput", cart=id, delivery=SHIP)
    cart = change("cartCustomerSet", "CartCustomerInput", cart=id, contact={"email": "ada@example.com"}, shipping=HOME)["cart"]
    assert (cart["version"], cart["totals"]["total"], cart["lines"]) == (5, 1490, [{"sku": "TEA", "quantity": 2000}])
    read = graphql("query($id: ID!) { cart(id: $id) { version coupons { code refused } totals { total } } }", id=id, **web).json()
    assert read["data"]["cart"] == {"version": 5, "coupons": [{"code": "NONE", "refused": "unknown"}], "totals": {"total": 1490}}
    for wrong in (-1, 0, "1", 1.5, True):
        refused = change("cartLinesSet", "CartLinesInput", cart=id, lines=[{"sku": "TEA", "quantity": wrong}])
        assert [error["code"] for error in refused["errors"]] == ["quantity_invalid"], wrong
    place = {"cart": id, "tenders": [{"kind": "transfer", "amount": 1490}], "idempotencyKey": CLICK}
    refused = graphql(PLACE, input={**place, "agreedTotal": 1}, **web).json()["data"]["cartPlace"]
    assert (refused["order"], refused["errors"][0]["code"]) == (None, "price_changed")
    assert json.loads(refused["errors"][0]["details"])["total"] == 1490
    told = [graphql(PLACE, input={**place, "agreedTotal": 1490}, **web).json()["data"]["cartPlace"] for _ in range(2)]
    assert told[0]["errors"] == []
    assert told[0] == told[1]
    assert Order.objects.get().number == told[0]["order"]["number"]
    one = "mutation($input: CheckoutInput!) { checkout(input: $input) { order { status total } errors { code } } }"
    given = {
        "lines": [{"sku": "CUP", "quantity": 1000}],
        "delivery": SHIP,
        "contact": {"email": "a@example.com"},
        "shipping": HOME,
        "agreedTotal": 790,
    }
    told = graphql(one, input={**given, "tenders": [{"kind": "transfer", "amount": 790}], "idempotencyKey": str(uuid4())}, **web).json()
    assert told["data"]["checkout"] == {"order": {"status": "pending", "total": 790}, "errors": []}


def test_carts_that_nobody_came_back_to_go(shop):
    cart = shop.cart(("TEA", 1))
    kept = shop.ready()
    shop.place(kept)
    later = NOW + timedelta(days=31)
    with pytest.raises(services.UnknownCart):
        services.get_cart(id=cart.kept.id, channel=shop.channel, only_offered=True, now=later)
    assert [services.expire_carts(now=now) for now in (NOW, later, later)] == [0, 1, 0]
    assert Cart.objects.get().state == "placed"


@pytest.mark.parametrize("many", [1, 10, 100])
def test_a_cart_is_read_in_as_many_statements_whatever_is_in_it(shop, browser, many):
    cart = send(browser, "post", "/carts", {"lines": [{"id": f"l{n}", "sku": "TEA" if n % 2 else "CUP"} for n in range(many)]}).json()
    browser.get(f"/api/v1/carts/{cart['id']}")
    with statements() as asked:
        assert browser.get(f"/api/v1/carts/{cart['id']}").status_code == 200
    assert len(asked) == 3, asked

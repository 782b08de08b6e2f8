"""Returns through REST: a quote that writes nothing, a return that happens once, and nobody else's orders."""

import pytest

from kernel.ids import uuid7
from orders.models import Order
from orders.tests.sold import line_of, sold
from org import settings as typed
from org.tests.doorstep import client_of, code_of, graphql, key


@pytest.fixture(autouse=True)
def long_ago(room):
    """Doors read the clock; these sales are of a day in March."""
    typed.put("returns.policy", {"days": 3_650, "categories": {}, "extended": []})


@pytest.fixture
def order(room):
    return sold(room)


def path(order, rest=""):
    return f"/api/v1/orders/{order.id}/returns{rest}"


def send(path, body, *, key=None, user=None, once="one"):
    return client_of(key=key, user=user).post(path, body, content_type="application/json", headers={"Idempotency-Key": once})


ONE = {"store": "northside", "lines": [{"position": 1, "quantity": 1_000, "reason": "unwanted"}]}


def test_a_manager_asks_then_takes_back_and_finds_it(room, order):
    mia = room.cast.mia

    quote = send(path(order, "/quote"), ONE, user=mia)
    made = send(path(order), ONE, user=mia)
    listed = client_of(user=mia).get(path(order))

    assert (quote.status_code, quote.json()["due"], quote.json()["way"]) == (200, -100, "original")
    assert [(one["kind"], one["amount"]) for one in quote.json()["refunds"]] == [("cash", 100)]
    assert (made.status_code, made.json()["total"], made.json()["payments"][0]["kind"]) == (201, -100, "cash")
    assert [one["number"] for one in listed.json()["items"]] == [made.json()["number"]]


def test_the_same_key_takes_back_once_and_another_body_under_it_is_refused(room, order):
    first, again = (send(path(order), ONE, user=room.cast.mia) for _ in range(2))
    other = send(path(order), ONE | {"fee": 10}, user=room.cast.mia)

    assert first.content == again.content
    assert line_of(order).returned == 1_000
    assert (other.status_code, code_of(other)) == (422, "idempotency_key_reused")


def test_what_is_refused_says_why_and_can_be_tried_again_under_its_key(room, order):
    too_much = ONE | {"lines": [{"position": 1, "quantity": 4_000}]}
    refused = [send(path(order), too_much, user=room.cast.mia) for _ in range(2)]

    assert {(one.status_code, code_of(one)) for one in refused} == {(409, "return_exceeds_sale")}


@pytest.mark.parametrize("rest", ["", "/quote"])
def test_strangers_do_not_see_it(room, order, rest):
    foreign = key(room.cast.web, "orders:write", "orders:read")
    reads = key(room.cast.stores, "orders:read")
    shopper = key(room.cast.stores, "checkout:write", kind="publishable")
    riverside = ONE | {"store": "riverside"}

    found = {
        "nobody": send(path(order, rest), ONE),
        "stan": send(path(order, rest), riverside, user=room.cast.stan),
        "stan at northside": send(path(order, rest), ONE, user=room.cast.stan),
        "carla": send(path(order, rest), ONE, user=room.cast.carla),
        "another channel": send(path(order, rest), {"lines": ONE["lines"]}, key=foreign),
        "who only reads": send(path(order, rest), ONE, key=reads),
        "a shopper": send(path(order, rest), ONE, key=shopper, once="0123456789abcdef"),
        "missing": send(f"/api/v1/orders/{uuid7()}/returns{rest}", ONE, user=room.cast.mia),
    }

    assert {who: answer.status_code for who, answer in found.items()} == {
        "nobody": 401,
        "stan": 404,
        "stan at northside": 404,
        "carla": 401,
        "another channel": 404,
        "who only reads": 403,
        "a shopper": 403,
        "missing": 404,
    }
    assert client_of(user=room.cast.stan).get(path(order)).status_code == 404
    assert not Order.objects.filter(kind="return").exists()


def test_what_was_sold_on_the_web_comes_back_in_any_store(room, order):
    Order.objects.filter(id=order.id).update(source="web", store=None, channel=room.cast.web, handed_over_at=order.placed_at)

    elsewhere = send(path(order), ONE, user=room.cast.stan)
    made = send(path(order), ONE | {"store": "riverside"}, user=room.cast.stan)

    assert (elsewhere.status_code, elsewhere.json()["field"]) == (404, "store")
    assert made.status_code == 201
    assert Order.objects.get(id=made.json()["id"]).store_id == room.cast.riverside.id


def test_several_receipts_come_back_at_once_and_a_line_names_its_order(room, order):
    other = sold(room)
    lines = [{"order": str(one.id), "position": 1, "quantity": 1_000} for one in (order, other)]

    made = send("/api/v1/returns", {"store": "northside", "lines": lines}, user=room.cast.mia)
    nameless = send("/api/v1/returns/quote", {"store": "northside", "lines": ONE["lines"]}, user=room.cast.mia)

    assert (made.status_code, made.json()["total"]) == (201, -200)
    assert nameless.status_code == 404


def test_only_who_manages_the_store_approves(room):
    sticker = [{"promotion": "markdown:2812345678901", "name": "", "amount": 50}]
    from orders.tests.sold import goods

    order = sold(room, [goods(room, 0, discount=50, discounts=sticker)])
    program = key(room.cast.stores, "orders:write")

    asked = send(path(order), ONE, user=room.cast.mia)
    by_key = send(path(order), ONE | {"approve": True}, key=program)
    by_mia = send(path(order), ONE | {"approve": True}, user=room.cast.mia)

    assert (asked.status_code, code_of(asked), asked.json()["reasons"][0]["code"]) == (403, "return_needs_approval", "final_sale")
    assert (by_key.status_code, code_of(by_key)) == (403, "not_allowed")
    assert by_mia.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lines": []},
        {"store": "northside", "lines": [{"quantity": 1_000}]},
        {"store": "northside", "lines": [{"position": 1, "sku": "MILK-0", "quantity": 1_000}]},
        {"store": "northside", "lines": [{"position": 1, "quantity": 0}]},
        {"store": "northside", "lines": [{"position": 9, "quantity": 1_000}]},
        {"lines": [{"position": 1, "quantity": 1_000}]},
        {"store": "nowhere", "lines": [{"position": 1, "quantity": 1_000}]},
        {"store": "northside", "lines": [{"position": 1, "quantity": 1_000, "reason": "\x00"}]},
        {"store": "northside", "lines": [{"position": 1, "quantity": 1_000, "condition": "eaten"}]},
        {"store": "northside", "lines": [{"position": 1, "quantity": 1_000}], "refunds": [{"kind": "cash", "amount": -1}]},
        {"store": "northside", "lines": [{"position": 1, "quantity": 1_000}], "customer": str(uuid7())},
    ],
)
def test_what_makes_no_sense_is_refused_plainly(room, order, body):
    assert send(path(order), body, user=room.cast.mia).status_code in (400, 404, 422)
    assert not Order.objects.filter(kind="return").exists()


GIVE_BACK = """mutation ($input: ReturnInput!) { returnGoods(input: $input) {
  returned { order number total payments { kind amount } } errors { code field message } } }"""
QUOTE = """query ($input: ReturnQuoteInput!) { returnQuote(input: $input) { due way refunds { kind amount } lines { name reasons { text } } } }"""


def gql(order, **more):
    return {"store": "northside", "lines": [{"order": str(order.id), "position": 1, "quantity": 1_000}]} | more


def test_graphql_quotes_and_gives_back_under_its_key_once(room, order):
    mia = room.cast.mia

    quote = graphql(QUOTE, user=mia, input=gql(order)).json()["data"]["returnQuote"]
    answers = [graphql(GIVE_BACK, user=mia, input=gql(order, idempotencyKey="one")).json()["data"]["returnGoods"] for _ in range(2)]
    refused = graphql(GIVE_BACK, user=mia, input=gql(order, idempotencyKey="two", fee=-1)).json()["data"]["returnGoods"]

    assert (int(quote["due"]), quote["way"]) == (-100, "original")
    assert answers[0] == answers[1]
    assert answers[0]["errors"] == []
    assert int(answers[0]["returned"]["total"]) == -100
    assert line_of(order).returned == 1_000
    assert (refused["returned"], refused["errors"][0]["code"], refused["errors"][0]["field"]) == (None, "invalid", "fee")


def test_graphql_gives_strangers_nothing(room, order):
    asked = gql(order, idempotencyKey="one", store="riverside")

    stan = graphql(GIVE_BACK, user=room.cast.stan, input=asked).json()["data"]["returnGoods"]
    nobody = graphql(GIVE_BACK, input=asked)

    assert (stan["returned"], stan["errors"][0]["code"]) == (None, "not_found")
    assert code_of(nobody) == "not_signed_in"
    assert code_of(graphql(QUOTE, key=key(room.cast.stores, "orders:read"), input=gql(order))) == "not_allowed"
    assert line_of(order).returned == 0

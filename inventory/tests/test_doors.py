"""Stock's other doors: what may be promised, what changed, what moved, and stock put right."""

import hashlib
import json
from datetime import timedelta

import pytest

from catalog.models import Price, Product, Publication
from catalog.tests.cast import shelved
from inventory import queries, services
from inventory.models import Document, Location, Movement, Policy, Source
from inventory.services import Take
from inventory.tests.stockroom import stock_up
from kernel.ids import uuid7
from org.paging import cursor
from org.tests.cast import NOW
from org.tests.doorstep import client_of, code_of, graphql, key, rest, statements

BERLIN = "52.5219,13.4132"
PROMISE = """query($near: String, $channel: String) { products { nodes { variants { sku
    promise(near: $near, channel: $channel) { state quantity there ships comesOn pickup { locationCode distance state quantity readyAt } } } } } }"""


def opened(room):
    Product.objects.update(status="active")
    Price.objects.bulk_create(Price(variant_id=variant, currency="EUR", amount=99) for variant in room.variants)
    for n, (place, quantity) in enumerate(((room.northside, 5_000), (room.riverside, 7_000))):
        services.open_stock(location=place, quantities=dict.fromkeys(room.variants, quantity), reference=uuid7(), now=NOW)
        Location.objects.filter(id=place).update(latitude=52_500_000 + n * 100_000, longitude=13_400_000, offers_pickup=True, ships=n == 0)
        Source.objects.create(channel=room.cast.web, location_id=place, priority=9 - n)
    shelved()
    return room


@pytest.fixture
def stocked(room):
    return opened(room)


def keys(room):
    return {
        "publishable": key(room.cast.web, "catalog:read", "availability:read", kind="publishable"),
        "secret": key(room.cast.web, "catalog:read", "availability:read", "stock:read"),
        "counter": key(room.cast.stores, "catalog:read", "availability:read", "stock:read"),
    }


def asked(room, count=1, **who):
    query = {name: who.pop(name) for name in ("near", "channel") if name in who}
    return rest("/api/v1/availability", variants=",".join(map(str, room.variants[:count])), **query, **who)


def test_a_program_learns_what_may_be_promised(stocked):
    (item,) = asked(stocked, key=keys(stocked)["secret"], near=BERLIN).json()["items"]
    assert {name: item[name] for name in ("variant", "state", "quantity", "there", "ships", "comes_on")} == {
        "variant": str(stocked.variants[0]), "state": "in_stock", "quantity": 12_000, "there": 12_000, "ships": True, "comes_on": None,
    }  # fmt: skip
    assert [(one["location_code"], one["quantity"]) for one in item["pickup"]] == [("northside", 5_000), ("riverside", 7_000)]
    assert [one["state"] for one in item["pickup"]] == ["low", "in_stock"]
    assert 2_000 < item["pickup"][0]["distance"] < 3_000 < item["pickup"][1]["distance"] < 9_000


def test_what_is_sold_or_held_is_gone_at_once(stocked):
    program = keys(stocked)["publishable"]
    Policy.objects.create(location_id=stocked.northside, variant_id=stocked.variants[0], safety=5_000)
    sold = Take(location=stocked.riverside, variant=stocked.variants[0], quantity=6_000, reference=uuid7(), line=1, occurred_at=NOW)
    services.take(lines=[sold], now=NOW)
    assert asked(stocked, key=program).json()["items"][0]["state"] == "low"
    services.take(lines=[Take(**{**vars(sold), "reference": uuid7(), "quantity": 1_000})], now=NOW)
    assert asked(stocked, key=program).json()["items"][0]["state"] == "out"


def test_a_publishable_key_never_learns_how_many(stocked):
    program = keys(stocked)["publishable"]
    (item,) = asked(stocked, key=program, near=BERLIN).json()["items"]
    assert (item["state"], item["quantity"], item["there"]) == ("in_stock", None, None)
    assert {one["quantity"] for one in item["pickup"]} == {None}
    told = graphql(PROMISE, key=program, near=BERLIN).json()["data"]["products"]["nodes"][0]["variants"][0]["promise"]
    assert (told["state"], told["quantity"], told["there"]) == ("in_stock", None, None)
    assert {one["quantity"] for one in told["pickup"]} == {None}


def test_a_key_asks_in_its_own_channel(stocked):
    known = keys(stocked)
    assert asked(stocked, key=known["publishable"], channel="web").status_code == 200
    answer = asked(stocked, key=known["publishable"], channel="stores")
    assert (answer.status_code, code_of(answer)) == (404, "channel_unknown")
    assert code_of(graphql(PROMISE, key=known["secret"], channel="stores")) == "channel_unknown"
    assert asked(stocked, key=known["counter"]).json()["items"][0]["state"] == "out", "nobody said where the counter promises from"


def test_what_a_channel_does_not_show_is_not_told(stocked):
    Publication.objects.create(product=Product.objects.get(), channel=stocked.cast.web, offered=False)
    shelved()
    assert asked(stocked, key=keys(stocked)["secret"]).json()["items"] == []
    assert len(asked(stocked, user=stocked.cast.olga, channel="web").json()["items"]) == 1


def test_staff_learn_quantities_of_their_own_stores(stocked):
    (item,) = asked(stocked, user=stocked.cast.olga, channel="web").json()["items"]
    assert (item["quantity"], [one["quantity"] for one in item["pickup"]]) == (12_000, [7_000, 5_000])
    (item,) = asked(stocked, user=stocked.cast.mia, channel="web").json()["items"]
    assert (item["state"], item["quantity"], [one["quantity"] for one in item["pickup"]]) == ("in_stock", None, [None, 5_000])
    assert code_of(asked(stocked, user=stocked.cast.mia)) == "invalid", "there are two channels"
    assert code_of(asked(stocked, user=stocked.cast.mia, channel="nowhere")) == "channel_unknown"


@pytest.mark.parametrize("near", ["north", "52.5", "91,13", "52,181", "52.5;13.4", "1e1,5", "٥٢,١٣", "nan,nan"])
def test_a_point_that_is_none_is_refused_alike(stocked, near):
    program = keys(stocked)["publishable"]
    answer, told = asked(stocked, key=program, near=near), graphql(PROMISE, key=program, near=near)
    assert (answer.status_code, code_of(answer), answer.json()["field"]) == (422, "invalid", "near")
    assert told.json()["errors"][0]["extensions"] == {"code": "invalid", "field": "near"}


@pytest.mark.parametrize("variants", ["", "x", ",", ",".join(["01900000-0000-7000-8000-000000000000"] * 101)])
def test_ids_that_are_none_or_too_many_are_refused(stocked, variants):
    assert code_of(rest("/api/v1/availability", key=keys(stocked)["secret"], variants=variants)) == "invalid"


def test_both_doors_promise_the_same(stocked):
    program = keys(stocked)["secret"]
    item = asked(stocked, key=program, near=BERLIN).json()["items"][0]
    told = graphql(PROMISE, key=program, near=BERLIN).json()["data"]["products"]["nodes"][0]["variants"][0]["promise"]
    assert (told["state"], told["quantity"], told["there"], told["ships"], told["comesOn"]) == ("in_stock", 12_000, 12_000, True, None)
    assert [(one["locationCode"], one["distance"]) for one in told["pickup"]] == [(one["location_code"], one["distance"]) for one in item["pickup"]]


@pytest.mark.parametrize("count", [1, 10, 100])
def test_however_many_variants_the_statements_stay_the_same(db, count):
    room = opened(stock_up(variants=count))
    program = keys(room)["secret"]
    with statements() as seen:
        assert len(asked(room, count, key=program, near=BERLIN).json()["items"]) == count
    assert len(seen) == 3, seen  # the key, the places, what they have
    with statements() as seen:
        variants = graphql(PROMISE, key=program, near=BERLIN).json()["data"]["products"]["nodes"][0]["variants"]
    assert len(variants) == count
    assert len(seen) == 4, seen  # the key, the products, the places, what they have


def test_a_list_may_be_asked_from_two_points_at_once(stocked):
    query = f'{{ variant(sku: "MILK-0") {{ here: promise(near: "{BERLIN}") {{ pickup {{ distance }} }} far: promise {{ pickup {{ distance }} }} }} }}'
    told = graphql(query, key=keys(stocked)["secret"]).json()["data"]["variant"]
    assert [one["distance"] is None for one in (told["here"]["pickup"][0], told["far"]["pickup"][0])] == [False, True]


def test_an_answer_with_a_promise_is_never_kept(stocked):
    response = graphql(PROMISE, key=keys(stocked)["publishable"])
    assert not response.has_header("ETag")


def test_a_level_tells_what_of_it_may_be_promised(stocked):
    variant = stocked.variants[0]
    Policy.objects.create(location_id=stocked.northside, variant_id=variant, safety=1_000, ahead=500, ahead_kind="backorder")
    Location.objects.filter(id=stocked.riverside).update(archived_at=NOW)
    items = rest("/api/v1/stock-levels", key=keys(stocked)["secret"], variant=str(variant)).json()["items"]
    told = {item["location_code"]: [item[name] for name in ("on_hand", "reserved", "safety", "available")] for item in items}
    assert told == {"northside": [5_000, 0, 1_000, 4_500], "riverside": [7_000, 0, 0, 0]}


def changed(position=0, **who):
    return rest("/api/v1/stock-level-changes", position=position, **who).json()


def test_whoever_follows_the_levels_hears_of_each_change(stocked):
    program = {"key": keys(stocked)["secret"]}
    assert changed(**program) == {"items": [], "position": 0, "more": False}, "nothing is told yet"
    services.tell_levels(now=NOW)
    seen = changed(first=10, **program)
    assert (len(seen["items"]), seen["more"]) == (10, True)
    rest_of = changed(seen["position"], **program)
    assert (len(rest_of["items"]), rest_of["more"]) == (6, False)
    positions = [item["position"] for item in seen["items"] + rest_of["items"]]
    assert positions == sorted(set(positions))
    sold = Take(location=stocked.riverside, variant=stocked.variants[3], quantity=9_000, reference=uuid7(), line=1, occurred_at=NOW)
    services.take(lines=[sold], now=NOW)
    services.tell_levels(now=NOW)
    last = changed(rest_of["position"], **program)
    assert [(item["variant"], item["on_hand"], item["available"]) for item in last["items"]] == [(str(stocked.variants[3]), -2_000, 0)]
    assert changed(last["position"], **program) == {"items": [], "position": last["position"], "more": False}


def test_staff_follow_their_own_stores(stocked):
    services.tell_levels(now=NOW)
    assert {item["location_code"] for item in changed(user=stocked.cast.stan)["items"]} == {"riverside"}


MOVED = """query($filter: StockMovementFilter, $after: String, $first: Int) { stockMovements(filter: $filter, after: $after, first: $first) {
    nodes { id sku locationCode quantity cause lot line } pageInfo { hasNextPage endCursor } } }"""


def sold(room, n, quantity, days=0):
    at = NOW + timedelta(days=days)
    services.take(
        lines=[Take(location=room.northside, variant=room.variants[n], quantity=quantity, reference=uuid7(), line=3, occurred_at=at)], now=at
    )


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ({}, 19),
        ({"cause": "sale"}, 3),
        ({"cause": "sale", "from": (NOW + timedelta(days=1)).isoformat()}, 2),
        ({"cause": "sale", "from": (NOW + timedelta(days=1)).isoformat(), "until": (NOW + timedelta(days=2)).isoformat()}, 1),
        ({"location": "riverside"}, 8),
        ({"location": "nowhere"}, 0),
        ({"lot": "L1"}, 0),
    ],
)
def test_movements_are_found_alike_through_both_doors(stocked, wanted, count):
    for n in range(3):
        sold(stocked, n, 1_000, days=n)
    program = keys(stocked)["secret"]
    items = rest("/api/v1/stock-movements", key=program, first=100, **wanted).json()["items"]
    nodes = graphql(MOVED, key=program, filter=wanted, first=100).json()["data"]["stockMovements"]["nodes"]
    assert len(items) == count
    assert [(str(item["id"]), item["sku"], item["quantity"], item["cause"], item["line"]) for item in items] == [
        (node["id"], node["sku"], node["quantity"], node["cause"], node["line"]) for node in nodes
    ]
    assert [item["id"] for item in items] == sorted((item["id"] for item in items), reverse=True)


def test_movements_of_one_variant_and_of_one_lot(stocked):
    lot = services.adjust_stock(
        location=stocked.northside, lines=[services.AdjustmentLine(variant=by_lot(stocked), quantity=2_000, lot="L 7")],
        reason="found", note="", reference=uuid7(), actor=None, now=NOW,
    )  # fmt: skip
    program = keys(stocked)["secret"]
    for wanted in ({"lot": "L 7"}, {"lot": "L 7", "variant": str(stocked.variants[0])}, {"cause": "adjustment"}):
        (item,) = rest("/api/v1/stock-movements", key=program, **wanted).json()["items"]
        assert (item["lot"], item["quantity"], item["reference"]) == ("L 7", 2_000, str(lot.id))
    assert len(rest("/api/v1/stock-movements", key=program, variant=str(stocked.variants[0])).json()["items"]) == 3
    assert rest("/api/v1/stock-movements", key=program, lot="L 7", variant=str(stocked.variants[1])).json()["items"] == []


def by_lot(room):
    Product.objects.update(tracks_lots=True)
    return room.variants[0]


def test_movements_come_page_by_page(stocked):
    program, seen, after = keys(stocked)["secret"], [], None
    for _ in range(4):
        page = graphql(MOVED, key=program, first=5, after=after).json()["data"]["stockMovements"]
        body = rest("/api/v1/stock-movements", key=program, first=5, **({"after": after} if after else {})).json()
        assert [node["id"] for node in page["nodes"]] == [str(item["id"]) for item in body["items"]]
        assert page["pageInfo"]["hasNextPage"] == (body["next"] is not None)
        seen += [node["id"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert len(seen) == len(set(seen)) == 16


def test_staff_see_what_moved_in_their_own_stores(stocked):
    items = rest("/api/v1/stock-movements", user=stocked.cast.stan).json()["items"]
    assert {item["location_code"] for item in items} == {"riverside"}
    assert rest("/api/v1/stock-movements", user=stocked.cast.stan, location="northside").json()["items"] == []
    nodes = graphql(MOVED, user=stocked.cast.stan).json()["data"]["stockMovements"]["nodes"]
    assert {node["locationCode"] for node in nodes} == {"riverside"}


def test_a_page_of_movements_is_one_statement(stocked):
    program = keys(stocked)["secret"]
    for first in (1, 10, 100):
        with statements() as seen:
            rest("/api/v1/stock-movements", key=program, first=first, location="northside")
        assert len(seen) == 2, seen


@pytest.mark.parametrize("query", [{"variant": "x"}, {"cause": "magic"}, {"from": "soon"}, {"after": "x"}, {"first": 101}])
def test_a_wrong_filter_of_movements_is_refused(stocked, query):
    assert code_of(rest("/api/v1/stock-movements", key=keys(stocked)["secret"], **query)) == "invalid"


def test_a_cursor_from_beyond_the_numbers_is_an_empty_or_a_full_page(stocked):
    program = keys(stocked)["secret"]
    for id, count in ((-5, 0), (2**70, 16)):
        assert len(rest("/api/v1/stock-movements", key=program, after=cursor(id)).json()["items"]) == count


ADJUST = """mutation($input: StockAdjustInput!) { stockAdjust(input: $input) {
    adjustment { id number locationCode reason note occurredAt lines { position variantId quantity lot } } errors { code field message } } }"""


def put_right(room, *, named="one", user=None, program=None, **given):
    body = {"location": "northside", "reason": "damaged", "lines": [{"variant": str(room.variants[0]), "quantity": -1_000}]} | given
    return client_of(key=program, user=user).post(
        "/api/v1/stock-adjustments", json.dumps(body), content_type="application/json", headers={"Idempotency-Key": named}
    )


def put_right_by_graphql(room, *, named="one", key=None, user=None, **given):
    lines = [{"variant": str(room.variants[0]), "quantity": -1_000}]
    wanted = {"location": "northside", "reason": "DAMAGED", "lines": lines, "idempotencyKey": named} | given
    return graphql(ADJUST, key=key, user=user, input=wanted)


def writer(room, channel=None):
    return key(channel or room.cast.web, "catalog:read", "stock:write")


def on_hand(room, n=0):
    return {stock.location_code: stock.on_hand for stock in queries.levels(variants=[room.variants[n]])[room.variants[n]]}


def test_stock_is_put_right_once_however_often_it_is_sent(stocked):
    program = writer(stocked)
    answers = [put_right(stocked, program=program, note="Dropped") for _ in range(3)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert on_hand(stocked) == {"northside": 4_000, "riverside": 7_000}
    told = answers[0].json()
    assert (told["location_code"], told["reason"], told["note"], told["lines"][0]["quantity"]) == ("northside", "damaged", "Dropped", -1_000)
    assert Document.objects.get(id=told["id"]).note == "Dropped"


def test_the_same_key_with_another_body_is_refused(stocked):
    program = writer(stocked)
    put_right(stocked, program=program)
    assert code_of(put_right(stocked, program=program, note="another")) == "idempotency_key_reused"
    assert code_of(put_right(stocked, program=program, named="")) == "idempotency_key_invalid"
    assert on_hand(stocked)["northside"] == 4_000


def test_graphql_puts_right_once_too(stocked):
    program = writer(stocked)
    told = [put_right_by_graphql(stocked, key=program).json()["data"]["stockAdjust"] for _ in range(2)]
    assert told[0] == told[1]
    assert (told[0]["errors"], told[0]["adjustment"]["locationCode"], told[0]["adjustment"]["lines"][0]["quantity"]) == ([], "northside", -1_000)
    assert on_hand(stocked)["northside"] == 4_000
    assert put_right_by_graphql(stocked, key=program, note="x").json()["data"]["stockAdjust"]["errors"][0]["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"location": "nowhere"}, "location_not_found"),
        ({"lines": [{"gtin": "4006381333931", "quantity": 1_000}]}, "variant_not_found"),
        ({"lines": [{"quantity": 1_000}]}, "variant_not_found"),
    ],
)
def test_both_doors_refuse_with_the_same_code_and_nothing_moves(stocked, given, code):
    program, before = writer(stocked), Movement.objects.count()
    answer = put_right(stocked, program=program, **given)
    assert code_of(answer) == code
    assert answer.status_code == 404
    (error,) = put_right_by_graphql(stocked, key=program, **given).json()["data"]["stockAdjust"]["errors"]
    assert (error["code"], error["message"], error["field"]) == (code, answer.json()["detail"], answer.json().get("field"))
    assert Movement.objects.count() == before


@pytest.mark.parametrize("given", [{"lines": []}, {"reason": "boredom"}, {"lines": [{"variant": "x", "quantity": 1}]}, {"note": "x" * 201}])
def test_a_body_of_the_wrong_shape_is_refused(stocked, given):
    assert code_of(put_right(stocked, program=writer(stocked), **given)) == "invalid"


def test_staff_put_right_their_own_store_and_are_named(stocked):
    assert put_right(stocked, user=stocked.cast.mia).status_code == 201
    assert Document.objects.get().made_by == stocked.cast.mia.id
    assert code_of(put_right(stocked, user=stocked.cast.stan)) == "location_not_found"
    assert on_hand(stocked)["northside"] == 4_000


def test_a_key_puts_right_where_its_channel_sells_or_promises_from(stocked):
    assert put_right(stocked, program=writer(stocked, stocked.cast.stores)).status_code == 201, "the store is of this channel"
    Source.objects.all().delete()
    answer = put_right(stocked, program=writer(stocked, stocked.cast.web))
    assert (answer.status_code, code_of(answer)) == (403, "not_allowed")


def test_reading_is_not_writing(stocked):
    program = keys(stocked)["secret"]
    assert code_of(put_right(stocked, program=program)) == "not_allowed"
    assert code_of(put_right_by_graphql(stocked, key=program)) == "not_allowed"
    assert code_of(put_right(stocked)) == "not_signed_in"


def test_an_address_changes_nothing(stocked):
    """What is known by its hash may be asked for by GET, but only what reads."""
    program = client_of(key=writer(stocked))
    hash = hashlib.sha256(ADJUST.encode()).hexdigest()
    lines = [{"variant": str(stocked.variants[0]), "quantity": -1_000}]
    wanted = {"input": {"location": "northside", "reason": "DAMAGED", "lines": lines, "idempotencyKey": "1"}}
    persisted = {"persistedQuery": {"version": 1, "sha256Hash": hash}}
    sent = program.post("/graphql/", {"query": ADJUST, "variables": wanted, "extensions": persisted}, content_type="application/json")
    assert sent.json()["data"]["stockAdjust"]["errors"] == []
    wanted["input"]["idempotencyKey"] = "2"
    answer = program.get("/graphql/", {"operation": hash, "variables": json.dumps(wanted)})
    assert (answer.status_code, code_of(answer)) == (405, "method_not_allowed")
    assert on_hand(stocked)["northside"] == 4_000


def test_a_refused_adjustment_leaves_its_key_free(stocked):
    program = writer(stocked)
    assert code_of(put_right(stocked, program=program, location="nowhere")) == "location_not_found"
    assert put_right(stocked, program=program).status_code == 201

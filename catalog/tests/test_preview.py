"""A basket asked for at the doors costs what the engine says, and a key learns no more than its channel."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from catalog import pricing, services
from catalog.models import Collection, CollectionProduct, Price, Product, Promotion, Variant
from catalog.pricebook import Customer, Place, UnknownPlace, Wanted, book, facts, items, milliseconds
from catalog.services.preview import BadBasket, WantedLine, preview_basket
from catalog.tests.test_pricebook import NOW, cast, coupon, entry, in_store, price_list, promotion, tea  # noqa: F401  # the cast's fixture
from kernel.ids import uuid7
from org.models import Store
from org.tests.cast import hire
from org.tests.doorstep import client_of, code_of, graphql, key, rest, statements

PREVIEW = """query($input: BasketInput!) { basketPreview(input: $input) {
    currency channel store timezone pricesIncludeTax
    lines { id sku name kind quantity priceList unitPrice priceQuantity listTotal discount total exempted tax
        taxes { code name rate amount } discounts { promotion amount } allocation { quantity total discount tax } }
    charges { id kind name amount discount total tax taxes { code name rate amount } discounts { promotion amount } }
    discounts { promotion name amount times } gifts { promotion quantity } coupons { code promotion refused }
    totals { goods charges discount tax net total cashTotal cashRounding taxes { code name rate base amount } }
    trace(first: 30) { promotion name line state code params { name value } text } } }"""
PRICE = """query($sku: String!, $store: String, $channel: String, $groups: [String!]) {
    price(sku: $sku, store: $store, channel: $channel, customerGroups: $groups) {
    sku name amount currency formatted priceQuantity fromQuantity priceList baseAmount
    unitPrice { amount currency formatted unit } nextChangeAt } }"""


@pytest.fixture
def shop(cast):  # noqa: F811
    deposit = tea("DEPOSIT", 25)
    tea("TEA", 500, net_content=250_000, net_unit="g")
    Variant.objects.filter(id=tea("COLA", 120).id).update(deposit=deposit)
    promotion("tenth", name="A tenth off", rule={"selection": {"any": {"sku": ["TEA"]}}})
    promotion(
        "two", name="2 colas for 2.00", priority=5, rule={"selection": {"any": {"sku": ["COLA"]}}, "reward": {"kind": "set", "size": 2, "value": 200}}
    )
    return cast


def posted(body, **who):
    client = client_of(**who)
    return client.post("/api/v1/basket-previews", json.dumps(body), content_type="application/json")


def wanted(*skus, quantity=1000, **more):
    return {"lines": [{"sku": sku, "quantity": quantity} for sku in skus], **more}


def previewed(place, *lines, at=NOW, **given):
    return preview_basket(place=place, lines=[WantedLine(*line) for line in lines], at=at, now=at, **given)


def test_a_preview_is_what_the_engine_says(shop):
    spring = promotion("spring", needs_coupon=True, combination="stack", rule={"level": "order"})
    coupon("SPRING", spring)
    charges = [{"kind": "delivery", "name": "Van", "amount": 490, "tax_class": None}]
    asked = {"coupons": ["spring"], "customer": Customer(groups=("club",))}
    told = previewed(in_store(shop), ("TEA", 3000), ("COLA", 3000), charges=charges, **asked)
    rules = book(place=in_store(shop), now=NOW)
    lines = items(book=rules, wanted=[Wanted(sku="TEA", quantity=3000), Wanted(sku="COLA", quantity=3000)], now=NOW)
    known = facts(book=rules, at=NOW, now=NOW, **asked)
    said = pricing.evaluate({"lines": lines, "coupons": ["SPRING"], "charges": [{**charges[0], "id": 1}]}, rules.rules, known, milliseconds(NOW))
    assert told["totals"] == said["totals"]
    for part in ("lines", "charges", "trace"):
        assert [{name: row[name] for name in plain} for row, plain in zip(told[part], said[part], strict=True)] == said[part]
    assert [line["sku"] for line in told["lines"]] == ["TEA", "COLA", "DEPOSIT"]
    assert [line["discount"] for line in told["lines"]] == [150, 52, 0]
    assert all(entry["text"] for entry in told["trace"])


def test_any_number_of_lines_costs_as_many_statements(shop):
    skus = [tea(f"T-{n}").sku for n in range(200)]
    coupon("SPRING", promotion("spring", needs_coupon=True, most_uses=3, offline="refuse"))
    asked = {"coupons": ["SPRING"], "customer": Customer(id=uuid7())}
    previewed(in_store(shop), ("TEA",))
    for many in (1, 10, 200):
        with statements() as seen:
            previewed(in_store(shop), *((sku,) for sku in skus[:many]), **asked)
        assert len(seen) == 4, many


def test_a_draft_is_tried_for_the_moment_it_begins(shop):
    begins = NOW + timedelta(days=3)
    draft = promotion("half", state="draft", priority=9, starts_at=begins, rule={"reward": {"kind": "percent", "value": 500_000}})
    for at, total in ((begins - timedelta(seconds=1), 450), (begins, 250)):
        assert preview_basket(place=in_store(shop), lines=[WantedLine("TEA")], at=at, now=NOW, promotions=[draft])["totals"]["total"] == total
    assert preview_basket(place=in_store(shop), lines=[WantedLine("TEA")], at=begins, now=NOW)["totals"]["total"] == 450


def test_a_moment_that_is_past_is_priced_with_what_held_then(shop):
    promotion("over", priority=9, ends_at=NOW, rule={"reward": {"kind": "percent", "value": 200_000}})
    for at, total in ((NOW - timedelta(seconds=1), 400), (NOW, 450)):
        assert preview_basket(place=in_store(shop), lines=[WantedLine("TEA")], at=at, now=NOW + timedelta(days=1))["totals"]["total"] == total


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([], "lines"),
        ([("TEA", 0)], "lines.0.quantity"),
        ([("TEA",), ("TEA", -1000)], "lines.1.quantity"),
        ([("TEA", 1500)], "lines.0.quantity"),
        ([("TEA", 10**9)], "lines.0.quantity"),
        ([("TEA",)] * 201, "lines"),
    ],
)
def test_a_basket_that_cannot_be_is_refused(shop, lines, field):
    with pytest.raises(BadBasket) as refused:
        previewed(in_store(shop), *lines)
    assert refused.value.field == field


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def as_graphql(told, *, of=""):
    """What REST says in the other door's words."""
    if isinstance(told, list):
        return [as_graphql(one, of=of) for one in told]
    if of == "params":
        return [{"name": name, "value": str(value)} for name, value in told.items()]
    if isinstance(told, dict):
        return {camel(name): as_graphql(value, of=name) for name, value in told.items()}
    return told


def test_both_doors_tell_the_same(shop):
    coupon("SPRING", promotion("spring", needs_coupon=True, rule={"level": "order"}))
    asked = wanted("TEA", "COLA", quantity=2000, store="northside", coupons=["SPRING", "NONE"])
    for who in ({"user": shop.olga}, {"key": key(shop.stores, "catalog:read")}, {"key": key(shop.stores, "catalog:read", kind="publishable")}):
        told = posted({**asked, "charges": [{"kind": "delivery", "amount": 490}]}, **who).json()
        same = graphql(PREVIEW, **who, input={**asked, "charges": [{"kind": "DELIVERY", "amount": 490}]}).json()["data"]["basketPreview"]
        assert as_graphql(told) == same
        assert told["totals"]["discount"] == 100 + 40


def test_both_doors_refuse_alike(shop):
    cases = [
        ({**wanted("NOTHING"), "store": "northside"}, 404, "sku_unknown"),
        ({**wanted("TEA", quantity=1500), "store": "northside"}, 422, "basket_invalid"),
        ({**wanted("TEA"), "store": "nowhere"}, 404, "place_unknown"),
        (wanted("TEA"), 422, "invalid"),
        ({**wanted("TEA"), "store": "northside", "coupons": ["X" * 61]}, 422, "invalid"),
    ]
    for body, status, code in cases:
        answer = posted(body, user=shop.olga)
        assert (answer.status_code, code_of(answer)) == (status, code), answer.content
        assert code_of(graphql(PREVIEW, user=shop.olga, input=body)) == code


@pytest.mark.parametrize("at", ["2026-12-01T09:00:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_moment_nobody_can_mean_is_refused(shop, at):
    body = wanted("TEA", store="northside", at=at)
    assert code_of(graphql(PREVIEW, user=shop.olga, input=body)) == "invalid"
    # Without a zone REST takes it for UTC.
    assert code_of(posted(body, user=shop.olga)) == ("" if at.startswith("2026") else "invalid")


@pytest.mark.parametrize(
    "bad",
    [
        {"lines": [{"sku": "TEA\u0000"}]},
        {"lines": [{"sku": "TEA", "quantity": 2**70}]},
        {"coupons": ["\u0000"]},
        {"charges": [{"kind": "delivery", "amount": -1}]},
        {"charges": [{"kind": "delivery", "amount": 490, "tax_class": "nothing"}]},
        {"customer": {"orders": -1}},
        {"lines": []},
        {"lines": "TEA"},
        {"charges": [{"kind": "present", "amount": 1}]},
        {"customer": {"id": "somebody"}},
    ],
)
def test_nothing_that_is_sent_is_a_fault_of_ours(shop, bad):
    body = {**wanted("TEA", store="northside"), **bad}
    assert posted(body, user=shop.olga).status_code in (400, 422), bad
    charges = [{camel(name): value.upper() if name == "kind" else value for name, value in charge.items()} for charge in body.get("charges", ())]
    answer = graphql(PREVIEW, user=shop.olga, input={**body, "charges": charges})
    assert code_of(answer) not in ("", "internal"), bad


def test_a_stranger_and_a_role_without_prices_get_nothing(shop):
    for who, code in (({}, "not_signed_in"), ({"user": shop.carla}, "not_signed_in"), ({"user": hire("sam", "stock_clerk")}, "not_allowed")):
        assert code_of(posted(wanted("TEA", store="northside"), **who)) == code
        assert code_of(rest("/api/v1/prices", **who, sku="TEA", store="northside")) == code
        assert code_of(graphql(PREVIEW, **who, input=wanted("TEA", store="northside"))) == code
        assert code_of(graphql(PRICE, **who, sku="TEA", store="northside")) == code


def test_a_key_asks_in_its_own_channel_only(shop):
    web = key(shop.web, "catalog:read")
    for place in ({"store": "northside"}, {"channel": "stores"}, {"store": "nowhere"}):
        assert code_of(posted(wanted("TEA", **place), key=web)) == "place_unknown"
        assert code_of(rest("/api/v1/prices", key=web, sku="TEA", **place)) == "place_unknown"
        assert code_of(graphql(PRICE, key=web, sku="TEA", **place)) == "place_unknown"
    assert posted(wanted("TEA"), key=web).json()["channel"] == "web"
    assert posted(wanted("TEA", channel="web"), key=web).json()["store"] is None


def test_a_key_learns_nothing_of_other_channels_nor_of_what_is_not_offered(shop):
    promotion("counter", rule={"channels": ["stores"]}, needs_coupon=True)
    coupon("COUNTER", Promotion.objects.get(code="counter"))
    Product.objects.filter(variants__sku="COLA").update(status="draft")
    web = key(shop.web, "catalog:read")
    told = posted(wanted("TEA", coupons=["COUNTER", "NOBODYS"]), key=web)
    assert told.json()["coupons"] == [{"code": code, "promotion": "", "refused": "unknown"} for code in ("COUNTER", "NOBODYS")]
    assert b"counter" not in told.content
    hidden, missing = (posted(wanted(sku), key=web) for sku in ("COLA", "NEVER"))
    assert hidden.json()["detail"].replace("COLA", "NEVER") == missing.json()["detail"]
    assert rest("/api/v1/prices", key=web, sku="COLA").json()["items"] == []
    assert posted(wanted("COLA", store="northside"), user=shop.olga).status_code == 200


def test_staff_are_told_of_promotions_for_other_places(shop):
    promotion("web", rule={"channels": ["web"]})
    trace = posted(wanted("TEA", store="northside"), user=shop.olga).json()["trace"]
    assert [entry["code"] for entry in trace if entry["promotion"] == "web"] == ["not_here"]


def test_a_publishable_key_asks_as_a_stranger_does(shop):
    public, secret = (key(shop.stores, "catalog:read", kind=kind) for kind in ("publishable", "secret"))
    promotion("soon", name="Soon", starts_at=timezone.now() + timedelta(days=1), priority=9)
    for more in ({"at": "2026-12-01T00:00:00Z"}, {"customer": {"groups": ["club"]}}, {"staff": True}):
        assert code_of(posted(wanted("TEA", **more), key=public)) == "not_allowed", more
        assert code_of(graphql(PREVIEW, key=public, input=wanted("TEA", **more))) == "not_allowed", more
        assert posted(wanted("TEA", **more), key=secret).status_code == 200, more
    assert {entry["state"] for entry in posted(wanted("TEA"), key=public).json()["trace"]} == {"applied"}
    assert "soon" in {entry["promotion"] for entry in posted(wanted("TEA"), key=secret).json()["trace"]}
    assert code_of(rest("/api/v1/prices", key=public, sku="TEA", customer_group="club")) == "not_allowed"
    assert code_of(graphql(PRICE, key=public, sku="TEA", groups=["club"])) == "not_allowed"


def test_what_a_supplier_pays_is_told_to_nobody_outside(shop):
    promotion("funded", priority=9, supplier="Teahouse", supplier_share=500_000)
    assert b"supplier" not in posted(wanted("TEA", store="northside"), user=shop.olga).content


def test_one_request_prices_no_more_lines_than_one_basket_has(shop):
    baskets = " ".join(f"b{n}: basketPreview(input: $input) {{ currency }}" for n in range(3))
    query = f"query($input: BasketInput!) {{ {baskets} }}"
    lines = wanted("TEA", store="northside")["lines"]
    assert code_of(graphql(query, user=shop.olga, input={"store": "northside", "lines": lines * 66})) == ""
    assert code_of(graphql(query, user=shop.olga, input={"store": "northside", "lines": lines * 67})) == "query_too_complex"
    assert posted({"store": "northside", "lines": lines * 201}, user=shop.olga).status_code == 422


def test_a_price_tells_the_list_it_comes_from_and_when_it_changes(shop):
    now = timezone.now().replace(microsecond=0)
    tea_variant = Variant.objects.get(sku="TEA")
    week, club = price_list("week", stores=[shop.northside]), price_list("club", customer_group="club", priority=9)
    Store.objects.update(timezone="Europe/Berlin")
    entry(week, tea_variant, 400, starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1))
    entry(week, tea_variant, 400, starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2))
    entry(club, tea_variant, 350)
    secret = key(shop.stores, "catalog:read")
    told = rest("/api/v1/prices", key=secret, sku="TEA", store="northside").json()["items"][0]
    changes = told.pop("next_change_at")
    assert told == {
        "sku": "TEA",
        "name": "Tea TEA",
        "amount": 400,
        "currency": "EUR",
        "formatted": "4.00",
        "price_quantity": 1000,
        "from_quantity": 1000,
        "price_list": "week",
        "base_amount": 500,
        "unit_price": {"amount": 1600, "currency": "EUR", "formatted": "16.00", "unit": "kg"},
    }
    # That one period follows another with the same price is no change.
    assert datetime.fromisoformat(changes) == now + timedelta(days=2)
    same = graphql(PRICE, key=secret, sku="TEA", store="northside").json()["data"]["price"]
    assert datetime.fromisoformat(same.pop("nextChangeAt")) == now + timedelta(days=2)
    assert same == as_graphql(told)
    assert graphql(PRICE, key=secret, sku="TEA", store="riverside").json()["data"]["price"]["priceList"] is None
    assert rest("/api/v1/prices", key=secret, sku="TEA", customer_group="club").json()["items"][0]["amount"] == 350


def test_any_number_of_prices_costs_as_many_statements(shop):
    skus = [tea(f"T-{n}").sku for n in range(100)]
    client = client_of(key=key(shop.stores, "catalog:read"))
    for many in (1, 10, 100):
        with statements() as seen:
            answer = client.get("/api/v1/prices", {"sku": skus[:many], "store": "northside"})
        assert ([item["sku"] for item in answer.json()["items"]], len(seen)) == (skus[:many], 3)
    assert client.get("/api/v1/prices", {"sku": [*skus, "TEA"]}).status_code == 422


def test_a_sku_nobody_knows_is_left_out_of_the_list_and_refused_alone(shop):
    secret = key(shop.stores, "catalog:read")
    assert [item["sku"] for item in rest("/api/v1/prices", key=secret, sku=["NEVER", "COLA", "TEA"]).json()["items"]] == ["COLA", "TEA"]
    assert code_of(graphql(PRICE, key=secret, sku="NEVER")) == "sku_unknown"


def test_a_collection_is_known_to_the_rules_at_once(shop):
    best = Collection.objects.create(code="best", name="Best", kind="manual")
    CollectionProduct.objects.create(collection=best, product=Product.objects.get(variants__sku="COLA"))
    Price.objects.filter(variant__sku="COLA").update(amount=1000)
    promotion("best", priority=9, rule={"selection": {"any": {"collection": ["best"]}}})
    assert previewed(in_store(shop), ("COLA",))["lines"][0]["discounts"] == [{"promotion": "best", "amount": 100}]


def test_time_zones_of_a_preview_are_the_stores_own(shop):
    Store.objects.filter(code="northside").update(timezone="America/New_York")
    # Nine on Saturday by the store's own clock.
    promotion("saturday", priority=9, rule={"windows": [{"days": [6], "from": 540, "until": 1200}]})
    at = datetime(2026, 6, 6, 13, tzinfo=UTC)
    applied = [preview_basket(place=in_store(shop), lines=[WantedLine("TEA")], at=moment, now=moment) for moment in (at - timedelta(seconds=1), at)]
    assert [[one["promotion"] for one in told["discounts"]] for told in applied] == [["tenth"], ["saturday"]]


def test_a_place_that_does_not_exist_is_refused(shop):
    with pytest.raises(UnknownPlace):
        previewed(Place(uuid7()), ("TEA",))


def test_services_offer_the_preview(shop):
    assert services.preview_basket is preview_basket


def test_the_reasons_are_told_in_words(shop):
    begins = datetime(2026, 3, 14, 15, tzinfo=UTC)
    promotion("sale", name="Spring Sale", priority=9, starts_at=begins)
    told = previewed(in_store(shop), ("TEA",), ("COLA",))
    words = {(entry["promotion"], entry["line"]): entry["text"] for entry in told["trace"]}
    assert words[("two", None)] == "Add 1 more for 2 colas for 2.00"
    assert words[("sale", None)] == "Starts Saturday 16:00"

"""What a till is given to price by: prices to come, facets, deposits, rules with a name, stickers."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog import pricebook, pricing, search
from catalog import services as catalog
from catalog.models import Promotion
from org import settings
from org.tests.doorstep import statements
from pos import services
from pos.models import PriceSnapshot
from pos.queries import feed
from pos.tests import offers


@pytest.fixture
def northside(shop):
    settings.put("shop.timezone", "Europe/Berlin")
    search.rebuild()
    return shop.cast.northside


def told(store, at=None):
    return json.loads(feed.catalogue(store=store, now=at or timezone.now()).body)


def item(document, sku):
    return next(one for one in document["items"] if one["sku"] == sku)


def test_an_item_has_the_prices_of_its_lists_those_to_come_too_and_others_have_none(northside, shop):
    now = timezone.now()
    offers.list_price("OATS-0", 99, stores=[northside])
    offers.list_price("OATS-0", 79, stores=[northside], from_quantity=3000, starts_at=now + timedelta(days=1))
    offers.list_price("OATS-0", 1, code="elsewhere", stores=[shop.cast.riverside])
    offers.list_price("OATS-0", 2, code="over", ends_at=now - timedelta(days=1))
    document = told(northside, now)
    assert [(one["list"], one["amount"], one["from_quantity"]) for one in item(document, "OATS-0")["offers"]] == [
        ("saturday", 99, 1000),
        ("saturday", 79, 3000),
    ]
    assert set(item(document, "OATS-0")["offers"][0]) == {
        *("list", "amount", "price_quantity", "from_quantity", "starts_at", "ends_at", "group", "rank")
    }
    assert item(document, "OATS-0")["price"] == 149
    assert "offers" not in item(document, "OATS-1")


def test_items_are_told_with_the_facets_that_offers_are_about_and_no_others(northside, shop):
    drinks = catalog.create_category(code="drinks", name="Drinks", actor=None)
    offers.product("WATER", 59, category=drinks, tags=["summer", "sparkling"])
    assert item(told(northside), "WATER")["facets"] == []
    reward = {"kind": "percent", "value": 100_000}
    offers.promotion("a", reward, on={"category": ["drinks"], "sku": ["WATER"]}, rule={"needs": [{"selection": {"any": {"tag": ["summer"]}}}]})
    offers.promotion("b", reward, rule={"selection": {"any": {}, "except": {"product": ["water"]}}})
    offers.promotion("c", {"kind": "gift", "selection": {"any": {"sku": ["OATS-1"]}}, "quantity": 1})
    offers.promotion("draft", reward, on={"tag": ["sparkling"]}, state="draft")
    document = told(northside)
    assert item(document, "WATER")["facets"] == ["category:drinks", "tag:summer", "product:water", "sku:WATER"]
    assert item(document, "OATS-1")["facets"] == ["sku:OATS-1"]
    assert item(document, "OATS-0")["facets"] == []


def test_a_deposit_is_in_the_feed_with_its_goods_also_when_nobody_can_buy_it_alone(northside):
    deposit = offers.product("DEPOSIT-25", 25, status="draft")
    bottle = offers.product("COLA", 120, deposit=deposit)
    unpriced = offers.product("DEPOSIT-USD", None, status="draft")
    offers.product("BEER", 150, deposit=unpriced)
    document = told(northside)
    assert item(document, "COLA")["deposit"] == str(deposit.id)
    assert item(document, "DEPOSIT-25")["only_deposit"] is True
    assert "only_deposit" not in item(document, "COLA")
    assert item(document, "OATS-0")["deposit"] is None
    # Goods are not held back because nobody said what their deposit costs.
    assert item(document, "BEER")["deposit"] is None
    catalog.archive_product(product=bottle.product_id, now=timezone.now(), actor=None)
    assert "DEPOSIT-25" not in [one["sku"] for one in told(northside)["items"]]


def test_stickers_of_the_store_are_in_it_until_they_expire(northside, shop):
    now = timezone.now()
    later = now + timedelta(hours=5)
    offers.sticker("2800000000017", "OATS-0", store=northside, expires_at=later)
    offers.sticker("2800000000024", "OATS-0", store=northside, expires_at=now)
    offers.sticker("2800000000031", "OATS-0", store=shop.cast.riverside, expires_at=later)
    document = told(northside, now)
    assert document["pricing"]["stickers"] == [
        {
            "code": "2800000000017",
            "variant": item(document, "OATS-0")["id"],
            "kind": "percent",
            "value": 300_000,
            "expires_at": pricebook.milliseconds(later),
        }
    ]


def test_the_rules_of_the_feed_price_a_basket_without_anything_else(northside):
    offers.two_for_5()
    document = told(northside)
    rules = document["pricing"]
    assert (rules["channel"], rules["store"], rules["timezone"]) == ("stores", "northside", "Europe/Berlin")
    oats = item(document, "OATS-1")
    line = {
        "id": 1,
        "kind": "goods",
        "sku": oats["sku"],
        "quantity": 2000,
        "sold_by": oats["sold_by"],
        "prices": [
            {
                "list": "",
                "amount": oats["price"],
                "price_quantity": oats["price_quantity"],
                "from_quantity": 0,
                "starts_at": None,
                "ends_at": None,
                "group": "",
                "rank": 0,
            }
        ],
        "tax_class": oats["tax_class"],
        "facets": oats["facets"],
        "fixed": None,
    }
    facts = {
        "channel": "stores",
        "store": "northside",
        "weekday": 1,
        "minute": 600,
        "staff": False,
        "offline": True,
        "left": {},
        "coupons": {},
        "customer": {"known": False, "groups": [], "segments": [], "orders": None},
        "exempt": None,
        "tax_quote": None,
    }
    result = pricing.evaluate({"lines": [line], "coupons": [], "charges": []}, rules["rules"], facts, pricebook.milliseconds(timezone.now()))
    assert (result["totals"]["total"], result["discounts"][0]["name"]) == (500, "2 for 5.00")


def test_rules_are_kept_once_under_what_they_are_known_by(northside, shop):
    now = timezone.now()
    first = services.catalogue(till=shop.northside_till, now=now)
    assert services.catalogue(till=shop.northside_till, now=now).rules == first.rules
    kept = PriceSnapshot.objects.get()
    assert (kept.id, kept.store_id) == (json.loads(first.body)["pricing"]["snapshot"], northside.id)
    assert json.loads(kept.rules)["rules"] == json.loads(first.body)["pricing"]["rules"]
    offers.two_for_5()
    second = services.catalogue(till=shop.northside_till, now=now)
    services.catalogue(till=shop.riverside_till, now=now)
    assert second.rules.id != first.rules.id
    assert second.snapshot != first.snapshot
    # The text of the first is what it was: a sale of that hour can still be worked out anew.
    assert PriceSnapshot.objects.count() == 3
    assert PriceSnapshot.objects.get(id=first.rules.id).rules == kept.rules


def test_a_price_in_a_list_a_sticker_or_a_rule_changes_what_a_till_knows_its_catalogue_by(northside, shop):
    till = shop.till()
    header = {"Authorization": f"Till {till.token}"}
    seen = set()
    for change in (
        lambda: None,
        offers.two_for_5,
        lambda: offers.list_price("OATS-0", 99),
        lambda: offers.sticker("2800000000017", "OATS-0", store=northside, expires_at=timezone.now() + timedelta(hours=1)),
        lambda: Promotion.objects.update(state="ended"),
    ):
        change()
        answer = Client().get("/api/v1/till/catalogue", headers=header)
        seen.add(answer.headers["ETag"])
        assert Client().get("/api/v1/till/catalogue", headers={**header, "If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert len(seen) == 5
    assert PriceSnapshot.objects.count() == 2


def test_what_was_found_is_told_like_the_feed(northside, shop):
    offers.list_price("OATS-1", 250)
    offers.two_for_5()
    from catalog import shelf

    shelf.rebuild(channel=shop.cast.stores.id, now=timezone.now())
    now = timezone.now()
    assert feed.found(store=northside, words="OATS-1", now=now) == [item(told(northside, now), "OATS-1")]


def test_a_feed_of_many_takes_the_statements_of_a_feed_of_one(northside, shop):
    offers.two_for_5()
    counted = []
    for skus in (["A"], ["B", "C", "D", "E"]):
        for sku in skus:
            offers.product(sku, 100)
            offers.list_price(sku, 90)
        services.catalogue(till=shop.northside_till, now=timezone.now())
        with statements() as seen:
            services.catalogue(till=shop.northside_till, now=timezone.now())
        counted.append(len(seen))
    # Favourites, the rules' version, offers, items, categories, stickers, and whether the rules are kept.
    assert counted == [7, 7]

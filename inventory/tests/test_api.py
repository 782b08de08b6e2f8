"""Stock seen through both doors."""

import pytest

from catalog.models import Price, Product
from catalog.tests.cast import shelved
from inventory import services
from inventory.services import Take
from kernel.ids import uuid7
from org.tests.cast import NOW
from org.tests.doorstep import code_of, graphql, key, rest, statements

LIST = "query($n: Int) { products(first: $n) { nodes { variants { sku availability { locationCode onHand } } } } }"


@pytest.fixture
def stocked(room):
    Product.objects.update(status="active")
    Price.objects.bulk_create(Price(variant_id=variant, currency="EUR", amount=99) for variant in room.variants)
    for place, quantity in ((room.northside, 5_000), (room.riverside, 7_000)):
        services.open_stock(location=place, quantities=dict.fromkeys(room.variants, quantity), reference=uuid7(), now=NOW)
    shelved()
    return room


def on_hand(response):
    variants = [variant for node in response.json()["data"]["products"]["nodes"] for variant in node["variants"]]
    return [{place["locationCode"]: place["onHand"] for place in variant["availability"] or []} for variant in variants]


def test_stock_stands_beside_the_variant(stocked):
    program = key(stocked.cast.stores, "catalog:read", "stock:read")
    assert on_hand(graphql(LIST, key=program)) == [{"northside": 5_000, "riverside": 7_000}] * 8


def test_staff_see_the_places_of_their_own_stores(stocked):
    assert on_hand(graphql(LIST, user=stocked.cast.mia))[0] == {"northside": 5_000}
    assert on_hand(graphql(LIST, user=stocked.cast.stan))[0] == {"riverside": 7_000}
    places = {item["location_code"] for item in rest("/api/v1/stock-levels", user=stocked.cast.stan).json()["items"]}
    assert places == {"riverside"}


def test_without_the_scope_the_products_come_and_the_stock_does_not(stocked):
    response = graphql(LIST, key=key(stocked.cast.web, "catalog:read", kind="publishable"))
    assert on_hand(response)[0] == {}
    assert code_of(response) == "not_allowed"
    assert "5000" not in response.content.decode()


def test_a_sale_is_seen_at_once_below_zero_too(stocked):
    variant = stocked.variants[0]
    take = Take(location=stocked.northside, variant=variant, quantity=6_000, reference=uuid7(), line=1, actor=None, occurred_at=NOW)
    services.take(lines=[take], now=NOW)
    program = key(stocked.cast.stores, "stock:read")
    items = rest("/api/v1/stock-levels", key=program, variant=str(variant)).json()["items"]
    assert {item["location_code"]: item["on_hand"] for item in items} == {"northside": -1_000, "riverside": 7_000}
    assert len(rest("/api/v1/stock-levels", key=program, location=str(stocked.northside)).json()["items"]) == 8


def test_levels_come_page_by_page(stocked):
    program = key(stocked.cast.stores, "stock:read")
    seen, after = [], ""
    for _ in range(10):
        page = rest("/api/v1/stock-levels", key=program, first=5, **({"after": after} if after else {})).json()
        seen += [(item["variant"], item["location_code"]) for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 16


def test_stock_of_all_variants_is_one_statement(stocked):
    program = key(stocked.cast.stores, "catalog:read", "stock:read")
    with statements() as seen:
        graphql(LIST, key=program)
    assert len(seen) == 3, seen  # the key, the products, their stock


@pytest.mark.parametrize("query", [{"variant": "x"}, {"location": "1"}, {"after": "x"}])
def test_a_wrong_filter_is_refused(stocked, query):
    assert code_of(rest("/api/v1/stock-levels", key=key(stocked.cast.stores, "stock:read"), **query)) == "invalid"

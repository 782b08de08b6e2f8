import pytest

from catalog.models import Product
from catalog.tests.cast import oats, shelved
from catalog.tests.test_schema import goods
from org.tests.cast import open_shop
from org.tests.doorstep import client_of, code_of, graphql, key, rest, statements


@pytest.fixture
def cast(db):
    return open_shop()


@pytest.fixture
def storefront(cast):
    return key(cast.web, "catalog:read", kind="publishable")


def test_products_come_page_by_page(cast, storefront):
    goods(3)
    first = rest("/api/v1/products", key=storefront, first=2).json()
    rest_of_them = rest("/api/v1/products", key=storefront, first=2, after=first["next"]).json()
    assert [item["name"] for item in first["items"] + rest_of_them["items"]] == ["Tea 000", "Tea 001", "Tea 002"]
    assert rest_of_them["next"] is None


def test_rest_and_graphql_tell_the_same_of_a_product(cast, storefront):
    oats()
    shelved()
    item = rest("/api/v1/products", key=storefront).json()["items"][0]
    query = "{ products { nodes { name handle taxClass { code name rate } variants { sku gtins prices { amount currency formatted } } } } }"
    node = graphql(query, key=storefront).json()["data"]["products"]["nodes"][0]
    assert node["taxClass"] == item["tax_class"]
    assert (node["name"], node["handle"]) == (item["name"], item["handle"])
    assert [(v["sku"], v["gtins"]) for v in node["variants"]] == [(v["sku"], v["gtins"]) for v in item["variants"]]
    prices = [{name: price[name] for name in ("amount", "currency", "formatted")} for price in item["variants"][0]["prices"]]
    assert node["variants"][0]["prices"] == prices


def test_a_draft_answers_as_a_product_that_does_not_exist(cast, storefront):
    goods(1, status="draft")
    seen = rest(f"/api/v1/products/{Product.objects.get().id}", key=storefront)
    missing = rest("/api/v1/products/01900000-0000-7000-8000-000000000000", key=storefront)
    assert seen.status_code == missing.status_code == 404
    assert seen.content == missing.content
    assert seen["Content-Type"] == "application/problem+json"
    assert rest(f"/api/v1/products/{Product.objects.get().id}", user=cast.mia).status_code == 200


def test_an_unchanged_product_is_not_sent_twice(cast, storefront):
    oats()
    shelved()
    path = f"/api/v1/products/{Product.objects.get().id}"
    first = rest(path, key=storefront)
    again = client_of(key=storefront).get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    Product.objects.update(name="Steel-cut oats")
    shelved()
    assert client_of(key=storefront).get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_variant_is_found_by_its_code_or_its_sku(cast, storefront):
    oats()
    shelved()
    by_code = rest("/api/v1/variants", key=storefront, gtin="4006381333931").json()["items"]
    by_sku = rest("/api/v1/variants", key=storefront, sku="OATS-500").json()["items"]
    assert by_code == by_sku
    assert by_code[0]["product"]["name"] == "Rolled oats"
    assert rest("/api/v1/variants", key=storefront, gtin="96385074").json()["items"] == []
    assert code_of(rest("/api/v1/variants", key=storefront, gtin="4006381333932")) == "gtin_wrong_check_digit"
    assert code_of(rest("/api/v1/variants", key=storefront)) == "invalid"


@pytest.mark.parametrize(
    ("query", "status", "code", "field"),
    [
        ({"first": "0"}, 422, "invalid", "first"),
        ({"first": "many"}, 422, "invalid", "first"),
        ({"after": "forged"}, 422, "invalid", "after"),
        ({"search": "a\x00"}, 422, "invalid", "search"),
        ({"order_by": "name"}, 400, "unknown_filter", "order_by"),
        ({"status__in": "draft"}, 400, "unknown_filter", "status__in"),
    ],
)
def test_a_wrong_filter_says_which(cast, storefront, query, status, code, field):
    response = rest("/api/v1/products", key=storefront, **query)
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"], problem["field"]) == (status, status, code, field)


@pytest.mark.parametrize("count", [1, 10, 100])
def test_a_list_costs_one_statement_however_long(cast, storefront, count):
    goods(count)
    with statements() as seen:
        assert len(rest("/api/v1/products", key=storefront, first=100).json()["items"]) == count
    assert len(seen) == 2, seen


def test_strangers_are_told_to_sign_in(cast):
    response = rest("/api/v1/products")
    assert (response.status_code, code_of(response)) == (401, "not_signed_in")
    assert response["WWW-Authenticate"].startswith("ApiKey")

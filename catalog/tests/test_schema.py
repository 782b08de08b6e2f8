import base64
import json

import pytest

from catalog import services
from catalog.models import Product
from catalog.tests.cast import NOW, oats, shelved, standard_tax
from org.tests.cast import open_shop
from org.tests.doorstep import code_of, graphql, key, statements

PAGE = "pageInfo { hasNextPage endCursor }"
LIST = f"query($first: Int, $after: String) {{ products(first: $first, after: $after) {{ nodes {{ id name ...more }} {PAGE} }} }}"
VARIANTS = "variants { id sku gtins netContent { quantity unit } prices { amount currency formatted } }"
MORE = f"fragment more on Product {{ taxClass {{ rate }} category {{ code }} {VARIANTS} }}"
PRODUCTS = f"{LIST} {MORE}"


def goods(count, *, name="Tea", status="active", start=0, currency="EUR"):
    tax = standard_tax() if not Product.objects.exists() else Product.objects.first().tax_class
    for n in range(start, start + count):
        variants = [services.NewVariant(sku=f"{name}-{n}-{size}", prices={currency: 100 + n}) for size in ("S", "L")]
        services.create_product(name=f"{name} {n:03}", tax_class=tax, variants=variants, status=status, now=NOW, actor=None)
    shelved()


@pytest.fixture
def cast(db):
    return open_shop()


@pytest.fixture
def storefront(cast):
    return key(cast.web, "catalog:read", kind="publishable")


def names(response):
    return [node["name"] for node in response.json()["data"]["products"]["nodes"]]


def test_a_storefront_reads_products_with_codes_and_prices(cast, storefront):
    oats()
    shelved()
    node = graphql(PRODUCTS, key=storefront).json()["data"]["products"]["nodes"][0]
    assert node["name"] == "Rolled oats"
    assert node["variants"][0]["gtins"] == ["4006381333931"]
    assert node["variants"][0]["prices"] == [{"amount": 149, "currency": "EUR", "formatted": "1.49"}]
    assert node["variants"][0]["netContent"] == {"quantity": 500_000, "unit": "g"}


def test_a_key_sees_no_drafts_and_nothing_without_a_price_in_its_currency(cast, storefront):
    goods(1, name="Tea")
    goods(1, name="Secret", status="draft")
    goods(1, name="Dollar", currency="USD")
    assert names(graphql(PRODUCTS, key=storefront)) == ["Tea 000"]
    assert names(graphql(PRODUCTS, user=cast.mia)) == ["Dollar 000", "Secret 000", "Tea 000"]


def test_a_draft_answers_as_a_product_that_does_not_exist(cast, storefront):
    goods(1, name="Secret", status="draft")
    draft = Product.objects.get()
    query = "query($id: ID, $handle: String) { product(id: $id, handle: $handle) { name } }"
    seen = graphql(query, key=storefront, id=str(draft.id))
    missing = graphql(query, key=storefront, id="01900000-0000-7000-8000-000000000000")
    by_handle = graphql(query, key=storefront, handle=draft.handle)
    assert code_of(seen) == code_of(by_handle) == "not_found"
    assert seen.content == missing.content == by_handle.content
    assert graphql(query, user=cast.mia, id=str(draft.id)).json()["data"]["product"]["name"] == "Secret 000"


def test_a_scanned_code_finds_its_variant_and_a_wrong_one_says_why(cast, storefront):
    oats()
    shelved()
    query = "query($gtin: String) { variant(gtin: $gtin) { id sku product { name variants { sku } } } }"
    found = graphql(query, key=storefront, gtin="4006381333931").json()["data"]["variant"]
    assert (found["sku"], found["product"]["name"]) == ("OATS-500", "Rolled oats")
    assert found["product"]["variants"] == [{"sku": "OATS-500"}]
    assert code_of(graphql(query, key=storefront, gtin="4006381333932")) == "gtin_wrong_check_digit"
    assert code_of(graphql(query, key=storefront, gtin="96385074")) == "not_found"
    assert code_of(graphql(query, key=storefront)) == "invalid"


def test_a_global_id_leads_back_to_its_variant(cast, storefront):
    oats()
    shelved()
    id = graphql(PRODUCTS, key=storefront).json()["data"]["products"]["nodes"][0]["variants"][0]["id"]
    assert base64.b64decode(id).startswith(b"Variant:")
    query = "query($id: ID) { variant(id: $id) { sku } }"
    assert graphql(query, key=storefront, id=id).json()["data"]["variant"] == {"sku": "OATS-500"}
    assert code_of(graphql("query($id: ID) { product(id: $id) { name } }", key=storefront, id=id)) == "not_found"


def test_pages_stay_whole_while_products_come_and_go(cast, storefront):
    goods(5)
    first = graphql(PRODUCTS, key=storefront, first=2).json()["data"]["products"]
    Product.objects.filter(name="Tea 000").update(status="draft")
    shelved()
    goods(1, name="Aniseed")
    end = first["pageInfo"]["endCursor"]
    assert names(graphql(PRODUCTS, key=storefront, first=2, after=end)) == ["Tea 002", "Tea 003"]
    last = graphql(PRODUCTS, key=storefront, first=10, after=end).json()["data"]["products"]
    assert (len(last["nodes"]), last["pageInfo"]["hasNextPage"]) == (3, False)


@pytest.mark.parametrize("first", [0, -1, 101, 10**6])
def test_a_page_has_one_to_a_hundred_rows(cast, storefront, first):
    assert code_of(graphql("query($first: Int) { products(first: $first) { pageInfo { hasNextPage } } }", key=storefront, first=first)) in (
        "invalid",
        "query_too_complex",
    )


@pytest.mark.parametrize("after", ["x", "!!!", base64.b64encode(b"[1]").decode(), base64.b64encode(json.dumps(["a\x00", "b"]).encode()).decode()])
def test_a_forged_cursor_is_refused(cast, storefront, after):
    response = graphql(PRODUCTS, key=storefront, after=after)
    assert code_of(response) == "invalid"
    assert response.json()["errors"][0]["extensions"]["field"] == "after"


@pytest.mark.parametrize(("search", "found"), [("oats", 1), ("ROLL oat", 1), ("oats-5", 1), ("4006381333931", 1), ("tea", 0), ("100%", 0), ("_", 0)])
def test_search_finds_words_part_of_a_sku_and_a_whole_code(cast, storefront, search, found):
    oats()
    shelved()
    response = graphql("query($s: String) { products(search: $s) { nodes { name } } }", key=storefront, s=search)
    assert len(names(response)) == found


def test_text_the_database_cannot_hold_is_refused(cast, storefront):
    response = graphql("query($s: String) { products(search: $s) { nodes { name } } }", key=storefront, s="a\x00b")
    assert code_of(response) == "invalid"


def test_a_category_holds_what_stands_below_it(cast, storefront):
    drinks = services.create_category(code="drinks", name="Drinks", actor=None)
    tea = services.create_category(code="tea", name="Tea", parent=drinks, actor=None)
    oats(category=tea)
    shelved()
    query = "query($c: String) { products(category: $c) { nodes { name category { code } } } }"
    assert len(names(graphql(query, key=storefront, c="drinks"))) == 1
    assert len(names(graphql(query, key=storefront, c="bread"))) == 0


@pytest.mark.parametrize("count", [1, 10, 100])
def test_a_list_costs_one_statement_however_long(cast, storefront, count):
    goods(count)
    with statements() as seen:
        response = graphql(PRODUCTS, key=storefront, first=100)
    assert len(names(response)) == count
    assert len(seen) == 2, seen  # the key, the products with all that was selected


def test_strangers_and_cashiers_are_told_to_sign_in(cast):
    for response in (graphql(PRODUCTS), graphql(PRODUCTS, user=cast.carla), graphql(PRODUCTS, key="pk_unknown")):
        assert response.status_code == 401
        assert code_of(response) == "not_signed_in"

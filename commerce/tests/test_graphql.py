"""What the GraphQL door refuses, and how little it tells."""

import graphene
import pytest
from django.test import Client

from catalog import queries
from commerce import graphql as door
from commerce.query_limits import ALIASES, BODY_BYTES, DEPTH, FIELDS
from kernel.errors import NotAllowed
from org.doors import allowed
from org.tests.cast import open_shop
from org.tests.doorstep import client_of, code_of, graphql, key

NAMES = "{ products { nodes { name } } }"


@pytest.fixture
def cast(db):
    return open_shop()


@pytest.fixture
def storefront(cast):
    return key(cast.web, "catalog:read", kind="publishable")


def refusal(response):
    error = response.json()["errors"][0]
    return response.status_code, error["extensions"]["code"]


@pytest.mark.parametrize("method", ["get", "put", "delete", "head", "options", "patch"])
def test_only_post_is_answered(storefront, method):
    response = getattr(client_of(key=storefront), method)("/graphql/?query={products{nodes{name}}}")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert b"nodes" not in response.content


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql", "text/plain", ""]
)
def test_only_json_is_read(storefront, content_type):
    response = client_of(key=storefront).post("/graphql/", b'{"query": "{__typename}"}', content_type=content_type)
    assert (response.status_code, code_of(response)) == (415, "unsupported_media_type")
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b'"text"', 400, "malformed"),
        (b'[{"query": "{__typename}"}]', 400, "malformed"),
        (b"{}", 422, "invalid"),
        (b'{"query": 1}', 422, "invalid"),
        (b'{"query": "{__typename}", "variables": [1]}', 422, "invalid"),
        (b'{"query": "{__typename}", "variables": "x"}', 422, "invalid"),
        (b'{"query": "{__typename}", "operationName": 5}', 422, "invalid"),
        (b'{"query": "\\ud800"}', 400, "malformed"),
        (b" " * (BODY_BYTES + 1), 413, "too_large"),
    ],
)
def test_a_body_of_another_shape_is_refused(storefront, body, status, code):
    response = client_of(key=storefront).post("/graphql/", body, content_type="application/json")
    assert (response.status_code, code_of(response)) == (status, code)


def spread(times):
    return "".join(f"fragment f{n} on Product {{ ...f{n + 1} ...f{n + 1} }} " for n in range(times)) + f"fragment f{times} on Product {{ name }}"


HOSTILE = {
    "aliases": "{" + " ".join(f"a{n}: products {{ nodes {{ name }} }}" for n in range(1000 // 8)) + "}",
    "sixteen aliases": "{" + " ".join(f"a{n}: __typename" for n in range(ALIASES + 1)) + "}",
    "tokens": "{" + "a " * 3000 + "}",
    "fields": "{ products { nodes { " + "name " * (FIELDS + 1) + "} } }",
    "nested duplicates": "{ products { nodes { " + "variants { sku } " * 150 + "} } }",
    "inline fragments": "{ products { nodes { " + "... on Product { id } " * 320 + "} } }",
    "depth": "{" + "a{" * 50 + "b" + "}" * 51,
    "very deep": "{" + "a{" * 900 + "b" + "}" * 901,
    "just too deep": "{" + "".join(f"a{n}{{" for n in range(DEPTH)) + "b" + "}" * (DEPTH + 1),
    "going in circles": "{ products { nodes { variants { product { variants { sku } } } } } }",
    "fragment bomb": "{ products { nodes { ...f0 } } } " + spread(20),
    "pages": "{ a: products(first: 100) { nodes { variants { prices { amount } } } } b: products(first: 100) { nodes { variants { prices { amount } "
    "taxed: prices { currency } } category { code } taxClass { code } } } c: products(first: 100) { nodes { variants { sku } } } }",
    "a huge page": "{ products(first: 1000000) { nodes { name } } }",
    "a list in a list": "{ products(first: " + "[" * 500 + "]" * 500 + ") { nodes { name } } }",
    "many operations": " ".join(f"query q{n} {{ __typename }}" for n in range(40)),
}


# What they ask for is known only after validation; their documents are small.
VALIDATED = ("pages", "a huge page")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused_before_anything_costly_looks_at_it(storefront, name, monkeypatch):
    def reached(*arguments, **more):
        raise AssertionError("validation or execution saw it")

    if name not in VALIDATED:
        monkeypatch.setattr("commerce.graphql.validate", reached)
    monkeypatch.setattr("commerce.graphql.execute", reached)
    response = graphql(HOSTILE[name], key=storefront)
    assert refusal(response) in ((400, "query_too_complex"), (400, "query_invalid")), response.content
    assert "data" not in response.json()


@pytest.mark.parametrize("first", [101, 10**6, -1])
def test_a_page_size_in_a_variable_counts_as_well(storefront, first):
    code = code_of(graphql("query($n: Int) { products(first: $n) { nodes { name variants { prices { amount } } } } }", key=storefront, n=first))
    assert code in ("query_too_complex", "invalid")


def test_what_a_shop_front_needs_is_within_the_limits(storefront):
    fragment = (
        "fragment p on Product { id name variants { id sku gtins netContent { quantity } options { name } prices { formatted } } category { code } }"
    )
    assert (
        graphql("{ products(first: 100) { edges { cursor node { ...p } } pageInfo { endCursor } } } " + fragment, key=storefront).status_code == 200
    )


def test_a_wrong_name_is_not_answered_with_the_right_one(storefront):
    for query in ("{ product { nodes } }", "{ produkts { x } }", '{ products(serch: "x") { nodes { name } } }', "{ products { nodes { nmae } } }"):
        response = graphql(query, key=storefront)
        assert refusal(response) == (400, "query_invalid")
        assert b"Did you mean" not in response.content


@pytest.mark.parametrize("query", ["{ __schema { types { name } } }", '{ __type(name: "Product") { name } }'])
def test_only_staff_may_ask_what_there_is(cast, storefront, query):
    assert refusal(graphql(query, key=storefront)) == (400, "query_invalid")
    # A document is kept for those who may use it, not for everyone after them.
    assert graphql(query, user=cast.mia).status_code == 200
    assert refusal(graphql(query, key=storefront)) == (400, "query_invalid")


def test_the_explorers_own_question_is_answered(cast):
    from graphql import get_introspection_query

    assert graphql(get_introspection_query(input_value_deprecation=True), user=cast.mia).json()["data"]["__schema"]["queryType"]["name"] == "Query"


@pytest.mark.parametrize("variables", [{"n": "x"}, {"n": 1.5}, {"n": {}}, {"n": -(2**40)}, {"n": True}])
def test_a_variable_of_the_wrong_kind_is_refused(storefront, variables):
    response = graphql("query($n: Int!) { products(first: $n) { nodes { name } } }", key=storefront, **variables)
    assert refusal(response) == (400, "query_invalid")


def test_a_fault_of_ours_tells_a_number_and_nothing_else(storefront, monkeypatch, caplog):
    def broken(**_):
        raise ZeroDivisionError("secret of the house")

    monkeypatch.setattr(queries, "products", broken)
    response = graphql(NAMES, key=storefront)
    extensions = response.json()["errors"][0]["extensions"]
    assert extensions["code"] == "internal"
    assert b"secret" not in response.content
    assert b"ZeroDivision" not in response.content
    assert extensions["trace_id"] in caplog.text


def test_a_session_needs_its_csrf_token_and_a_key_does_not(cast, storefront):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.mia)
    body, json = {"query": NAMES}, "application/json"
    refused = browser.post("/graphql/", body, content_type=json)
    assert (refused.status_code, code_of(refused)) == (403, "not_allowed")
    browser.get("/graphql/")
    token = browser.cookies["csrftoken"].value
    assert browser.post("/graphql/", body, content_type=json, headers={"X-CSRFToken": token}).status_code == 200
    program = Client(enforce_csrf_checks=True, headers={"X-API-Key": storefront})
    assert program.post("/graphql/", body, content_type=json).status_code == 200


def test_the_explorer_is_for_staff(cast, storefront):
    assert client_of(user=cast.mia).get("/graphql/").status_code == 200
    for stranger in (client_of(), client_of(user=cast.carla), client_of(key=storefront)):
        assert stranger.get("/graphql/").status_code == 405
        page = stranger.get("/graphql/", headers={"Accept": "text/html"})
        assert (page.status_code, page["Location"]) == (302, "/admin/login/?next=/graphql/")


def test_a_field_that_names_no_rule_stops_the_start():
    class Open:
        secrets = graphene.String()

        def resolve_secrets(root, info):
            return "all of them"

    with pytest.raises(door.UndeclaredField, match="secrets"):
        door.compose(queries=[Open])


def test_two_apps_cannot_bring_the_same_field():
    class One:
        goods = graphene.String()

        @allowed("catalog:read")
        def resolve_goods(root, info):
            return "one"

    with pytest.raises(ValueError, match=r"Query\.goods"):
        door.compose(queries=[One, type("Two", (), dict(vars(One)))])


def test_an_extension_cannot_hide_a_field():
    class Goods(graphene.ObjectType):
        name = graphene.String()

    class Extension:
        name = graphene.String()

        @allowed("catalog:read")
        def resolve_name(root, info):
            return "mine"

    with pytest.raises(ValueError, match=r"Goods\.name"):
        door.extend(Goods, Extension)


def test_refusals_carry_their_field_and_plain_details():
    error = door.told(door.refused_document(NotAllowed("No.", field="id", limit=3, odd=object())))
    assert error["extensions"]["code"] == "not_allowed"
    assert error["extensions"]["field"] == "id"
    assert error["extensions"]["limit"] == 3
    assert isinstance(error["extensions"]["odd"], str)

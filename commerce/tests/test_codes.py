"""One refusal, one code, whichever door it comes through."""

import pytest
from django.test import Client

from catalog import queries
from catalog.tests.cast import oats, shelved
from org.paging import cursor
from org.tests.cast import open_shop
from org.tests.doorstep import client_of, code_of, graphql, key, rest

NOBODY = "01900000-0000-7000-8000-000000000000"
PAIRS = {
    "not_found": (f'{{ product(id: "{NOBODY}") {{ name }} }}', f"/api/v1/products/{NOBODY}"),
    "gtin_wrong_check_digit": ('{ variant(gtin: "4006381333932") { sku } }', "/api/v1/variants?gtin=4006381333932"),
    "gtin_wrong_length": ('{ variant(gtin: "123") { sku } }', "/api/v1/variants?gtin=123"),
    "gtin_not_digits": ('{ variant(gtin: "٤٠٠٦٣٨١٣") { sku } }', "/api/v1/variants?gtin=٤٠٠٦٣٨١٣"),
    "invalid": ('{ products(after: "x") { nodes { name } } }', "/api/v1/products?after=x"),
    "not_allowed": ("{ orders { nodes { number } } }", "/api/v1/orders"),
}


@pytest.fixture
def cast(db):
    return open_shop()


@pytest.fixture
def storefront(cast):
    return key(cast.web, "catalog:read", kind="publishable")


@pytest.mark.parametrize("code", PAIRS)
def test_both_doors_give_the_same_code_message_and_field(storefront, code):
    oats()
    shelved()
    query, path = PAIRS[code]
    error, problem = graphql(query, key=storefront).json()["errors"][0], rest(path, key=storefront).json()
    assert error["extensions"]["code"] == problem["code"] == code
    assert error["message"] == problem["detail"]
    assert error["extensions"].get("field") == problem.get("field")


def test_a_cursor_of_half_a_character_is_refused(storefront):
    after = cursor("\ud800", NOBODY)
    query = f'{{ products(after: "{after}") {{ nodes {{ name }} }} }}'
    assert code_of(rest("/api/v1/products", key=storefront, after=after)) == code_of(graphql(query, key=storefront)) == "invalid"


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 5000 + b"1" + b"}" * 5000], ids=["open", "closed"])
def test_a_body_nested_without_end_cannot_be_read(db, body):
    answer = Client().post("/api/v1/till-enrolments", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


def test_both_doors_ask_a_stranger_alike(db):
    for response in (graphql("{ __typename }"), rest("/api/v1/products"), graphql("{ __typename }", key="no"), rest("/api/v1/products", key="no")):
        assert (response.status_code, code_of(response), response["Content-Type"]) == (401, "not_signed_in", "application/problem+json")


def test_a_fault_of_ours_leaks_nothing(storefront, monkeypatch, caplog):
    def broken(**_):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(queries, "products", broken)
    response = rest("/api/v1/products", key=storefront)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (500, "internal")
    assert b"hunter2" not in response.content
    assert b"RuntimeError" not in response.content
    assert problem["trace_id"] in caplog.text


def test_a_key_header_wins_over_a_session(cast):
    client = Client(headers={"X-API-Key": key(cast.web, "catalog:read", kind="publishable")})
    client.force_login(cast.olga)
    assert client.get("/api/v1/orders").status_code == 403


def test_a_wrong_key_is_refused_even_beside_a_good_session(cast):
    client = Client(headers={"X-API-Key": "sk_wrong"})
    client.force_login(cast.olga)
    assert client.get("/api/v1/orders").status_code == 401
    assert graphql("{ __typename }", client=client).status_code == 401


def test_a_dismissed_person_is_a_stranger_at_once(cast):
    client = client_of(user=cast.mia)
    assert client.get("/api/v1/orders").status_code == 200
    type(cast.mia).objects.filter(id=cast.mia.id).update(is_active=False)
    assert client.get("/api/v1/orders").status_code == 401


def test_only_json_is_taken_and_given(cast):
    assert code_of(client_of(user=cast.olga).get("/api/v1/products", headers={"Accept": "text/csv"})) == "not_acceptable"

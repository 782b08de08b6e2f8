"""A program's short way leaves nothing out that the long one sees to."""

from uuid import uuid4

import pytest
from django.test import Client

from commerce.tests.test_policy import policy
from org import services
from org.tests.cast import NOW, open_shop

# What says something about this one answer; the policy's parts stand in no order.
OF_THE_ANSWER = {"Allow", "Content-Language", "Content-Length", "Content-Security-Policy", "Content-Type", "ETag", "Vary", "WWW-Authenticate"}


@pytest.fixture
def program(db):
    cast = open_shop()
    services.create_api_key(name="head", kind="publishable", channel=cast.web, scopes=["catalog:read"], now=NOW, plain="pk_lane")
    return Client(headers={"X-API-Key": "pk_lane"})


def headers(response):
    return {name: value for name, value in response.headers.items() if name not in OF_THE_ANSWER}


@pytest.mark.parametrize("secure", [True, False])
def test_its_headers_are_those_of_the_long_way(program, settings, secure):
    settings.SECURE_HSTS_SECONDS = 60
    short = program.get("/api/v1/products", secure=secure)
    long = Client().get("/api/v1/products", secure=secure)
    assert headers(short) == headers(long)
    assert policy(short) == policy(long)
    assert ("Strict-Transport-Security" in short.headers) is secure


def test_a_host_that_is_not_ours_is_refused_after_one_that_is(program):
    for _ in range(2):
        assert program.get("/api/v1/products", headers={"Host": "localhost"}).status_code == 200
        assert program.get("/api/v1/products", headers={"Host": "elsewhere.example"}).status_code == 400
        assert program.get("/api/v1/products", headers={"Host": "localhost:x"}).status_code == 400


def test_what_one_answer_adds_is_not_told_with_the_next(program):
    first = program.get("/api/v1/products")
    first.headers["X-Frame-Options"] = "SAMEORIGIN"
    assert program.get("/api/v1/products")["X-Frame-Options"] == "DENY"


def test_an_address_with_an_id_leads_to_what_the_id_names_each_time(program):
    for _ in range(2):
        for id in (uuid4(), uuid4()):
            answer = program.get(f"/api/v1/carts/{id}")
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
            assert answer.resolver_match.kwargs == {"id": id}
        assert program.get(f"/api/v1/carts/{uuid4()}/delivery-options").resolver_match.func != answer.resolver_match.func


@pytest.mark.parametrize("path", ["/api/v1/carts/*", "/api/v1/carts/", "/api/v1/nothing/{id}", "/api/v1/carts/{id}/{id}"])
def test_an_address_that_leads_nowhere_does_so_after_one_that_leads_somewhere(program, path):
    program.get(f"/api/v1/carts/{uuid4()}")
    assert program.get(path.format(id=uuid4())).status_code == 404


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), ("*/*", 200), ("text/*, application/*;q=0.5", 200), ("text/html", 406)])
def test_who_asks_for_json_or_for_anything_is_answered_in_json(program, accept, status):
    answer = program.get("/api/v1/products", headers={"Accept": accept})
    assert answer.status_code == status
    assert answer["Content-Type"] in ("application/json", "application/problem+json")

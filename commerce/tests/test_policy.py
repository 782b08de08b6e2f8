"""The content security policy of each area, and what may be kept of an answer."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from commerce.csp import AreaPolicyMiddleware
from org.tests.cast import open_shop
from org.tests.doorstep import client_of

STRICT = {name: set(values) for name, values in settings.STRICT_CSP.items()}


def policy(response):
    parts = (part.split() for part in response["Content-Security-Policy"].split(";") if part.strip())
    return {name: set(values) for name, *values in parts}


@pytest.fixture
def cast(db):
    return open_shop()


@pytest.mark.parametrize("path", ["/healthz", "/api/docs/", "/api/schema/", "/api/v1/products", "/nothing"])
def test_everything_is_strict(cast, path):
    assert policy(client_of(user=cast.olga).get(path)) == STRICT


def test_the_admin_is_the_one_exception_with_eval(cast):
    for path in ("/admin/", "/admin/login/"):
        assert policy(client_of(user=cast.olga).get(path)) == {
            **STRICT,
            "script-src": {"'self'", "'unsafe-eval'"},
            "style-src": {"'self'", "'unsafe-inline'"},
        }


def test_the_explorer_may_use_the_font_in_its_stylesheet(cast):
    response = client_of(user=cast.olga).get("/graphql/")
    assert policy(response) == {**STRICT, "font-src": {"'self'", "data:"}}
    assert b"<style" not in response.content
    assert b"style=" not in response.content


def test_the_till_turns_no_string_into_script(cast):
    seen = policy(client_of().get("/pos/"))
    assert {name: seen[name] for name in STRICT} == STRICT
    assert seen["require-trusted-types-for"] == {"'script'"}
    assert "lit-html" in seen["trusted-types"]


def test_the_rest_page_has_no_inline_script_or_style(cast):
    page = client_of().get("/api/docs/").content.decode()
    assert "<style" not in page
    assert page.count("<script ") == page.count("<script src=")
    script = client_of().get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript")


def test_no_shared_cache_keeps_what_depends_on_who_asks(cast):
    assert client_of(user=cast.olga).get("/api/v1/products")["Cache-Control"] == "private, no-cache"
    middleware = AreaPolicyMiddleware(lambda request: HttpResponse(headers={"Cache-Control": "no-store"}))
    assert middleware(RequestFactory().get("/api/v1/x"))["Cache-Control"] == "no-store", "a view's own word stands"


def test_every_answer_says_it_is_what_it_says(cast):
    response = client_of().get("/api/v1/products")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"

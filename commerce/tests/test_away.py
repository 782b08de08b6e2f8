"""A database that goes away in the middle of a request, for real: who asks is told to ask again, and the next one is answered."""

import psycopg
import pytest
from django.db import OperationalError, connection
from django.test import Client
from psycopg import errors as of_postgres

from catalog import queries
from commerce.errors import AWAY_SECONDS, is_away
from org.tests.cast import open_shop
from org.tests.doorstep import code_of, key

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = "{ products { nodes { name } } }"


@pytest.fixture
def storefront():
    return key(open_shop().web, "catalog:read", kind="publishable")


def end_connection():
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        pid = cursor.fetchone()[0]
    given = connection.get_connection_params()
    with psycopg.connect(**{name: given[name] for name in ("dbname", "user", "password", "host", "port") if given.get(name)}) as other:
        assert other.execute("select pg_terminate_backend(%s, 5000)", [pid]).fetchone() == (True,)


def gone(**_):
    end_connection()
    with connection.cursor() as cursor:
        cursor.execute("select 1")


def test_in_the_middle_of_a_request_rest_says_when_to_ask_again(storefront, monkeypatch, caplog):
    with monkeypatch.context() as broken:
        broken.setattr(queries, "products", gone)
        answer = asked("/api/v1/products", storefront)
    assert (answer.status_code, code_of(answer), answer["Retry-After"]) == (503, "unavailable", str(AWAY_SECONDS))
    assert "terminat" in caplog.text
    assert b"terminat" not in answer.content
    assert asked("/api/v1/products", storefront).status_code == 200


def test_in_the_middle_of_a_request_graphql_says_so_too(storefront, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(queries, "products", gone)
        answer = asked("/graphql/", storefront)
    (error,) = answer.json()["errors"]
    assert (error["extensions"]["code"], error["extensions"]["retry_after"]) == ("unavailable", AWAY_SECONDS)
    assert asked("/graphql/", storefront).json()["data"] is not None


@pytest.mark.parametrize("path", ["/graphql/", "/api/v1/products"])
def test_before_it_is_known_who_asks(storefront, path):
    end_connection()
    answer = asked(path, storefront)
    assert (answer.status_code, code_of(answer), answer["Retry-After"]) == (503, "unavailable", str(AWAY_SECONDS))
    assert asked(path, storefront).status_code == 200


def asked(path, storefront):
    client = Client(headers={"X-API-Key": storefront}, raise_request_exception=False)
    try:
        return client.post(path, {"query": NAMES}, content_type="application/json") if "graphql" in path else client.get(path)
    finally:
        # As after every request; the test client keeps Django from it.
        connection.close_if_unusable_or_obsolete()


@pytest.mark.parametrize("kind", [of_postgres.DeadlockDetected, of_postgres.LockNotAvailable, of_postgres.QueryCanceled])
def test_a_database_that_answers_is_not_away(kind):
    error = OperationalError("said")
    error.__cause__ = kind("said")
    assert not is_away(error)
    assert not is_away(ValueError("said"))
    assert not is_away(None)

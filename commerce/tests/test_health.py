from contextlib import contextmanager

import pytest
from django.db import connection
from django.test import Client

from commerce import health


@pytest.fixture(autouse=True)
def asked_anew():
    health._all_applied.cache_clear()
    yield
    health._all_applied.cache_clear()


@pytest.fixture
def a_cache(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


def test_alive_asks_nothing_of_the_database(client: Client) -> None:
    # No database mark: a query would fail this test.
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_database_migrations_and_cache_answer(client: Client, a_cache: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "database": "ok", "migrations": "ok", "cache": "ok"})


@pytest.mark.django_db
def test_not_ready_while_a_migration_waits(client: Client, a_cache: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where id = (select max(id) from django_migrations)")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "waiting")


@pytest.mark.django_db
def test_not_ready_without_the_cache_and_no_stranger_reads_why(client: Client, settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "unix:///secret-place/valkey.sock"}}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["cache"]) == (503, "unreachable")
    assert b"secret-place" not in answer.content


def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch, a_cache: None) -> None:
    @contextmanager
    def refuse():
        raise ConnectionError("no database")
        yield

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["database"]) == (503, "unreachable")


def test_nothing_is_changed_by_asking(client: Client) -> None:
    assert client.post("/healthz").status_code == 405

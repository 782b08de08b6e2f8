from datetime import datetime
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from backoffice.tests.shop import Shop, open_shop


@pytest.fixture(autouse=True)
def memory_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command search remembers answers for minutes; each test starts without any, and without a cache server."""
    from django.core.cache import caches

    monkeypatch.setitem(settings.CACHES, "default", {"BACKEND": "django.core.cache.backends.dummy.DummyCache"})
    monkeypatch.setattr(caches, "settings", settings.CACHES)
    if hasattr(caches._connections, "default"):  # type: ignore[attr-defined]
        del caches["default"]


@pytest.fixture
def shop(db: Any) -> Shop:
    return open_shop()


@pytest.fixture
def signed_in() -> Any:
    """A browser in which somebody has signed in."""

    def client_of(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def moment() -> datetime:
    from django.utils import timezone

    return timezone.now()

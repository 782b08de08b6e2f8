import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client

from org import services, signing_in

PASSWORD = "a long enough secret"


@pytest.fixture
def cached(monkeypatch):
    memory = LocMemCache("sign-ins", {})
    memory.clear()
    monkeypatch.setattr(signing_in, "cache", memory)
    return memory


@pytest.fixture
def owner(db):
    user = services.create_user(username="olive", name="Olive", password=PASSWORD)
    services.grant_role(user=user, role="owner")
    return user


def sign_in(username, password):
    """Whether it opened the back office, and what the page said when it did not."""
    answer = Client().post("/admin/login/", {"username": username, "password": password})
    return answer.status_code == 302, answer.content.replace(username.encode(), b"")


def test_a_name_waits_after_many_wrong_passwords(cached, owner):
    for n in range(signing_in.MOST_TRIES):
        assert not sign_in("olive", f"wrong {n}")[0]
    assert not sign_in("olive", PASSWORD)[0]
    assert not sign_in("OLIVE", PASSWORD)[0]
    cached.clear()
    assert sign_in("olive", PASSWORD)[0]


def test_a_right_password_forgets_the_wrong_ones(cached, owner):
    for _ in range(3):
        for n in range(signing_in.MOST_TRIES - 1):
            assert not sign_in("olive", f"wrong {n}")[0]
        assert sign_in("olive", PASSWORD)[0]


def test_somebody_else_is_not_kept_waiting(cached, owner):
    for n in range(signing_in.MOST_TRIES + 1):
        sign_in("nobody", f"wrong {n}")
    assert sign_in("olive", PASSWORD)[0]


def test_people_sign_in_while_the_cache_is_away(monkeypatch, owner):
    class Away:
        def __getattr__(self, name):
            raise ConnectionError

    monkeypatch.setattr(signing_in, "cache", Away())
    assert sign_in("olive", PASSWORD)[0]
    assert not sign_in("olive", "wrong")[0]

"""Signing in to the back office: whoever only sells is told so, strangers learn nothing."""

import pytest
from django.test import Client

from org.tests.cast import Cast, open_shop

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-enough-phrase"
TILL_ONLY = "This login works at the till only."


@pytest.fixture
def shop() -> Cast:
    shop = open_shop()
    for user in (shop.carla, shop.mia):
        user.set_password(PASSWORD)
        user.save()
    return shop


def sign_in(username: str, password: str) -> str:
    return Client().post("/admin/login/", {"username": username, "password": password}, follow=True).content.decode()


def test_a_cashier_is_told_that_the_login_works_at_the_till(shop: Cast) -> None:
    assert TILL_ONLY in sign_in("carla", PASSWORD)


def test_a_wrong_password_tells_nothing_about_who_it_is(shop: Cast) -> None:
    told = {sign_in(name, "not-the-password").count(TILL_ONLY) for name in ("carla", "mia", "nobody")}
    assert told == {0}


def test_a_manager_comes_in(shop: Cast) -> None:
    assert TILL_ONLY not in sign_in("mia", PASSWORD)

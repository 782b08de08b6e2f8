"""Strangers, cashiers, viewers and managers of one store: who gets in, who may change what, whose rows exist."""

from typing import Any

import pytest
from django.test import Client

from backoffice.tests import shop as house
from backoffice.tests.test_lists import LISTS
from catalog.models import Price, Product
from inventory.models import Level
from orders.models import Order
from pos.models import EnrolmentCode, JournalEntry, Shift, Till

OWNERS_OWN = ["org/user", "org/apikey", "org/setting", "kernel/auditentry"]


@pytest.fixture
def busy(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 3, now=moment)
    for store in (shop.northside, shop.riverside):
        shift = house.open_shift(shop, store=store, at=moment)
        house.sell(shop, store=store, at=moment, count=2, shift=shift.pk)
        house.journal(shop, store=store, at=moment, seq=1, posting="failed", trouble="no such variant")
    return shop


@pytest.mark.parametrize("path", ["", *(f"{path}/" for path in LISTS)])
def test_a_stranger_is_sent_to_sign_in(path: str, shop: house.Shop) -> None:
    answer = Client().get(f"/admin/{path}")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/login/")


@pytest.mark.parametrize("path", ["", "orders/order/", "catalog/product/"])
def test_a_cashier_stays_outside(path: str, shop: house.Shop, signed_in: Any) -> None:
    answer = signed_in(shop.carla).get(f"/admin/{path}")
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


def test_a_manager_sees_only_their_own_store(busy: house.Shop, signed_in: Any) -> None:
    stan = signed_in(busy.stan)
    stores = {
        "orders/order": lambda row: row.store,
        "pos/shift": lambda row: row.till.store,
        "pos/till": lambda row: row.store,
        "pos/journalentry": lambda row: row.till.store,
        "inventory/level": lambda row: row.location.store,
        "inventory/movement": lambda row: row.location.store,
    }
    for path, store in stores.items():
        answer = stan.get(f"/admin/{path}/")
        rows = answer.context["cl"].result_list
        assert {store(row) for row in rows} == {busy.riverside}, path
        assert "Northside" not in answer.content.decode(), path


def test_a_manager_cannot_open_a_page_of_another_store(busy: house.Shop, signed_in: Any) -> None:
    stan = signed_in(busy.stan)
    theirs = [
        ("orders/order", Order.objects.filter(store=busy.northside).first()),
        ("pos/shift", Shift.objects.filter(till__store=busy.northside).first()),
        ("pos/till", Till.objects.get(store=busy.northside)),
        ("pos/journalentry", JournalEntry.objects.get(till__store=busy.northside)),
        ("inventory/level", Level.objects.filter(location__store=busy.northside).first()),
    ]
    for path, row in theirs:
        assert row is not None
        answer = stan.get(f"/admin/{path}/{row.pk}/change/")
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/admin/"), path


def test_the_home_page_tells_a_manager_about_their_own_store(busy: house.Shop, signed_in: Any) -> None:
    page = signed_in(busy.stan).get("/admin/").content.decode()
    assert "Riverside" in page
    assert "Northside" not in page
    assert "1 sale could not be posted" in page


def test_a_product_page_shows_a_manager_their_own_stock(busy: house.Shop, signed_in: Any) -> None:
    page = signed_in(busy.stan).get(f"/admin/catalog/product/{busy.variants[0].product_id}/change/").content.decode()
    assert "Riverside" in page
    assert "Northside" not in page


@pytest.mark.parametrize("path", OWNERS_OWN)
def test_people_keys_settings_and_audit_are_the_owners(path: str, busy: house.Shop, signed_in: Any) -> None:
    for user in (busy.stan, busy.viewer):
        assert signed_in(user).get(f"/admin/{path}/").status_code == 403
    page = signed_in(busy.viewer).get("/admin/").content.decode()
    assert f"/admin/{path}/" not in page


def test_a_viewer_changes_nothing(busy: house.Shop, signed_in: Any) -> None:
    client, variant = signed_in(busy.viewer), busy.variants[0]
    before = list(Price.objects.values_list("amount", flat=True)), list(Product.objects.values_list("name", flat=True))
    level = Level.objects.filter(variant=variant).first()
    assert level is not None
    tries = [
        client.post(f"/admin/catalog/product/{variant.product_id}/change/?tab=variants", {f"{variant.pk}-price-EUR": "1.00"}),
        client.post(f"/admin/catalog/product/{variant.product_id}/change/?tab=details", {"name": "Stolen"}),
        client.get("/admin/catalog/product/add/"),
        client.post(f"/admin/inventory/level/{level.pk}/correct/", {"counted": "1", "note": "x", "reference": str(variant.pk)}),
        client.post(f"/admin/pos/till/{busy.tills[busy.northside.pk].pk}/code/"),
        client.get("/admin/kernel/delivery/"),
    ]
    assert [answer.status_code for answer in tries] == [403] * len(tries)
    assert before == (list(Price.objects.values_list("amount", flat=True)), list(Product.objects.values_list("name", flat=True)))
    assert "Add product" not in client.get("/admin/catalog/product/").content.decode()


def test_a_manager_lets_in_tills_of_their_own_store_only(busy: house.Shop, signed_in: Any) -> None:
    stan = signed_in(busy.stan)
    assert stan.post(f"/admin/pos/till/{busy.tills[busy.northside.pk].pk}/code/").status_code == 403
    assert stan.post(f"/admin/pos/till/{busy.tills[busy.riverside.pk].pk}/code/").status_code == 200
    assert list(EnrolmentCode.objects.values_list("till__store__code", flat=True)) == ["riverside"]


def test_a_manager_cannot_retry_entries_of_another_store(busy: house.Shop, signed_in: Any) -> None:
    entry = JournalEntry.objects.get(till__store=busy.northside)
    signed_in(busy.stan).post(f"/admin/pos/journalentry/{entry.pk}/retry/")
    signed_in(busy.stan).post("/admin/pos/journalentry/", {"action": "retry", "index": "0", "_selected_action": [str(entry.pk)]})
    entry.refresh_from_db()
    assert entry.posting == "failed"


def test_search_finds_only_what_one_may_see(busy: house.Shop, signed_in: Any) -> None:
    assert "NORTHSIDE-1-1" not in signed_in(busy.stan).get("/admin/search/?extended=1&s=northside-1").content.decode()
    assert "NORTHSIDE-1-1" in signed_in(busy.mia).get("/admin/search/?extended=1&s=northside-1").content.decode()
    assert Client().get("/admin/search/?extended=1&s=northside").status_code == 302

"""Every list: empty, filtered empty, searched, paged, and the same number of statements for 1, 10 and 100 rows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.tests import shop as house
from inventory.models import Level

LISTS = [
    "catalog/product", "catalog/category", "catalog/taxclass", "inventory/level", "inventory/movement", "orders/order", "pos/till", "pos/shift",
    "pos/journalentry", "kernel/delivery", "kernel/job", "kernel/auditentry", "org/user", "org/store", "org/apikey", "org/setting", "org/channel",
]  # fmt: skip
GROWING = [
    "catalog/product",
    "inventory/level",
    "inventory/movement",
    "orders/order",
    "pos/shift",
    "pos/journalentry",
    "kernel/delivery",
    "kernel/auditentry",
]


def statements(client: Any, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        answer = client.get(path)
    assert answer.status_code == 200, path
    return len(captured)


def fill(shop: house.Shop, count: int, moment: Any) -> None:
    house.add_products(shop, count, now=moment)
    house.sell(shop, store=shop.northside, at=moment, count=count)
    for _number in range(count):
        house.open_shift(shop, store=shop.northside, at=moment, counted=21400)
    taken = shop.receipts
    for number in range(count):
        house.journal(shop, store=shop.northside, at=moment, seq=taken * 1000 + number)
    house.deliver(subscriber=f"subscriber-{count}", state="pending", at=moment)


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_says_so(path: str, shop: house.Shop, signed_in: Any) -> None:
    answer = signed_in(shop.owner).get(f"/admin/{path}/")
    assert answer.status_code == 200
    rows = answer.context["cl"].result_count
    assert rows or 'class="empty"' in answer.content.decode()


@pytest.mark.parametrize("path", [path for path in LISTS if path not in ("kernel/job", "catalog/taxclass", "org/channel")])
def test_a_search_without_a_match_offers_to_clear_it(path: str, shop: house.Shop, signed_in: Any) -> None:
    page = signed_in(shop.owner).get(f"/admin/{path}/?q=no-such-thing-anywhere").content.decode()
    assert "Nothing matches" in page
    assert 'href="?"' in page


def test_statements_do_not_grow_with_rows(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    counts: dict[str, list[int]] = {path: [] for path in GROWING}
    for size in (1, 9, 90):
        fill(shop, size, moment)
        for path in GROWING:
            counts[path].append(statements(client, f"/admin/{path}/"))
    assert all(one == ten == hundred for one, ten, hundred in counts.values()), counts
    assert max(hundred for _one, _ten, hundred in counts.values()) <= 20, counts


def test_pages_and_home_cost_the_same_for_many_rows(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client, seen = signed_in(shop.owner), []
    for size in (1, 9, 90):
        fill(shop, size, moment)
        level = Level.objects.filter(variant=shop.variants[0].pk, location__code="northside").get()
        seen.append([statements(client, path) for path in ("/admin/", f"/admin/inventory/level/{level.pk}/change/")])
    assert seen[0] == seen[1] == seen[2]


def test_a_long_list_goes_on_over_pages(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 60, now=moment)
    client = signed_in(shop.owner)
    first, second = (client.get(f"/admin/catalog/product/?p={page}") for page in (1, 2))
    assert "1–50 of 60" in first.content.decode()
    assert "51–60 of 60" in second.content.decode()
    assert not {row.pk for row in first.context["cl"].result_list} & {row.pk for row in second.context["cl"].result_list}


@pytest.mark.parametrize("term", ["orange soda", "ORANGE", "12205", house.gtin(1)])
def test_products_are_found_by_name_sku_and_barcode(term: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 8, now=moment)
    found = signed_in(shop.owner).get("/admin/catalog/product/", {"q": term}).context["cl"].result_list
    assert [product.name for product in found] == ["Blood orange soda 331 ml"]


@pytest.mark.parametrize("term", ["NORTHSIDE-1-1-0001", "northside-1-1-0001", "1-1-0001"])
def test_orders_are_found_by_number_and_by_what_the_receipt_says(term: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    house.sell(shop, store=shop.northside, at=moment, count=3)
    found = signed_in(shop.owner).get("/admin/orders/order/", {"q": term}).context["cl"].result_list
    assert [order.number for order in found] == ["NORTHSIDE-1-1-0001"]


def test_filters_narrow_and_keep_the_search(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 2, now=moment)
    house.sell(shop, store=shop.northside, at=moment, count=2)
    house.sell(shop, store=shop.riverside, at=moment, count=1)
    client = signed_in(shop.owner)
    assert len(client.get("/admin/orders/order/?store=riverside&day=week").context["cl"].result_list) == 1
    assert len(client.get("/admin/orders/order/?source__exact=web").context["cl"].result_list) == 0
    page = client.get("/admin/orders/order/?store=northside").content.decode()
    assert '<input type="hidden" name="store" value="northside">' in page


def test_stock_below_zero_has_its_own_view(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 2, now=moment)
    house.sell(shop, store=shop.northside, at=moment, quantity=500_000)
    found = signed_in(shop.owner).get("/admin/inventory/level/?on_hand=negative").context["cl"].result_list
    assert [(level.location.code, level.on_hand) for level in found] == [("northside", 21_000 - 500_000)]

"""Ctrl K: pages, products, orders and deeds, as far as somebody may."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.tests import shop as house
from catalog import search
from catalog import services as catalog


def asked(client: Any, term: str) -> dict[str, list[str]]:
    answer = client.get("/admin/command/", {"s": term})
    assert answer.status_code == 200
    return {str(group.title): [hit.title for hit in group.hits] for group in answer.context["groups"]}


@pytest.fixture
def busy(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 8, now=moment)
    house.sell(shop, store=shop.northside, at=moment, count=2)
    search.refresh(products=[variant.product_id for variant in shop.variants])
    return shop


@pytest.mark.parametrize("term", ["orange soda", "ORANGE", "12205", house.gtin(1)])
def test_a_product_is_found_by_name_sku_and_barcode(term: str, busy: house.Shop, signed_in: Any) -> None:
    assert asked(signed_in(busy.owner), term)["Products"] == ["Blood orange soda 331 ml"]


def test_an_order_is_found_by_its_number_where_one_may_see_it(busy: house.Shop, signed_in: Any) -> None:
    assert asked(signed_in(busy.mia), "northside-1-1-0001")["Orders"] == ["NORTHSIDE-1-1-0001"]
    assert "Orders" not in asked(signed_in(busy.stan), "northside-1-1-0001")


def test_without_words_it_says_what_can_be_done_and_where_to_go(busy: house.Shop, signed_in: Any) -> None:
    told = asked(signed_in(busy.owner), "")
    assert told["Do"] == ["Add product", "Import a file", "Export the catalogue", "Change prices", "Mark down", "Try a basket", "New category"]
    assert {"Home", "Products", "Orders", "People"} <= set(told["Go to"])
    assert "Products" not in told


def test_nobody_is_shown_what_they_may_not(busy: house.Shop, signed_in: Any) -> None:
    told = asked(signed_in(busy.viewer), "")
    assert told.get("Do", []) == ["Export the catalogue", "Try a basket"]
    assert not {"People", "Deliveries", "Audit trail"} & set(told["Go to"])
    assert Client().get("/admin/command/", {"s": "soda"}).status_code == 302
    assert signed_in(busy.carla).get("/admin/command/", {"s": "soda"}).status_code == 302


def test_pages_and_deeds_are_found_by_any_of_their_words(busy: house.Shop, signed_in: Any) -> None:
    client = signed_in(busy.owner)
    assert asked(client, "add prod")["Do"] == ["Add product"]
    assert asked(client, "audit")["Go to"] == ["Audit trail"]


def test_nothing_found_says_what_is_looked_for(busy: house.Shop, signed_in: Any) -> None:
    page = signed_in(busy.owner).get("/admin/command/", {"s": "zzqqxx <b>"}).content.decode()
    assert "Nothing for “zzqqxx &lt;b&gt;”" in page
    assert "Nothing found" in page


@pytest.mark.parametrize("term", ["\0", "x\0y", "%", "_", "'", "\\", "x" * 5000, "🍏", "(", ":*", "‮"])
def test_strange_words_get_an_answer(term: str, busy: house.Shop, signed_in: Any) -> None:
    assert signed_in(busy.owner).get("/admin/command/", {"s": term}).status_code == 200


def test_results_are_counted_for_who_cannot_see_them(busy: house.Shop, signed_in: Any) -> None:
    page = signed_in(busy.owner).get("/admin/command/", {"s": "orange soda"}).content.decode()
    assert '<p class="visually-hidden" id="command-said" role="status">1 result</p>' in page


def test_one_question_costs_the_same_statements_for_many_products(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    client, seen = signed_in(busy.owner), []
    for size in (1, 9, 40):
        house.add_products(busy, size, now=moment)
        search.refresh(products=[variant.product_id for variant in busy.variants])
        with CaptureQueriesContext(connection) as captured:
            client.get("/admin/command/", {"s": "soda"})
        seen.append(len(captured))
    assert len(set(seen)) == 1, seen
    assert seen[0] <= 12


def test_an_archived_product_is_found_and_said_to_be_so(busy: house.Shop, signed_in: Any, moment: Any) -> None:
    catalog.archive_product(product=busy.variants[1].product_id, now=moment, actor=busy.owner.pk)
    page = signed_in(busy.owner).get("/admin/command/", {"s": "orange soda"}).content.decode()
    assert "Archived" in page

"""Saved views: kept by whoever made them, shared by their leave, changed by nobody else."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.tests import shop as house
from org import saved_views
from org.models import SavedView

PRODUCTS = "/admin/catalog/product/"


def keep(client: Any, path: str = PRODUCTS, **given: str) -> Any:
    return client.post(f"{path}views/", {"do": "save", **given}, follow=True)


def tabs(client: Any, path: str = PRODUCTS) -> dict[str, Any]:
    return {str(tab["title"]): tab for tab in client.get(path).context["saved_views"]}


def test_a_view_keeps_filters_search_and_order_but_not_the_page(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    answer = keep(client, name=" Drinks  to check ", query="category=drinks&q=soda&o=-4&p=3")
    assert "The view Drinks to check is saved." in answer.content.decode()
    assert SavedView.objects.get().query == "category=drinks&o=-4&q=soda"
    assert answer.redirect_chain[-1][0] == f"{PRODUCTS}?category=drinks&o=-4&q=soda"
    tab = tabs(client, f"{PRODUCTS}?q=soda&category=drinks&o=-4")["Drinks to check"]
    assert (tab["current"], tab["count"]) == (True, None)


def test_a_name_is_taken_once_a_person_and_list(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    keep(client, name="Mine", query="status=draft")
    assert "You have a view called Mine already" in keep(client, name="Mine", query="status=active").content.decode()
    keep(client, "/admin/orders/order/", name="Mine", query="source__exact=web")
    keep(signed_in(shop.mia), name="Mine")
    assert SavedView.objects.filter(name="Mine").count() == 3


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "nul\0"])
def test_a_view_without_a_proper_name_is_refused(name: str, shop: house.Shop, signed_in: Any) -> None:
    assert "Give the view a name" in keep(signed_in(shop.owner), name=name).content.decode()
    assert not SavedView.objects.exists()


def test_a_shared_view_is_seen_by_all_and_a_private_one_by_nobody_else(shop: house.Shop, signed_in: Any) -> None:
    keep(signed_in(shop.mia), name="For all", query="status=draft", shared="on")
    keep(signed_in(shop.mia), name="For me", query="status=draft")
    seen = tabs(signed_in(shop.viewer))
    assert "For all" in seen
    assert "For me" not in seen
    assert not seen["For all"]["own"]
    assert "For me" in tabs(signed_in(shop.mia))


def test_an_own_view_is_renamed_shared_and_removed(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.mia)
    keep(client, name="Before", query="status=draft")
    view = str(SavedView.objects.get().pk)
    keep(client, do="change", view=view, name="After", shared="on")
    assert SavedView.objects.values_list("name", "shared", "query").get() == ("After", True, "status=draft")
    assert "The view After is removed." in keep(client, do="remove", view=view).content.decode()
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("doing", ["change", "remove"])
def test_somebody_elses_view_is_changed_by_nobody(doing: str, shop: house.Shop, signed_in: Any) -> None:
    keep(signed_in(shop.mia), name="Of Mia", shared="on")
    view = str(SavedView.objects.get().pk)
    for other in (shop.owner, shop.stan):
        assert keep(signed_in(other), do=doing, view=view, name="Of mine").status_code == 403
    assert SavedView.objects.get().name == "Of Mia"


@pytest.mark.parametrize("view", ["", "x", "-1", "9" * 30, "0"])
def test_a_view_that_is_none_is_refused(view: str, shop: house.Shop, signed_in: Any) -> None:
    assert keep(signed_in(shop.owner), do="remove", view=view).status_code == 403


def test_a_stranger_and_who_may_not_see_the_list_keep_nothing(shop: house.Shop, signed_in: Any) -> None:
    assert Client().post(f"{PRODUCTS}views/", {"do": "save", "name": "X"}).status_code == 302
    assert signed_in(shop.carla).post(f"{PRODUCTS}views/", {"do": "save", "name": "X"}).status_code == 302
    assert keep(signed_in(shop.viewer), "/admin/org/user/", name="X").status_code == 403
    assert not SavedView.objects.exists()


def test_saving_is_a_post_alone(shop: house.Shop, signed_in: Any) -> None:
    assert signed_in(shop.owner).get(f"{PRODUCTS}views/").status_code == 405


@pytest.mark.parametrize(
    "query", ["status=%00", "user__password__exact=x", "status__exact=%27", "brand=" + "x" * 300, "nonsense=1&p=x", "id__exact=no-id"]
)
def test_a_strange_view_shows_the_list_all_the_same(query: str, shop: house.Shop, signed_in: Any) -> None:
    SavedView.objects.create(user=shop.owner, list="catalog.product", name="Odd", query=query, created_at="2026-01-01T00:00Z")
    SavedView.objects.create(user=shop.owner, list="org.user", name="Odd", query=query, created_at="2026-01-01T00:00Z")
    client = signed_in(shop.owner)
    assert client.get(PRODUCTS).status_code == 200
    assert client.get("/admin/org/user/").status_code == 200


def test_views_of_any_number_cost_the_same_statements(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client, seen = signed_in(shop.owner), []
    for size in (1, 9, 30):
        for number in range(size):
            saved_views.save_view(
                user=shop.owner.pk, list="catalog.product", name=f"{size}-{number}", query=f"status=draft&q={number}", shared=False, now=moment
            )
        with CaptureQueriesContext(connection) as captured:
            client.get(PRODUCTS)
        seen.append(len(captured))
    assert len(set(seen)) == 1, seen


def test_a_list_has_fifty_views_of_one_person_at_most(shop: house.Shop, moment: Any) -> None:
    given = {"user": shop.owner.pk, "list": "catalog.product", "query": "", "shared": False, "now": moment}
    for number in range(saved_views.MOST):
        saved_views.save_view(name=str(number), **given)
    with pytest.raises(saved_views.TooManyViews):
        saved_views.save_view(name="one more", **given)

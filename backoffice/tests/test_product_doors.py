"""Who may do what on a product's page, and what no page of ours sends."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from backoffice.tests import shop as house
from backoffice.tests.test_product_page import TABS, address, form_of, save
from catalog.models import Product, Publication, StoreRange

BUTTONS = ["publish/", "duplicate/", "archive/", "restore/", "history/1/undo/"]


@pytest.fixture
def tea(shop: house.Shop, moment: Any) -> Product:
    house.add_products(shop, 1, now=moment)
    return shop.variants[0].product  # type: ignore[no-any-return]


def stand(product: Product) -> list[Any]:
    """Everything of it that somebody could have changed."""
    product.refresh_from_db()
    return [product.name, product.status, product.revisions.count(), Product.objects.count(), Publication.objects.count(), StoreRange.objects.count()]


def buttons(product: Product, variant: Any) -> list[str]:
    own = [*BUTTONS, f"variants/{variant.pk}/archive/", f"variants/{variant.pk}/restore/"]
    return [f"/admin/catalog/product/{product.pk}/{name}" for name in own]


@pytest.mark.parametrize("who", ["stranger", "carla"])
def test_strangers_and_cashiers_have_no_way_in(who: str, tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client, before = Client() if who == "stranger" else signed_in(shop.carla), stand(tea)
    answers = [client.get(address(tea, tab)) for tab in TABS] + [client.post(address(tea, tab), {"name": "Stolen"}) for tab in TABS]
    answers += [client.post(path) for path in buttons(tea, shop.variants[0])] + [client.get("/admin/catalog/product/add/")]
    assert {(answer.status_code, answer.headers["Location"].split("?")[0]) for answer in answers} == {(302, "/admin/login/")}
    assert stand(tea) == before


@pytest.mark.parametrize("who", ["viewer", "mia"])
def test_who_may_not_edit_sees_everything_and_no_dead_button(who: str, tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client, before = signed_in(getattr(shop, who)), stand(tea)
    for tab in TABS:
        page = client.get(address(tea, tab)).content.decode()
        main = page[page.index('class="page ') :]
        assert tea.name in main
        if who == "viewer" or tab != "overview":
            for control in ("<textarea", "<select", 'type="submit"', 'type="text"', 'id="unsaved"', "Duplicate", "Publish</button>"):
                assert control not in main, (tab, control)
            assert client.post(address(tea, tab), {"name": "Stolen"}).status_code == 403
    assert {client.post(path).status_code for path in buttons(tea, shop.variants[0])} <= {403, 404}
    assert client.get("/admin/catalog/product/add/").status_code == 403
    assert stand(tea) == before


def test_a_form_without_what_the_page_sent_along_writes_nothing(tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client, before = signed_in(shop.owner), stand(tea)
    for sent in ({"name": "Stolen"}, {"name": "Stolen", "was": "[", "read_at": "yesterday"}, {"was": "[" * 5000, "read_at": "\0"}):
        answer = client.post(address(tea, "details"), sent)
        assert answer.status_code == 200
    assert stand(tea) == before


@pytest.mark.parametrize("currency", ["eur", "USD", "ÉÉÉ", "\0"])
def test_a_price_is_never_set_in_a_currency_nobody_offered(currency: str, tea: Product, shop: house.Shop, signed_in: Any) -> None:
    variant = shop.variants[0]
    save(signed_in(shop.owner), address(tea, "variants"), **{f"{variant.pk}-price-{currency}": "1.00"})
    assert [price.currency for price in variant.prices.all()] == ["EUR"]


@pytest.mark.parametrize("typed", ["\0", "x" * 70_000, "\ud7ff", "9" * 400, "<b>"])
@pytest.mark.parametrize("tab", ["details", "variants", "translations", "search", "overview"])
def test_whatever_is_typed_is_saved_or_told(tab: str, typed: str, tea: Product, shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    shown = form_of(client.get(address(tea, tab)).content.decode())
    sent = {name: typed if name not in ("was", "read_at") else value for name, value in shown.items()}
    assert client.post(address(tea, tab), sent).status_code in (200, 302)


@pytest.mark.parametrize(
    "query",
    ["tab=nothing", "tab=variants&page=-1", "tab=variants&page=99999999999999999999", "page=x", "history=all", "tab=variants&add=1&option.x=%00"],
)
def test_a_made_up_address_shows_a_page(query: str, tea: Product, shop: house.Shop, signed_in: Any) -> None:
    assert signed_in(shop.owner).get(f"/admin/catalog/product/{tea.pk}/change/?{query}").status_code == 200


@pytest.mark.parametrize("key", ["x", "1", "018f2d6e-0000-7000-8000-000000000000"])
def test_no_such_product_leads_back(key: str, shop: house.Shop, signed_in: Any) -> None:
    assert signed_in(shop.owner).get(f"/admin/catalog/product/{key}/change/").status_code == 302
    assert signed_in(shop.owner).post(f"/admin/catalog/product/{uuid4()}/publish/").status_code == 404


def test_a_variant_of_another_product_is_not_archived_from_here(tea: Product, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 1, now=moment)
    other = shop.variants[1]
    assert signed_in(shop.owner).post(f"/admin/catalog/product/{tea.pk}/variants/{other.pk}/archive/").status_code == 404

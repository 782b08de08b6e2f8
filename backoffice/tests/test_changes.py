"""What can be changed in the back office, each by one service; what is refused is told where it belongs."""

from typing import Any
from uuid import uuid4

import pytest

from backoffice.tests import shop as house
from catalog import search, services
from catalog.models import Product, Promotion
from inventory.models import Level, Movement
from kernel.models import Delivery
from org.access import principal_of_key
from org.models import ApiKey, RoleGrant, User
from pos.models import EnrolmentCode


@pytest.fixture
def stocked(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 2, now=moment)
    return shop


NEW = {"name": "Quince jelly 200 g", "sku": "777", "price": "4,50", "net_content": "200 g", "brand": "", "category": "", "type": ""}


def test_a_new_product_is_a_draft_with_its_variant_code_and_price(stocked: house.Shop, signed_in: Any) -> None:
    answer = signed_in(stocked.owner).post("/admin/catalog/product/add/", {**NEW, "gtin": house.gtin(777), "tax_class": stocked.food.pk})
    made = Product.objects.get(name="Quince jelly 200 g")
    variant = made.variants.get()
    assert (answer.status_code, answer.url, made.status) == (302, f"/admin/catalog/product/{made.pk}/change/", "draft")
    assert (variant.sku, variant.gtins.get().gtin, variant.prices.get().amount) == ("777", house.gtin(777).zfill(14), 450)
    assert (variant.net_content, variant.net_unit) == (200_000, "g")


@pytest.mark.parametrize(("field", "typed"), [("price", "abc"), ("sku", ""), ("sku", "12204"), ("gtin", "123"), ("name", ""), ("tax_class", "0")])
def test_a_product_that_cannot_be_made_says_why_at_the_field(field: str, typed: str, stocked: house.Shop, signed_in: Any) -> None:
    answer = signed_in(stocked.owner).post("/admin/catalog/product/add/", {**NEW, "tax_class": stocked.food.pk, field: typed})
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not Product.objects.filter(sort_key__startswith="quince").exists()


def test_a_corrected_count_is_a_movement_with_its_reason(stocked: house.Shop, signed_in: Any) -> None:
    level = Level.objects.get(variant=stocked.variants[0], location__code="northside")
    form = {"counted": "17.5", "note": "two cans dented", "reference": str(uuid4())}
    client = signed_in(stocked.mia)
    for _click in range(2):
        client.post(f"/admin/inventory/level/{level.pk}/correct/", form)
    level.refresh_from_db()
    movement = Movement.objects.get(cause="count")
    assert (level.on_hand, movement.quantity, movement.note, movement.actor) == (17_500, -2_500, "two cans dented", stocked.mia.pk)


def test_the_timeline_ends_at_what_is_there(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    house.sell(stocked, store=stocked.northside, at=moment, count=4)
    level = Level.objects.get(variant=stocked.variants[0], location__code="northside")
    rows = signed_in(stocked.mia).get(f"/admin/inventory/level/{level.pk}/change/").context["rows"]
    assert rows[0]["movement"].balance == level.on_hand
    assert rows[-1]["movement"].balance == rows[-1]["movement"].quantity


def test_an_order_page_adds_up(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    (order,) = house.sell(stocked, store=stocked.northside, at=moment)
    answer = signed_in(stocked.mia).get(f"/admin/orders/order/{order}/change/")
    page = answer.content.decode()
    assert "Carla Nunes" in page
    assert sum(row["line"].total for row in answer.context["lines"]) == sum(row["payment"].amount for row in answer.context["payments"])
    assert [step["title"] for step in answer.context["timeline"]][-1] == "Sold and paid"


def test_a_shift_page_knows_what_should_be_in_the_drawer(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    shift = house.open_shift(stocked, store=stocked.northside, at=moment)
    house.sell(stocked, store=stocked.northside, at=moment, count=2, shift=shift.pk)
    context = signed_in(stocked.mia).get(f"/admin/pos/shift/{shift.pk}/change/").context
    assert context["expected"] == 15000 + context["object"].takings


def test_a_key_is_shown_once_and_works(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    form = {"name": "Window", "kind": "publishable", "channel": str(shop.stores.pk), "scopes": ["catalog:read"]}
    answer = client.post("/admin/org/apikey/add/", form)
    plain = answer.context["plain"]
    key = ApiKey.objects.get(name="Window")
    assert "no-store" in answer.headers["Cache-Control"]
    assert principal_of_key(plain) is not None
    assert plain not in client.get(f"/admin/org/apikey/{key.pk}/change/").content.decode()
    client.post(f"/admin/org/apikey/{key.pk}/revoke/")
    assert principal_of_key(plain) is None


def test_a_key_may_not_have_more_than_its_kind_allows(shop: house.Shop, signed_in: Any) -> None:
    form = {"name": "Window", "kind": "publishable", "channel": str(shop.stores.pk), "scopes": ["orders:read"]}
    answer = signed_in(shop.owner).post("/admin/org/apikey/add/", form)
    assert "may not have the scope" in str(answer.context["adminform"].form.errors["scopes"])
    assert not ApiKey.objects.exists()


def test_a_person_is_made_and_given_a_role(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    client.post("/admin/org/user/add/", {"username": "noor", "name": "Noor Haddad", "email": "", "password": ""})
    noor = User.objects.get(username="noor")
    client.post(f"/admin/org/user/{noor.pk}/roles/", {"role": "stock_clerk", "store": str(shop.riverside.pk)})
    grant = noor.grants.get()
    assert (grant.role, grant.store) == ("stock_clerk", shop.riverside)
    client.post(f"/admin/org/user/{noor.pk}/roles/{grant.pk}/revoke/")
    assert not noor.grants.exists()


def test_the_last_owner_stays(shop: house.Shop, signed_in: Any) -> None:
    grant = RoleGrant.objects.get(user=shop.owner)
    answer = signed_in(shop.owner).post(f"/admin/org/user/{shop.owner.pk}/roles/{grant.pk}/revoke/", follow=True)
    assert "last owner" in answer.content.decode()
    assert RoleGrant.objects.filter(pk=grant.pk).exists()


def test_an_enrolment_link_is_shown_once(shop: house.Shop, signed_in: Any) -> None:
    till = shop.tills[shop.northside.pk]
    answer = signed_in(shop.mia).post(f"/admin/pos/till/{till.pk}/code/")
    assert f"/pos/#enrol={answer.context['code']}" in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]
    assert EnrolmentCode.objects.get().created_by == shop.mia.pk


def test_parked_deliveries_are_retried_from_the_list(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    house.sell(stocked, store=stocked.northside, at=moment, count=3)
    parked = house.deliver(subscriber="eventbridge", state="parked", at=moment, trouble="throttled")
    client = signed_in(stocked.owner)
    chosen = [str(delivery.pk) for delivery in parked[:2]]
    client.post("/admin/kernel/delivery/", {"action": "retry", "index": "0", "_selected_action": chosen})
    client.post(f"/admin/kernel/delivery/{parked[2].pk}/retry/")
    assert Delivery.objects.filter(pk__in=[delivery.pk for delivery in parked[:3]], state="pending", attempts=0).count() == 3
    assert "given up" in client.get("/admin/").content.decode()


def test_home_names_what_needs_a_person_worst_first(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    from datetime import timedelta

    house.sell(stocked, store=stocked.northside, at=moment, quantity=900_000)
    house.open_shift(stocked, store=stocked.northside, at=moment - timedelta(hours=30))
    house.journal(stocked, store=stocked.northside, at=moment, seq=1, state="quarantined", posting="none")
    items = signed_in(stocked.owner).get("/admin/").context["attention"]
    assert [item.kind for item in items] == sorted(item.kind for item in items)
    assert any("kept apart" in item.title for item in items)
    assert any("−" in item.title and "Northside" in item.title for item in items)
    assert any("shift open since" in item.title for item in items)


def test_who_may_approve_is_told_what_somebody_else_drafted(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    half = {"reward": {"kind": "percent", "value": 500_000}}
    for name, person in (("Half price", stocked.mia), ("My own", stocked.owner)):
        services.create_promotion(values={"name": name, "rule": half}, now=moment, actor=person.pk)
    Promotion.objects.update(state="waiting", reason="More than 30% off.")
    told = [item for item in signed_in(stocked.owner).get("/admin/").context["attention"] if "approval" in item.title]
    assert [(item.title, item.text) for item in told] == [("Half price waits for your approval", "More than 30% off.")]
    assert signed_in(stocked.owner).get(told[0].link).status_code == 200
    assert not any("approval" in item.title for item in signed_in(stocked.mia).get("/admin/").context["attention"])


def test_money_today_stands_beside_the_same_weekday_last_week(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    from datetime import timedelta

    house.sell(stocked, store=stocked.northside, at=moment, count=1)
    house.sell(stocked, store=stocked.northside, at=moment - timedelta(days=7, minutes=1), count=2)
    rows = {row["row"].name: row["row"] for row in signed_in(stocked.owner).get("/admin/").context["money"]["rows"]}
    assert (rows["Northside"].baskets, rows["Northside"].baskets_before) == (1, 2)
    assert rows["Riverside"].today == 0


def test_an_empty_shop_has_a_calm_home(shop: house.Shop, signed_in: Any) -> None:
    page = signed_in(shop.owner).get("/admin/").content.decode()
    assert "Nothing needs you" in page
    assert "No sales yet today" in page


def test_products_and_orders_are_one_key_away(stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    house.sell(stocked, store=stocked.northside, at=moment)
    search.rebuild()
    client = signed_in(stocked.owner)
    for term in ("elderflower", "12204", house.gtin(0)):
        assert "Elderflower pressé 330 ml" in client.get("/admin/search/", {"extended": "1", "s": term}).content.decode()
    assert "NORTHSIDE-1-1-0001" in client.get("/admin/search/", {"extended": "1", "s": "1-1-0001"}).content.decode()


def test_nothing_of_ours_on_a_page_is_inline(stocked: house.Shop, signed_in: Any) -> None:
    page = signed_in(stocked.owner).get("/admin/").content.decode()
    assert 'style="' not in page
    assert page.count("<script") == page.count("<script src=")

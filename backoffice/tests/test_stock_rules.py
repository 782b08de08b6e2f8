"""Pages of stock: recalls, tasks, places, order points, bundles, cases."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from backoffice import attention
from backoffice.attention import stock_tasks_badge
from backoffice.tests import shop as house
from backoffice.tests.stockroom import level_of, place, recalled
from inventory import services
from inventory.models import Component, Location, Pack, Policy, Recall, Source, Task


@pytest.fixture
def full(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 4, now=moment)
    return shop


# Recalls and tasks


def test_a_recall_shows_where_the_lot_is_before_it_is_made(full: house.Shop, signed_in: Any, moment: Any) -> None:
    made = recalled(full, moment)
    client = signed_in(full.owner)
    line = services.ReceiptLine(variant=full.variants[0].pk, quantity=4000, lot="L2")
    services.receive(location=place(full).pk, lines=[line], occurred_at=moment, reference=uuid4(), actor=None, now=moment)
    given = {"item": "12204", "lot": "L2", "reason": "Sour"}
    assert "Recall it everywhere" in client.post("/admin/inventory/recall/add/", given).content.decode()
    assert Recall.objects.count() == 1
    answer = client.post("/admin/inventory/recall/add/", {**given, "recall": "1"})
    assert answer.status_code == 302
    assert Recall.objects.exclude(pk=made.pk).get().reason == "Sour"
    assert client.post("/admin/inventory/recall/add/", {**given, "recall": "1"}).status_code == 422


def test_each_place_looks_and_then_the_recall_is_closed(full: house.Shop, signed_in: Any, moment: Any) -> None:
    made = recalled(full, moment)
    page = f"/admin/inventory/recall/{made.pk}/"
    mine, other = (Task.objects.get(recall=made, location__code=code) for code in ("northside", "riverside"))
    mia = signed_in(full.mia)
    shown = mia.get(f"{page}change/").content.decode()
    assert "Northside" in shown
    assert "Riverside" not in shown
    assert "Who bought it" not in shown
    assert mia.post(f"{page}task/{other.pk}/", {"found": "1"}).status_code == 403
    mia.post(f"{page}task/{mine.pk}/", {"found": "many"})
    mine.refresh_from_db()
    assert mine.done_at is None
    mia.post(f"{page}task/{mine.pk}/", {"found": "4", "note": "One sold"})
    mine.refresh_from_db()
    assert (mine.found, mine.done_by) == (4000, full.mia.pk)
    assert mia.post(f"{page}close/").status_code == 403
    owner = signed_in(full.owner)
    owner.post(f"{page}close/")
    made.refresh_from_db()
    assert made.closed_at is None
    owner.post(f"{page}task/{other.pk}/", {"found": "0"})
    owner.post(f"{page}close/")
    made.refresh_from_db()
    assert made.closed_at is not None


def test_buyers_are_named_with_their_receipts(full: house.Shop, signed_in: Any, moment: Any) -> None:
    made = recalled(full, moment)
    house.sell(full, store=full.northside, at=moment, count=4)
    client = signed_in(full.owner)
    assert "No sale with this lot" in client.get(f"/admin/inventory/recall/{made.pk}/change/").content.decode()
    assert "NORTHSIDE-1-1-" in client.get(f"/admin/inventory/recall/{made.pk}/change/?buyers=possible").content.decode()


def test_tasks_are_those_of_the_own_store_and_lead_where_they_are_dealt_with(
    full: house.Shop, signed_in: Any, moment: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = recalled(full, moment)
    services.take(
        lines=[services.Take(location=place(full).pk, variant=full.variants[1].pk, quantity=99_000, reference=uuid4(), line=1, occurred_at=moment)],
        now=moment,
    )
    client = signed_in(full.mia)
    answer = client.get("/admin/inventory/task/")
    assert {(task.kind, task.location.code) for task in answer.context["cl"].result_list} == {("recall", "northside"), ("negative", "northside")}
    below, recall = Task.objects.get(kind="negative"), Task.objects.get(recall=made, location__code="northside")
    assert client.get(f"/admin/inventory/task/{below.pk}/change/")["Location"].endswith(f"/level/{level_of(full, 1).pk}/change/")
    assert client.get(f"/admin/inventory/task/{recall.pk}/change/")["Location"].endswith(f"/recall/{made.pk}/change/")
    assert stock_tasks_badge(answer.wsgi_request) == "2"
    monkeypatch.setattr(attention, "MANY", 1)
    assert stock_tasks_badge(answer.wsgi_request) == "1+"


# Places, order points, bundles, cases


def test_a_place_is_made_and_changed_with_hours_and_channels(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.owner)
    sent = {
        "name": "Web warehouse", "code": "web", "kind": "warehouse", "store": "", "city": "Berlin", "country": "de", "latitude": "52.52",
        "longitude": "-13.405", "ships": "on", "pickup_minutes": "90", "short_sales": "allow", "channels": [str(full.stores.pk)], "priority": "5",
        "hours-mon_0": "09:00", "hours-mon_1": "12:30", "hours-mon_2": "14:00", "hours-mon_3": "",
    }  # fmt: skip
    answer = client.post("/admin/inventory/location/add/", sent)
    made = Location.objects.get(code="web")
    assert answer["Location"].endswith(f"/location/{made.pk}/change/")
    assert made.hours == {"mon": [["09:00", "12:30"], ["14:00", "24:00"]]}
    assert (made.latitude, made.longitude, made.country, made.ships, made.receives) == (52_520_000, -13_405_000, "DE", True, False)
    assert list(Source.objects.filter(location=made).values_list("channel", "priority")) == [(full.stores.pk, 5)]
    page = client.get(f"/admin/inventory/location/{made.pk}/change/").content.decode()
    assert 'value="52.52"' in page
    assert 'value="09:00"' in page
    changed = {**sent, "hours-mon_0": "", "hours-mon_1": "", "hours-mon_2": "", "channels": [], "archived": "on"}
    assert client.post(f"/admin/inventory/location/{made.pk}/change/", changed).status_code == 302
    made.refresh_from_db()
    assert made.hours == {}
    assert made.archived_at is not None
    assert not made.sources.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"hours-tue_0": "18:00", "hours-tue_1": "09:00"}, "It closes after it opens"),
        ({"hours-tue_1": "09:00"}, "Say when it opens too"),
        ({"latitude": "52.5"}, "Coordinates are two numbers"),
        ({"latitude": "north", "longitude": "1"}, "Write it in degrees"),
        ({"latitude": "99", "longitude": "1"}, "notice--bad"),
        ({"country": "Germany"}, "two letters"),
        ({"timezone": "Moon/Base"}, "notice--bad"),
        ({"name": ""}, "required"),
    ],
)
def test_what_a_place_cannot_be_is_said_at_its_field(typed: Any, said: str, full: house.Shop, signed_in: Any) -> None:
    held = place(full)
    sent = {"name": "Northside", "pickup_minutes": "90", "short_sales": "warn", "priority": "1", **typed}
    answer = signed_in(full.owner).post(f"/admin/inventory/location/{held.pk}/change/", sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    held.refresh_from_db()
    assert held.short_sales == "allow"


def test_a_manager_reads_the_own_place_and_changes_it_not(full: house.Shop, signed_in: Any) -> None:
    client, mine, other = signed_in(full.mia), place(full), place(full, "riverside")
    assert "look at this and not change it" in client.get(f"/admin/inventory/location/{mine.pk}/change/").content.decode()
    assert client.post(f"/admin/inventory/location/{mine.pk}/change/", {"name": "Mine"}).status_code == 403
    assert client.get(f"/admin/inventory/location/{other.pk}/change/").status_code == 302


def test_an_order_point_is_set_once_and_found_again_from_the_stock(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.owner)
    sent = {"item": "12204", "location": str(place(full).pk), "reorder_point": "6", "reorder_to": "24", "safety": "1"}
    sent |= {"ahead_kind": "preorder", "ahead": "10", "ahead_on": "2030-01-01"}
    assert client.post("/admin/inventory/policy/add/", sent).status_code == 302
    made = Policy.objects.get()
    assert (made.reorder_point, made.reorder_to, made.safety, made.ahead, made.ahead_on) == (6000, 24_000, 1000, 10_000, date(2030, 1, 1))
    assert client.get("/admin/inventory/policy/add/?sku=12204&location=northside")["Location"].endswith(f"/policy/{made.pk}/change/")
    assert client.post(f"/admin/inventory/policy/{made.pk}/change/", {"reorder_point": "7"}).status_code == 302
    made.refresh_from_db()
    assert (made.reorder_point, made.reorder_to, made.safety, made.ahead, made.ahead_kind) == (7000, None, 0, 0, "")


@pytest.mark.parametrize(
    "typed",
    [
        {"item": "nope"},
        {"reorder_to": "5"},
        {"reorder_point": "6", "reorder_to": "6"},
        {"ahead_kind": "preorder", "ahead": "1"},
        {"ahead_kind": "backorder"},
    ],
)
def test_order_points_that_do_not_fit_together_are_refused(typed: dict[str, str], full: house.Shop, signed_in: Any) -> None:
    sent = {"item": "12204", "location": str(place(full).pk), **typed}
    assert signed_in(full.owner).post("/admin/inventory/policy/add/", sent).status_code == 422
    assert not Policy.objects.exists()


def test_a_bundle_is_made_of_scanned_parts(full: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(full.owner)
    for code in ("northside", "riverside"):
        level = level_of(full, 3, code)
        services.adjust(
            location=level.location_id, variant=level.variant_id, quantity=-level.on_hand, note="", reference=uuid4(), actor=None, now=moment
        )
    sent = {"item": "12207", "row-code": ["12204", house.gtin(1)], "row-quantity": ["2", ""]}
    assert client.post("/admin/inventory/component/add/", sent).status_code == 302
    assert list(Component.objects.order_by("position").values_list("component", "quantity")) == [
        (full.variants[0].pk, 2000),
        (full.variants[1].pk, 1000),
    ]
    first = Component.objects.get(position=1)
    page = client.get(f"/admin/inventory/component/{first.pk}/change/").content.decode()
    assert 'value="12204"' in page
    assert 'value="2"' in page
    assert client.post(f"/admin/inventory/component/{first.pk}/change/", {"row-code": ["12207"], "row-quantity": ["1"]}).status_code == 422
    assert "2 × Elderflower" in client.get("/admin/inventory/component/").content.decode()


def test_goods_with_stock_of_their_own_become_no_bundle(full: house.Shop, signed_in: Any) -> None:
    sent = {"item": "12207", "row-code": ["12204"], "row-quantity": ["2"]}
    answer = signed_in(full.owner).post("/admin/inventory/component/add/", sent)
    assert answer.status_code == 422
    assert "stock of their own" in answer.content.decode()


def test_a_case_is_given_its_code_changed_and_removed(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.owner)
    assert client.post("/admin/inventory/pack/add/", {"item": "12204", "gtin": "4012345678901", "quantity": "24", "name": "Tray"}).status_code == 302
    made = Pack.objects.get()
    assert (made.quantity, made.variant_id) == (24_000, full.variants[0].pk)
    page = f"/admin/inventory/pack/{made.pk}/change/"
    assert client.post(page, {"quantity": "12", "name": "Tray"}).status_code == 302
    assert Pack.objects.get().quantity == 12_000
    assert client.post("/admin/inventory/pack/add/", {"item": "12205", "gtin": "123", "quantity": "24"}).status_code == 422
    assert client.post(page, {"remove": "1"}).status_code == 302
    assert not Pack.objects.exists()


def test_the_product_says_what_is_promised_and_can_be_sold_by_place(full: house.Shop, signed_in: Any, moment: Any) -> None:
    hold = services.Hold(location=place(full).pk, variant=full.variants[0].pk, quantity=5_000, line=1)
    services.reserve(holds=[hold], reference=uuid4(), kind="order", expires_at=None, now=moment)
    page = signed_in(full.owner).get(f"/admin/catalog/product/{full.variants[0].product_id}/change/").content.decode()
    assert "<dt>Promised</dt><dd>5</dd><dt>Can be sold</dt><dd>35</dd>" in page
    assert f"/admin/inventory/level/{level_of(full).pk}/change/" in page

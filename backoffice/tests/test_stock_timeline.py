"""The page of one level: what was asked of it, what it links to, who gets in, and what it costs."""

import csv
import io
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.tests import shop as house
from inventory import services
from inventory.models import Level, Movement, Policy
from inventory.services import Move
from orders.models import Order
from org import services as org


@pytest.fixture
def stocked(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 1, now=moment - timedelta(days=3))
    house.sell(shop, store=shop.northside, at=moment - timedelta(days=2), count=3)
    return shop


@pytest.fixture
def level(stocked: house.Shop) -> Level:
    return Level.objects.get(location__code="northside")


def page(client: Client, level: Level, **asked: Any) -> Any:
    return client.get(f"/admin/inventory/level/{level.pk}/change/", asked)


def export(client: Client, level: Level, **asked: Any) -> list[list[str]]:
    answer = client.get(f"/admin/inventory/level/{level.pk}/timeline.csv", asked)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]


def move(level: Level, quantity: int, cause: str, *, at: Any, told: Any = None, note: str = "") -> None:
    moved = Move(location=level.location_id, variant=level.variant_id, quantity=quantity, cause=cause, reference=uuid4(), occurred_at=at, note=note)
    services.move(movements=[moved], now=told or at)


def test_a_sale_leads_to_its_receipt_by_its_number(stocked: house.Shop, level: Level, signed_in: Any) -> None:
    answer = page(signed_in(stocked.mia), level)
    shown = {row["document"].text: row["document"].link for row in answer.context["rows"] if row["movement"].cause == "sale"}
    assert shown == {order.number: f"/admin/orders/order/{order.pk}/change/" for order in Order.objects.all()}
    assert signed_in(stocked.mia).get(next(iter(shown.values()))).status_code == 200


def test_who_may_not_see_orders_sees_the_sale_without_its_receipt(stocked: house.Shop, level: Level, signed_in: Any) -> None:
    clerk = org.create_user(username="clerk", name="Clara Clerk", password=None)
    org.grant_role(user=clerk, role="stock_clerk", store=stocked.northside)
    rows = page(signed_in(clerk), level).context["rows"]
    assert {row["movement"].cause for row in rows} == {"sale", "opening"}
    assert not any(row["document"] for row in rows)


def test_a_document_leads_to_its_page(stocked: house.Shop, level: Level, signed_in: Any, moment: Any) -> None:
    from inventory.services import ReceiptLine

    lines = [ReceiptLine(variant=level.variant_id, quantity=48_000)]
    made = services.receive(
        location=level.location_id, lines=lines, supplier="Kestrel", paper="L 9", note="", occurred_at=moment, reference=uuid4(),
        actor=stocked.mia.pk, now=moment,
    )  # fmt: skip
    client = signed_in(stocked.mia)
    (row,) = page(client, level, cause="receipt").context["rows"]
    assert row["document"].text == str(made)
    assert client.get(row["document"].link).status_code == 200


@pytest.mark.parametrize(
    ("asked", "causes"),
    [
        ({}, ["sale", "sale", "sale", "opening"]),
        ({"cause": "sale"}, ["sale"] * 3),
        ({"cause": "opening"}, ["opening"]),
        ({"cause": "recall"}, []),
        ({"cause": "nonsense", "since": "x", "until": "9999-12-31", "person": "1", "lot": "\0", "period": "7"}, ["sale", "sale", "sale", "opening"]),
    ],
    ids=["all", "sales", "opening", "none", "nonsense"],
)
def test_filters_narrow_and_nonsense_does_not(asked: Any, causes: list[str], stocked: house.Shop, level: Level, signed_in: Any) -> None:
    rows = page(signed_in(stocked.mia), level, **asked).context["rows"]
    assert [row["movement"].cause for row in rows] == causes


def test_days_and_people_narrow(stocked: house.Shop, level: Level, signed_in: Any, moment: Any) -> None:
    # A day is the store's.
    client, day = signed_in(stocked.mia), (moment - timedelta(days=1)).astimezone(ZoneInfo("Europe/Berlin")).date()
    assert page(client, level, since=day).context["rows"] == []
    assert len(page(client, level, until=day).context["rows"]) == 4
    form = {"counted": "10", "note": "shelf", "reference": str(uuid4())}
    client.post(f"/admin/inventory/level/{level.pk}/correct/", form)
    (row,) = page(client, level, person=stocked.mia.pk).context["rows"]
    assert (row["person"], row["movement"].balance) == (stocked.mia, 10_000)


def test_pages_go_older_and_back(stocked: house.Shop, level: Level, signed_in: Any, moment: Any) -> None:
    for number in range(120):
        move(level, 1_000, "receipt", at=moment - timedelta(minutes=200 - number))
    client = signed_in(stocked.mia)
    first = page(client, level, cause="receipt")
    second = client.get(f"/admin/inventory/level/{level.pk}/change/{first.context['older']}")
    third = client.get(f"/admin/inventory/level/{level.pk}/change/{second.context['older']}")
    back = client.get(f"/admin/inventory/level/{level.pk}/change/{third.context['newer']}")
    ids = [[row["movement"].id for row in answer.context["rows"]] for answer in (first, second, third, back)]
    assert [len(one) for one in ids] == [50, 50, 20, 50]
    assert ids[3] == ids[1]
    assert back.context["rows"][0]["movement"].balance == second.context["rows"][0]["movement"].balance
    assert (first.context["newer"], third.context["older"]) == ("", "")
    begin = client.get(f"/admin/inventory/level/{level.pk}/change/{back.context['newer']}")
    assert [row["movement"].id for row in begin.context["rows"]] == ids[0]


def test_the_export_is_every_row_of_what_was_asked(stocked: house.Shop, level: Level, signed_in: Any, moment: Any) -> None:
    move(level, -1_500, "adjustment", at=moment, note="=cmd()")
    client = signed_in(stocked.mia)
    header, newest, *older = export(client, level)
    assert header == ["happened_at", "recorded_at", "cause", "document", "lot", "person", "note", "change", "on_hand"]
    level.refresh_from_db()
    assert newest[6:] == ["'=cmd()", "-1.5", str(level.on_hand / 1000)]
    assert len(older) == 4
    assert older[0][3] == Order.objects.order_by("-number")[0].number
    assert [row[2] for row in export(client, level, cause="opening")[1:]] == ["opening"]


@pytest.mark.parametrize("path", ["change/", "timeline.csv"])
def test_other_stores_stock_does_not_exist(path: str, stocked: house.Shop, level: Level, signed_in: Any) -> None:
    assert signed_in(stocked.stan).get(f"/admin/inventory/level/{level.pk}/{path}").status_code in (302, 403)
    assert Client().get(f"/admin/inventory/level/{level.pk}/{path}").status_code == 302
    assert signed_in(stocked.carla).get(f"/admin/inventory/level/{level.pk}/{path}").status_code in (302, 403)


def test_a_manager_sees_only_their_own_places_elsewhere(stocked: house.Shop, level: Level, signed_in: Any) -> None:
    assert list(page(signed_in(stocked.mia), level).context["elsewhere"]) == []
    assert [other.location.code for other in page(signed_in(stocked.owner), level).context["elsewhere"]] == ["riverside"]


@pytest.fixture
def late(stocked: house.Shop, level: Level, moment: Any) -> Level:
    move(level, -2_000, "count", at=moment - timedelta(minutes=20))
    move(level, -2_000, "sale", at=moment - timedelta(minutes=33), told=moment - timedelta(minutes=5))
    return level


def test_a_likely_miscount_is_told_and_put_right_by_one_tap(late: Level, stocked: house.Shop, signed_in: Any) -> None:
    client = signed_in(stocked.mia)
    answer = page(client, late)
    late.refresh_from_db()
    assert answer.context["late"]["shelf"] == late.on_hand + 2_000
    assert "Correct by +2" in answer.content.decode()
    for _tap in range(2):
        client.post(f"/admin/inventory/level/{late.pk}/late/", {"quantity": "2000"})
    corrected = Movement.objects.get(cause="adjustment")
    assert (corrected.quantity, corrected.actor) == (2_000, stocked.mia.pk)
    assert page(client, late).context["late"] is None


def test_strangers_put_nothing_right(late: Level, stocked: house.Shop, signed_in: Any) -> None:
    for person in (stocked.stan, stocked.carla, stocked.viewer):
        assert signed_in(person).post(f"/admin/inventory/level/{late.pk}/late/", {"quantity": "2000"}).status_code in (302, 403)
    assert Client().post(f"/admin/inventory/level/{late.pk}/late/", {"quantity": "2000"}).status_code == 302
    assert "Correct by" not in page(signed_in(stocked.viewer), late).content.decode()
    for quantity in ("9000", "two", ""):
        signed_in(stocked.mia).post(f"/admin/inventory/level/{late.pk}/late/", {"quantity": quantity})
    assert not Movement.objects.filter(cause="adjustment").exists()


def test_what_can_be_sold_is_told_with_what_holds_the_rest(stocked: house.Shop, level: Level, signed_in: Any, moment: Any) -> None:
    Policy.objects.create(location_id=level.location_id, variant_id=level.variant_id, safety=3_000, reorder_point=50_000, reorder_to=90_000)
    hold = services.Hold(location=level.location_id, variant=level.variant_id, quantity=4_000, line=1)
    services.reserve(holds=[hold], reference=uuid4(), kind="cart", expires_at=moment + timedelta(minutes=9), now=moment)
    answer = page(signed_in(stocked.mia), level)
    level.refresh_from_db()
    assert answer.context["sellable"] == level.on_hand - 7_000
    assert (answer.context["held"].carts, answer.context["held"].orders) == (4_000, 0)
    assert (answer.context["due"], answer.context["missing"]) == (True, 90_000 - level.on_hand)
    assert "In 1 cart" in answer.content.decode()


@pytest.mark.parametrize(("asked", "drawn"), [("", "count"), ("count", "count"), ("28", "28"), ("90", "90")])
def test_the_picture_shows_the_period_asked_for(asked: str, drawn: str, stocked: house.Shop, level: Level, signed_in: Any) -> None:
    chart = page(signed_in(stocked.mia), level, period=asked).context["chart"]
    assert (chart["period"], chart["since_count"]) == (drawn, drawn == "count")


def test_a_count_of_long_ago_does_not_stretch_the_picture(stocked: house.Shop, level: Level, signed_in: Any, moment: Any) -> None:
    later = moment + timedelta(days=40)
    with mock.patch("django.utils.timezone.now", return_value=later):
        client = signed_in(stocked.mia)
        assert page(client, level).context["chart"]["period"] == "28"
        assert page(client, level, period="count").context["chart"]["since_count"]


def test_a_page_costs_the_same_however_much_has_moved(stocked: house.Shop, level: Level, signed_in: Any, moment: Any) -> None:
    client = signed_in(stocked.mia)
    page(client, level)
    counts = []
    for more in (1, 9, 90):
        house.sell(stocked, store=stocked.northside, at=moment, count=more)
        with CaptureQueriesContext(connection) as seen:
            page(client, level)
        counts.append(len(seen))
    # The last page shows sales alone: nobody looks for documents.
    assert counts[0] == counts[1] == counts[2] + 1 <= 30

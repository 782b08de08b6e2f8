"""What no page of ours sends, and what a till wrote that no till of ours writes: never an error of the server."""

from typing import Any
from uuid import uuid4

import pytest

from backoffice.tests import shop as house
from inventory.models import Level
from pos.models import Shift


@pytest.fixture
def stocked(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 1, now=moment)
    return shop


@pytest.mark.parametrize(
    "told",
    [[1], "x", {"5": "many"}, {"5": None}, {"5": {}}, {"5": 1.5}, {"9" * 5000: 1}, {"five": 1}],
    ids=["list", "text", "words", "nothing", "object", "float", "endless", "name"],
)
def test_a_shift_page_opens_whatever_the_till_said_it_counted(told: Any, stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    shift = house.open_shift(stocked, store=stocked.northside, at=moment, counted=500)
    Shift.objects.filter(pk=shift.pk).update(close_body={"denominations": told})
    answer = signed_in(stocked.mia).get(f"/admin/pos/shift/{shift.pk}/change/")
    assert (answer.status_code, answer.context["denominations"]) == (200, [])


@pytest.mark.parametrize("text", ["[" * 5000 + "]" * 5000, '"\\ud800"', "9" * 6000, "\u202e{"], ids=["deep", "half", "digits", "turned"])
def test_an_unreadable_entry_can_be_read(text: str, stocked: house.Shop, signed_in: Any, moment: Any) -> None:
    entry = house.journal(stocked, store=stocked.northside, at=moment, seq=1, state="quarantined", text=text)
    answer = signed_in(stocked.mia).get(f"/admin/pos/journalentry/{entry.pk}/change/")
    assert (answer.status_code, answer.context["text"]) == (200, text)


@pytest.mark.parametrize("older", ["9" * 30 + ",1", "1," + "9" * 30, "1,--5", "٣,1", "1", ","])
def test_a_made_up_place_in_the_ledger_shows_a_page(older: str, stocked: house.Shop, signed_in: Any) -> None:
    level = Level.objects.get(location__code="northside")
    assert signed_in(stocked.mia).get(f"/admin/inventory/level/{level.pk}/change/", {"older": older}).status_code == 200


@pytest.mark.parametrize("path", ["inventory/level", "orders/order", "pos/journalentry", "catalog/product", "kernel/delivery"])
def test_a_list_asked_for_what_no_text_can_be_shows_all(path: str, stocked: house.Shop, signed_in: Any) -> None:
    for name in ("location", "store", "status__exact", "posting__exact", "subscriber", "source"):
        answer = signed_in(stocked.owner).get(f"/admin/{path}/", {name: "\0"})
        assert (answer.status_code, answer.url) == (302, f"/admin/{path}/")


@pytest.mark.parametrize("path", ["org/user/{}/roles/", "org/user/{}/roles/1/revoke/", "org/apikey/{}/revoke/"])
def test_nobody_of_that_id_is_not_found(path: str, shop: house.Shop, signed_in: Any) -> None:
    assert signed_in(shop.owner).post(f"/admin/{path.format(uuid4())}").status_code == 404

"""Pages of stock: what is low, documents, opening stock."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from backoffice.tests import shop as house
from backoffice.tests.stockroom import level_of, place, recalled, receipt, rows
from inventory import services
from inventory.models import Document
from org.tests.cast import hire

DOCUMENTS = "/admin/inventory/document/"


@pytest.fixture
def full(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 4, now=moment)
    return shop


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


# The list


def test_what_is_low_says_how_many_to_order(full: house.Shop, signed_in: Any) -> None:
    services.set_policy(location=place(full).pk, variant=full.variants[1].pk, reorder_point=30_000, reorder_to=50_000)
    services.set_policy(location=place(full).pk, variant=full.variants[2].pk, reorder_point=5_000)
    answer = signed_in(full.owner).get("/admin/inventory/level/?on_hand=low")
    assert [level.variant_id for level in answer.context["cl"].result_list] == [full.variants[1].pk]
    assert (
        '<td role="cell" class="number" data-label="To order" data-column="to_order">29</td>' in answer.content.decode()
        or ">29<" in answer.content.decode()
    )
    tabs = {str(tab["title"]): tab["count"] for tab in answer.context["saved_views"]}
    assert tabs == {"All": 8, "Low": 1, "Below zero": 0, "Recalled": 0}


def test_what_is_promised_and_kept_back_cannot_be_sold(full: house.Shop, signed_in: Any, moment: Any) -> None:
    here = {"location": place(full).pk, "variant": full.variants[0].pk}
    services.set_policy(**here, safety=3_000)
    services.reserve(
        holds=[services.Hold(**here, quantity=5_000, line=1)], reference=uuid4(), kind="cart", expires_at=moment + timedelta(hours=1), now=moment
    )
    page = signed_in(full.owner).get("/admin/inventory/level/?location=northside").content.decode()
    assert ">5</td>" in page
    assert ">12</td>" in page


def test_recalled_stock_has_its_own_view(full: house.Shop, signed_in: Any, moment: Any) -> None:
    recalled(full, moment)
    found = signed_in(full.owner).get("/admin/inventory/level/?on_hand=recalled").context["cl"].result_list
    assert {level.location.code for level in found} == {"northside", "riverside"}


def test_statements_of_what_is_low_do_not_grow_with_rows(full: house.Shop, signed_in: Any, moment: Any) -> None:
    client, seen = signed_in(full.owner), []
    for many in (1, 4, 12):
        house.add_products(full, many, now=moment)
        for variant in full.variants[-many:]:
            services.set_policy(location=place(full).pk, variant=variant.pk, reorder_point=90_000)
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/admin/inventory/level/?on_hand=low").status_code == 200
        seen.append(len(captured))
    assert seen[0] == seen[1] == seen[2], seen


# Documents


def test_scanned_goods_come_in_with_their_cost_lot_and_case(full: house.Shop, signed_in: Any) -> None:
    case = "04012345678901"
    services.set_pack(variant=full.variants[1].pk, gtin="4012345678901", quantity=12_000, name="Case of 12")
    sent = receipt(full, "12204", house.gtin(2), case, quantity=["3", "", "2"], cost=["5.40", "", ""])
    answer = signed_in(full.mia).post(f"{DOCUMENTS}receive/", sent)
    made = Document.objects.get(kind="receipt")
    assert answer.status_code == 302
    assert str(made.pk) in answer["Location"]
    told = [(line.variant_id, line.quantity, line.cost) for line in made.lines.order_by("position")]
    assert told == [(full.variants[0].pk, 3000, 540), (full.variants[2].pk, 1000, None), (full.variants[1].pk, 24_000, None)]
    assert level_of(full).on_hand == 23_000
    assert made.made_by == full.mia.pk


def test_the_same_receipt_sent_twice_comes_in_once(full: house.Shop, signed_in: Any) -> None:
    sent, client = receipt(full, "12204", quantity=["3"]), signed_in(full.mia)
    assert [client.post(f"{DOCUMENTS}receive/", sent).status_code for _time in range(2)] == [302, 302]
    assert level_of(full).on_hand == 23_000


def test_a_check_says_names_and_posts_nothing(full: house.Shop, signed_in: Any) -> None:
    answer = signed_in(full.mia).post(f"{DOCUMENTS}receive/", {**receipt(full, "12204"), "check": "1"})
    assert answer.status_code == 200
    assert "Elderflower pressé 330 ml" in answer.content.decode()
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("codes", "columns", "said"),
    [
        (["nothing-like-it"], {}, "There is no product with this code."),
        ([""], {}, "Scan or type at least one product."),
        (["12204"], {"quantity": ["0"]}, "More than nothing, please."),
        (["12204"], {"quantity": ["lots"]}, "This is not a number"),
        (["12204"], {"quantity": ["1.5"]}, "is sold by the piece"),
        (["12204"], {"lot": ["L1"]}, "is not kept by lot"),
        (["12204"], {"cost": ["cheap"]}, "This is not an amount"),
        (["12204"], {"expires_on": ["soon"]}, "Write a day like"),
    ],
)
def test_what_is_wrong_stands_at_its_row_and_nothing_is_posted(codes: Any, columns: Any, said: str, full: house.Shop, signed_in: Any) -> None:
    answer = signed_in(full.mia).post(f"{DOCUMENTS}receive/", receipt(full, *codes, **columns))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    ("reason", "typed", "left"), [("damaged", "2", 18), ("lost", "-2", 18), ("found", "2", 22), ("other", "−3", 17), ("miscount", "3", 23)]
)
def test_an_adjustment_goes_the_way_of_its_reason(reason: str, typed: str, left: int, full: house.Shop, signed_in: Any) -> None:
    sent = {"location": str(place(full).pk), "reason": reason, "note": "", "reference": str(uuid4()), **rows("12204", quantity=[typed])}
    assert signed_in(full.mia).post(f"{DOCUMENTS}adjust/", sent).status_code == 302
    assert level_of(full).on_hand == left * 1000


def test_an_adjustment_without_a_reason_is_refused(full: house.Shop, signed_in: Any) -> None:
    sent = {"location": str(place(full).pk), "reason": "", "reference": str(uuid4()), **rows("12204", quantity=["2"])}
    assert signed_in(full.mia).post(f"{DOCUMENTS}adjust/", sent).status_code == 422


def test_a_document_shows_its_lines_and_is_undone(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.mia)
    client.post(f"{DOCUMENTS}receive/", receipt(full, "12204", quantity=["3"]))
    made = Document.objects.get()
    page = client.get(f"{DOCUMENTS}{made.pk}/change/").content.decode()
    assert f"/admin/inventory/level/{level_of(full).pk}/change/" in page
    assert "Harbour" in page
    assert "DN-1" in page
    assert client.post(f"{DOCUMENTS}{made.pk}/undo/").status_code == 302
    assert level_of(full).on_hand == 20_000
    assert "Undone by Mia" in client.get(f"{DOCUMENTS}{made.pk}/change/").content.decode()


def test_documents_are_found_by_number_paper_and_goods(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.owner)
    client.post(f"{DOCUMENTS}receive/", receipt(full, "12204"))
    client.post(f"{DOCUMENTS}receive/", {**receipt(full, "12205"), "paper": "DN-77", "supplier": "Other"})
    first, second = Document.objects.order_by("number")
    from catalog import search

    search.refresh(products=[variant.product_id for variant in full.variants])
    for term, found in ((str(first.number), first), ("dn-77", second), ("other", second), ("12205", second)):
        assert [row.pk for row in client.get(DOCUMENTS, {"q": term}).context["cl"].result_list] == [found.pk], term


def test_a_manager_receives_in_the_own_store_alone(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.mia)
    assert client.post(f"{DOCUMENTS}receive/", receipt(full, "12204", code="riverside")).status_code == 422
    signed_in(full.stan).post(f"{DOCUMENTS}receive/", receipt(full, "12204", code="riverside"))
    other = Document.objects.get()
    assert client.post(f"{DOCUMENTS}{other.pk}/undo/").status_code == 403
    assert client.get(f"{DOCUMENTS}{other.pk}/change/").status_code == 302
    assert not client.get(DOCUMENTS).context["cl"].result_list


def test_a_clerk_receives_and_adjusts(full: house.Shop, signed_in: Any) -> None:
    clerk = signed_in(hire("tess", "stock_clerk", store=full.northside))
    assert clerk.post(f"{DOCUMENTS}receive/", receipt(full, "12204")).status_code == 302
    assert clerk.get("/admin/inventory/location/add/").status_code == 403


def test_who_looks_on_receives_nothing(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.viewer)
    for name in ("receive", "adjust", "opening"):
        assert client.get(f"{DOCUMENTS}{name}/").status_code == 403
    assert client.get(DOCUMENTS).status_code == 200


# Opening stock


def uploaded(client: Client, text: str) -> Any:
    return client.post(f"{DOCUMENTS}opening/", {"file": SimpleUploadedFile("shelves.csv", text.encode(), "text/csv")})


def test_opening_stock_is_checked_booked_and_taken_back(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.owner)
    answer = uploaded(client, "location,sku,quantity,cost\nnorthside,12204,7,1.10\nriverside,12205,5,\nnowhere,12204,1,\nnorthside,=1,1,\n")
    run = answer["Location"]
    page = client.get(run).content.decode()
    assert "2 refused lines" in page
    assert "There is no place" in page
    assert "7.70" in page
    assert not Document.objects.exists()
    told = client.get(f"{run}refused.csv").content.decode()
    assert "nowhere" in told
    assert ",'=1," in told
    assert client.post(f"{run}apply/").status_code == 302
    assert (level_of(full).on_hand, level_of(full, 1, "riverside").on_hand) == (27_000, 26_000)
    assert Document.objects.filter(kind="opening").count() == 2
    assert "Take it back" in client.get(run).content.decode()
    client.post(f"{run}undo/")
    assert (level_of(full).on_hand, level_of(full, 1, "riverside").on_hand) == (20_000, 21_000)


def test_another_persons_file_is_not_there(full: house.Shop, signed_in: Any) -> None:
    run = uploaded(signed_in(full.owner), "location,sku,quantity\nnorthside,12204,7\n")["Location"]
    stranger = signed_in(full.mia)
    assert stranger.get(run).status_code == 302
    assert stranger.post(f"{run}apply/").status_code == 302
    assert not Document.objects.exists()


def test_a_manager_opens_the_own_store_alone(full: house.Shop, signed_in: Any) -> None:
    client = signed_in(full.mia)
    run = uploaded(client, "location,sku,quantity\nnorthside,12204,7\nriverside,12204,7\n")["Location"]
    assert "not a place of yours" in client.get(run).content.decode()


@pytest.mark.parametrize("text", ["", "sku,quantity\n12204,1\n", "\x00\x00\x00"])
def test_a_file_that_says_nothing_is_refused_on_its_page(text: str, full: house.Shop, signed_in: Any) -> None:
    answer = uploaded(signed_in(full.owner), text)
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.content.decode()

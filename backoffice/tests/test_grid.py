"""The grid in the back office: who may open it, what its check says, and that Apply is all or nothing."""

import json
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from backoffice.tests import shop as house
from catalog import services
from catalog.models import ImportRun, Price, Product, Revision
from org.tests.cast import hire
from org.tests.doorstep import statements

GRID = "/admin/catalog/product/grid/"


@pytest.fixture
def stocked(shop: house.Shop, moment: Any) -> house.Shop:
    house.add_products(shop, 5, now=moment)
    return shop


@pytest.fixture
def merchandiser(stocked: house.Shop, signed_in: Any) -> Client:
    return signed_in(hire("merch", "merchandiser"))


def post(client: Client, what: str, rows: Any) -> Any:
    return client.post(f"{GRID}{what}/", json.dumps({"rows": rows}), content_type="application/json")


def start_of(answer: Any) -> Any:
    return answer.context["start"]


def test_chosen_products_stand_in_the_grid_in_the_order_they_were_chosen(stocked: house.Shop, merchandiser: Client) -> None:
    ids = [variant.product_id.hex for variant in (stocked.variants[2], stocked.variants[0])]
    answer = merchandiser.get(GRID, {"ids": ",".join([*ids, "nonsense", ids[0][:-1]])})
    rows = start_of(answer)["rows"]
    assert answer.status_code == 200
    assert [row["sku"] for row in rows] == [stocked.variants[2].sku, stocked.variants[0].sku]
    assert rows[0]["cells"]["price"]["now"] == "2.00"
    assert (rows[0]["name"], rows[0]["initials"]) == ("Ginger beer 332 ml", "GB")


def test_it_opens_empty_to_paste(merchandiser: Client) -> None:
    answer = merchandiser.get(GRID)
    assert start_of(answer)["rows"] == []
    text = answer.content.decode()
    assert "Paste from a spreadsheet" in text
    assert "style=" not in text.split("<main", 1)[1].split("</main>")[0]


@pytest.mark.parametrize("who", ["vera", "mia", "carla", None])
def test_only_who_may_edit_the_catalogue_gets_in(stocked: house.Shop, signed_in: Any, who: str | None) -> None:
    people = {"vera": stocked.viewer, "mia": stocked.mia, "carla": stocked.carla}
    client = signed_in(people[who]) if who else Client()
    row = {"sku": stocked.variants[0].sku, "fields": {"price": "9.99"}}
    answers = [client.get(GRID), post(client, "check", [row]), post(client, "apply", [row])]
    assert {answer.status_code for answer in answers} <= {302, 403}
    if who in ("vera", "mia"):
        assert [answer.status_code for answer in answers] == [403] * 3
    assert not ImportRun.objects.exists()
    assert not Price.objects.filter(amount=999).exists()


def test_nothing_is_changed_without_the_token(stocked: house.Shop) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(stocked.owner)
    assert post(client, "apply", [{"sku": stocked.variants[0].sku, "fields": {"price": "9.99"}}]).status_code == 403
    assert not Price.objects.filter(amount=999).exists()


def test_the_check_says_what_each_cell_would_do(stocked: house.Shop, merchandiser: Client) -> None:
    sku = stocked.variants[0].sku
    answer = post(merchandiser, "check", [{"sku": sku, "fields": {"price": "1,90"}}, {"sku": "NOPE", "fields": {"price": "1"}}])
    known, unknown = answer.json()["rows"]
    assert known["cells"]["price"] == {"now": "1.80", "after": "1.90", "state": "changed", "words": "", "may": False}
    assert known["cells"]["name"]["state"] == "same"
    assert known["figures"]["change"] == 55_556
    assert (unknown["words"], unknown["cells"]) == ("No such SKU", {})


def test_apply_changes_the_prices_and_leads_to_the_run_that_undoes_them(stocked: house.Shop, merchandiser: Client) -> None:
    rows = [{"sku": row.sku, "fields": {"price": "2,95"}} for row in stocked.variants]
    answer = post(merchandiser, "apply", rows)
    run = ImportRun.objects.get()
    assert answer.json() == {"link": "/admin/catalog/product/", "run": str(run.pk)}
    assert set(Price.objects.values_list("amount", flat=True)) == {295}
    assert Revision.objects.filter(run=run).count() == 5
    [said] = [str(message) for message in get_messages(answer.wsgi_request)]
    assert "5 prices applied." in said
    assert f'href="/admin/catalog/importrun/{run.pk}/change/"' in said
    services.undo_run_batch(run=run.pk, now=run.created_at, actor=None)
    assert set(Price.objects.values_list("amount", flat=True)) == {180, 190, 200, 210, 220}


def test_a_grid_that_keeps_rows_is_told_what_was_applied(stocked: house.Shop, merchandiser: Client) -> None:
    body = {"rows": [{"sku": stocked.variants[0].sku, "fields": {"price": "2.95"}}], "stay": True}
    answer = merchandiser.post("/admin/catalog/product/grid/apply/", json.dumps(body), content_type="application/json")
    run = ImportRun.objects.get()
    assert answer.json() == {"told": "1 price applied.", "undo": f"/admin/catalog/importrun/{run.pk}/change/", "run": str(run.pk)}
    assert not list(get_messages(answer.wsgi_request))


def test_a_price_changed_meanwhile_is_named_and_nothing_applied(stocked: house.Shop, merchandiser: Client) -> None:
    rows = [{"sku": row.sku, "fields": {"price": "9.00"}, "seen": {"price": "1.80"}, "accept": True} for row in stocked.variants[:2]]
    answer = post(merchandiser, "apply", rows)
    assert (answer.status_code, answer.json()["code"], answer.json()["skus"]) == (409, "grid_stale", [stocked.variants[1].sku])
    assert not Price.objects.filter(amount=900).exists()


def test_doubtful_prices_are_taken_only_when_ticked(stocked: house.Shop, merchandiser: Client) -> None:
    row = {"sku": stocked.variants[0].sku, "fields": {"price": "18.00"}}
    refused = post(merchandiser, "apply", [row])
    assert (refused.status_code, refused.json()["code"]) == (422, "grid_refused")
    assert post(merchandiser, "apply", [{**row, "accept": True}]).status_code == 200
    assert Price.objects.get(variant=stocked.variants[0]).amount == 1800


@pytest.mark.parametrize(
    "rows",
    [None, 5, "x", [5], [{}], [{"sku": 1, "fields": {}}], [{"sku": "x", "fields": []}], [{"sku": "x", "fields": {"price": 1}}]]
    + [[{"sku": "x\0", "fields": {}}], [{"sku": "x", "fields": {"colour": "red"}}], [{"sku": "x", "fields": {"name": "n" * 2_001}}]],
)
def test_what_is_no_grid_is_refused(merchandiser: Client, rows: Any) -> None:
    for what in ("check", "apply"):
        assert post(merchandiser, what, rows).status_code == 422
    assert merchandiser.post(f"{GRID}check/", "{", content_type="application/json").status_code == 422
    assert merchandiser.get(f"{GRID}apply/").status_code == 405


def test_a_name_cannot_bring_markup_into_the_page(stocked: house.Shop, merchandiser: Client) -> None:
    product = stocked.variants[0].product
    Product.objects.filter(pk=product.pk).update(name="</script><script>alert(1)</script>")
    text = merchandiser.get(GRID, {"ids": product.pk.hex}).content.decode()
    assert "<script>alert(1)" not in text


def test_statements_do_not_grow_with_rows(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    counts = []
    for number in (1, 10, 40):
        house.add_products(shop, number - len(shop.variants), now=moment)
        ids = ",".join(variant.product_id.hex for variant in shop.variants)
        rows = [{"sku": variant.sku, "fields": {"price": f"{number}.00"}, "accept": True} for variant in shop.variants]
        with statements() as opened:
            assert len(start_of(client.get(GRID, {"ids": ids}))["rows"]) == number
        with statements() as checked:
            post(client, "check", rows)
        with statements() as applied:
            assert post(client, "apply", rows).status_code == 200
        counts.append((len(opened), len(checked), len(applied)))
    assert counts[1] == counts[2]


@pytest.mark.parametrize("what", ["check", "apply"])
@pytest.mark.parametrize("field", ["name", "tags", "gtin"])
def test_half_a_letter_is_no_text(what: str, field: str, stocked: house.Shop, merchandiser: Client) -> None:
    for row in ({"sku": stocked.variants[0].sku, "fields": {field: "\ud800"}}, {"sku": "\ud800", "fields": {field: "x"}}):
        assert post(merchandiser, what, [row]).status_code == 422

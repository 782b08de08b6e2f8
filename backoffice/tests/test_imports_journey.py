"""A file on its way: uploaded with mistakes, matched, fixed, applied, undone; through the pages, with the jobs run in between."""

import io
import re
from typing import Any

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from backoffice.tests import shop as house
from backoffice.tests.test_imports import LIST, page
from catalog import services as catalog
from catalog.importing.table import proposed
from catalog.models import Category, ImportRun, Price, Product
from kernel import jobs

State = ImportRun.State
SHOPIFY = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Barcode"
TABLE = "Bezeichnung;Artikelnummer;Preis;Regal\nHafer 1 kg;H-1;2,20;A\nDinkel 1 kg;D-1;2,4O;B\n"


@pytest.fixture(autouse=True)
def files_of_its_own(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def shopify(*rows: str) -> str:
    return "\n".join([SHOPIFY, *rows, ""])


def upload(client: Any, text: str | bytes, name: str = "range.csv", **more: str) -> ImportRun:
    file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)
    answer = client.post(f"{LIST}add/", {"file": file, "format": "", "currency": "EUR", "tax_class": "food", **more})
    assert answer.status_code == 302, re.findall(r'field-error"[^>]*>.*?</svg>([^<]+)', answer.content.decode())
    return ImportRun.objects.get(pk=answer.headers["Location"].split("/")[-3])


def work(run: ImportRun, moment: Any) -> ImportRun:
    """The worker takes the next job."""
    job = jobs.run_next(now=moment)
    assert job is not None
    assert job.state == "succeeded", job.error
    run.refresh_from_db()
    return run


def press(client: Any, run: ImportRun, door: str, **given: Any) -> None:
    assert client.post(f"{LIST}{run.pk}/{door}/", given).status_code == 302
    run.refresh_from_db()


def price_of(sku: str) -> int:
    return Price.objects.get(variant__sku=sku, currency="EUR").amount


@pytest.mark.django_db(transaction=True)
def test_a_file_with_a_mistake_is_fixed_applied_and_undone(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    run = upload(client, shopify("oats,Rolled oats 1 kg,Title,Default Title,OATS,2.20,", "feta,Feta 180 g,Title,Default Title,FETA,2.4O,"))
    assert run.state == State.READING
    assert "Reading range.csv" in client.get(page(run)).content.decode()
    assert work(run, moment).state == State.REVIEW

    text = client.get(page(run)).content.decode()
    assert "1 product ready" in text
    assert "2.4O" in text
    row = client.get(page(run)).context["refused_page"]["rows"][0]
    assert (row.line, row.column, row.suggestion) == (3, "Variant Price", "2.40")
    assert not Product.objects.filter(handle="feta").exists()

    press(client, run, "fix", row=row.pk, cell="2.40")
    assert "2 products ready" in client.get(page(run)).content.decode()

    press(client, run, "apply")
    assert run.state == State.APPLYING
    assert "You can leave this page." in client.get(page(run)).content.decode()
    assert work(run, moment).state == State.APPLIED
    assert (price_of("OATS"), price_of("FETA")) == (220, 240)
    assert "imported range.csv: 2 new" in client.get("/admin/").content.decode()
    assert "Feta 180 g" in client.get(f"{page(run)}?tab=new").content.decode()

    press(client, run, "undo")
    assert work(run, moment).state == State.UNDONE
    assert set(Product.objects.values_list("status", flat=True)) == {"archived"}
    assert "Undid range.csv: 2 restored" in client.get(page(run)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_all_suggestions_are_taken_at_once(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    rows = [f"p{number},Product {number},Title,Default Title,P-{number},{number}.4O," for number in range(1, 4)]
    run = work(upload(client, shopify(*rows)), moment)
    assert "Take all 3 suggestions" in client.get(page(run)).content.decode()
    press(client, run, "suggestions")
    assert "3 products ready" in client.get(page(run)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_fix_that_is_no_better_says_why_again(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    run = work(upload(client, shopify("feta,Feta 180 g,Title,Default Title,FETA,2.4O,")), moment)
    row = client.get(page(run)).context["refused_page"]["rows"][0]
    press(client, run, "fix", row=row.pk, cell="two euros")
    again = client.get(page(run)).context["refused_page"]["rows"]
    assert len(again) == 1
    assert again[0].cell == "two euros"


@pytest.mark.django_db(transaction=True)
def test_what_was_edited_since_is_chosen_one_by_one_or_all_at_once(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    before = [f"p{number},Product {number},Title,Default Title,P-{number},2.00," for number in range(1, 5)]
    run = work(upload(client, shopify(*before)), moment)
    press(client, run, "apply")
    work(run, moment)
    run = work(upload(client, shopify(*(row.replace("2.00", "3.00") for row in before)), "prices.csv"), moment)
    assert "+50.0%" in client.get(page(run)).content.decode()
    press(client, run, "apply")
    work(run, moment)
    for sku in ("P-1", "P-2", "P-3"):
        variant = Product.objects.get(variants__sku=sku).variants.get()
        catalog.set_price(variant=variant.pk, currency="EUR", amount=999, now=moment, actor=shop.owner.pk)
    press(client, run, "undo")
    work(run, moment)

    text = client.get(page(run)).content.decode()
    assert "3 edited since" in text
    for said in ("2.00", "3.00", "9.99", "Olga Brandt", "Restore all 3", "Keep all 3 edits"):
        assert said in text
    assert price_of("P-4") == 200
    first, second, _third = (row["edit"] for row in sorted(client.get(page(run)).context["edits"], key=lambda row: row["edit"].name))
    press(client, run, "edits", revision=first.revision, path=first.path, choice="restore")
    press(client, run, "edits", revision=second.revision, path=second.path, choice="keep")
    assert (price_of("P-1"), price_of("P-2"), price_of("P-3")) == (200, 999, 999)
    assert client.get(page(run)).context["edit_count"] == 1
    press(client, run, "edits", all="1", choice="restore")
    assert price_of("P-3") == 200
    assert client.get(page(run)).context["edit_count"] == 0


@pytest.mark.django_db(transaction=True)
def test_columns_of_a_table_are_matched_and_remembered(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    run = upload(client, TABLE)
    assert run.state == State.UPLOADED
    answer = client.get(page(run))
    assert [column["field"] for column in answer.context["file_columns"]] == ["name", "sku", "price", ""]
    assert "Hafer 1 kg" in answer.content.decode()
    assert "range.csv waits for its columns" in client.get("/admin/").content.decode()
    press(client, run, "columns", **{"column-0": "name", "column-1": "sku", "column-2": "price", "column-3": ""})
    assert work(run, moment).state == State.REVIEW
    assert "Regal" in client.get(f"{page(run)}?tab=columns").content.decode()
    again = upload(client, TABLE.replace("2,4O", "2,40"), "again.csv")
    if again.state == State.UPLOADED:
        assert "as last time on" in client.get(page(again)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_table_without_a_name_column_is_sent_back_with_what_was_chosen(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    run = upload(client, TABLE)
    answer = client.post(f"{LIST}{run.pk}/columns/", {"column-1": "sku", "column-2": "cost"})
    assert answer.status_code == 200
    assert [column["field"] for column in answer.context["file_columns"]] == ["", "sku", "cost", ""]
    assert "notice--bad" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_workbook_is_read_too(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    book = openpyxl.Workbook()
    book.active.append(["name", "sku", "price"])
    book.active.append(["Rolled oats", "OATS", "2.20"])
    kept = io.BytesIO()
    book.save(kept)
    client = signed_in(shop.owner)
    run = upload(client, kept.getvalue(), "supplier.xlsx")
    assert run.state == State.UPLOADED
    press(client, run, "columns", **{"column-0": "name", "column-1": "sku", "column-2": "price"})
    assert "1 product ready" in client.get(page(work(run, moment))).content.decode()


@pytest.mark.parametrize(("content", "name"), [(b"", "empty.csv"), (b"%PDF-1.4 nothing", "order.pdf"), (b"PK\x03\x04nothing", "broken.xlsx")])
@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(content: bytes, name: str, shop: house.Shop, signed_in: Any) -> None:
    file = SimpleUploadedFile(name, content)
    answer = signed_in(shop.owner).post(f"{LIST}add/", {"file": file, "format": "", "currency": "EUR", "tax_class": "food"})
    assert answer.status_code == 400
    assert answer.context["form"].errors["file"]
    assert 'id="file-error"' in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_an_upload_without_a_file_or_with_an_unknown_tax_class_says_so_at_the_field(shop: house.Shop, signed_in: Any) -> None:
    answer = signed_in(shop.owner).post(f"{LIST}add/", {"format": "", "currency": "XXX", "tax_class": "nothing"})
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"file", "currency", "tax_class"}
    assert "Choose a file first." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_file_larger_than_what_a_form_may_hold_in_memory_comes_in(shop: house.Shop, signed_in: Any) -> None:
    rows = [f"p{number},{'Long name ' * 25}{number},Title,Default Title,P-{number},2.00," for number in range(12_000)]
    run = upload(signed_in(shop.owner), shopify(*rows))
    assert run.state == State.READING


@pytest.mark.django_db(transaction=True)
def test_a_file_of_markup_and_formulas_stays_text(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    run = work(upload(client, shopify("x,=cmd|' /C calc'!A0,Title,Default Title,X-1,1.0O,")), moment)
    text = b"".join(client.get(f"{LIST}{run.pk}/refused.csv").streaming_content).decode()
    assert "=cmd" in text
    assert ",=cmd" not in text


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_import_saves_nothing(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    run = work(upload(client, shopify("oats,Rolled oats,Title,Default Title,OATS,2.20,")), moment)
    press(client, run, "cancel")
    assert run.state == State.CANCELLED
    assert "Nothing was saved." in client.get(page(run)).content.decode()
    assert not Product.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_second_press_is_told_and_harms_nothing(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    run = work(upload(client, shopify("oats,Rolled oats,Title,Default Title,OATS,2.20,")), moment)
    press(client, run, "apply")
    press(client, run, "apply")
    assert "notice--bad" in client.get(page(run)).content.decode()
    assert work(run, moment).state == State.APPLIED
    press(client, run, "cancel")
    assert run.state == State.APPLIED


@pytest.mark.django_db(transaction=True)
def test_the_file_itself_can_be_taken_again(shop: house.Shop, signed_in: Any) -> None:
    client = signed_in(shop.owner)
    text = shopify("oats,Rolled oats,Title,Default Title,OATS,2.20,")
    run = upload(client, text)
    answer = client.get(f"{LIST}{run.pk}/file/")
    assert b"".join(answer.streaming_content).decode() == text
    assert answer.headers["Content-Disposition"] == 'attachment; filename="range.csv"'


@pytest.mark.parametrize("format", ["onecounter", "shopify", "xlsx"])
@pytest.mark.django_db(transaction=True)
def test_an_export_is_made_and_taken(format: str, shop: house.Shop, signed_in: Any, moment: Any) -> None:
    house.add_products(shop, 2, now=moment)
    client = signed_in(shop.viewer)
    assert client.post(f"{LIST}export/", {"format": format, "currency": "EUR"}).status_code == 302
    assert "Waits for its turn" in client.get(f"{LIST}export/").content.decode()
    job = jobs.run_next(now=moment)
    assert job is not None
    assert job.state == "succeeded", job.error
    assert client.get(f"{LIST}export/{job.pk}/progress/").json()["running"] is False
    answer = client.get(f"{LIST}export/{job.pk}/file/")
    assert len(b"".join(answer.streaming_content)) > 100


def test_the_template_is_a_table_whose_columns_are_known(shop: house.Shop, signed_in: Any) -> None:
    text = signed_in(shop.owner).get(f"{LIST}template.csv").content.decode()
    columns = text.splitlines()[0].split(",")
    assert [proposed(column) for column in columns] == columns


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_gone_is_told_and_breaks_no_page(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    waiting = upload(client, TABLE)
    refused = work(upload(client, shopify("feta,Feta 180 g,Title,Default Title,FETA,2.4O,")), moment)
    for run in (waiting, refused):
        default_storage.delete(run.file)
    assert "Upload it again" in client.get(page(waiting)).content.decode()
    assert "1 refused" in client.get(page(refused)).content.decode()
    assert "Upload it again" in client.post(f"{LIST}{waiting.pk}/columns/", {"column-0": "name"}).content.decode()
    press(client, refused, "fix", row=client.get(page(refused)).context["refused_page"]["rows"][0].pk, cell="2.40")
    waiting.refresh_from_db()
    assert (waiting.state, refused.state) == (State.UPLOADED, State.REVIEW)


@pytest.mark.django_db(transaction=True)
def test_columns_are_matched_again_from_the_review(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    run = upload(client, TABLE)
    press(client, run, "columns", **{"column-0": "name", "column-1": "sku", "column-2": "cost"})
    work(run, moment)
    assert "file_columns" in client.get(f"{page(run)}?columns=1").context
    press(client, run, "columns", **{"column-0": "name", "column-1": "sku", "column-2": "price"})
    assert run.state == State.READING
    assert work(run, moment).tally["refused"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_category_nobody_knows_is_made_or_replaced_in_all_its_rows(shop: house.Shop, signed_in: Any, moment: Any) -> None:
    client = signed_in(shop.owner)
    catalog.ensure_category(name="Drinks", actor=None)
    rows = "".join(f"P{number};S-{number};1,00;{'Snäcks <b>' if number < 3 else 'Drink'}\n" for number in range(5))
    run = upload(client, "Bezeichnung;Artikelnummer;Preis;Warengruppe\n" + rows)
    columns = catalog.columns_of(run=run.pk)
    press(client, run, "columns", **{f"column-{place}": column.proposed for place, column in enumerate(columns)})
    work(run, moment)
    told = client.get(page(run)).context["repeated"]
    assert [(one.column, one.cell, one.count, one.suggestion, one.creates) for one in told] == [
        ("Warengruppe", "Snäcks <b>", 3, "", True),
        ("Warengruppe", "Drink", 2, "drinks", True),
    ]
    text = client.get(page(run)).content.decode()
    assert "Use in all 3 rows" in text
    assert "Create category “Snäcks &lt;b&gt;”" in text

    press(client, run, "everywhere", column="Warengruppe", before="Drink", cell="Drinks")
    assert "2 products ready" in client.get(page(run)).content.decode()
    press(client, run, "everywhere", column="Warengruppe", before="Snäcks <b>", create="1")
    text = client.get(page(run)).content.decode()
    assert "5 products ready" in text
    assert 'class="repeated"' not in text
    assert Category.objects.filter(code="snäcks").exists()
    answer = client.post(f"{LIST}{run.pk}/everywhere/", {"column": "Warengruppe", "before": "Snäcks <b>", "create": "1"}, follow=True)
    assert "No refused row names this category any more." in answer.content.decode()

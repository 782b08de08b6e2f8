import gzip
import json
import os
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import services
from catalog.importing import run, saving, writing
from catalog.importing.incoming import Terms
from catalog.models import Category, Gtin, ImportRun, Price, Product, RefusedRow, Variant
from catalog.tests.cast import LATER, NOW, standard_tax
from kernel import jobs
from kernel.models import AuditEntry, Job, Message

pytestmark = pytest.mark.django_db(transaction=True)

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
OFF = "barcode_id,product_name,ingredients,product_image\n"
SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,"
    "Variant SKU,Variant Price,Variant Barcode,Image Src,Status\n"
)


@pytest.fixture(autouse=True)
def tax():
    return standard_tax()


@pytest.fixture
def bring(tmp_path):
    def bring(text, format="openfoodfacts", currency="EUR", name="file.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        seen = []
        job = run.import_file(
            path=path,
            format=format,
            terms=Terms(currency=currency, tax_class="standard"),
            now=NOW,
            actor=None,
            watch=lambda progress: seen.extend(progress.faults),
        )
        job.faults = seen
        return job

    return bring


def counts(job):
    assert job.state == Job.State.SUCCEEDED, job.error
    return tuple(job.result[name] for name in ("created", "changed", "unchanged", "refused"))


def shopify_row(handle, title="", option=("", ""), sku="", price="", barcode="", status="active", **more):
    cells = {"Handle": handle, "Title": title, "Option1 Name": option[0], "Option1 Value": option[1], "Variant SKU": sku}
    cells |= {"Variant Price": price, "Variant Barcode": barcode, "Status": status if title else ""}
    cells |= {name.replace("_", " "): value for name, value in more.items()}
    return ",".join(f'"{cells.get(name, "")}"' for name in SHOPIFY.strip().split(",")) + "\n"


def test_a_row_becomes_a_draft_with_its_code(bring):
    job = bring(OFF + "4006381333931,Mousse De Canard,&quot;foie&quot;,https://example.org/a.jpg\n")
    assert counts(job) == (1, 0, 0, 0)
    product = Product.objects.get()
    assert (product.name, product.status, product.handle) == ("Mousse De Canard", "draft", "mousse-de-canard-4006381333931")
    assert (product.description, product.image_url, product.sort_key) == ('<p>"foie"</p>', "https://example.org/a.jpg", "mousse de canard")
    variant = product.variants.get()
    assert (variant.sku, variant.gtins.get().gtin, variant.prices.count()) == ("4006381333931", "04006381333931", 0)
    assert Message.objects.get(aggregate_id=product.id).data == {"change": "created", "handle": product.handle, "status": "draft"}


def test_the_same_file_again_changes_nothing(bring):
    text = OFF + "4006381333931,Duck,,\n96385074,Goose,,\n"
    bring(text)
    before = AuditEntry.objects.count(), Message.objects.count(), list(Product.objects.order_by("id").values())
    assert counts(bring(text)) == (0, 0, 2, 0)
    assert (AuditEntry.objects.count(), Message.objects.count(), list(Product.objects.order_by("id").values())) == before


def test_an_edited_row_is_one_changed_product(bring, tax):
    bring(OFF + "4006381333931,Duck,,\n96385074,Goose,,\n")
    duck = Product.objects.get(name="Duck")
    variant = duck.variants.get()
    services.set_price(variant=variant.id, currency="EUR", amount=399, now=LATER, actor=None)
    services.change_product(
        product=duck.id, fields={"status": "active", "brand": services.ensure_brand(name="Hénaff", actor=None)}, now=LATER, actor=None
    )
    assert counts(bring(OFF + "4006381333931,Duck mousse,,\n96385074,Goose,,\n")) == (0, 1, 1, 0)
    duck.refresh_from_db()
    # What people added stays: status, brand and price are not in this source.
    assert (duck.name, duck.sort_key, duck.status, duck.brand.name) == ("Duck mousse", "duck mousse", "active", "Hénaff")
    assert duck.handle == "duck-4006381333931"
    assert duck.variants.get().id == variant.id
    assert Price.objects.get().amount == 399
    assert list(Message.objects.filter(aggregate_id=duck.id).order_by("sequence").values_list("sequence", flat=True)) == [1, 2, 3, 4]


def test_refused_rows_are_told_by_line_column_and_reason_and_kept(bring):
    text = OFF + (
        "4006381333932,Wrong digit,,\n"
        "4006381333931,,,\n"
        "3.53758E+12,Damaged,,\n"
        '96385074,"Two\nlines",,\n'
        "614141007349,After it,,javascript:x\n"
        "123,Short,,\n"
        "only,two\n"
        "00000096385074,Same code,,\n"
    )
    job = bring(text)
    assert counts(job) == (1, 0, 0, 7)
    told = [(fault.line, fault.column, fault.reason.split(";")[0]) for fault in job.faults]
    assert [place[:2] for place in told] == [
        (2, "barcode_id"),
        (3, "product_name"),
        (4, "barcode_id"),
        (7, "product_image"),
        (8, "barcode_id"),
        (9, ""),
        (10, "barcode_id"),
    ]
    assert told[0][2] == "4006381333932 ends in 2"
    assert told[5][2] == "has 2 columns, the header has 4"
    assert told[6][2] == "“00000096385074” stands on line 5 and on line 10"
    kept = RefusedRow.objects.filter(run=job.id).order_by("line")
    assert [(row.line, row.column) for row in kept] == [place[:2] for place in told]
    assert kept[0].row[:2] == ["4006381333932", "Wrong digit"]
    assert Product.objects.get().name == "Two lines"


def test_a_refused_row_leaves_the_product_it_would_have_changed(bring):
    bring(OFF + "4006381333931,Duck,,\n")
    assert counts(bring(OFF + "4006381333931,,,\n")) == (0, 0, 0, 1)
    assert Product.objects.get().name == "Duck"


def test_gzip_and_a_byte_order_mark_are_read_as_they_are(bring):
    data = gzip.compress(("\ufeff" + OFF + "4006381333931,Käse,,\n").encode())
    assert counts(bring(data, name="file.csv")) == (1, 0, 0, 0)
    assert Product.objects.get().name == "Käse"


def test_a_row_that_is_not_utf8_is_refused_and_the_others_come(bring):
    job = bring(OFF.encode() + b"4006381333931,K\xe4se,,\n96385074,Brot,,\n")
    assert counts(job) == (1, 0, 0, 1)
    assert job.faults[0].column == "product_name"
    assert "0xE4" in job.faults[0].reason
    assert RefusedRow.objects.get().row[1] == "K?se"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"name,code\n1,2\n", "missing: barcode_id, product_name"),
        (b"", "no header line"),
        ("barcode_id,product_name\n".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest", "workbook"),
        (gzip.compress(b"barcode_id,product_name\n" + b"x" * 5000, mtime=0)[:-20], "damaged after line"),
        (b"\x1f\x8bnonsense", "damaged"),
    ],
)
def test_a_file_that_cannot_be_read_fails_with_one_clear_line(bring, data, told):
    job = bring(data)
    assert job.state == Job.State.FAILED
    assert told in job.error
    assert "\n" not in job.error


def test_a_quote_that_is_never_closed_costs_rows_but_not_the_run(bring, monkeypatch):
    monkeypatch.setattr("catalog.importing.reading.LONGEST_CELL", 200)
    rows = "".join(f"{100 + number},x,,\n" for number in range(30))
    job = bring(OFF + '4006381333931,"Duck,,\n' + rows + "96385074,Goose,,\n")
    assert counts(job)[0] == 1
    assert "closing quote" in job.faults[0].reason


def test_a_code_of_another_product_is_refused_with_its_name(bring, tax):
    new = services.NewVariant(sku="OATS", gtins=["4006381333931"], prices={"EUR": 149})
    services.create_product(name="Rolled oats", tax_class=tax, variants=[new], now=NOW, actor=None)
    job = bring(OFF + "4006381333931,Duck,,\n96385074,Goose,,\n")
    assert counts(job) == (1, 0, 0, 1)
    assert job.faults[0].reason == "4006381333931 belongs to Rolled oats (SKU OATS)"


def test_a_sku_that_is_taken_gets_a_number_and_keeps_it(bring, tax):
    for sku in ("4006381333931", "4006381333931-2"):
        services.create_product(name=sku, tax_class=tax, variants=[services.NewVariant(sku=sku)], now=NOW, actor=None)
    bring(OFF + "4006381333931,Duck,,\n")
    bring(OFF + "4006381333931,Duck again,,\n")
    assert Product.objects.get(source="openfoodfacts").variants.get().sku == "4006381333931-3"


def test_batches_are_whole(bring, monkeypatch):
    monkeypatch.setattr(run, "BATCH", 2)
    good = services.changes.record
    calls = []

    def record(*arguments, **named):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("power cut")
        return good(*arguments, **named)

    monkeypatch.setattr("catalog.services.changes.record", record)
    text = OFF + "".join(f"{code},P{code},,\n" for code in ["4006381333931", "96385074", "614141007349", "10614141007346"])
    job = bring(text)
    assert job.state == Job.State.FAILED
    assert Product.objects.count() == Variant.objects.count() == Gtin.objects.count() == 2
    assert counts(bring(text)) == (2, 0, 2, 0)


def test_a_code_taken_in_the_same_moment_refuses_only_its_product(bring, tax, monkeypatch):
    """Somebody commits between our look and our write: the batch is tried again product by product."""
    real = saving._without_clashes
    calls = []

    def looks_too_early(run, shaped, batch):
        calls.append(len(shaped))
        return list(shaped) if len(calls) == 1 else real(run, shaped, batch)

    new = services.NewVariant(sku="X", gtins=["4006381333931"])
    services.create_product(name="Owner", tax_class=tax, variants=[new], now=NOW, actor=None)
    monkeypatch.setattr(saving, "_without_clashes", looks_too_early)
    job = bring(OFF + "4006381333931,Duck,,\n96385074,Goose,,\n")
    assert counts(job) == (1, 0, 0, 1)
    assert calls == [2, 1, 1]
    assert "belongs to Owner" in job.faults[0].reason
    assert Gtin.objects.get(gtin="04006381333931").variant.sku == "X"


def test_the_same_file_twice_at_once_is_one_catalogue(bring, tmp_path):
    codes = [services_code(3000 + number) for number in range(40)]
    text = OFF + "".join(f"{code},P{code},,\n" for code in codes)
    start = threading.Barrier(2)
    tallies = []

    def one(name):
        try:
            start.wait()
            tallies.append(counts(bring(text, name=name)))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=[name]) for name in ("a.csv", "b.csv")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Product.objects.count() == Variant.objects.count() == Gtin.objects.count() == Message.objects.count() == 40
    assert sum(created for created, *_ in tallies) == 40
    assert sum(refused for *_, refused in tallies) == 0


def test_a_handle_that_is_not_utf8_is_refused_by_its_line_and_the_rest_comes_in(bring):
    job = bring(b"handle,name,sku,price\ndu\xe4ck,Duck,A,1\nbread,Bread,B,1\n", "onecounter")
    assert counts(job) == (1, 0, 0, 1)
    assert [str(fault) for fault in job.faults] == ["line 2, handle: is not UTF-8 (byte 0xE4); save the file as UTF-8"]


def test_keys_with_quotes_braces_and_backslashes_are_found_again(bring):
    text = 'handle,name,sku,price\n"d""u\\ck,{x}",Duck,"A{,\\""",1\n'
    assert counts(bring(text, "onecounter")) == (1, 0, 0, 0)
    assert counts(bring(text, "onecounter")) == (0, 0, 1, 0)
    assert counts(bring(text.replace("Duck", "Goose"), "onecounter")) == (0, 1, 0, 0)
    assert Variant.objects.get().sku == 'A{,\\"'


def test_rows_made_in_bulk_are_as_the_model_makes_them_and_share_nothing():
    made, other, plain = writing.new_product(), writing.new_product(), Product()
    for field in Product._meta.concrete_fields:
        assert field.primary_key or getattr(made, field.attname) == getattr(plain, field.attname)
    assert made.id != other.id
    assert made.tags is not other.tags
    assert made.attributes is not other.attributes


def test_statements_do_not_grow_with_the_rows(bring):
    def statements(first, count):
        body = "".join(f"{services_code(first + number)},P{first + number},,\n" for number in range(count))
        with CaptureQueriesContext(connection) as captured:
            bring(OFF + body)
        return len(captured)

    few = statements(1000, 3)
    assert statements(2000, 300) == few


def services_code(number):
    from catalog.gtin import check_digit

    body = str(4_000_000_00000 + number)[:12].zfill(12)
    return body + str(check_digit(body))


def test_audit_rows_name_the_job(bring):
    job = bring(OFF + "4006381333931,Duck,,\n")
    assert set(AuditEntry.objects.filter(table__in=["catalog_product", "catalog_variant", "catalog_gtin"]).values_list("actor", flat=True)) == {
        f"import {job.id}"
    }


def test_rows_of_a_handle_are_one_product_with_variants(bring):
    job = bring(
        SHOPIFY
        + shopify_row("gloves", "Garden gloves", ("Color", "Green"), price="9.99", barcode="'4006381333931", Type="Outdoor", Vendor="Co")
        + shopify_row("gloves", option=("", "Yellow"), price="15.99", sku="GLOVE-Y")
        + shopify_row("gloves", Image_Src="https://example.org/2.jpg")
        + shopify_row("lamp", "Lamp", ("Title", "Default Title"), price="69.99"),
        "shopify",
    )
    assert counts(job) == (2, 0, 0, 0)
    gloves = Product.objects.get(handle="gloves")
    assert (gloves.status, gloves.brand.name, gloves.category.name) == ("active", "Co", "Outdoor")
    green, yellow = gloves.variants.order_by("position")
    assert (green.sku, green.name, green.options, green.prices.get().amount) == ("gloves-green", "Green", {"Color": "Green"}, 999)
    assert (yellow.sku, yellow.options, yellow.prices.get().amount) == ("GLOVE-Y", {"Color": "Yellow"}, 1599)
    assert green.gtins.get().gtin == "04006381333931"
    lamp = Variant.objects.get(product__handle="lamp")
    assert (lamp.sku, lamp.name, lamp.options) == ("lamp", "", {})


def test_a_bad_variant_refuses_the_whole_product(bring):
    job = bring(
        SHOPIFY
        + shopify_row("gloves", "Gloves", ("Color", "Green"), price="9.99")
        + shopify_row("gloves", option=("", "Yellow"), price="9,99")
        + shopify_row("lamp", "Lamp", price="1.00"),
        "shopify",
    )
    assert counts(job) == (1, 0, 0, 1)
    assert [(fault.line, fault.column) for fault in job.faults] == [(3, "Variant Price")]
    assert Product.objects.get().handle == "lamp"


def test_a_broken_row_refuses_the_product_it_belongs_to(bring):
    job = bring(
        SHOPIFY
        + shopify_row("gloves", "Gloves", ("Color", "Green"), price="9.99")
        + "gloves,too,few\n"
        + shopify_row("gloves", option=("", "Red"), price="9.99")
        + shopify_row("lamp", "Lamp", price="1.00"),
        "shopify",
    )
    assert counts(job) == (1, 0, 0, 1)
    assert Product.objects.get().handle == "lamp"


def test_variants_are_known_again_when_their_row_changes(bring):
    first = SHOPIFY + shopify_row("gloves", "Gloves", ("Color", "Green"), price="9.99") + shopify_row("gloves", option=("", "Red"), price="9.99")
    bring(first, "shopify")
    green, red = Variant.objects.order_by("position")
    second = (
        SHOPIFY
        + shopify_row("gloves", "Gloves", ("Color", "Blue"), price="8.00")
        + shopify_row("gloves", option=("", "Green"), price="8.50", barcode="4006381333931")
    )
    assert counts(bring(second, "shopify")) == (0, 1, 0, 0)
    assert counts(bring(second, "shopify")) == (0, 0, 1, 0)
    green.refresh_from_db()
    red.refresh_from_db()
    assert (green.position, green.sku, green.prices.get().amount, green.gtins.count()) == (1, "gloves-green", 850, 1)
    assert red.archived_at is not None
    assert Variant.objects.get(sku="gloves-blue").prices.get().amount == 800
    bring(first, "shopify")
    red.refresh_from_db()
    assert red.archived_at is None


def test_a_handle_finds_its_product_whoever_brought_it(bring, tax):
    services.create_product(name="Lamp", tax_class=tax, variants=[services.NewVariant(sku="lamp")], now=NOW, actor=None)
    bring(SHOPIFY + shopify_row("lamp", "Lamp", price="1.00"), "shopify")
    job = bring(SHOPIFY + shopify_row("lamp", "Lamp new", price="2.00"), "shopify")
    lamp = Product.objects.get()
    assert (lamp.handle, lamp.variants.get().sku, lamp.name, lamp.source) == ("lamp", "lamp", "Lamp new", "")
    assert counts(job) == (0, 1, 0, 0)


def test_a_barcode_is_no_handle_and_a_second_source_takes_the_next_one(bring, tax):
    services.create_product(name="Duck", handle="duck-4006381333931", tax_class=tax, variants=[services.NewVariant(sku="d")], now=NOW, actor=None)
    bring(OFF + "4006381333931,Duck,,\n")
    assert Product.objects.get(source="openfoodfacts").handle == "duck-4006381333931-2"


def test_columns_may_be_separated_by_semicolons_or_tabs(bring):
    bring("barcode_id;product_name;ingredients;product_image\n4006381333931;Duck;;\n")
    bring("barcode_id\tproduct_name\tingredients\tproduct_image\n96385074\tGoose, whole\t\t\n")
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Duck", "Goose, whole"]


def test_the_same_sku_twice_in_a_file_is_numbered(bring):
    bring(SHOPIFY + shopify_row("a", "A", price="1", sku="SAME") + shopify_row("b", "B", price="1", sku="SAME"), "shopify")
    bring(SHOPIFY + shopify_row("a", "A", price="2", sku="SAME") + shopify_row("b", "B", price="2", sku="SAME"), "shopify")
    assert list(Variant.objects.order_by("product__handle").values_list("sku", flat=True)) == ["SAME", "SAME-2"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"status": "active", "price": "1"}, "active"),
        ({"status": "active", "price": ""}, "draft"),
        ({"status": "active", "price": "1", "Published": "false"}, "draft"),
        ({"status": "archived", "price": "1"}, "archived"),
        ({"status": "", "price": "1"}, "active"),
    ],
)
def test_status_follows_the_file_and_the_price(bring, fields, status):
    bring(SHOPIFY + shopify_row("a", "A", ("Color", "Red"), **fields), "shopify")
    assert Product.objects.get().status == status


def test_twins_and_handles_that_come_back_are_refused(bring):
    job = bring(
        SHOPIFY
        + shopify_row("a", "A", ("Color", "Red"), price="1")
        + shopify_row("a", option=("", "Red"), price="1")
        + shopify_row("b", "B", price="1")
        + shopify_row("a", "A", price="1")
        + shopify_row("", "Nameless", price="1")
        + shopify_row("c", "C", price="1", status="sold out"),
        "shopify",
    )
    assert counts(job) == (1, 0, 0, 4)
    assert [(fault.line, fault.column) for fault in job.faults] == [(2, "Option1 Value"), (5, "Handle"), (6, "Handle"), (7, "Status")]


def test_another_currency_is_a_price_beside(bring):
    text = SHOPIFY + shopify_row("a", "A", price="100")
    bring(text, "shopify")
    assert counts(bring(text, "shopify", currency="JPY")) == (0, 1, 0, 0)
    assert dict(Price.objects.values_list("currency", "amount")) == {"EUR": 10000, "JPY": 100}


def test_a_sku_people_gave_stays_where_the_file_gives_none(bring):
    bring(SHOPIFY + shopify_row("a", "A", price="1"), "shopify")
    services.change_variant(variant=Variant.objects.get().id, fields={"sku": "OURS"}, now=LATER, actor=None)
    bring(SHOPIFY + shopify_row("a", "A2", price="1"), "shopify")
    assert Variant.objects.get().sku == "OURS"
    bring(SHOPIFY + shopify_row("a", "A2", price="1", sku="THEIRS"), "shopify")
    assert Variant.objects.get().sku == "THEIRS"


def test_a_long_sku_is_cut_and_still_itself(bring):
    options = ("Color", "x" * 80)
    bring(SHOPIFY + shopify_row("a", "A", options, price="1"), "shopify")
    sku = Variant.objects.get().sku
    assert len(sku) == 60
    bring(SHOPIFY + shopify_row("a", "A2", options, price="1"), "shopify")
    assert Variant.objects.get().sku == sku


def test_categories_are_made_once(bring):
    bring(SHOPIFY + shopify_row("a", "A", price="1", Type="In door") + shopify_row("b", "B", price="1", Type="in  Door"), "shopify")
    assert Category.objects.count() == 1


def command(*arguments):
    out = StringIO()
    call_command("import_catalog", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_ends_with_one_line_of_json(tmp_path, capsys):
    path = tmp_path / "a.csv"
    path.write_text(OFF + "4006381333931,Duck,,\n" + "1,Bad,,\n" * 30)
    assert json.loads(command(str(path), "--format", "openfoodfacts", "--json")) == {"created": 1, "changed": 0, "unchanged": 0, "refused": 30}
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("refused line 3, barcode_id: 1 has 1 digits")
    assert len([line for line in told if line.startswith("refused")]) == 20
    assert any("10 more refused rows" in line for line in told)


@pytest.mark.parametrize("arguments", [["--currency", "euro"], ["--tax-class", "none"]])
def test_the_command_says_in_one_line_what_is_wrong(tmp_path, arguments):
    path = tmp_path / "a.csv"
    path.write_text(OFF)
    with pytest.raises(CommandError):
        command(str(path), "--format", "openfoodfacts", *arguments)
    with pytest.raises(CommandError, match="No such file"):
        command(str(tmp_path / "missing.csv"), "--format", "openfoodfacts")


def test_an_interrupted_run_says_so_and_keeps_whole_batches(bring, monkeypatch):
    monkeypatch.setattr(run, "BATCH", 1)
    real = run.save_batch
    batches = []

    def interrupted(*arguments, **named):
        batches.append(1)
        if len(batches) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    monkeypatch.setattr(run, "save_batch", interrupted)
    assert bring(OFF + "4006381333931,Duck,,\n96385074,Goose,,\n").state == Job.State.CANCELLED
    assert Product.objects.count() == 1


@pytest.mark.skipif(not (DATA / "shopify_csv_packt").exists(), reason="needs ../shared/data/shopify_csv_packt")
def test_a_real_shopify_export_comes_in_and_stays(tax):
    path = DATA / "shopify_csv_packt" / "Product-data.csv"
    assert json.loads(command(str(path), "--format", "shopify", "--json"))["created"] == 20
    assert json.loads(command(str(path), "--format", "shopify", "--json"))["unchanged"] == 20
    assert Product.objects.get(handle="black-armchairs").description.count("<p>") == 3
    assert Variant.objects.filter(product__handle="gardening-gloves").count() == 2


@pytest.mark.skipif(not (DATA / "open_food_facts").exists(), reason="needs ../shared/data/open_food_facts")
def test_every_dirty_row_is_refused_with_a_reason():
    path = DATA / "open_food_facts" / "products_dirty.csv.gz"
    assert json.loads(command(str(path), "--format", "openfoodfacts", "--json")) == {"created": 0, "changed": 0, "unchanged": 0, "refused": 1000}
    assert RefusedRow.objects.filter(column="barcode_id").exclude(reason="").count() == 1000


# The command


def test_a_dry_run_of_the_command_saves_nothing_and_leaves_a_run_to_review(tmp_path, capsys, settings):
    settings.MEDIA_ROOT = tmp_path / "media"
    path = tmp_path / "range.csv"
    path.write_text(OFF + "4006381333931,Duck,,\n96385075,Goose,,\n")
    call_command("import_catalog", str(path), "--dry-run", "--json")
    told = capsys.readouterr()
    assert json.loads(told.out) == {"created": 1, "changed": 0, "unchanged": 0, "refused": 1}
    assert "Nothing was saved" in told.err
    assert not Product.objects.exists()
    row = ImportRun.objects.get()
    assert (row.state, row.tally["created"], row.planned.count()) == (ImportRun.State.REVIEW, 1, 1)
    path.unlink()
    row = services.apply_import(run=row.pk, actor=None, now=NOW)
    jobs.run(job=Job.objects.get(pk=row.job), now=NOW)
    assert Product.objects.get().name == "Duck"


def test_the_command_takes_a_run_back_once(tmp_path, capsys):
    path = tmp_path / "range.csv"
    path.write_text(OFF + "4006381333931,Duck,,\n96385074,Goose,,\n")
    call_command("import_catalog", str(path))
    row = ImportRun.objects.get()
    assert row.state == ImportRun.State.APPLIED
    goose = Product.objects.get(name="Goose")
    services.change_product(product=goose.id, fields={"name": "Grey goose"}, now=LATER, actor=None)
    capsys.readouterr()
    call_command("import_catalog", "--undo", str(row.pk))
    assert capsys.readouterr().out.strip() == "1 restored, 1 edited since and left alone"
    assert dict(Product.objects.values_list("name", "status")) == {"Duck": "archived", "Grey goose": "draft"}
    with pytest.raises(CommandError):
        call_command("import_catalog", "--undo", str(row.pk))


def test_a_run_that_does_not_exist_cannot_be_taken_back():
    with pytest.raises(CommandError):
        call_command("import_catalog", "--undo", "00000000-0000-7000-8000-000000000000")


MEASURED = """
import json, resource, sys
import django
django.setup()
from datetime import UTC, datetime
from pathlib import Path
from catalog.importing import run
from catalog.importing.incoming import Terms
terms = Terms(currency="EUR", tax_class="standard")
told = []
for path in map(Path, sys.argv[1:]):
    job = run.import_file(path=path, format="openfoodfacts", terms=terms, now=datetime.now(UTC), actor=None, watch=lambda progress: None)
    told.append([job.state, *(job.result[name] for name in ("created", "changed", "unchanged", "refused"))])
print(json.dumps({"told": told, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


@pytest.mark.long
@pytest.mark.skipif(not (DATA / "open_food_facts").exists(), reason="needs ../shared/data/open_food_facts")
def test_fifty_thousand_real_products_come_in_once_and_in_little_memory():
    """In a process of its own, so that its memory is the import's."""
    files = [str(DATA / "open_food_facts" / f"products_{number}.csv.gz") for number in range(1, 6)]

    def brought():
        database = connection.settings_dict
        address = f"postgresql://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
        env = {**os.environ, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
        done = subprocess.run([sys.executable, "-c", MEASURED, *files], capture_output=True, text=True, env=env, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        told = json.loads(done.stdout.splitlines()[-1])
        assert {line[0] for line in told["told"]} == {"succeeded"}
        assert told["memory"] < 300 * 1024
        return [sum(column) for column in zip(*(line[1:] for line in told["told"]), strict=True)]

    assert brought() == [49_995, 0, 0, 5]
    assert Product.objects.count() == 49_995
    assert brought() == [0, 0, 49_995, 5]

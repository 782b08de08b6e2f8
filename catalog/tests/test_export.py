"""What is exported reads back and changes nothing, and no spreadsheet runs any of it."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import revisions, services
from catalog.models import ImportRun, Product, Publication, RefusedRow, Revision
from catalog.tests.cast import NOW, standard_tax
from kernel import jobs
from kernel.errors import Invalid
from kernel.models import Job
from org.tests.cast import open_shop

pytestmark = pytest.mark.django_db(transaction=True)

AS = {"actor": None, "now": NOW}


@pytest.fixture(autouse=True)
def tax(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return standard_tax()


def new(sku, **more):
    return services.NewVariant(sku=sku, **{"prices": {"EUR": 149}, **more})


def coffee(tax):
    """One product with everything that can be said about one."""
    cast = open_shop()
    roast = services.create_attribute(
        name="Roast",
        kind="choice",
        choices=[services.NewChoice(name="Light roast", code="light"), services.NewChoice(name="Dark roast", code="dark")],
        **AS,
    )
    strength = services.create_attribute(name="Strength", kind="number", unit="g", **AS)
    diet = services.create_attribute(
        name="Diet",
        kind="multi_choice",
        choices=[services.NewChoice(name="Vegan", code="vegan"), services.NewChoice(name="Organic, EU", code="organic")],
        **AS,
    )
    size = services.create_attribute(name="Height", kind="measurement", **AS)
    since = services.create_attribute(name="Since", kind="date", **AS)
    fair = services.create_attribute(name="Fair", kind="boolean", **AS)
    type = services.create_product_type(name="Coffee", attributes=[(one.code, False) for one in (roast, strength, diet, size, since, fair)], **AS)
    services.create_product(name="Bottle", tax_class=tax, variants=[new("DEPOSIT", prices={"EUR": 25})], **AS)
    small = new("C-250", options={"Size": "250 g", "Grind": "a=b; c\\d"}, net_content=250_000, net_unit="g", gtins=["4006381333931", "96385074"])
    large = new("C-1000", options={"Size": "1 kg", "Grind": "whole"}, net_content=1_000_000, net_unit="g", prices={"EUR": 4_99}, price_quantity=100)
    made = services.create_product(
        name='Café "Crème", 50% ☕',
        tax_class=tax,
        variants=[small, large],
        description="<p>Strong &amp; <b>dark</b></p><ul><li>one</li></ul>",
        brand=services.ensure_brand(name="Lux & Co", actor=None),
        category=services.ensure_category(name="Coffee & tea", actor=None),
        status="active",
        **AS,
    )
    given = {
        "type": type,
        "tags": ["vegan", "new-in"],
        "life_cycle": "run_down",
        "age_limit": 18,
        "tracks_lots": True,
        "seo_title": "Coffee",
        "seo_description": "Very good coffee",
        "translations": {"de": {"name": "Kaffee", "description": "<p>Stark</p>"}, "fr": {"name": "Café crème"}},
        "attributes": {"roast": "dark", "strength": "2.5", "diet": ["vegan", "organic"], "height": "12.5 cm", "since": "2026-01-31", "fair": True},
    }
    services.change_product(product=made.id, fields=given, **AS)
    services.change_variant(variant=made.variants.get(sku="C-250").id, fields={"reference_cost": 90}, **AS)
    services.set_publication(product=made.id, channel=cast.web, offered=True, starts_at=NOW, ends_at=NOW + timedelta(days=30, microseconds=5), **AS)
    services.set_publication(product=made.id, channel=cast.stores, offered=False, **AS)
    for name in ("Winter", "Gifts"):
        services.create_collection(name=name, kind="manual", **AS)
    services.create_collection(name="All vegan", kind="rule", rule={"tag": ["vegan"]}, **AS)
    services.set_collections(product=made.id, collections=["winter", "gifts"], **AS)
    return made


def exported(format, **more):
    job = jobs.run(job=services.export_catalog(format=format, currency="EUR", **{"products": None, **AS, **more}), now=NOW)
    assert job.state == Job.State.SUCCEEDED, job.error
    with default_storage.open(job.result["file"], "rb") as file:
        return file.read(), job.result["rows"]


def brought(data, name="products.csv"):
    run = services.upload_import(name=name, content=io.BytesIO(data), size=len(data), currency="EUR", tax_class="standard", **AS)
    if run.state == ImportRun.State.UPLOADED:
        mapping = {one.name: one.proposed for one in services.columns_of(run=run.pk)}
        run = services.match_columns(run=run.pk, mapping=mapping, **AS)
    jobs.run(job=Job.objects.get(pk=run.job), now=NOW)
    run = services.apply_import(run=run.pk, **AS)
    jobs.run(job=Job.objects.get(pk=run.job), now=NOW)
    run.refresh_from_db()
    assert run.state == ImportRun.State.APPLIED, run.error
    return run


def everything():
    return revisions.snapshot(list(Product.objects.order_by("id").values_list("id", flat=True)))


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))


@pytest.mark.parametrize("format", ["onecounter", "shopify", "xlsx"])
def test_an_export_reads_back_and_changes_nothing(format, tax):
    coffee(tax)
    services.create_product(name="=1+1", tax_class=tax, variants=[new("+PLUS", name="@now")], description="<p>-5</p>", **AS)
    services.create_product(name="Draft without a price", tax_class=tax, variants=[new("D", prices={})], **AS)
    before, revised = everything(), Revision.objects.count()
    data, rows = exported(format)
    assert rows == 5
    run = brought(data, f"products.{'xlsx' if format == 'xlsx' else 'csv'}")
    assert (run.format, run.tally) == (
        "shopify" if format == "shopify" else "onecounter",
        run.tally | {"created": 0, "changed": 0, "unchanged": 4, "refused": 0},
    )
    assert everything() == before
    assert Revision.objects.count() == revised


def test_an_own_export_rebuilds_an_empty_shop(tax):
    made = coffee(tax)
    data, _ = exported("onecounter")
    before = {path: value for path, value in everything()[made.id].items() if not path.startswith("variant.")}
    Revision.objects.all().delete()
    for variant in made.variants.all():
        variant.gtins.all().delete()
        variant.prices.all().delete()
    made.publications.all().delete()
    made.variants.all().delete()
    made.delete()
    run = brought(data)
    assert (run.tally["created"], run.tally["refused"]) == (1, 0)
    again = Product.objects.get(handle=made.handle)
    assert {path: value for path, value in everything()[again.id].items() if not path.startswith("variant.")} == before
    assert list(again.variants.order_by("position").values_list("sku", "reference_cost", "net_content")) == [
        ("C-250", 90, 250_000),
        ("C-1000", None, 1_000_000),
    ]


def test_cells_that_a_spreadsheet_would_run_begin_with_an_apostrophe(tax):
    services.create_product(name="=HYPERLINK(1)", tax_class=tax, variants=[new("-1", name="@x", gtins=["96385074"])], **AS)
    for format in ("onecounter", "shopify"):
        for row in rows_of(exported(format)[0]):
            assert not [cell for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r") and cell]
    row = rows_of(exported("onecounter")[0])[0]
    assert (row["name"], row["sku"], row["variant"]) == ("'=HYPERLINK(1)", "'-1", "'@x")


def test_a_workbook_holds_texts_and_no_formulas(tax):
    services.create_product(name="=1+1", tax_class=tax, variants=[new("0012", gtins=["96385074"])], **AS)
    sheet = openpyxl.load_workbook(io.BytesIO(exported("xlsx")[0])).active
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}


def test_the_chosen_products_and_no_others_are_exported(tax):
    made = [services.create_product(name=name, tax_class=tax, variants=[new(name)], **AS) for name in ("A", "B", "C")]
    services.archive_product(product=made[2].id, **AS)
    assert [row["name"] for row in rows_of(exported("onecounter")[0])] == ["A", "B"]
    assert [row["name"] for row in rows_of(exported("onecounter", products=[made[1].id, made[2].id])[0])] == ["B", "C"]


def test_a_format_nobody_writes_is_refused():
    with pytest.raises(Invalid):
        services.export_catalog(format="pdf", currency="EUR", products=None, **AS)


def test_statements_of_an_export_do_not_grow_with_the_products(tax):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            exported("onecounter")
        return len(captured)

    services.create_product(name="A", tax_class=tax, variants=[new("A")], **AS)
    few = statements()
    for number in range(20):
        services.create_product(name=f"P{number}", tax_class=tax, variants=[new(f"P{number}")], **AS)
    assert statements() == few


def test_the_command_writes_a_file_that_the_other_command_reads_back(tax, tmp_path, capsys):
    services.create_product(name="A", tax_class=tax, variants=[new("A")], **AS)
    path = tmp_path / "out.csv"
    call_command("export_catalog", str(path))
    call_command("import_catalog", str(path), "--json")
    assert '"created": 0, "changed": 0, "unchanged": 1, "refused": 0' in capsys.readouterr().out


def own(*rows):
    header = "handle,name,sku,price,collections,publication.web\n"
    return (header + "".join(f"p{place},P{place},P{place},1.00,{row}\n" for place, row in enumerate(rows))).encode()


def standing():
    told = everything()
    return {handle: told[id]["collections"] for id, handle in Product.objects.values_list("id", "handle")}


def test_collections_are_written_as_codes_and_read_back(tax):
    coffee(tax)
    row = rows_of(exported("onecounter")[0])[1]
    assert row["collections"] == "gifts; winter"
    brought(own("winter;Gifts,", "winter,", ","))
    assert standing() == {"bottle": [], "café-crème-50": ["gifts", "winter"], "p0": ["gifts", "winter"], "p1": ["winter"], "p2": []}
    brought(own("gifts,", ",", "winter,"))
    assert {handle: codes for handle, codes in standing().items() if handle in ("p0", "p1", "p2")} == {"p0": ["gifts"], "p1": [], "p2": ["winter"]}
    assert Revision.objects.filter(fields__has_key="collections").latest("id").fields["collections"] == [[], ["winter"]]


def test_a_collection_that_does_not_exist_or_follows_a_rule_is_refused_with_the_nearest(tax):
    coffee(tax)
    run = brought(own("gifts; wintr,", "all-vegan,", "zzz,"))
    assert run.tally["refused"] == 3
    told = list(RefusedRow.objects.filter(run=run.pk).order_by("line").values_list("column", "reason", "suggestion"))
    assert told == [
        ("collections", "there is no collection chosen by hand “wintr”", "gifts; winter"),
        ("collections", "there is no collection chosen by hand “all-vegan”", ""),
        ("collections", "there is no collection chosen by hand “zzz”", ""),
    ]


def test_windows_and_collections_of_a_batch_cost_the_same_for_any_number(tax):
    coffee(tax)

    def statements(count, window):
        data = own(*[f"gifts,{window}"] * count)
        with CaptureQueriesContext(connection) as captured:
            brought(data)
        return len(captured)

    for count, window in ((2, "on"), (2, "off"), (2, "")):
        few = statements(count, window)
        assert statements(count + 40, window) <= few + 2
    assert not Publication.objects.exclude(product__handle="café-crème-50").exists()

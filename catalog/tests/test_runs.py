"""A file's way into the catalogue and back out: uploaded, read without saving, put right, applied, stopped, undone."""

import csv
import hashlib
import io
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog import services
from catalog.importing import checking
from catalog.importing import run as importing
from catalog.importing.incoming import Terms
from catalog.importing.table import proposed
from catalog.models import Brand, Category, Gtin, ImportRun, PlannedChange, Price, Product, RefusedRow, Revision, Variant
from catalog.tests.cast import LATER, NOW, standard_tax
from kernel import jobs
from kernel.models import Job, Message

pytestmark = pytest.mark.django_db(transaction=True)

State = ImportRun.State
HEADER = "Handle,Title,Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Barcode,Status\n"
LAMP = "lamp,Lamp,Lux,Light,Title,Default Title,LAMP,69.99,4006381333931,active\n"
TABLE = [Product, Variant, Price, Gtin, Brand, Category, Message, Revision]
AS = {"actor": None, "now": NOW}


@pytest.fixture(autouse=True)
def tax(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return standard_tax()


def upload(text, name="range.csv", **more):
    data = text if isinstance(text, bytes) else text.encode()
    given = {"currency": "EUR", "tax_class": "standard", **AS, **more}
    return services.upload_import(name=name, content=io.BytesIO(data), size=len(data), **given)


def work(run, now=NOW):
    job = jobs.run(job=Job.objects.get(pk=run.job), now=now)
    run.refresh_from_db()
    return job


def read(text, **more):
    run = upload(text, **more)
    work(run)
    assert run.state == State.REVIEW, run.error
    return run


def applied(text, **more):
    return apply(read(text, **more))


def apply(run):
    run = services.apply_import(run=run.pk, **AS)
    work(run)
    assert run.state == State.APPLIED, run.error
    return run


def undone(run):
    run = services.undo_import(run=run.pk, actor=None, now=LATER)
    work(run, LATER)
    assert run.state == State.UNDONE, run.error
    return run


def counts(run):
    return tuple(run.tally[name] for name in ("created", "changed", "unchanged", "refused"))


def stored():
    return [model.objects.count() for model in TABLE]


def several(count, price="1.00", title="P"):
    return HEADER + "".join(f"p{n},{title}{n},,,Title,Default Title,P{n},{price},,active\n" for n in range(count))


# Reading


def test_a_dry_run_saves_nothing_and_tells_what_it_would():
    before = stored()
    run = read(HEADER + LAMP)
    assert stored() == before
    planned = PlannedChange.objects.get(run=run)
    assert (planned.product, planned.name, planned.line) == (None, "Lamp", 2)
    told = {path.split(".", 2)[2] if path.startswith("variant.") else path: after for path, (_, after) in planned.fields.items()}
    assert told["brand"] == "lux"
    assert (told["sku"], told["price.EUR"], told["gtins"]) == ("LAMP", [6999, 1000], ["04006381333931"])
    assert (counts(run), run.rows, run.columns) == ((1, 0, 0, 0), 1, 10)


def test_what_the_dry_run_plans_is_what_applying_does():
    applied(HEADER + LAMP)
    run = read(HEADER + LAMP.replace("69.99", "59.99").replace("Lux", "Luxor").replace("Lamp", "Lamp XL"))
    planned = PlannedChange.objects.get(run=run)
    assert planned.product == Product.objects.get().id
    assert {path: before for path, (before, _) in planned.fields.items() if path in ("name", "brand")} == {"name": "Lamp", "brand": "lux"}
    plan = dict(planned.fields)
    apply(run)
    assert Revision.objects.get(run=run).fields == plan
    assert not PlannedChange.objects.filter(run=run).exists()


def test_the_same_file_again_is_unchanged_and_leaves_no_trace():
    applied(several(3))
    before = stored()
    run = applied(several(3))
    assert counts(run) == (0, 0, 3, 0)
    assert stored() == before


def test_columns_in_another_order_with_the_same_cells_change_nothing():
    applied("Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\na,A,,,A,1.00\n")
    before = stored()
    run = applied("Title,Handle,Option1 Name,Option1 Value,Variant SKU,Variant Price\nA,a,,,A,1.00\n")
    assert counts(run) == (0, 0, 1, 0)
    assert stored() == before


def test_the_uploaded_name_is_shown_and_never_a_path():
    run = upload(HEADER + LAMP, name="../../etc/pass\0wd.csv")
    assert run.name == "passwd.csv"
    assert run.file.startswith(f"imports/{run.pk}/")
    assert default_storage.exists(run.file)


def test_a_file_is_known_by_what_stands_in_it(tmp_path):
    first, again, other = (upload(text, name=name) for text, name in ((several(2), "a.csv"), (several(2), "b.csv"), (several(3), "a.csv")))
    assert first.digest == again.digest == hashlib.sha256(several(2).encode()).hexdigest()
    assert other.digest != first.digest
    path = tmp_path / "c.csv"
    path.write_text(several(2))
    terms = Terms(currency="EUR", tax_class="standard")
    job = importing.import_file(path=path, format="shopify", terms=terms, watch=lambda progress: None, **AS)
    assert ImportRun.objects.get(pk=job.pk).digest == first.digest


# Refused rows


def bad_rows():
    return (
        HEADER
        + LAMP.replace("4006381333931", "4006381333932")
        + 'desk,Desk,,,Title,Default Title,DESK,"2,4O",,active\n'
        + "chair,Chair,,,Title,Default Title,CHAIR,5.00,,active\n"
    )


def test_a_refusal_says_where_why_and_what_was_probably_meant():
    run = read(bad_rows())
    refused = list(RefusedRow.objects.filter(run=run.pk).order_by("line").values_list("line", "column", "suggestion"))
    assert refused == [(2, "Variant Barcode", "4006381333931"), (3, "Variant Price", "2.40")]
    assert counts(run) == (1, 0, 0, 2)


def test_a_fixed_cell_moves_its_row_to_the_plan_and_is_applied_so():
    run = read(bad_rows())
    run = services.fix_row(run=run.pk, line=3, column="Variant Price", cell="2.60", **AS)
    assert counts(run) == (2, 0, 0, 1)
    assert set(PlannedChange.objects.filter(run=run).values_list("line", flat=True)) == {3, 4}
    run = apply(run)
    assert Price.objects.get(variant__sku="DESK").amount == 260
    assert counts(run) == (2, 0, 0, 1)


def test_a_fix_that_is_wrong_too_is_refused_with_its_own_reason():
    run = read(bad_rows())
    services.fix_row(run=run.pk, line=3, column="Variant Price", cell="free", **AS)
    assert "free" in RefusedRow.objects.get(run=run.pk, line=3).reason


def test_all_suggestions_are_taken_at_once():
    run = services.take_suggestions(run=read(bad_rows()).pk, **AS)
    assert counts(run) == (3, 0, 0, 0)
    assert not RefusedRow.objects.filter(run=run.pk).exists()
    apply(run)
    assert Gtin.objects.get().gtin == "04006381333931"


def test_a_fix_may_make_a_code_stand_twice():
    text = HEADER + LAMP + "desk,Desk,,,Title,Default Title,DESK,1,4006381333932,active\n"
    run = read(text)
    run = services.fix_row(run=run.pk, line=3, column="Variant Barcode", cell="4006381333931", **AS)
    run = apply(run)
    assert Product.objects.get().name == "Lamp"
    assert counts(run) == (1, 0, 0, 1)


def test_refused_rows_are_a_file_that_no_spreadsheet_runs():
    run = read(HEADER + '=cmd,"=HYPERLINK(""http://x"")",,,Title,Default Title,A,bad,,active\n')
    header, row = csv.reader(io.StringIO("".join(services.refused_csv(run=run.pk))))
    assert header[:4] == ["line", "column", "reason", "Handle"]
    assert row[:2] == ["2", "Variant Price"]
    assert row[3:5] == ["'=cmd", '\'=HYPERLINK("http://x")']


# Tables


GERMAN = "Artikelnummer;Bezeichnung;EAN;Preis;EK;Marke;Füllmenge;Lagerort\n4711;Haferflocken;4006381333931;2,95;1,10;Mühle;500 g;A3\n"


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Bezeichnung", "name"),
        ("VK-Preis", "price"),
        ("Prix TTC", "price"),
        ("Code-barres", "gtin"),
        ("Catégorie", "category"),
        ("Füllmenge", "net_content"),
        ("Item No.", "sku"),
        ("net_content", "net_content"),
        ("Lagerort", ""),
        ("", ""),
    ],
)
def test_columns_are_guessed_in_three_languages(column, field):
    assert proposed(column) == field


def test_a_table_waits_until_its_columns_are_matched():
    run = upload(GERMAN)
    assert (run.state, run.format, run.job) == (State.UPLOADED, "table", None)
    columns = services.columns_of(run=run.pk)
    assert [(one.name, one.proposed) for one in columns][:3] == [("Artikelnummer", "sku"), ("Bezeichnung", "name"), ("EAN", "gtin")]
    assert columns[3].samples == ["2,95"]
    run = services.match_columns(run=run.pk, mapping={one.name: one.proposed for one in columns}, **AS)
    work(run)
    apply(run)
    variant = Variant.objects.get(sku="4711")
    assert (variant.product.name, variant.product.brand.name, variant.prices.get().amount) == ("Haferflocken", "Mühle", 295)
    assert (variant.net_content, variant.net_unit, variant.reference_cost) == (500_000, "g", 110)


def test_a_matched_header_is_known_again():
    run = upload(GERMAN)
    services.match_columns(run=run.pk, mapping={"Bezeichnung": "name", "Artikelnummer": "sku", "Lagerort": "tags"}, **AS)
    again = {one.name: one.proposed for one in services.columns_of(run=upload(GERMAN).pk)}
    assert (again["Lagerort"], again["Preis"]) == ("tags", "")


@pytest.mark.parametrize(
    ("mapping", "told"),
    [
        ({"EAN": "gtin"}, "Name"),
        ({"Bezeichnung": "name", "EAN": "name"}, "Two columns"),
        ({"Bezeichnung": "name", "EAN": "secret"}, "no field"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(mapping, told):
    run = upload(GERMAN)
    with pytest.raises(services.BadMapping, match=told):
        services.match_columns(run=run.pk, mapping=mapping, **AS)


def test_a_table_finds_products_by_sku_and_says_nothing_about_the_rest(tax):
    new = services.NewVariant(sku="4711", prices={"EUR": 199}, net_content=250_000, net_unit="g")
    other = services.NewVariant(sku="4712", name="Large", prices={"EUR": 299})
    given = {"description": "Good", "status": "active", "variants": [new, other]}
    made = services.create_product(name="Oats", tax_class=tax, **given, **AS)
    run = upload("sku,name,price\n4711,Oats,2.49\n")
    work(services.match_columns(run=run.pk, mapping={"sku": "sku", "name": "name", "price": "price"}, **AS))
    run.refresh_from_db()
    apply(run)
    made.refresh_from_db()
    assert (made.description, made.status, made.variants.filter(archived_at=None).count()) == ("<p>Good</p>", "active", 2)
    assert Price.objects.get(variant__sku="4711").amount == 249
    assert Variant.objects.get(sku="4711").net_content == 250_000


def table(text, **more):
    """A table whose columns are called as our fields are; others are left out."""
    run = upload(text, **more)
    assert run.format == "table"
    mapping = {one.name: one.proposed for one in services.columns_of(run=run.pk)}
    run = services.match_columns(run=run.pk, mapping=mapping, **AS)
    work(run)
    assert run.state == State.REVIEW, run.error
    return run


def refusals(run, *fields):
    return list(RefusedRow.objects.filter(run=run.pk).order_by("line").values_list(*fields))


@pytest.mark.parametrize(
    ("header", "row", "column"),
    [("Name;EAN;SKU", "Oats;96385074;4711", "SKU"), ("Name;EAN;SKU", "Oats;96385074;", "EAN"), ("Name;Preis;SKU", "Oats;1;", "Name")],
)
def test_a_row_that_stands_twice_is_refused_at_the_column_it_is_known_by(header, row, column):
    run = table(f"{header}\n{row}\nRye;;R\n{row}\n")
    told = refusals(run, "line", "column", "reason", "suggestion")
    assert [(line, at, suggestion) for line, at, _, suggestion in told] == [(4, column, "")]
    assert "line 2 and on line 4" in told[0][2]


def test_a_refused_row_of_a_table_is_kept_with_the_columns_that_go_nowhere():
    run = table("Lagerort;Name;Regal;Preis\nA3;Oats;7;free\n")
    assert refusals(run, "column", "row") == [("Preis", ["A3", "Oats", "7", "free"])]
    assert "A3,Oats,7,free" in "".join(services.refused_csv(run=run.pk))


UNKNOWN = "Name;SKU;Warengruppe;Lager\n" + "".join(f"P{n};S{n};{'Snäcks & Co' if n % 2 else 'Tea'};x\n" for n in range(6)) + "P6;S6;Teaa;x\n"


def test_one_answer_fixes_every_row_refused_for_the_same_cell():
    services.create_category(code="drinks", name="Drinks", **AS)
    run = table(UNKNOWN)
    assert run.tally["refused"] == 7
    run = services.fix_everywhere(run=run.pk, column="Warengruppe", cell_before="Tea", cell_after="Drinks", **AS)
    assert refusals(run, "line") == [(3,), (5,), (7,), (8,)]
    assert (run.tally["created"], run.tally["refused"]) == (3, 4)
    apply(run)
    assert set(Product.objects.values_list("category__code", flat=True)) == {"drinks"}


def test_a_category_is_made_for_all_rows_that_name_it():
    run = services.create_category_of(run=table(UNKNOWN).pk, column="Warengruppe", cell="Snäcks & Co", **AS)
    assert [(row.code, row.name) for row in Category.objects.all()] == [("snäcks-co", "Snäcks & Co")]
    assert (run.tally["created"], run.tally["refused"]) == (3, 4)
    with pytest.raises(services.NotNow):
        services.create_category_of(run=run.pk, column="Warengruppe", cell="Snäcks & Co", **AS)
    assert Message.objects.get(type="catalog.structure.changed").data["code"] == "snäcks-co"


def test_thousands_of_fixes_are_looked_at_by_a_job(monkeypatch):
    monkeypatch.setattr(services.runs, "MOST_AT_ONCE", 2)
    services.create_category(code="drinks", name="Drinks", **AS)
    run = services.fix_everywhere(run=table(UNKNOWN).pk, column="Warengruppe", cell_before="Tea", cell_after="Drinks", **AS)
    assert run.state == State.READING
    work(run)
    assert (run.state, run.tally["created"], run.tally["refused"]) == (State.REVIEW, 3, 4)


def test_a_fix_of_a_column_or_cell_that_nothing_was_refused_for_changes_nothing():
    run = table(UNKNOWN)
    for column, cell in (("Name", "P0"), ("Warengruppe", "Milk"), ("no such", "Tea")):
        assert services.fix_everywhere(run=run.pk, column=column, cell_before=cell, cell_after="x", **AS).tally["refused"] == 7
    run.refresh_from_db()
    assert run.fixes == {}


def test_looking_again_reads_no_further_than_the_last_row_it_needs(monkeypatch):
    run = read(bad_rows() + several(500).removeprefix(HEADER))
    seen = []
    real = checking.fixed

    def counted(rows, fixes):
        for row in real(rows, fixes):
            seen.append(row.line)
            yield row

    monkeypatch.setattr(checking, "fixed", counted)
    run = services.fix_row(run=run.pk, line=3, column="Variant Price", cell="2.60", **AS)
    assert (run.tally["created"], run.tally["refused"]) == (502, 1)
    assert seen == [2, 3, 4]


def test_a_number_without_its_unit_is_suggested_in_the_unit_the_product_has_and_in_no_other(tax):
    juice = services.NewVariant(sku="J", prices={"EUR": 199}, net_content=1_000_000, net_unit="ml")
    services.create_product(name="Juice", tax_class=tax, status="active", variants=[juice], **AS)
    services.create_product(name="Tea", tax_class=tax, status="active", variants=[services.NewVariant(sku="T", prices={"EUR": 1})], **AS)
    run = table("Handle;Name;SKU;Menge\nj;Juice;J;500\n;Tea;T;500\n;Rice;R;500\noil;Oil;O1;1 l\noil;Oil;O2;2\n")
    assert refusals(run, "line", "column", "suggestion") == [(2, "Menge", ""), (3, "Menge", ""), (4, "Menge", ""), (6, "Menge", "2 l")]
    run = table("Name;SKU;Menge\nJuice;J;500\n")
    assert refusals(run, "column", "suggestion") == [("Menge", "500 ml")]


# Applying


def test_two_who_press_apply_start_one_job():
    run = read(HEADER + LAMP)
    services.apply_import(run=run.pk, **AS)
    with pytest.raises(services.NotNow):
        services.apply_import(run=run.pk, **AS)


def test_an_import_that_does_not_exist_is_not_found():
    with pytest.raises(services.UnknownRun):
        services.apply_import(run=Product().id, **AS)


def test_every_applied_product_has_one_revision_and_one_event():
    applied(several(2))
    run = applied(several(3, price="2.00"))
    assert sorted(Revision.objects.filter(run=run).values_list("kind", flat=True)) == ["changed", "changed", "created"]
    assert Message.objects.filter(type="catalog.product.changed").count() == 5


def test_stopping_keeps_whole_batches_says_so_and_can_be_undone(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    run = services.apply_import(run=read(several(6)).pk, **AS)
    real = importing.save_batch

    def asked_to_stop(*arguments, **named):
        services.cancel_import(run=run.pk, **AS)
        return real(*arguments, **named)

    monkeypatch.setattr(importing, "save_batch", asked_to_stop)
    assert work(run).state == Job.State.CANCELLED
    assert (run.state, Product.objects.count()) == (State.APPLIED, 2)
    assert "2 of 6" in run.error
    monkeypatch.setattr(importing, "save_batch", real)
    undone(run)
    assert set(Product.objects.values_list("status", flat=True)) == {"archived"}


def test_a_cancelled_import_saves_nothing_and_plans_nothing():
    run = services.cancel_import(run=read(HEADER + LAMP).pk, **AS)
    assert (run.state, Product.objects.count(), PlannedChange.objects.count()) == (State.CANCELLED, 0, 0)
    with pytest.raises(services.NotNow):
        services.apply_import(run=run.pk, **AS)


def test_a_worker_that_dies_leaves_a_job_that_starts_over_and_doubles_nothing(monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    run = services.apply_import(run=read(several(5)).pk, **AS)
    real = importing.save_batch
    batches = []

    def dies(*arguments, **named):
        batches.append(1)
        if len(batches) == 2:
            raise SystemExit
        return real(*arguments, **named)

    monkeypatch.setattr(importing, "save_batch", dies)
    with pytest.raises(SystemExit):
        work(run)
    monkeypatch.setattr(importing, "save_batch", real)
    assert Product.objects.count() == 2
    work(run, NOW + timedelta(hours=1))
    assert (run.state, Product.objects.count(), Variant.objects.count()) == (State.APPLIED, 5, 5)
    assert counts(run) == (5, 0, 0, 0)
    assert Revision.objects.filter(run=run).count() == 5


# Undoing


def test_undo_restores_what_was_changed_and_archives_what_was_new():
    applied(several(2))
    run = undone(applied(several(3, price="2.00", title="Renamed ")))
    assert (run.tally["restored"], run.tally["edited"]) == (3, 0)
    assert list(Product.objects.order_by("handle").values_list("name", "status")) == [("P0", "active"), ("P1", "active"), ("Renamed 2", "archived")]
    assert set(Price.objects.filter(variant__sku__in=["P0", "P1"]).values_list("amount", flat=True)) == {100}


def test_undo_leaves_what_somebody_edited_since_and_asks():
    applied(several(2))
    run = applied(several(2, price="2.00"))
    edited = Variant.objects.get(sku="P0")
    services.set_price(variant=edited.id, currency="EUR", amount=175, now=LATER, actor=None)
    run = undone(run)
    assert (run.tally["restored"], run.tally["edited"]) == (1, 1)
    assert dict(Price.objects.values_list("variant__sku", "amount")) == {"P0": 175, "P1": 100}
    told = services.edits_since(run=run.pk)
    assert [(one.name, one.before, one.imported, one.now) for one in told] == [("P0", [100, 1000], [200, 1000], [175, 1000])]
    services.resolve_edit(revision=told[0].revision, path=told[0].path, restore=True, now=LATER, actor=None)
    assert Price.objects.get(variant=edited).amount == 100
    assert services.edits_since(run=run.pk) == []


def edited_and_undone(count=3):
    applied(several(count))
    run = applied(several(count, price="2.00"))
    for variant in Variant.objects.all():
        services.set_price(variant=variant.id, currency="EUR", amount=175, now=LATER, actor=None)
    return undone(run)


@pytest.mark.parametrize(("restore", "amount"), [(True, 100), (False, 175)])
def test_all_edits_are_decided_at_once_and_the_run_says_that_none_is_left(restore, amount):
    run = edited_and_undone()
    assert run.tally["edited"] == 3
    first = services.edits_since(run=run.pk)[0]
    left = services.resolve_edits(run=run.pk, revision=first.revision, path=first.path, restore=False, now=LATER, actor=None)
    run.refresh_from_db()
    assert left == run.tally["edited"] == 2
    assert services.resolve_edits(run=run.pk, restore=restore, now=LATER, actor=None) == 0
    run.refresh_from_db()
    assert (run.tally["edited"], services.edits_since(run=run.pk)) == (0, [])
    assert sorted(Price.objects.values_list("amount", flat=True)) == sorted([amount, amount, 175])


def test_deciding_all_edits_costs_the_same_for_any_number():
    def statements(count):
        run = edited_and_undone(count)
        with CaptureQueriesContext(connection) as captured:
            services.resolve_edits(run=run.pk, restore=True, now=LATER, actor=None)
        return len(captured)

    assert statements(2) == statements(12)


def test_what_was_undone_can_be_brought_again():
    text = several(2)
    undone(applied(text))
    run = applied(text)
    assert counts(run) == (0, 2, 0, 0)
    assert set(Product.objects.values_list("status", flat=True)) == {"active"}


def test_an_import_is_undone_once():
    run = undone(applied(HEADER + LAMP))
    with pytest.raises(services.NotNow):
        services.undo_import(run=run.pk, **AS)


def test_a_deposit_that_comes_later_is_joined_when_the_file_comes_again():
    """The bottle is told before its deposit: not there yet, and not forgotten."""
    text = "handle,name,sku,price,deposit\nwater,Water,WATER,1.00,BOTTLE\n"
    applied(text)
    assert Variant.objects.get(sku="WATER").deposit is None
    applied("handle,name,sku,price,deposit\nbottle,Bottle deposit,BOTTLE,0.15,\n")
    applied(text)
    assert Variant.objects.get(sku="WATER").deposit.sku == "BOTTLE"
    assert counts(applied(text)) == (0, 0, 1, 0)

import contextlib
import threading
import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import revisions, services
from catalog.models import Attribute, Brand, Category, Collection, HandleRedirect, ImportRun, Media, Price, Product, ProductType, Revision, Variant
from catalog.services import changes
from catalog.tests.cast import LATER, NOW, oats, standard_tax
from kernel import audit
from kernel.errors import Refused
from kernel.models import Message
from org.tests.cast import open_shop

pytestmark = pytest.mark.django_db

MORNING = "2026-11-22T09:00:00+00:00"
AFTER = LATER + timedelta(hours=1)


def shelf(number, *, tax, **fields):
    """Many products at once."""
    rows = [
        services.NewVariant(sku=f"SKU-{place}", prices={"EUR": 100 + place}, net_content=500_000, net_unit="g", gtins=[]) for place in range(number)
    ]
    return [
        services.create_product(
            name=f"Product {place}", handle=f"product-{place}", tax_class=tax, variants=[row], status="active", now=NOW, actor=None, **fields
        )
        for place, row in enumerate(rows)
    ]


def a_run(state="applied"):
    return ImportRun.objects.create(name="prices.csv", format="table", currency="EUR", state=state, created_at=NOW)


def write(products, fields, *, run=None, at=LATER):
    """What an import does: many products, one transaction, revisions with the run."""
    with transaction.atomic():
        rows = list(Product.objects.select_for_update(no_key=True).filter(id__in=[product.id for product in products]).order_by("id"))
        before = revisions.snapshot([row.id for row in rows])
        revisions.put_many(rows, {row.id: fields(row) if callable(fields) else fields for row in rows}, at=at)
        after = revisions.snapshot([row.id for row in rows])
        revisions.record(before, after, created=(), run=run.id if run else None, actor="import", at=at)


def price_path(product):
    return f"variant.{product.variants.get().id}.price.EUR"


def latest(product):
    return product.revisions.order_by("-id").first()


@pytest.fixture
def shop():
    """A product and everything its paths may refer to."""
    cast = open_shop()
    for model in (Brand, Category, Collection, ProductType):
        for code in ("one", "two"):
            model.objects.create(code=code, name=code.title(), **({"kind": "manual"} if model is Collection else {}))
    Attribute.objects.create(code="strength", name="Strength", kind="number")
    pictures = [
        Media.objects.create(file=f"{name}.png", sha256=name * 64, name=name, content_type="image/png", size=1, width=1, height=1, created_at=NOW)
        for name in "ab"
    ]
    product = oats()
    services.create_tax_class(code="reduced", name="Reduced", rate=70_000, actor=None)
    services.create_product(
        name="Bottle", tax_class=product.tax_class, variants=[services.NewVariant(sku="BOTTLE", prices={"EUR": 25})], now=NOW, actor=None
    )
    return cast, product, pictures


def values(variant, pictures):
    """Every path with what it may say."""
    text = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
    code = st.sampled_from(["one", "two", None])
    window = st.fixed_dictionaries(
        {"offered": st.booleans(), "starts_at": st.sampled_from([None, "2026-11-22T09:00:00+00:00"]), "ends_at": st.none()}
    )
    picture = st.fixed_dictionaries(
        {"media": st.sampled_from([str(one.id) for one in pictures]), "variant": st.sampled_from([None, variant]), "alt": text}
    )
    own = f"variant.{variant}."
    return {
        "name": text.filter(bool),
        "handle": st.sampled_from(["oats", "rolled-oats", "fine-oats"]),
        "description": text,
        "brand": code,
        "category": code,
        "type": code,
        "tax_class": st.sampled_from(["standard", "reduced"]),
        "status": st.sampled_from(["active", "draft", "archived"]),
        "life_cycle": st.sampled_from(["planned", "active", "run_down"]),
        "age_limit": st.sampled_from([None, 16, 18]),
        "tracks_serials": st.booleans(),
        "tracks_lots": st.booleans(),
        "tags": st.lists(st.sampled_from(["vegan", "organic", "new"]), unique=True),
        "tile": st.sampled_from(["", "bread"]),
        "image_url": st.sampled_from(["", "https://example.com/a.png"]),
        "seo_title": text,
        "seo_description": text,
        "translations": st.dictionaries(st.sampled_from(["de", "fr"]), st.fixed_dictionaries({"name": text})),
        "attributes.strength": st.none() | st.integers(0, 9),
        "publication.web": st.none() | window,
        "range.northside": st.sampled_from([None, "active", "delisted"]),
        "pictures": st.lists(picture, max_size=3, unique_by=lambda one: (one["media"], one["variant"])),
        "collections": st.sampled_from([[], ["one"], ["one", "two"]]),
        f"{own}sku": st.sampled_from(["OATS-500", "OATS-5"]),
        f"{own}name": text,
        f"{own}options": st.dictionaries(st.sampled_from(["Size", "Colour"]), text),
        f"{own}net_content": st.sampled_from([None, [500_000, "g"], [750, "l"]]),
        f"{own}sold_by": st.sampled_from(["each", "weight"]),
        f"{own}archived": st.booleans(),
        f"{own}gtins": st.sampled_from([[], ["04006381333931"], ["00000096385074", "04006381333931"]]),
        f"{own}reference_cost": st.none() | st.integers(0, 10**6),
        f"{own}deposit": st.sampled_from([None, "BOTTLE"]),
        f"{own}translations": st.dictionaries(st.sampled_from(["de"]), st.fixed_dictionaries({"name": text})),
        f"{own}price.EUR": st.tuples(st.integers(0, 10**9), st.sampled_from([1000, 100])).map(list),
        f"{own}price.CHF": st.none() | st.tuples(st.integers(0, 10**9), st.just(1000)).map(list),
    }


@st.composite
def somewhere(draw, choices):
    paths = draw(st.lists(st.sampled_from(sorted(choices)), min_size=1, max_size=8, unique=True))
    return {path: draw(choices[path]) for path in paths}


@st.composite
def edited_after(draw, choices):
    """A change and an edit after it, mostly of the same paths."""
    first = draw(somewhere(choices))
    return first, draw(somewhere({path: choices[path] for path in first})) | draw(st.just({}) | somewhere(choices))


def change(product, fields):
    with changes.changing(product=product.id, now=LATER, actor=None) as open_change:
        revisions.put(open_change.product, fields, at=LATER)
        open_change.kind = "changed"


def now_of(product):
    return revisions.snapshot([product.id])[product.id]


# Without this each example would start where the last one ended.
SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@contextmanager
def for_a_moment():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_whatever_was_changed_undoing_gives_back_exactly_what_was(shop):
    _, product, pictures = shop
    choices = values(str(product.variants.get().id), pictures)
    at_first = now_of(product)
    choices["status"] = st.just("draft")  # Only such a product may lose its prices and variants on the way.
    change(product, {"status": "draft"})
    at_first |= {"status": "draft"}

    @SETTINGS
    @given(st.lists(somewhere(choices), min_size=1, max_size=3))
    def holds(steps):
        with for_a_moment():
            seen = [at_first]
            for step in steps:
                change(product, step)
                seen.append(now_of(product))
                assert all(seen[-1].get(path) == value for path, value in step.items())
            made = list(Revision.objects.filter(product=product).order_by("-id"))
            for before, after in zip(reversed(seen[:-1]), reversed(seen[1:]), strict=True):
                if before != after:
                    row = made.pop(0)
                    services.undo_revision(revision=row.id, now=AFTER, actor=None)
                assert now_of(product) == before

    holds()


def test_every_path_is_put_and_taken_back(shop):
    _, product, pictures = shop
    own = f"variant.{product.variants.get().id}."
    two = [{"media": str(one.id), "variant": None, "alt": one.name} for one in reversed(pictures)]
    window = {"offered": False, "starts_at": MORNING, "ends_at": None}
    fields = {"brand": "one", "category": "two", "type": "one", "tax_class": "reduced", "age_limit": 18, "tracks_serials": True}
    fields |= {"translations": {"de": {"name": "Hafer"}}, "attributes.strength": 5, "publication.web": window, "range.northside": "delisted"}
    fields |= {"pictures": two, "collections": ["one", "two"], f"{own}net_content": [750, "l"], f"{own}deposit": "BOTTLE", f"{own}archived": True}
    fields |= {f"{own}gtins": ["00000096385074"], f"{own}price.EUR": [5, 100], f"{own}price.CHF": [7, 1000], f"{own}options": {"Size": "L"}}
    change(product, {"status": "draft"})
    at_first = now_of(product)
    change(product, fields)
    assert {path: now_of(product)[path] for path in fields} == fields
    services.undo_revision(revision=latest(product).id, now=AFTER, actor=None)
    assert now_of(product) == at_first
    services.undo_revision(revision=latest(product).id, now=AFTER, actor=None)
    assert {path: now_of(product)[path] for path in fields} == fields


def test_what_somebody_edited_since_is_left_alone(shop):
    _, product, pictures = shop
    change(product, {"status": "draft"})
    choices = values(str(product.variants.get().id), pictures) | {"status": st.just("draft")}
    at_first = now_of(product)

    @SETTINGS
    @given(edited_after(choices))
    def holds(steps):
        first, edit = steps
        with for_a_moment():
            change(product, first)
            imported = now_of(product)
            if imported != at_first:
                row = latest(product)
                change(product, edit)
                edited = now_of(product)
                undone = services.undo_revision(revision=row.id, now=AFTER, actor=None)
                stays = {one.path for one in undone.edited}
                assert stays == {path for path in row.fields if edited.get(path) not in (imported.get(path), at_first.get(path))}
                for path in {*at_first, *edited}:
                    expected = edited if path in stays or path not in row.fields else at_first
                    assert now_of(product).get(path) == expected.get(path), path

    holds()


def test_a_change_leaves_what_it_said_before_and_after_and_who():
    product = oats()
    person, path = uuid.uuid4(), price_path(product)
    services.set_price(variant=product.variants.get().id, currency="EUR", amount=159, now=LATER, actor=person)
    row = latest(product)
    assert (row.kind, row.fields, row.actor, row.at) == ("changed", {path: [[149, 1000], [159, 1000]]}, str(person), LATER)


def test_without_a_person_it_is_whom_the_connection_names():
    with transaction.atomic(), audit.acting_as("erp"):
        product = oats()
        services.change_product(product=product.id, fields={"name": "Fine oats"}, now=LATER, actor=None)
    assert list(product.revisions.order_by("id").values_list("kind", "actor")) == [("created", "erp"), ("changed", "erp")]


def test_the_same_again_leaves_nothing():
    product = oats()
    services.change_product(product=product.id, fields={"name": product.name}, now=LATER, actor=None)
    assert product.revisions.count() == 1


def test_undo_is_itself_a_change_that_can_be_undone():
    product = oats()
    services.change_product(product=product.id, fields={"name": "Fine oats"}, now=LATER, actor=None)
    first = latest(product)
    services.undo_revision(revision=first.id, now=AFTER, actor=None)
    product.refresh_from_db()
    undo = latest(product)
    first.refresh_from_db()
    assert (product.name, product.sort_key, undo.kind, first.undone_by_id) == ("Rolled oats", "rolled oats", "undone", undo.id)
    with pytest.raises(services.AlreadyUndone):
        services.undo_revision(revision=first.id, now=AFTER, actor=None)
    services.undo_revision(revision=undo.id, now=AFTER, actor=None)
    product.refresh_from_db()
    first.refresh_from_db()
    assert (product.name, first.undone_by_id) == ("Fine oats", None)
    assert [row.data["change"] for row in Message.objects.filter(aggregate_id=product.id).order_by("sequence")] == ["created"] + ["changed"] * 3


def test_an_old_handle_comes_back_and_the_newer_one_leads_there():
    product = oats()
    services.change_product(product=product.id, fields={"handle": "fine-oats"}, now=LATER, actor=None)
    HandleRedirect.objects.get_or_create(handle="rolled-oats", defaults={"product": product})
    services.undo_revision(revision=latest(product).id, now=AFTER, actor=None)
    product.refresh_from_db()
    assert product.handle == "rolled-oats"
    assert list(HandleRedirect.objects.values_list("handle", "product")) == [("fine-oats", product.id)]


def test_what_another_product_has_by_now_is_not_taken_from_it():
    product = oats()
    services.change_product(product=product.id, fields={"handle": "fine-oats", "name": "Fine oats"}, now=LATER, actor=None)
    row = latest(product)
    HandleRedirect.objects.all().delete()
    other = services.NewVariant(sku="OTHER", prices={"EUR": 1})
    services.create_product(name="Other", handle="rolled-oats", tax_class=product.tax_class, variants=[other], now=LATER, actor=None)
    undone = services.undo_revision(revision=row.id, now=AFTER, actor=None)
    product.refresh_from_db()
    assert (product.handle, product.name) == ("fine-oats", "Rolled oats")
    assert [(one.path, one.before) for one in undone.edited] == [("handle", "rolled-oats")]


def test_a_variant_that_was_added_is_archived_because_it_may_have_been_sold():
    product = oats()
    small = services.add_variant(product=product.id, variant=services.NewVariant(sku="OATS-250", prices={"EUR": 99}), now=LATER, actor=None)
    row = latest(product)
    services.undo_revision(revision=row.id, now=AFTER, actor=None)
    small.refresh_from_db()
    assert small.archived_at == AFTER
    services.undo_revision(revision=latest(product).id, now=AFTER, actor=None)
    small.refresh_from_db()
    assert small.archived_at is None


def test_an_active_product_is_not_undone_into_one_without_a_price():
    product = oats(variants=[services.NewVariant(sku="X")], status="draft")
    variant = product.variants.get()
    services.set_price(variant=variant.id, currency="EUR", amount=1, now=LATER, actor=None)
    row = latest(product)
    services.change_product(product=product.id, fields={"status": "active"}, now=LATER, actor=None)
    with pytest.raises(services.NothingToSell):
        services.undo_revision(revision=row.id, now=AFTER, actor=None)
    assert Price.objects.count() == 1


def test_a_run_is_undone_but_for_what_was_edited_since():
    products = shelf(5, tax=standard_tax())
    run = a_run()
    write(products, lambda row: {price_path(row): [900, 1000], "name": f"{row.name} new"}, run=run)
    edited = products[2]
    services.set_price(variant=edited.variants.get().id, currency="EUR", amount=777, now=LATER, actor=None)
    assert [one.now for one in services.edits_of_run(run=run.id)] == [[777, 1000]]
    undone = services.undo_run_batch(run=run.id, now=AFTER, actor=None)
    assert (undone.restored, undone.last) == (4, None)
    [left] = undone.edited
    assert (left.product, left.name, left.path, left.before, left.imported, left.now) == (
        edited.id,
        "Product 2",
        price_path(edited),
        [102, 1000],
        [900, 1000],
        [777, 1000],
    )
    assert left.at == LATER
    assert sorted(Price.objects.values_list("amount", flat=True)) == [100, 101, 103, 104, 777]
    assert [one.path for one in services.edits_of_run(run=run.id)] == [left.path]
    assert services.undo_run_batch(run=run.id, now=AFTER, actor=None) == services.UndoneBatch(0, [], None)


@pytest.mark.parametrize(("restore", "amount"), [(True, 100), (False, 777)])
def test_an_edit_is_looked_at_and_settled(restore, amount):
    [product] = shelf(1, tax=standard_tax())
    run = a_run()
    write([product], {price_path(product): [900, 1000]}, run=run)
    services.set_price(variant=product.variants.get().id, currency="EUR", amount=777, now=LATER, actor=None)
    [left] = services.undo_run_batch(run=run.id, now=AFTER, actor=None).edited
    services.resolve_edit(revision=left.revision, path=left.path, restore=restore, now=AFTER, actor=None)
    assert Price.objects.get().amount == amount
    assert services.edits_of_run(run=run.id) == []


def test_a_product_that_a_run_made_is_archived_unless_somebody_worked_on_it():
    products = shelf(2, tax=standard_tax())
    run = a_run()
    Revision.objects.filter(kind="created").update(run=run)
    services.change_product(product=products[1].id, fields={"name": "Better"}, now=LATER, actor=None)
    undone = services.undo_run_batch(run=run.id, now=AFTER, actor=None)
    assert [(one.product, one.path) for one in undone.edited] == [(products[1].id, "status")]
    assert [Product.objects.get(id=row.id).status for row in products] == ["archived", "active"]
    services.resolve_edit(revision=undone.edited[0].revision, path="status", restore=True, now=AFTER, actor=None)
    assert Product.objects.get(id=products[1].id).status == "archived"
    assert services.edits_of_run(run=run.id) == []


def test_a_run_that_wrote_a_product_twice_goes_back_step_by_step_over_batches():
    products = shelf(3, tax=standard_tax())
    run = a_run()
    for name in ("First", "Second"):
        write(products, lambda row, name=name: {"name": f"{name} {row.handle}"}, run=run)
    below, calls = None, 0
    while True:
        batch = services.undo_run_batch(run=run.id, below=below, limit=2, now=AFTER, actor=None)
        below, calls = batch.last, calls + 1
        assert batch.edited == []
        if below is None:
            break
    assert calls == 4
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Product 0", "Product 1", "Product 2"]


def test_the_same_file_brings_again_what_was_undone():
    [product] = shelf(1, tax=standard_tax())
    Product.objects.update(source_hash="known")
    run = a_run()
    write([product], {"name": "Imported"}, run=run)
    services.undo_run_batch(run=run.id, now=AFTER, actor=None)
    assert Product.objects.get().source_hash == ""


def test_statements_do_not_grow_with_products():
    products = shelf(30, tax=standard_tax())
    counts = []
    for some in (products[:1], products[:10], products):
        run = a_run()
        with CaptureQueriesContext(connection) as snapshots:
            revisions.snapshot([row.id for row in some])
        write(some, lambda row: {price_path(row): [900, 1000], "name": f"{row.name} new", "tags": ["new"]}, run=run)
        with CaptureQueriesContext(connection) as undoing:
            services.undo_run_batch(run=run.id, now=AFTER, actor=None)
        counts.append((len(snapshots), len(undoing)))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0][0] == 1


def test_history_is_in_words_and_says_what_can_be_undone():
    product = oats()
    services.change_product(product=product.id, fields={"name": "Fine oats"}, now=LATER, actor=None)
    services.set_price(variant=product.variants.get().id, currency="EUR", amount=159, now=LATER, actor=None)
    priced, named, made = services.history(product=product.id)
    said = [(line.label, line.before, line.after) for row in (priced, named) for line in row.lines]
    assert said == [("Price EUR", "1.49", "1.59"), ("Name", "Rolled oats", "Fine oats")]
    assert (made.kind, made.lines, priced.can_undo) == ("created", [], True)
    services.undo_revision(revision=priced.id, now=AFTER, actor=None)
    assert [row.can_undo for row in services.history(product=product.id)] == [True, False, True, True]
    assert [row.id for row in services.history(product=product.id, first=1, after=named.id)] == [made.id]


def test_with_several_variants_history_says_which():
    product = oats()
    services.add_variant(product=product.id, variant=services.NewVariant(sku="OATS-250", prices={"EUR": 99}), now=LATER, actor=None)
    services.set_price(variant=product.variants.first().id, currency="EUR", amount=159, now=LATER, actor=None)
    assert services.history(product=product.id)[0].lines[0].label in ("OATS-500: Price EUR", "OATS-250: Price EUR")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("variant.x.price.JPY", [320, 1000], ("Price JPY", "320")),
        ("variant.x.price.EUR", [320, 100], ("Price EUR", "3.20 / 0.1")),
        ("variant.x.net_content", [750, "l"], ("Net content", "0.75 l")),
        ("variant.x.gtins", ["00000096385074"], ("Barcodes", "96385074")),
        ("variant.x.archived", True, ("Variant archived", "Yes")),
        ("variant.x.reference_cost", 78, ("Cost", "0.78")),
        ("description", "<p>Fine <b>oats</b></p>", ("Description", "Fine oats")),
        ("status", "active", ("Status", "Active")),
        ("life_cycle", "run_down", ("Life cycle", "Run-down")),
        ("attributes.roast-degree", 2500, ("Roast degree", "2.5")),
        ("publication.web", None, ("Offered in web", "–")),
        ("publication.web", {"offered": True, "starts_at": MORNING, "ends_at": None}, ("Offered in web", "Offered from 2026-11-22 09:00")),
        ("tags", ["vegan", "new"], ("Tags", "vegan, new")),
    ],
)  # fmt: skip
def test_paths_are_said_in_words(path, value, said):
    assert revisions.words(path, value) == said


def test_what_is_no_path_is_refused():
    product = oats()
    for path in ("colour", "variant.x.sku", f"variant.{uuid.uuid4()}.colour", "variant"):
        with pytest.raises(Exception, match="no path"), transaction.atomic():
            change(product, {path: 1})


@pytest.mark.django_db(transaction=True)
def test_two_people_who_undo_the_same_run_at_once_undo_it_once():
    products = shelf(4, tax=standard_tax())
    run = a_run()
    write(products, lambda row: {price_path(row): [900, 1000]}, run=run)
    start, restored = threading.Barrier(2), []

    def undo():
        try:
            start.wait()
            restored.append(services.undo_run_batch(run=run.id, now=AFTER, actor=None).restored)
        finally:
            connection.close()

    people = [threading.Thread(target=undo) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(restored) == [0, 4]
    assert Revision.objects.filter(kind="undone").count() == 4
    assert sorted(Price.objects.values_list("amount", flat=True)) == [100, 101, 102, 103]


def test_five_hundred_products_are_undone_at_once():
    dates = {"created_at": NOW, "updated_at": NOW}
    tax = standard_tax()
    products = [Product(handle=f"p-{place}", name=f"P {place}", sort_key="p", tax_class=tax, status="active", **dates) for place in range(500)]
    Product.objects.bulk_create(products)
    variants = Variant.objects.bulk_create(Variant(product=product, sku=product.handle) for product in products)
    Price.objects.bulk_create(Price(variant=variant, currency="EUR", amount=100) for variant in variants)
    path = {variant.product_id: f"variant.{variant.id}.price.EUR" for variant in variants}
    run = a_run()
    write(products, lambda row: {path[row.id]: [900, 1000], "name": f"{row.name} new", "tags": ["new"]}, run=run)
    undone = services.undo_run_batch(run=run.id, now=AFTER, actor=None)
    assert (undone.restored, undone.edited) == (500, [])
    assert set(Price.objects.values_list("amount", flat=True)) == {100}


def a_variant(sku, *, tax, gtins=(), **fields):
    new = services.NewVariant(sku=sku, prices={"EUR": 100}, gtins=gtins)
    return services.create_product(name=sku, tax_class=tax, variants=[new], now=NOW, actor=None, **fields).variants.get()


TEA, COCOA, MILK = "4006381333931", "5000112637922", "3017620422003"


def codes_of(variant):
    return sorted(variant.gtins.values_list("gtin", flat=True))


def test_a_code_is_not_given_back_to_two_nor_taken_from_who_has_to_keep_it():
    tax, run = standard_tax(), a_run()
    first, second, third = a_variant("A", tax=tax, gtins=[TEA]), a_variant("B", tax=tax, gtins=[COCOA]), a_variant("C", tax=tax)
    path = {row.id: f"variant.{row.id}.gtins" for row in (first, second)}
    write([first.product], {path[first.id]: []}, run=run)
    write([second.product], {path[second.id]: ["0" + TEA]}, run=run)
    # What the second had is elsewhere by now, so it keeps the code that the first had.
    services.set_gtins(variant=third.id, gtins=[COCOA], now=LATER, actor=None)
    undone = services.undo_run_batch(run=run.id, now=AFTER, actor=None)
    assert (undone.restored, {edit.product for edit in undone.edited}) == (0, {first.product_id, second.product_id})
    assert [codes_of(row) for row in (first, second, third)] == [[], ["0" + TEA], ["0" + COCOA]]


def test_a_run_is_not_undone_into_active_products_without_a_price():
    tax, run = standard_tax(), a_run()
    bare = [services.create_product(name=f"P{n}", tax_class=tax, variants=[services.NewVariant(sku=f"P{n}")], now=NOW, actor=None) for n in range(2)]
    for product in bare:
        write([product], {price_path(product): [100, 1000], "name": "Dearer"}, run=run)
    services.change_product(product=bare[0].id, fields={"status": "active"}, now=LATER, actor=None)
    undone = services.undo_run_batch(run=run.id, now=AFTER, actor=None)
    assert undone.restored == 1
    assert {(edit.product, edit.path) for edit in undone.edited} == {(bare[0].id, price_path(bare[0])), (bare[0].id, "name")}
    assert list(Price.objects.values_list("variant__sku", flat=True)) == ["P0"]
    assert sorted(Product.objects.values_list("name", flat=True)) == ["Dearer", "P1"]
    assert not Revision.objects.get(product=bare[0], run=run).undone_by_id


@pytest.mark.parametrize("now_kind", ["number", "gone", "choice"])
def test_a_value_of_an_attribute_that_became_another_is_not_put_back(now_kind):
    kind = services.create_product_type(name="Tea", now=NOW, actor=None)
    origin = services.create_attribute(name="Origin", kind="text", now=NOW, actor=None)
    services.change_product_type(type=kind.pk, fields={"attributes": [("origin", False)]}, now=NOW, actor=None)
    product = oats(type=kind, attributes={"origin": "Assam"})
    services.change_product(product=product.id, fields={"attributes": {"origin": None}}, now=LATER, actor=None)
    if now_kind == "gone":
        services.change_product_type(type=kind.pk, fields={"attributes": []}, now=LATER, actor=None)
        services.remove_attribute(attribute=origin.pk, now=LATER, actor=None)
    else:
        services.change_attribute(attribute=origin.pk, fields={"kind": now_kind}, now=LATER, actor=None)
    undone = services.undo_revision(revision=latest(product).id, now=AFTER, actor=None)
    product.refresh_from_db()
    assert product.attributes == {}
    assert [edit.path for edit in undone.edited] == ["attributes.origin"]


def test_a_deposit_that_carries_one_by_now_is_not_put_back():
    tax = standard_tax()
    drink, bottle, crate = (a_variant(sku, tax=tax) for sku in ("DRINK", "BOTTLE", "CRATE"))
    for deposit in (bottle, None):
        services.change_variant(variant=drink.id, fields={"deposit": deposit}, now=LATER, actor=None)
    services.change_variant(variant=bottle.id, fields={"deposit": crate}, now=LATER, actor=None)
    undone = services.undo_revision(revision=latest(drink.product).id, now=AFTER, actor=None)
    drink.refresh_from_db()
    assert (drink.deposit_id, [edit.path for edit in undone.edited]) == (None, [f"variant.{drink.id}.deposit"])


def test_a_brand_that_is_gone_is_not_put_back_and_the_rest_is():
    brand = services.create_brand(name="Kestrel", now=NOW, actor=None)
    product = oats(brand=brand)
    services.change_product(product=product.id, fields={"brand": None, "name": "Oats"}, now=LATER, actor=None)
    services.remove_brand(brand=brand.pk, now=LATER, actor=None)
    undone = services.undo_revision(revision=latest(product).id, now=AFTER, actor=None)
    product.refresh_from_db()
    assert (product.brand, product.name, [edit.path for edit in undone.edited]) == (None, "Rolled oats", ["brand"])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["price", "no price", "archive variant", "variant", "code", "handle", "brand", "no brand", "undo", "status", "attribute"]),
        st.integers(0, 1),
        st.integers(0, 3),
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_done_and_undone_in_whatever_order_is_done_or_refused_in_words(steps, db):
    with for_a_moment():
        tax = standard_tax()
        products = [a_variant(f"V{n}", tax=tax, status="active").product for n in range(2)]
        kind = services.create_product_type(name="Tea", now=NOW, actor=None)
        services.create_attribute(name="Origin", kind="text", now=NOW, actor=None)
        services.change_product_type(type=kind.pk, fields={"attributes": [("origin", False)]}, now=NOW, actor=None)
        for place, (step, which, number) in enumerate(steps):
            with contextlib.suppress(Refused), transaction.atomic():
                one_step(products[which], step, number, place, kind)
        assert (
            not Product.objects.filter(status="active").exclude(variants__in=Variant.objects.filter(archived_at=None, prices__isnull=False)).exists()
        )


def one_step(product, step, number, place, kind):
    who = {"now": LATER + timedelta(minutes=place), "actor": None}
    variants = list(product.variants.order_by("position"))
    variant = variants[number % len(variants)]
    if step == "undo":
        rows = list(product.revisions.order_by("-id")[:4])
        services.undo_revision(revision=rows[number % len(rows)].id, **who)
    elif step in ("price", "no price"):
        if step == "price":
            services.set_price(variant=variant.id, currency="EUR", amount=100 + number, **who)
        else:
            services.remove_price(variant=variant.id, currency="EUR", **who)
    elif step == "archive variant":
        (services.restore_variant if variant.archived_at else services.archive_variant)(variant=variant.id, **who)
    elif step == "variant":
        services.add_variant(product=product.id, variant=services.NewVariant(sku=f"N{place}", prices={"EUR": 5}), **who)
    elif step == "code":
        services.set_gtins(variant=variant.id, gtins=[[TEA], [COCOA], [MILK], []][number], **who)
    elif step == "brand":
        services.change_product(product=product.id, fields={"brand": services.ensure_brand(name=f"B{number}", actor=None)}, **who)
    elif step == "no brand":
        gone = Brand.objects.filter(products__isnull=True).first()
        if gone:
            services.remove_brand(brand=gone.pk, **who)
    else:
        fields = {"handle": {"handle": f"h{number}"}, "status": {"status": ["draft", "active", "archived", "active"][number]}}
        services.change_product(product=product.id, fields=fields.get(step) or {"type": kind, "attributes": {"origin": f"O{number}"}}, **who)

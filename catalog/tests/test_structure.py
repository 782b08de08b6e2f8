import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog import services
from catalog.models import Brand, Category, Gtin, HandleRedirect, Product, ProductType, TaxClass
from catalog.services import changes, structure
from catalog.tests.cast import LATER, NOW, oats, standard_tax
from kernel.errors import Invalid
from kernel.models import Message

AS = {"now": NOW, "actor": None}
THEN = {"now": LATER, "actor": None}


def told(row, kind):
    rows = Message.objects.filter(type="catalog.structure.changed", aggregate_id=structure.identity(kind, row.pk)).order_by("sequence")
    return [(message.aggregate_type, message.sequence, message.data["code"], message.data["change"]) for message in rows]


def category(name, **more):
    return services.create_category(code="", name=name, **AS, **more)


@pytest.mark.django_db
class TestCategories:
    def test_one_is_made_changed_and_told_of(self):
        tea = category("Tea & herbs")
        fields = {"name": "Tea", "description": "<script>x</script>Leaves", "seo_title": "Tea", "translations": {"de": {"name": "Tee"}}}
        services.change_category(category=tea.id, fields=fields, **THEN)
        services.change_category(category=tea.id, fields=fields, **THEN)
        tea.refresh_from_db()
        assert (tea.code, tea.name, tea.description, tea.translations) == ("tea-herbs", "Tea", "<p>Leaves</p>", {"de": {"name": "Tee"}})
        assert told(tea, "category") == [("category", 1, "tea-herbs", "created"), ("category", 2, "tea-herbs", "changed")]

    def test_none_stands_below_itself(self):
        top = category("Drinks")
        middle = category("Hot", parent=top)
        bottom = category("Tea", parent=middle)
        for parent in (top, middle, bottom):
            with pytest.raises(services.CategoryCircle) as refused:
                services.change_category(category=top.id, fields={"parent": parent}, **THEN)
            assert (refused.value.code, refused.value.field) == ("category_circle", "parent")
        services.change_category(category=bottom.id, fields={"parent": top}, **THEN)
        assert told(top, "category") == [("category", 1, "drinks", "created")]

    def test_one_with_something_in_it_stays(self):
        top, leaf = category("Drinks"), None
        leaf = category("Tea", parent=top)
        oats(category=leaf)
        for row in (top, leaf):
            with pytest.raises(services.CategoryInUse) as refused:
                services.remove_category(category=row.id, **THEN)
            assert refused.value.code == "category_in_use"
        services.change_product(product=Product.objects.get().id, fields={"category": None}, **THEN)
        services.remove_category(category=leaf.id, **THEN)
        assert told(leaf, "category")[-1] == ("category", 2, "tea", "removed")
        assert Category.objects.count() == 1

    def test_the_code_is_kept_and_anothers_is_refused(self):
        tea = category("Tea")
        with pytest.raises(services.NotOneOf):
            services.change_category(category=tea.id, fields={"code": "x"}, **THEN)
        with pytest.raises(services.CodeTaken):
            category("tea")
        with pytest.raises(Invalid):
            category("&&")

    @pytest.mark.parametrize(
        ("texts", "field"),
        [
            ({"xx": {"name": "X"}}, "translations"),
            ({"en": {"name": "X"}}, "translations"),
            ({"de": {"price": "1"}}, "translations.de.price"),
            ({"de": {"name": 5}}, "translations.de.name"),
            ({"fr": {"seo_title": "x" * 121}}, "translations.fr.seo_title"),
            ({"de": "Tee"}, "translations.de"),
            ("Tee", "translations"),
        ],
    )
    def test_a_translation_that_is_none_is_refused(self, texts, field):
        with pytest.raises(services.BadTranslation) as refused:
            category("Tea", translations=texts)
        assert refused.value.field == field

    def test_translations_are_cleaned_and_empty_ones_left_out(self):
        tea = category("Tea", translations={"fr": {"name": " "}, "de": {"name": " Tee ", "description": "<img src=x onerror=y>Blätter"}})
        assert tea.translations == {"de": {"name": "Tee", "description": "<p>Blätter</p>"}}


@pytest.mark.django_db
class TestBrandsTypesAndTax:
    def test_a_brand_is_renamed_and_goes_when_nothing_is_of_it(self):
        brand = services.create_brand(name=" Harrow  Lane ", **AS)
        services.change_brand(brand=brand.id, fields={"name": "Harrow"}, **THEN)
        product = oats(brand=brand)
        with pytest.raises(services.BrandInUse):
            services.remove_brand(brand=brand.id, **THEN)
        services.change_product(product=product.id, fields={"brand": None}, **THEN)
        services.remove_brand(brand=brand.id, **THEN)
        assert [entry[3] for entry in told(brand, "brand")] == ["created", "changed", "removed"]
        assert not Brand.objects.exists()

    def test_a_brand_needs_a_name(self):
        with pytest.raises(Invalid):
            services.create_brand(name=" ", code="x", **AS)

    def test_a_type_asks_for_attributes_in_order(self):
        for name in ("Origin", "Roast", "Weight"):
            services.create_attribute(name=name, kind="text", **AS)
        coffee = services.create_product_type(name="Coffee", attributes=[("roast", True), ("origin", False)], **AS)
        for _ in range(2):
            services.change_product_type(type=coffee.id, fields={"attributes": [("origin", True), ("weight", False)]}, **THEN)
        rows = coffee.type_attributes.order_by("position").values_list("attribute__code", "required")
        assert list(rows) == [("origin", True), ("weight", False)]
        assert [entry[3] for entry in told(coffee, "product_type")] == ["created", "changed"]
        for wrong in ([("nothing", False)], [("origin", False), ("origin", True)]):
            with pytest.raises(Invalid) as refused:
                services.change_product_type(type=coffee.id, fields={"attributes": wrong}, **THEN)
            assert refused.value.field == "attributes"

    def test_a_type_with_products_stays(self):
        coffee = services.create_product_type(name="Coffee", **AS)
        oats(type=coffee)
        with pytest.raises(services.TypeInUse):
            services.remove_product_type(type=coffee.id, **THEN)
        assert ProductType.objects.exists()

    def test_a_tax_rate_changes_within_its_bounds(self):
        tax = standard_tax()
        services.change_tax_class(tax_class=tax.id, fields={"rate": 200_000, "name": "Full"}, **THEN)
        for rate in (-1, 1_000_000, "19", None):
            with pytest.raises(Invalid):
                services.change_tax_class(tax_class=tax.id, fields={"rate": rate}, **THEN)
        assert TaxClass.objects.get().rate == 200_000
        assert told(tax, "tax_class") == [("tax_class", 1, "standard", "changed")]

    def test_what_is_not_there_is_said_to_be_not_there(self):
        with pytest.raises(services.UnknownStructure):
            services.change_brand(brand=9, fields={"name": "X"}, **THEN)


@pytest.mark.django_db
class TestProducts:
    def test_details_are_set_and_kept_in_order(self):
        product = oats(tags=["Vegan", "new in", "VEGAN"], age_limit=18)
        fields = {
            "tags": ["b", "A", "&&", "b "],
            "life_cycle": "run_down",
            "age_limit": None,
            "tracks_lots": True,
            "seo_title": "Oats",
            "translations": {"de": {"name": "Haferflocken"}},
        }
        services.change_product(product=product.id, fields=fields, **THEN)
        product.refresh_from_db()
        assert (product.tags, product.life_cycle, product.age_limit, product.tracks_lots) == (["a", "b"], "run_down", None, True)
        assert product.translations == {"de": {"name": "Haferflocken"}}

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"life_cycle": "gone"}, "life_cycle"),
            ({"age_limit": -1}, "age_limit"),
            ({"seo_title": "x" * 121}, "seo_title"),
            ({"translations": {"de": 1}}, "translations.de"),
        ],
    )
    def test_a_bad_detail_is_refused_at_its_field(self, fields, field):
        with pytest.raises(Invalid) as refused:
            services.change_product(product=oats().id, fields=fields, **THEN)
        assert refused.value.field == field

    def test_an_age_limit_is_in_years(self):
        with pytest.raises(Invalid):
            oats(age_limit=100)

    def test_a_variant_costs_and_carries_a_deposit(self):
        product = oats()
        variant = product.variants.get()
        deposit = services.add_variant(product=product.id, variant=services.NewVariant(sku="DEPOSIT", prices={"EUR": 25}), **THEN)
        fields = {"reference_cost": 99, "deposit": deposit, "translations": {"de": {"name": "500-g-Beutel"}}}
        services.change_variant(variant=variant.id, fields=fields, **THEN)
        variant.refresh_from_db()
        assert (variant.reference_cost, variant.deposit, variant.translations) == (99, deposit, {"de": {"name": "500-g-Beutel"}})
        for wrong, field in (
            ({"reference_cost": -1}, "reference_cost"),
            ({"deposit": variant}, "deposit"),
            ({"translations": {"de": {"seo_title": "x"}}}, "translations.de.seo_title"),
        ):
            with pytest.raises(Invalid) as refused:
                services.change_variant(variant=variant.id, fields=wrong, **THEN)
            assert refused.value.field == field
        with pytest.raises(Invalid):
            services.change_variant(variant=deposit.id, fields={"deposit": variant}, **THEN)


def rename(product, handle):
    return services.change_product(product=product.id, fields={"handle": handle}, **THEN)


def leads(handle):
    found = Product.objects.filter(handle=handle).first() or Product.objects.filter(redirects__handle=handle).first()
    return found and found.id


@pytest.mark.django_db
class TestOldAddresses:
    def test_an_old_handle_goes_on_leading_to_its_product(self):
        product = oats()
        rename(product, "oats")
        rename(product, "fine-oats")
        assert leads("rolled-oats") == leads("oats") == leads("fine-oats") == product.id

    def test_coming_back_to_an_old_handle_makes_no_loop(self):
        product = oats()
        rename(product, "oats")
        rename(product, "rolled-oats")
        assert list(HandleRedirect.objects.values_list("handle", flat=True)) == ["oats"]

    def test_a_handle_somebody_had_is_free_and_one_somebody_has_is_not(self):
        first = oats()
        rename(first, "oats")
        second = oats(handle="rolled-oats", tax_class=first.tax_class, variants=[services.NewVariant(sku="B", prices={"EUR": 1})])
        assert leads("rolled-oats") == second.id
        assert not HandleRedirect.objects.exists()
        with pytest.raises(services.HandleTaken):
            rename(second, "oats")
        rename(second, "b")
        rename(first, "rolled-oats")
        assert (leads("rolled-oats"), leads("oats"), leads("b")) == (first.id, first.id, second.id)


HANDLES = ("a", "b", "c", "d")


class TestHandlesAtRandom(TestCase):
    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(HANDLES)), max_size=10))
    def test_every_handle_leads_to_whoever_had_it_last(self, moves):
        tax = standard_tax()
        products = [oats(handle=f"start-{n}", tax_class=tax, variants=[services.NewVariant(sku=f"S{n}", prices={"EUR": 1})]) for n in range(3)]
        had = {f"start-{n}": products[n].id for n in range(3)}
        has = {product.id: product.handle for product in products}
        for number, handle in moves:
            product = products[number]
            if handle in has.values() and has[product.id] != handle:
                with pytest.raises(services.HandleTaken):
                    rename(product, handle)
                continue
            rename(product, handle)
            had[handle], has[product.id] = product.id, handle
        assert {handle: leads(handle) for handle in had} == had
        held = set(Product.objects.values_list("handle", flat=True))
        assert held.isdisjoint(HandleRedirect.objects.values_list("handle", flat=True))


@pytest.mark.django_db
class TestDuplicates:
    def test_a_copy_is_a_draft_with_its_own_codes_and_the_same_prices(self):
        product = oats(tags=["vegan"], seo_title="Oats", translations={"de": {"name": "Hafer"}})
        variant = product.variants.get()
        services.set_price(variant=variant.id, currency="CHF", amount=180, price_quantity=500, **THEN)
        services.change_variant(variant=variant.id, fields={"reference_cost": 80}, **THEN)
        shelf = services.create_collection(name="Breakfast", kind="manual", **AS)
        services.set_collections(product=product.id, collections=["breakfast"], **THEN)
        gone = services.add_variant(product=product.id, variant=services.NewVariant(sku="OLD"), **THEN)
        services.archive_variant(variant=gone.id, **THEN)

        copy = services.duplicate_product(product=product.id, **THEN)
        copy.refresh_from_db()
        twin = copy.variants.get()
        assert (copy.name, copy.handle, copy.status) == ("Rolled oats (copy)", "rolled-oats-copy", "draft")
        assert (copy.tags, copy.seo_title) == (["vegan"], "Oats")
        assert (twin.sku, twin.reference_cost, twin.net_content, twin.gtins.count()) == ("OATS-500-COPY", 80, 500_000, 0)
        assert set(twin.prices.values_list("currency", "amount", "price_quantity")) == {("EUR", 149, 1000), ("CHF", 180, 500)}
        assert shelf.members.count() == 2

    def test_a_second_copy_has_other_names(self):
        product = oats()
        made = [services.duplicate_product(product=product.id, **THEN) for _ in range(3)]
        assert [copy.handle for copy in made] == ["rolled-oats-copy", "rolled-oats-copy-2", "rolled-oats-copy-3"]
        assert [copy.variants.get().sku for copy in made] == ["OATS-500-COPY", "OATS-500-COPY-2", "OATS-500-COPY-3"]

    def test_what_is_not_there_has_no_copy(self):
        with pytest.raises(services.UnknownProduct):
            services.duplicate_product(product=uuid4(), **THEN)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_handle_at_once_one_is_told():
    first = oats()
    second = oats(handle="other", tax_class=first.tax_class, variants=[services.NewVariant(sku="B", prices={"EUR": 1})])
    start, refused = threading.Barrier(2), []

    def take(product):
        try:
            start.wait()
            rename(product, "fine-oats")
        except services.HandleTaken:
            refused.append(product)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[product]) for product in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert leads("fine-oats") == ({first.id, second.id} - {refused[0].id}).pop()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_sku_or_a_code_at_once_one_is_told():
    first = oats()
    second = oats(handle="other", tax_class=first.tax_class, variants=[services.NewVariant(sku="B", prices={"EUR": 1})])
    new = services.NewVariant(sku="SAME", gtins=["5000112637922"])
    start, told = threading.Barrier(2), []

    def add(product):
        try:
            start.wait()
            services.add_variant(product=product.id, variant=new, now=LATER, actor=None)
        except (changes.TakenMeanwhile, services.SkuTaken, services.GtinTaken) as refused:
            told.append(refused.field)
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=[product]) for product in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 1


def elsewhere(work):
    """On a connection of its own, and waited for."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result(timeout=30)


@pytest.mark.django_db(transaction=True)
def test_a_brand_removed_while_a_product_takes_it_is_told_to_who_comes_last():
    product = oats()
    brand = services.create_brand(name="Soon gone", **THEN)

    def take_what_goes():
        with changes.written_by(None):
            services.change_product(product=product.id, fields={"brand": brand}, **THEN)
            elsewhere(lambda: services.remove_brand(brand=brand.pk, **THEN))

    with pytest.raises(changes.ChangedMeanwhile):
        take_what_goes()
    assert Product.objects.get(id=product.id).brand is None

    brand = services.create_brand(name="Just taken", **THEN)

    def takes_it(_row):
        elsewhere(lambda: services.change_product(product=product.id, fields={"brand": brand}, **THEN))

    with pytest.raises(changes.ChangedMeanwhile):
        structure.remove(Brand, brand.pk, unused=takes_it, **THEN)
    assert Product.objects.get(id=product.id).brand == brand


@pytest.mark.django_db
def test_what_a_constraint_finds_taken_is_told_by_its_field():
    first = oats()
    second = oats(handle="other", tax_class=first.tax_class, variants=[services.NewVariant(sku="B", prices={"EUR": 1})])
    # As if it had been free a moment ago: written past the look.
    for field, write in {
        "sku": lambda: second.variants.update(sku="OATS-500"),
        "gtins": lambda: Gtin.objects.bulk_create([Gtin(gtin="04006381333931", variant=second.variants.get())]),
        "handle": lambda: Product.objects.filter(id=second.id).update(handle=first.handle),
    }.items():
        with pytest.raises(changes.TakenMeanwhile) as refused, services.one_change(product=second.id, now=LATER, actor=None):
            write()
        assert refused.value.field == field


@pytest.mark.django_db
def test_a_copy_leaves_out_what_its_type_no_longer_asks_for():
    origin = services.create_attribute(name="Origin", kind="text", **THEN)
    kind = services.create_product_type(name="Tea", attributes=[(origin.code, False)], **THEN)
    product = oats(type=kind, attributes={"origin": "Assam"})
    services.change_product_type(type=kind.pk, fields={"attributes": []}, **THEN)
    assert services.duplicate_product(product=product.id, **THEN).attributes == {}

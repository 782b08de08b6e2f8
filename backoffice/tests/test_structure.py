"""Pages of what products are sorted into: filled in, put right, taken out; and nobody without the role changes a thing."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backoffice.tests import shop as house
from catalog import services
from catalog.admin.structure_forms import found_products
from catalog.models import Attribute, Brand, Category, Collection, Product, ProductType, TaxClass

LISTS = ["category", "brand", "producttype", "attribute", "collection", "taxclass"]
TEXTS = {f"{name}-{language}": "" for language in ("de", "fr") for name in ("name", "description", "seo_title", "seo_description")}


def post(client, path, **fields):
    return client.post(f"/admin/catalog/{path}/", fields)


def errors(answer):
    assert answer.status_code == 422
    return {name: list(found) for name, found in answer.context["form"].errors.items()}


@pytest.fixture
def olga(shop, signed_in):
    return signed_in(shop.owner)


@pytest.fixture
def made(shop, moment):
    """One of everything."""
    given = {"now": moment, "actor": None}
    services.create_attribute(name="Origin", kind="text", **given)
    services.create_attribute(name="Roast", kind="choice", filterable=True, choices=[services.NewChoice(name="Dark")], **given)
    return {
        "category": services.create_category(code="tea", name="Tea", actor=None),
        "brand": services.create_brand(name="Kestrel", **given),
        "producttype": services.create_product_type(name="Coffee", attributes=[("roast", True), ("origin", False)], **given),
        "attribute": Attribute.objects.get(code="roast"),
        "collection": services.create_collection(name="Gifts", kind="manual", **given),
        "taxclass": shop.food,
    }


def test_a_category_is_added_below_another_with_its_page_in_three_languages(olga):
    post(olga, "category/add", name="Drinks", position="1", **TEXTS)
    drinks = Category.objects.get()
    texts = {**TEXTS, "name-de": "Tee", "seo_title-fr": "Thé", "description-de": "<script>x</script>Blätter"}
    answer = post(olga, "category/add", name="Tea", code="", parent=drinks.pk, position="0", description="Leaves", seo_title="Tea", **texts)
    tea = Category.objects.get(code="tea")
    assert answer["Location"] == f"/admin/catalog/category/{tea.pk}/change/"
    assert (tea.parent, tea.description, tea.seo_title) == (drinks, "<p>Leaves</p>", "Tea")
    assert tea.translations == {"de": {"name": "Tee", "description": "<p>Blätter</p>"}, "fr": {"seo_title": "Thé"}}
    page = olga.get("/admin/catalog/category/").content.decode()
    assert page.index(">Drinks<") < page.index("\u2003Tea")


def test_a_category_cannot_be_put_below_itself(olga, moment):
    top = services.create_category(code="drinks", name="Drinks", actor=None)
    tea = services.create_category(code="tea", name="Tea", parent=top, actor=None)
    answer = post(olga, f"category/{top.pk}/change", name="Drinks", position="0", parent=tea.pk, **TEXTS)
    assert "parent" in errors(answer)
    top.refresh_from_db()
    assert top.parent is None


def test_what_a_service_refuses_stands_at_its_field(olga, made):
    assert "code" in errors(post(olga, "category/add", name="Other", code="tea", position="0", **TEXTS))
    assert "code" in errors(post(olga, "brand/add", name="Other", code="not a code"))
    assert "name" in errors(post(olga, "brand/add", name=" "))
    assert "seo_title-de" in errors(post(olga, "category/add", name="X", position="0", **{**TEXTS, "seo_title-de": "x" * 121}))
    assert "kind" in errors(post(olga, "attribute/add", name="X", kind="colour"))


def test_a_type_is_given_attributes_in_order(olga, made):
    coffee = made["producttype"]
    rows = {"row-attribute": ["origin", "", "roast"], "row-required": ["1", "", ""]}
    assert post(olga, f"producttype/{coffee.pk}/change", name="Ground coffee", **rows).status_code == 302
    assert list(coffee.type_attributes.order_by("position").values_list("attribute__code", "required")) == [("origin", True), ("roast", False)]
    assert ProductType.objects.get().name == "Ground coffee"
    twice = post(olga, f"producttype/{coffee.pk}/change", name="Coffee", **{"row-attribute": ["roast", "roast"], "row-required": ["", ""]})
    assert errors(twice)["__all__"] == ["Roast stands twice."]


def test_an_attribute_is_given_choices_in_three_languages(olga, made):
    roast = made["attribute"]
    rows = {"row-code": ["", "dark", ""], "row-name": ["Light", "Dark", ""], "row-name-de": ["Hell", "", ""], "row-name-fr": ["Clair", "", ""]}
    answer = post(olga, f"attribute/{roast.pk}/change", name="Roast", kind="choice", unit="", filterable="on", **{"name-de": "Röstung"}, **rows)
    assert answer.status_code == 302, answer.context["form"].errors
    assert list(roast.choices.order_by("position").values_list("code", "name")) == [("light", "Light"), ("dark", "Dark")]
    assert roast.choices.get(code="light").translations == {"de": {"name": "Hell"}, "fr": {"name": "Clair"}}
    roast.refresh_from_db()
    assert roast.translations == {"de": {"name": "Röstung"}}


def test_a_rate_is_written_in_percent(olga, shop):
    page = olga.get(f"/admin/catalog/taxclass/{shop.food.pk}/change/").content.decode()
    assert 'name="rate" value="7"' in page
    post(olga, f"taxclass/{shop.food.pk}/change", name="Food", rate="7,75 %")
    assert TaxClass.objects.get().rate == 77_500
    for wrong in ("-1", "100", "7.12345", "x", ""):
        assert "rate" in errors(post(olga, f"taxclass/{shop.food.pk}/change", name="Food", rate=wrong))


def test_products_are_put_into_a_collection_by_code_or_name(olga, shop, made, moment):
    house.add_products(shop, 4, now=moment)
    names = {product.name: product.pk for product in Product.objects.all()}
    path, page = f"collection/{made['collection'].pk}/change", {"name": "Gifts", "position": "0", **TEXTS}

    def members():
        return [row.product.name for row in made["collection"].members.order_by("position").select_related("product")]

    assert post(olga, path, add=f"12206\tGinger\t2.00\n{house.gtin(0)}, blood ORANGE", **page).status_code == 302
    assert members() == ["Ginger beer 332 ml", "Elderflower pressé 330 ml", "Blood orange soda 331 ml"]
    kept = [str(names["Blood orange soda 331 ml"]), str(names["Ginger beer 332 ml"])]
    assert post(olga, path, member=kept, add="", **page).status_code == 302
    assert members() == ["Blood orange soda 331 ml", "Ginger beer 332 ml"]
    for wrong, said in (("nothing like it", "There is no product"), ("ml", "several products")):
        answer = post(olga, path, member=kept, add=wrong, **page)
        assert said in errors(answer)["add"][0]
        assert [member["name"] for member in answer.context["form"].members()] == members()


def test_a_collection_by_rule_says_how_many_products_match(olga, shop, made, moment):
    house.add_products(shop, 3, now=moment)
    answer = post(olga, "collection/add", name="All drinks", kind="rule", position="0", **{"rule-category": ["drinks"]}, **TEXTS)
    collection = Collection.objects.get(code="all-drinks")
    assert answer["Location"] == f"/admin/catalog/collection/{collection.pk}/change/"
    assert collection.rule == {"category": ["drinks"]}
    assert "3 products match" in olga.get(answer["Location"]).content.decode()
    rule = {"rule-category": ["drinks", "tea"], "rule-tag": "New in, vegan", "rule-attribute.roast": ["dark"]}
    post(olga, f"collection/{collection.pk}/change", name="All drinks", position="0", **rule, **TEXTS)
    collection.refresh_from_db()
    assert collection.rule == {"attribute.roast": ["dark"], "category": ["drinks", "tea"], "tag": ["new-in", "vegan"]}
    empty = post(olga, f"collection/{collection.pk}/change", name="All drinks", position="0", **TEXTS)
    assert errors(empty)["__all__"] == ["A rule names at least one thing its products have in common."]


def test_nothing_of_a_collection_is_saved_when_a_part_is_wrong(olga, made):
    post(olga, f"collection/{made['collection'].pk}/change", name="Other", position="0", add="no such thing", **TEXTS)
    assert Collection.objects.get().name == "Gifts"


@pytest.mark.parametrize("path", ["category", "brand", "collection"])
def test_what_nothing_stands_in_is_removed(path, olga, made):
    answer = post(olga, f"{path}/{made[path].pk}/change", remove="1")
    assert answer["Location"] == f"/admin/catalog/{path}/"
    assert not type(made[path]).objects.exists()


def test_what_something_stands_in_stays_and_says_why(olga, shop, made, moment):
    house.add_products(shop, 1, now=moment)
    for path, row in (("category", Category.objects.get(code="drinks")), ("brand", Brand.objects.get()), ("attribute", made["attribute"])):
        answer = olga.post(f"/admin/catalog/{path}/{row.pk}/change/", {"remove": "1"}, follow=True)
        assert 'role="alert"' in answer.content.decode() or "notice" in answer.content.decode()
        assert type(row).objects.filter(pk=row.pk).exists()


def test_a_tax_class_is_never_removed(olga, shop):
    assert post(olga, f"taxclass/{shop.food.pk}/change", remove="1").status_code == 403


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("who", ["viewer", "mia", "carla", None])
def test_only_who_may_edit_the_catalogue_writes(path, who, shop, signed_in, made, client):
    browser = signed_in(getattr(shop, who)) if who else client
    address = f"/admin/catalog/{path}/{made[path].pk}/change/"
    if who in ("viewer", "mia"):
        page = browser.get(address)
        assert page.status_code == 200
        assert 'type="submit"' not in page.content.decode().split("structure-form", 1)[1]
    else:
        assert browser.get(address).status_code == 302
    before = list(type(made[path]).objects.values())
    for fields in ({"name": "Mine", "position": "0", "rate": "0", "kind": "text", **TEXTS}, {"remove": "1"}):
        assert browser.post(address, fields).status_code == (403 if who in ("viewer", "mia") else 302)
        assert browser.post(f"/admin/catalog/{path}/add/", fields).status_code == (403 if who in ("viewer", "mia") else 302)
    assert list(type(made[path]).objects.values()) == before


@pytest.mark.parametrize("path", LISTS)
def test_a_page_of_what_is_not_there_leads_away(path, olga):
    assert olga.get(f"/admin/catalog/{path}/999999/change/").status_code == 302


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_and_a_search_without_a_match_say_so(path, olga):
    page = olga.get(f"/admin/catalog/{path}/")
    assert page.status_code == 200
    assert page.context["cl"].result_count or 'class="empty"' in page.content.decode()
    if path != "taxclass":
        assert "Nothing matches" in olga.get(f"/admin/catalog/{path}/?q=no-such-thing").content.decode()


def fill(count, start, moment):
    given = {"now": moment, "actor": None}
    parent = None
    for number in range(start, start + count):
        attribute = services.create_attribute(name=f"Fact {number}", kind="choice", choices=[services.NewChoice(name="A")], **given)
        services.create_product_type(name=f"Type {number}", attributes=[(attribute.code, False)], **given)
        services.create_brand(name=f"Brand {number}", **given)
        services.create_collection(name=f"Collection {number}", kind="manual", **given)
        parent = services.create_category(code=f"c{number}", name=f"Category {number}", parent=parent if number % 4 else None, actor=None)
        services.create_tax_class(code=f"t{number}", name=f"Tax {number}", rate=number, actor=None)


def test_statements_do_not_grow_with_rows(olga, moment):
    counts = {path: [] for path in LISTS}
    for start, size in ((0, 1), (1, 9), (10, 90)):
        fill(size, start, moment)
        for path in LISTS:
            with CaptureQueriesContext(connection) as captured:
                assert olga.get(f"/admin/catalog/{path}/").status_code == 200
            counts[path].append(len(captured))
    assert all(one == ten == hundred for one, ten, hundred in counts.values()), counts
    assert max(hundred for _one, _ten, hundred in counts.values()) <= 20, counts
    page = olga.get("/admin/catalog/brand/?p=2").content.decode()
    assert "51–100 of 100" in page


def test_many_pasted_codes_cost_two_statements(olga, shop, moment):
    house.add_products(shop, 30, now=moment)
    with CaptureQueriesContext(connection) as captured:
        found = found_products("\n".join([*(f"{12204 + number}" for number in range(30)), house.gtin(4), house.gtin(5)]))
    assert (len(found), len(captured)) == (32, 2)
    with pytest.raises(ValidationError):
        found_products("\n".join(str(number) for number in range(1001)))

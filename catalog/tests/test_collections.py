import pytest
from django.db import connection

from catalog import services
from catalog.facets import ARRAY, TREE
from catalog.models import Brand, CollectionProduct, Product
from catalog.services import collections
from catalog.tests.cast import LATER, NOW, oats, standard_tax
from kernel.errors import Invalid
from kernel.ids import uuid7
from kernel.models import Message

pytestmark = pytest.mark.django_db

AS = {"now": NOW, "actor": None}
THEN = {"now": LATER, "actor": None}


@pytest.fixture
def shop():
    """Green tea below tea below drinks, mugs beside it; three products."""
    tax = standard_tax()
    drinks = services.create_category(code="drinks", name="Drinks", actor=None)
    tea = services.create_category(code="tea", name="Tea", parent=drinks, actor=None)
    green = services.create_category(code="green", name="Green tea", parent=tea, actor=None)
    mugs = services.create_category(code="mugs", name="Mugs", actor=None)
    services.create_brand(name="Kestrel", **AS)
    services.create_attribute(
        name="Diet", kind="multi_choice", filterable=True, choices=[services.NewChoice(name="Vegan"), services.NewChoice(name="Halal")], **AS
    )
    services.create_attribute(name="Fair", kind="boolean", filterable=True, **AS)
    services.create_attribute(name="Origin", kind="text", filterable=True, **AS)
    kind = services.create_product_type(name="Food", attributes=[("diet", False), ("fair", False), ("origin", False)], **AS)

    def product(name, **more):
        return oats(name=name, tax_class=tax, variants=[services.NewVariant(sku=name, prices={"EUR": 1})], **more)

    return {
        "sencha": product("Sencha", category=green, tags=["organic"], type=kind, attributes={"diet": "vegan,halal", "fair": "yes"}),
        "assam": product("Assam", category=tea, brand=Brand.objects.get(), type=kind, attributes={"fair": "no"}),
        "mug": product("Mug", category=mugs, life_cycle="run_down", tags=["gift"]),
    }


def found(rule):
    return set(collections.matching(collections.checked_rule(rule)).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ({"category": ["tea"]}, {"Sencha", "Assam"}),
        ({"category": ["green", "mugs"]}, {"Sencha", "Mug"}),
        ({"category": ["drinks"], "tag": ["Organic", "gift"]}, {"Sencha"}),
        ({"brand": ["kestrel"]}, {"Assam"}),
        ({"type": ["food"]}, {"Sencha", "Assam"}),
        ({"life_cycle": ["run_down", "planned"]}, {"Mug"}),
        ({"attribute.diet": ["vegan"]}, {"Sencha"}),
        ({"attribute.fair": ["true"]}, {"Sencha"}),
        ({"attribute.fair": ["false", "true"]}, {"Sencha", "Assam"}),
        ({"tag": ["nobody"]}, set()),
    ],
)
def test_a_rule_finds_what_fulfils_all_of_it(shop, rule, names):
    assert found(rule) == names


def test_a_rule_finds_what_the_shelf_finds(shop):
    everything = {"category": ["tea", "mugs"], "life_cycle": ["active"], "type": ["food"], "attribute.diet": ["halal"]}
    made = services.create_collection(name="Rule", kind="rule", rule=everything, **AS)
    statement = f"""with recursive {TREE} select p.name from catalog_product p left join catalog_brand b on b.id = p.brand_id
        left join catalog_producttype k on k.id = p.type_id left join tree on tree.id = p.category_id
        where {ARRAY} @> array['collection:rule']"""  # noqa: S608  # of our own parts
    with connection.cursor() as cursor:
        cursor.execute(statement)
        assert {name for (name,) in cursor} == found(made.rule) == {"Sencha"}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"category": []},
        {"category": ["nowhere"]},
        {"category": "tea"},
        {"category": [1]},
        {"colour": ["red"]},
        {"brand": ["kestrel", "nobody"]},
        {"life_cycle": ["gone"]},
        {"attribute.diet": ["burnt"]},
        {"attribute.origin": ["Peru"]},
        {"attribute.nothing": ["x"]},
        {"attribute.fair": ["yes"]},
        ["category"],
        None,
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(shop, rule):
    with pytest.raises(services.BadRule) as refused:
        services.create_collection(name="X", kind="rule", rule=rule, **AS)
    assert (refused.value.code, refused.value.field) == ("collection_rule_invalid", "rule")


def test_members_are_put_in_taken_out_and_ordered(shop):
    made = services.create_collection(name="Gifts", kind="manual", **AS)
    sencha, assam, mug = (shop[name].id for name in ("sencha", "assam", "mug"))

    def set_to(*products):
        services.set_members(collection=made.id, products=products, **THEN)
        return list(made.members.order_by("position").values_list("product_id", flat=True))

    assert set_to(mug, sencha, mug) == [mug, sencha]
    assert set_to(sencha, assam, mug) == [sencha, assam, mug]
    events = Message.objects.count()
    assert set_to(sencha, assam, mug) == [sencha, assam, mug]
    assert Message.objects.count() == events
    assert set_to() == []
    # Each product that came or went has changed, none that only moved.
    assert Message.objects.filter(aggregate_id=sencha).count() == 3
    with pytest.raises(services.UnknownProduct):
        set_to(uuid7())


def test_a_product_is_put_into_collections_by_code(shop):
    for name in ("Gifts", "Winter", "Summer"):
        services.create_collection(name=name, kind="manual", **AS)
    services.create_collection(name="All tea", kind="rule", rule={"category": ["tea"]}, **AS)
    product = shop["mug"]

    def set_to(*codes):
        services.set_collections(product=product.id, collections=codes, **THEN)
        return set(CollectionProduct.objects.filter(product=product).values_list("collection__code", flat=True))

    assert set_to("winter", "gifts") == {"gifts", "winter"}
    assert set_to("gifts", "summer") == {"gifts", "summer"}
    with pytest.raises(services.NotByHand) as refused:
        set_to("all-tea")
    assert refused.value.field == "collections"
    with pytest.raises(Invalid):
        set_to("nothing")


def test_by_hand_or_by_rule_is_decided_once(shop):
    hand = services.create_collection(name="Gifts", kind="manual", **AS)
    with pytest.raises(services.BadRule):
        services.change_collection(collection=hand.id, fields={"rule": {"category": ["tea"]}}, **THEN)
    with pytest.raises(services.NotOneOf):
        services.change_collection(collection=hand.id, fields={"kind": "rule"}, **THEN)
    rule = services.create_collection(name="Tea", kind="rule", rule={"category": ["tea"]}, **AS)
    with pytest.raises(services.NotByHand):
        services.set_members(collection=rule.id, products=[shop["mug"].id], **THEN)
    changed = services.change_collection(collection=rule.id, fields={"rule": {"tag": ["Gift"]}, "description": "<b>x</b>"}, **THEN)
    assert (changed.rule, changed.description) == ({"tag": ["gift"]}, "<b>x</b>")


def test_a_collection_goes_and_its_products_stay(shop):
    made = services.create_collection(name="Gifts", kind="manual", **AS)
    services.set_members(collection=made.id, products=[shop["mug"].id], **THEN)
    services.remove_collection(collection=made.id, **THEN)
    assert Product.objects.count() == 3
    last = Message.objects.filter(type="catalog.structure.changed").order_by("-id").first()
    assert (last.data["code"], last.data["change"]) == ("gifts", "removed")
    assert Message.objects.filter(aggregate_id=shop["mug"].id).count() == 3

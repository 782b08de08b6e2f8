import pytest

from catalog import services
from catalog.checklist import checklist
from catalog.tests.cast import LATER, NOW, oats
from catalog.tests.pictures_drawn import drawn
from org.tests.cast import open_shop

pytestmark = pytest.mark.django_db

AS = {"now": NOW, "actor": None}


@pytest.fixture
def shop(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return open_shop()


def item(product, key):
    return next((one for one in checklist(product) if one.key == key), None)


def standing(product):
    return {one.key: (one.done, one.total, one.blocking) for one in checklist(product)}


def test_every_question_is_asked_of_every_variant(shop):
    product = oats()
    services.add_variant(product=product.id, variant=services.NewVariant(sku="OATS-1K", name="1 kg"), **AS)
    assert standing(product) == {
        "texts": (1, 2, False),
        "price": (1, 2, True),
        "reference_cost": (0, 0, False),
        "tax_class": (1, 1, True),
        "net_content": (1, 2, False),
        "pictures": (0, 2, False),
        "gtins": (1, 2, False),
    }
    big = product.variants.get(sku="OATS-1K")
    assert item(product, "net_content").links == [("1 kg", f"variant.{big.id}.net_content")]
    assert item(product, "texts").links == [("Description", "description")]


def test_what_is_weighed_needs_no_net_content_and_no_code(shop):
    product = oats(variants=[services.NewVariant(sku="CHEESE", sold_by="weight", prices={"EUR": 1990})])
    assert {"net_content", "gtins"}.isdisjoint(standing(product))


def test_an_archived_variant_is_not_asked(shop):
    product = oats()
    old = services.add_variant(product=product.id, variant=services.NewVariant(sku="OLD"), **AS)
    services.archive_variant(variant=old.id, now=LATER, actor=None)
    assert standing(product)["price"] == (1, 1, True)


def test_a_product_without_a_variant_has_no_price(shop):
    product = oats(variants=[], status="draft")
    assert standing(product)["price"] == (0, 1, True)


@pytest.mark.parametrize(("cost", "covered"), [(None, 0), (125, 1), (126, 0), (149, 0), (0, 1)])
def test_the_price_without_tax_is_above_the_cost(shop, cost, covered):
    # 1.49 with 19% tax is 1.2521 without.
    product = oats()
    services.change_variant(variant=product.variants.get().id, fields={"reference_cost": cost}, **AS)
    assert item(product, "reference_cost").done == covered


def test_an_unknown_cost_is_told_and_not_counted_as_covered(shop):
    product = oats(variants=[services.NewVariant(sku="A", prices={"EUR": 149}, reference_cost=99), services.NewVariant(sku="B", prices={"EUR": 149})])
    cost = item(product, "reference_cost")
    assert (cost.done, cost.total, cost.unknown, cost.open) == (1, 1, 1, False)


def test_a_price_for_more_than_one_is_compared_by_piece(shop):
    product = oats()
    variant = product.variants.get()
    services.set_price(variant=variant.id, currency="EUR", amount=600, price_quantity=4000, **AS)
    for cost, covered in ((126, 1), (127, 0)):
        services.change_variant(variant=variant.id, fields={"reference_cost": cost}, **AS)
        assert item(product, "reference_cost").done == covered


def test_a_picture_of_the_product_is_one_of_all_its_variants(shop):
    product = oats()
    variant = services.add_variant(product=product.id, variant=services.NewVariant(sku="B"), **AS)
    services.add_picture(product=product.id, variant=variant.id, content=drawn(), name="b.jpg", **AS)
    assert item(product, "pictures").done == 1
    services.add_picture(product=product.id, content=drawn(colour=(1, 2, 3)), name="a.jpg", **AS)
    assert item(product, "pictures").done == 2


def test_pictures_are_asked_for_only_where_a_web_shop_offers_it(shop):
    product = oats()
    services.set_publication(product=product.id, channel=shop.web, offered=False, **AS)
    assert item(product, "pictures") is None


def test_required_attributes_are_asked_for_and_no_is_an_answer(shop):
    services.create_attribute(name="Vegan", kind="boolean", **AS)
    services.create_attribute(name="Origin", kind="text", **AS)
    food = services.create_product_type(name="Food", attributes=[("vegan", True), ("origin", False)], **AS)
    product = oats(type=food)
    assert item(product, "attributes").links == [("Vegan", "attributes.vegan")]
    product = services.change_product(product=product.id, fields={"attributes": {"vegan": "no"}}, **AS)
    assert not item(product, "attributes").open


def test_many_variants_cost_no_more_statements(shop, django_assert_max_num_queries):
    product = oats()
    with django_assert_max_num_queries(8):
        checklist(product)
    for number in range(30):
        services.add_variant(product=product.id, variant=services.NewVariant(sku=f"S{number}"), **AS)
    product.refresh_from_db()
    with django_assert_max_num_queries(8):
        checklist(product)

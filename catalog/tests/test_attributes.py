from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import services
from catalog.models import Attribute, Product
from catalog.services import attributes
from catalog.tests.cast import LATER, NOW, oats
from kernel.errors import Invalid
from kernel.models import Message

AS = {"now": NOW, "actor": None}


def rule(kind, **more):
    return attributes.Rule(**{"code": "it", "name": "It", "kind": kind, "unit": "", "required": False, **more})


ROAST = rule("choice", choices={"light": "Light roast", "dark": "Dark roast"})
DIET = rule("multi_choice", choices={"vegan": "Vegan", "organic": "Organic", "halal": "Halal"})


# Numbers


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_number_that_is_written_down_is_read_as_the_same(value):
    assert attributes.thousandths(attributes.decimal_text(value)) == value


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3), st.sampled_from(",."))
def test_a_number_is_read_exactly(number, point):
    assert attributes.thousandths(f"{number:f}".replace(".", point)) == int(number * 1000)


@given(st.text(max_size=12))
def test_whatever_is_typed_is_a_number_or_refused(text):
    try:
        value = attributes.thousandths(text)
    except attributes.BadValue:
        return
    assert value == int(Decimal(text.strip().replace(",", ".").replace("−", "-")) * 1000)


@pytest.mark.parametrize(
    ("text", "value"), [("0,75", 750), ("1.5", 1500), ("12", 12_000), ("-0,001", -1), ("+3", 3000), (" 7 ", 7000), ("\u22124", -4000)]
)
def test_numbers_are_read_in_both_ways_of_writing(text, value):
    assert attributes.value_of(rule("number"), text) == value


@pytest.mark.parametrize(
    "text", ["0.7501", "1e3", "1,000.5", "1 000", ".5", "5.", "٣", "1/2", "NaN", "--1", "1" * 14, "1000000000000,001", True, 0.5]
)
def test_what_is_not_exactly_a_number_is_refused(text):
    with pytest.raises(services.BadValue) as refused:
        attributes.value_of(rule("number"), text)
    assert refused.value.field == "attributes.it"
    assert refused.value.message.startswith("It: ")


def test_a_number_may_be_written_with_its_own_unit():
    assert attributes.value_of(rule("number", unit="W"), "60 W") == 60_000
    with pytest.raises(services.BadValue):
        attributes.value_of(rule("number", unit="W"), "60 kg")


# Every kind


@pytest.mark.parametrize(
    ("asked", "value", "stored"),
    [
        (rule("text"), "  Colombia ", "Colombia"),
        (rule("number"), 1500, 1500),
        (ROAST, "dark", "dark"),
        (ROAST, "light ROAST", "light"),
        (DIET, ["organic", "vegan", "organic"], ["vegan", "organic"]),
        (DIET, "Halal; vegan", ["vegan", "halal"]),
        (rule("boolean"), False, False),
        (rule("boolean"), "Ja", True),
        (rule("boolean"), "no", False),
        (rule("date"), "2026-11-22", "2026-11-22"),
        (rule("date"), date(2026, 2, 28), "2026-02-28"),
        (rule("measurement"), "30,5 cm", {"value": 30_500, "unit": "cm"}),
        (rule("measurement", unit="m"), "2", {"value": 2000, "unit": "m"}),
        (rule("measurement"), {"value": 2000, "unit": "m"}, {"value": 2000, "unit": "m"}),
        (rule("measurement"), {"value": "2,5", "unit": "m"}, {"value": 2500, "unit": "m"}),
    ],
)
def test_values_become_what_is_stored_and_come_back_the_same(asked, value, stored):
    assert attributes.value_of(asked, value) == stored
    assert attributes.value_of(asked, stored) == stored
    assert attributes.value_of(asked, attributes.written(asked, stored)) == stored


@pytest.mark.parametrize(
    ("asked", "value"),
    [
        (rule("text"), "x" * 2001),
        (rule("text"), "a\0b"),
        (rule("text"), 5),
        (ROAST, "burnt"),
        (ROAST, ["dark"]),
        (DIET, ["vegan", "burnt"]),
        (DIET, 3),
        (DIET, [["vegan"]]),
        (rule("boolean"), "perhaps"),
        (rule("boolean"), 2),
        (rule("date"), "2026-02-30"),
        (rule("date"), "22.11.2026"),
        (rule("date"), "20261122"),
        (rule("date"), datetime(2026, 1, 1)),  # noqa: DTZ001  # a moment is no day
        (rule("measurement"), "30"),
        (rule("measurement"), "30 parsec"),
        (rule("measurement"), "cm"),
        (rule("measurement"), {"value": 1}),
        (rule("measurement"), {"value": 1, "unit": 7}),
        (rule("measurement"), 5),
    ],
)
def test_what_is_not_a_value_is_refused_at_its_field(asked, value):
    with pytest.raises(services.BadValue) as refused:
        attributes.value_of(asked, value)
    assert (refused.value.code, refused.value.field) == ("attribute_invalid", "attributes.it")


@pytest.mark.parametrize("empty", ["", "  ", None, [], {}])
@pytest.mark.parametrize("asked", [rule(kind) for kind in Attribute.Kind.values])
def test_empty_is_no_value(asked, empty):
    assert attributes.value_of(asked, empty) is None


# Products


@pytest.fixture
def coffee(db):
    services.create_attribute(name="Origin", kind="text", **AS)
    choices = [services.NewChoice(name="Light"), services.NewChoice(name="Dark", translations={"de": {"name": "Dunkel"}})]
    services.create_attribute(name="Roast", kind="choice", filterable=True, choices=choices, **AS)
    services.create_attribute(name="Strength", kind="number", unit="%", **AS)
    return services.create_product_type(name="Coffee", attributes=[("roast", True), ("origin", False), ("strength", False)], **AS)


def change(product, **fields):
    return services.change_product(product=product.id, fields=fields, now=LATER, actor=None)


def test_a_product_tells_what_its_type_asks(coffee):
    product = oats(type=coffee, attributes={"strength": "0,75", "roast": "Dark"})
    assert product.attributes == {"roast": "dark", "strength": 750}
    change(product, attributes={"strength": "", "origin": "Peru"})
    product.refresh_from_db()
    assert product.attributes == {"roast": "dark", "origin": "Peru"}


def test_a_required_attribute_left_open_does_not_stop_saving(coffee):
    assert oats(type=coffee).attributes == {}


def test_an_attribute_the_type_does_not_have_is_refused(coffee):
    services.create_attribute(name="Colour", kind="text", **AS)
    product = oats(type=coffee)
    for code in ("colour", "nothing"):
        with pytest.raises(services.UnknownAttribute) as refused:
            change(product, attributes={code: "x"})
        assert refused.value.field == f"attributes.{code}"
    with pytest.raises(services.UnknownAttribute):
        change(product, type=None, attributes={"roast": "dark"})


def test_another_type_takes_what_it_asks_for_too(coffee):
    tea = services.create_product_type(name="Tea", attributes=[("origin", False)], **AS)
    product = oats(type=coffee, attributes={"roast": "dark", "origin": "Assam"})
    assert change(product, type=tea).attributes == {"origin": "Assam"}


def test_the_same_values_again_change_nothing(coffee):
    product = oats(type=coffee, attributes={"strength": "1.5"})
    change(product, attributes={"strength": "1,50"}, type=coffee)
    assert Message.objects.filter(aggregate_id=product.id).count() == 1


def test_a_bad_value_leaves_nothing_changed(coffee):
    product = oats(type=coffee, attributes={"roast": "light"})
    with pytest.raises(services.BadValue):
        change(product, name="Other", attributes={"roast": "burnt"})
    assert Product.objects.get().name == "Rolled oats"


def test_rules_of_many_types_are_read_at_once(coffee, django_assert_num_queries):
    for number in range(5):
        services.create_product_type(name=f"T{number}", attributes=[("roast", False)], **AS)
    from catalog.models import ProductType

    ids = list(ProductType.objects.values_list("id", flat=True))
    with django_assert_num_queries(2):
        found = attributes.rules(ids)
    assert list(found[coffee.id]) == ["roast", "origin", "strength"]
    assert found[coffee.id]["roast"].choices == {"light": "Light", "dark": "Dark"}


# Attributes themselves


def test_choices_are_put_in_order_renamed_and_taken_out(coffee):
    roast = Attribute.objects.get(code="roast")
    product = oats(type=coffee, attributes={"roast": "dark"})
    choices = [services.NewChoice(code="dark", name="Very dark"), services.NewChoice(name="Medium")]
    services.change_attribute(attribute=roast.id, fields={"choices": choices}, now=LATER, actor=None)
    assert list(roast.choices.order_by("position").values_list("code", "name")) == [("dark", "Very dark"), ("medium", "Medium")]
    with pytest.raises(services.ChoiceInUse) as refused:
        services.change_attribute(attribute=roast.id, fields={"choices": choices[1:]}, now=LATER, actor=None)
    assert refused.value.field == "choices"
    with pytest.raises(Invalid):
        services.change_attribute(attribute=roast.id, fields={"choices": [choices[1], choices[1]]}, now=LATER, actor=None)
    change(product, attributes={"roast": None})
    services.change_attribute(attribute=roast.id, fields={"choices": choices[1:]}, now=LATER, actor=None)


def test_a_choice_among_several_is_held_too(db):
    diet = services.create_attribute(name="Diet", kind="multi_choice", choices=[services.NewChoice(name="Vegan")], **AS)
    food = services.create_product_type(name="Food", attributes=[("diet", False)], **AS)
    oats(type=food, attributes={"diet": ["vegan"]})
    with pytest.raises(services.ChoiceInUse):
        services.change_attribute(attribute=diet.id, fields={"choices": []}, now=LATER, actor=None)


def test_the_kind_stays_once_somebody_told_a_value(coffee):
    origin = Attribute.objects.get(code="origin")
    services.change_attribute(attribute=origin.id, fields={"kind": "boolean"}, now=LATER, actor=None)
    services.change_attribute(attribute=origin.id, fields={"kind": "text"}, now=LATER, actor=None)
    oats(type=coffee, attributes={"origin": "Peru"})
    with pytest.raises(services.AttributeInUse) as refused:
        services.change_attribute(attribute=origin.id, fields={"kind": "number"}, now=LATER, actor=None)
    assert refused.value.field == "kind"


def test_an_attribute_in_use_is_not_removed(coffee):
    origin = Attribute.objects.get(code="origin")
    with pytest.raises(services.AttributeInUse):
        services.remove_attribute(attribute=origin.id, now=LATER, actor=None)
    services.change_product_type(type=coffee.id, fields={"attributes": [("roast", True)]}, now=LATER, actor=None)
    services.remove_attribute(attribute=origin.id, now=LATER, actor=None)
    assert not Attribute.objects.filter(code="origin").exists()


def test_only_an_attribute_of_choices_has_choices(db):
    with pytest.raises(Invalid):
        services.create_attribute(name="Origin", kind="text", choices=[services.NewChoice(name="Peru")], **AS)
    assert not Attribute.objects.exists()

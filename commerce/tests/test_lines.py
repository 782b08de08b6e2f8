"""Lists that ask for no more than a card's line are put together of its pieces, and say what graphql-core says of the tables."""

from random import Random

import orjson
import pytest
from django.db import connection

from catalog import lines, shelf
from catalog.lines import SEPARATORS
from catalog.models import Card, Gtin, Product, Variant
from catalog.tests.cast import shelved
from commerce.graphql import Answering, kept, prepared
from commerce.schema import schema
from commerce.tests.any_operation import Operation
from commerce.tests.test_compiled import AT, both, shop
from inventory.models import Location

__all__ = ["shop"]
STRANGE = 'Ö "quoted" \\ back / slash \b\f\n\r\t \x1b\x1c\x1d\x1e\x1f \x7f \u2028 😀 %s %'
PRICES = (
    *("amount", "currency", "formatted", "listAmount", "listFormatted", "promotionalAmount", "promotionalFormatted"),
    *("lowestLast30Days", "lowestLast30DaysFormatted", "__typename"),
)
BADGES = ("code", "text", "kind", "__typename")
PLACES = ("locationCode", "locationName", "onHand", "__typename")
VARIANTS = ("id", "sku", "name", "soldBy", "gtins", "prices", "availability", "__typename")
PRODUCTS = ("id", "handle", "name", "brand", "brandCode", "tile", "imageUrl", "badges", "variants", "__typename")
BELOW = {"prices": PRICES, "badges": BADGES, "availability": PLACES, "variants": VARIANTS}
TYPES = {PRICES: "Price", BADGES: "Badge", PLACES: "Availability", VARIANTS: "Variant", PRODUCTS: "Product"}
MORE = (
    *("description", "name(language: DE)", "tags", "ageLimit", "badges { endsAt }", "variants { product { id } }"),
    *("variants { options { name } }", "variants { prices { breaks { amount } } }"),
)
WHOLE = "{ products { nodes { description variants { sku } } } }"


def selection(random, names):
    parts = []
    for name in random.sample(names, random.randint(1, len(names))):
        below = f" {selection(random, BELOW[name])}" if name in BELOW else ""
        parts.append(f"{f'other{len(parts)}: ' if random.random() < 0.1 else ''}{name}{below}")
    if random.random() < 0.2:
        parts = [f"... on {TYPES[names]} {{ {' '.join(parts)} }}"]
    return f"{{ {' '.join(parts)} }}"


def operation(seed):
    random = Random(seed)  # noqa: S311
    lists = []
    for number in range(random.choice((1, 1, 2))):
        products = selection(random, PRODUCTS)
        found = random.choice((f"nodes {products}", f"nodes {products}", f"edges {{ cursor node {products} }}"))
        lists.append(f"list{number}: products(first: {random.randint(1, 4)}) {{ {found} totalCount pageInfo {{ endCursor }} }}")
    return Operation(f"{{ {' '.join(lists)} }}", {})


@pytest.fixture
def strange(shop):
    """Every text holds what JSON must write in another way, and a place what templates must."""
    first = Product.objects.get(handle="tea-0")
    Product.objects.filter(id=first.id).update(name=STRANGE, image_url=STRANGE)
    Variant.objects.filter(product=first).update(name=STRANGE)
    Location.objects.filter(code="northside").update(name=STRANGE)
    Gtin.objects.filter(variant__sku="TEA-2-S").delete()
    shelved(now=AT)
    return shop


def short(text):
    return prepared(schema.graphql_schema, text, None, introspection=False).plan.shape({}).short


def test_lists_of_lines_say_what_graphql_core_says_of_the_tables(strange, monkeypatch):
    read = []
    monkeypatch.setattr(shelf.reading, "document", lambda card: read.append(card) or orjson.loads(lines.document_of(card)))
    for seed in range(150):
        asked = operation(seed)
        assert short(asked.text)
        for name in ("publishable", "secret", "stores"):
            read.clear()
            compiled, said, right = both(asked, strange.principals[name])
            assert said == right, (name, asked.text)
            # Whoever may not see the stock is refused by graphql-core, which reads documents.
            assert compiled == (name == "secret" or "availability" not in asked.text), (name, asked.text)
            assert compiled == (not read)


def takes_the_first(lines, known, value):
    return known[1].partition("[")[0] + "[1]"


BREAKS = [("Lines.part", takes_the_first), ("Templates.value", lambda templates, field, kind: "%s"), ("SEPARATORS", SEPARATORS[::-1])]


@pytest.mark.parametrize(("part", "broken"), BREAKS)
def test_a_broken_writer_is_found_out(shop, monkeypatch, part, broken):
    monkeypatch.setattr(f"commerce.lines.{part}", broken)
    kept.cache_clear()
    try:
        answers = [both(operation(seed), shop.principals["secret"]) for seed in range(40)]
        assert any(not compiled or said != right for compiled, said, right in answers)
    finally:
        kept.cache_clear()


def test_staff_read_the_same_operations_from_documents(strange):
    for seed in range(20):
        compiled, said, right = both(operation(seed), strange.principals["staff"])
        assert compiled
        assert said == right


@pytest.mark.parametrize("more", MORE)
def test_whoever_asks_for_more_has_documents(shop, more):
    text = f"{{ products(first: 3) {{ nodes {{ handle {more} }} }} }}"
    assert not short(text)
    compiled, said, right = both(Operation(text, {}), shop.principals["publishable"])
    assert compiled
    assert said == right


@pytest.mark.parametrize("more", ['product(handle: "tea-0") { name }', 'variant(sku: "TEA-0-S") { sku product { name } availability { onHand } }'])
def test_a_list_of_lines_stands_beside_what_is_read_whole(shop, more):
    text = f"{{ products(first: 3) {{ nodes {{ handle variants {{ id availability {{ onHand }} }} }} }} {more} }}"
    assert short(text)
    compiled, said, right = both(Operation(text, {}), shop.principals["secret"])
    assert compiled
    assert said == right


SKIPPED = (
    "handle @include(if: $no)",
    "name @skip(if: true) handle @include(if: $no)",
    "variants { sku @include(if: $no) availability { onHand @skip(if: true) } }",
)


@pytest.mark.parametrize("inside", SKIPPED)
def test_what_is_skipped_leaves_its_object(shop, inside):
    text = f"query($no: Boolean!) {{ products(first: 2) {{ nodes {{ {inside} }} }} }}"
    compiled, said, right = both(Operation(text, {"no": False}), shop.principals["secret"])
    assert compiled
    assert said == right


@pytest.mark.parametrize("body", ["split_part(body, chr(10), 2)", "'0' || substr(body, 2)"])
def test_cards_of_another_layout_are_read_as_documents(shop, body):
    right = both(operation(1), shop.principals["secret"])[2]
    with connection.cursor() as cursor:
        cursor.execute(f"update catalog_card set body = {body}")
    assert both(operation(1), shop.principals["secret"])[1:] == (right, right)
    assert both(Operation(WHOLE, {}), shop.principals["secret"])[0]


def test_a_line_says_what_its_document_says(strange):
    for card in Card.objects.all():
        parts = card.body.partition("\n")[0]
        document = orjson.loads(lines.document_of(card.body))
        assert lines.variants_of(lines.Line(parts)) == [variant["id"] for variant in document["variants"]]
        told = parts.split("\x1c")
        assert told[0] == lines.LAYOUT
        for part, piece in zip(lines.PRODUCT.parts, told[1:], strict=False):
            assert piece == orjson.dumps(document[part.name]).decode()


@pytest.mark.parametrize("first", [1, 3])
def test_a_list_with_stock_costs_two_statements_besides_the_key(shop, django_assert_num_queries, first):
    text = f"{{ products(first: {first}) {{ nodes {{ variants {{ availability {{ onHand }} }} }} }} }}"
    found = prepared(schema.graphql_schema, text, None, introspection=False)
    with django_assert_num_queries(2):
        assert Answering(found, {}, shop.principals["secret"]).run().errors is None

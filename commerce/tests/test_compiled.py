"""The compiled answer over cards is graphql-core's answer over the tables, byte for byte, errors and nulls included."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django.db import transaction

from catalog import queries
from catalog.documents import Sight
from catalog.gtin import check_digit
from catalog.models import (
    Attribute,
    AttributeChoice,
    Brand,
    Category,
    Collection,
    CollectionProduct,
    Gtin,
    HandleRedirect,
    Media,
    Price,
    PriceEntry,
    PriceList,
    Product,
    ProductMedia,
    ProductType,
    Promotion,
    Publication,
    TaxClass,
    TypeAttribute,
    Variant,
)
from catalog.queries import asked as asked_for
from catalog.queries import cursor_of, products
from catalog.schema import global_id
from catalog.tests.cast import shelved
from commerce import compiled, straight
from commerce import graphql as door
from commerce.schema import schema
from commerce.tests.any_operation import Maker, Operation
from inventory import services as inventory
from inventory.models import Location, Source
from kernel.ids import uuid7
from org.access import principal_of_key, principal_of_user
from org.doors import Asking
from org.tests.cast import NOW, open_shop
from org.tests.doorstep import key

OPERATIONS = 520
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
NOBODY = "01900000-0000-7000-8000-000000000000"


@dataclass
class Shop:
    principals: dict
    values: dict


def structure():
    drinks = Category.objects.create(code="drinks", name="Drinks", translations={"de": {"name": "Getränke"}})
    tea = Category.objects.create(code="tea", name="Tea", parent=drinks, position=1, translations={"fr": {"name": "Thé"}})
    Category.objects.create(code="hidden", name="Hidden")
    kind = ProductType.objects.create(code="leaf", name="Leaf")
    values = {"note": "Second flush", "weight": 125_500, "organic": True, "picked": "2026-03-01", "size": {"value": 12_000, "unit": "cm"}}
    values |= {"roast": "dark", "diet": ["vegan", "raw"]}
    kinds = dict(zip(values, ("text", "number", "boolean", "date", "measurement", "choice", "multi_choice"), strict=True))
    for place, (code, of) in enumerate(kinds.items()):
        made = Attribute.objects.create(
            code=code, name=code.title(), kind=of, unit="g" if of == "number" else "", filterable=of in ("choice", "multi_choice", "boolean")
        )
        TypeAttribute.objects.create(type=kind, attribute=made, position=place)
        for name in {"roast": ("dark", "light"), "diet": ("vegan", "raw")}.get(code, ()):
            AttributeChoice.objects.create(attribute=made, code=name, name=name.title(), translations={"de": {"name": f"{name} (de)"}})
    Collection.objects.create(code="best", name="Best", kind="manual", translations={"de": {"name": "Beste"}})
    Collection.objects.create(code="teas", name="Teas", kind="rule", rule={"category": ["tea"]}, position=1)
    Collection.objects.create(code="empty", name="Empty", kind="manual", position=2)
    return tea, kind, values


def goods(count=7):
    tea, kind, values = structure()
    tax, brand = TaxClass.objects.create(code="food", name="Food", rate=70_000), Brand.objects.create(code="kestrel", name="Kestrel")
    crate = None
    for n in range(count):
        product = Product.objects.create(
            handle=f"tea-{n}", name=f"Tea {n}", sort_key=f"tea {n}", description="<p>Ö & more</p>", tax_class=tax,
            status="draft" if n == 6 else "active",
            brand=brand if n % 2 else None, category=tea if n % 3 else None,
            type=kind if n % 2 == 0 else None, attributes=values if n % 2 == 0 else {},
            tags=["loose", "organic"][: n % 3], age_limit=16 if n == 2 else None, translations={"de": {"name": f"Tee {n}", "seo_title": "T"}},
            life_cycle="run_down" if n == 3 else "active", created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        for size, content in (("S", 125_000), ("L", None)):
            variant = Variant.objects.create(
                product=product, sku=f"TEA-{n}-{size}", name=size, options={"Size": size, "Count": n}, net_content=content,
                net_unit="g" if content else "", sold_by="weight" if n == 4 else "each", deposit=crate, translations={"fr": {"name": f"{size} (fr)"}},
                archived_at=NOW if n == 1 and size == "L" else None,
            )  # fmt: skip
            crate = crate or variant
            body = f"400000{n}{len(size)}{ord(size):05}"
            Gtin.objects.create(gtin=f"0{body[:12]}{check_digit(body[:12])}", variant=variant)
            if n != 5:
                Price.objects.create(variant=variant, currency="EUR", amount=100 + 37 * n)
            Price.objects.create(variant=variant, currency="USD", amount=120 + n, price_quantity=1000)
    CollectionProduct.objects.create(collection=Collection.objects.get(code="best"), product=Product.objects.get(handle="tea-0"))
    HandleRedirect.objects.create(handle="old-tea", product=Product.objects.get(handle="tea-2"))
    copies = [{"file": "m/b.webp", "width": 480, "height": 300}, {"file": "m/a.webp", "width": 160, "height": 100}]
    media = Media.objects.create(
        file="m/x.jpg",
        sha256="0" * 64,
        name="x",
        content_type="image/jpeg",
        size=9,
        width=800,
        height=500,
        renditions=copies,
        state="ready",
        created_at=NOW,
    )
    ProductMedia.objects.create(product=Product.objects.get(handle="tea-0"), media=media, alt="A tin of tea", position=0)


def offers(channel):
    """Prices of lists that pass, some by quantity; promotions with and without a price for one piece. None begins or ends while it is asked."""
    long = {"starts_at": NOW, "ends_at": AT.replace(year=2090), "live": True}
    passing = PriceList.objects.create(code="passing", name="Passing", currency="EUR", channel=channel, created_at=NOW)
    for variant in Variant.objects.filter(product__handle__in=["tea-0", "tea-2", "tea-4"]):
        PriceEntry.objects.create(price_list=passing, variant=variant, amount=90, **long)
        PriceEntry.objects.create(price_list=passing, variant=variant, amount=80, from_quantity=6000, **long)
    who = {"made_by": uuid7(), "made_at": NOW, "changed_by": uuid7(), "changed_at": NOW, "state": "approved"}
    tea = {"selection": {"any": {"category": ["tea"]}, "except": {}}}
    ends = {"ends_at": long["ends_at"]}
    Promotion.objects.create(code="spring", name="Spring Sale", rule={**tea, "reward": {"kind": "percent", "value": 150_000}}, **who, **ends)
    Promotion.objects.create(code="two", name="2 for 1.50", rule={**tea, "reward": {"kind": "set", "size": 2, "value": 150}}, **who)


def wanted_values(channel):
    listed = products(sight=Sight(channel.id, channel.currency), asked=asked_for(first=3), now=AT)
    ids = [str(id) for id in Product.objects.order_by("handle").values_list("id", flat=True)]
    variants = [str(id) for id in Variant.objects.order_by("sku").values_list("id", flat=True)]
    return {
        "product.id": [*ids[:3], *(global_id("Product", id) for id in ids[:4]), ids[6], "nonsense"],
        "variant.id": [*variants[:3], *(global_id("Variant", id) for id in variants[:4]), NOBODY],
        "handle": ["tea-0", "tea-1", "tea-2", "old-tea", "tea-4", "tea-6"],
        "sku": ["TEA-0-S", "TEA-2-L", "TEA-3-S", "TEA-1-L"],
        "gtin": [*Gtin.objects.order_by("gtin").values_list("gtin", flat=True)[:4], "4006381333932"],
        "first": [1, 2, 3, 4, 0],
        "after": [*(cursor_of(place) for place, _ in listed.rows), "forged"],
        "search": ["tea", "te 3", "TEA-2-L", "xyzzy", "\u0000"],
        "category": ["tea", "drinks", "hidden"],
        "categories": ["tea", "drinks", "hidden"],
        "brands": ["kestrel", "nobody"],
        "types": ["leaf", "x"],
        "tags": ["loose", "organic", "x"],
        "lifeCycles": ["active", "run_down", "x"],
        "collections": ["best", "teas", "x"],
        "promotions": ["spring", "two", "x"],
        "products.code": ["roast", "organic", "x"],
        "values": ["dark", "true", "x"],
        "priceFrom": [0, 150, 10**30],
        "priceTo": [200, 400, -1],
        "currency": ["EUR", "USD", "XXX"],
        "near": ["52.52,13.4", "-33.9,151.2", "north"],
        "channel": ["web", "web", "nowhere"],
        "collection.code": ["best", "teas", "empty"],
    }


@pytest.fixture
def shop(db, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cast = open_shop()
    places = [inventory.create_location(code=store.code, name=store.name, store=store).id for store in (cast.northside, cast.riverside)]
    goods()
    offers(cast.web)
    Publication.objects.create(product=Product.objects.get(handle="tea-4"), channel=cast.stores, offered=False)
    Source.objects.create(channel=cast.web, location_id=places[0])
    Location.objects.filter(id=places[0]).update(ships=True)
    stock = dict.fromkeys(Variant.objects.values_list("id", flat=True), 5_000)
    with transaction.atomic():
        inventory.open_stock(location=places[0], quantities=stock, reference=uuid7(), now=NOW)
    shelved(now=AT)
    keys = {
        "publishable": key(cast.web, "catalog:read", "availability:read", kind="publishable"),
        "secret": key(cast.web, "catalog:read", "availability:read", "stock:read", "orders:read"),
        "stores": key(cast.stores, "catalog:read"),
    }
    principals = {name: principal_of_key(plain) for name, plain in keys.items()} | {"staff": principal_of_user(cast.mia)}
    return Shop(principals, wanted_values(cast.web))


def both(operation, principal):
    """Whether it ran compiled; what the door says, and what graphql-core says of the tables."""
    found = door.prepared(schema.graphql_schema, operation.text, None, introspection=False)
    if not isinstance(found, door.Prepared):
        return None
    answering = door.Answering(found, operation.variables, principal)
    said = door.respond(answering.run()).content
    oracle = Asking(principal=principal, now=AT, tables=True)
    plain = door.Answering(door.Prepared(found.schema, found.document, found.operation, None, b""), operation.variables, principal)
    plain.asking = oracle
    return answering.ready is not None, said, door.respond(plain.run()).content


def operations(shop, count=OPERATIONS):
    for seed in range(count):
        yield Maker(schema.graphql_schema, shop.values, seed).operation()


def test_every_answer_is_graphql_cores_answer(shop):
    asked = compiled_too = refused = 0
    for number, operation in enumerate(operations(shop)):
        # Every operation is asked by two of the four, so that each pair of neighbours is met by many operations.
        for place in range(2):
            name = list(shop.principals)[(number + place) % 4]
            answer = both(operation, shop.principals[name])
            if answer is None:
                refused += 1
                continue
            fast, said, right = answer
            assert b'"internal"' not in right, (operation, right)
            assert said == right, (name, operation)
            asked += 1
            compiled_too += fast
    print(f"{asked} asked, {compiled_too} compiled, {refused} refused before")
    assert asked >= 2 * 500
    assert compiled_too >= 0.8 * asked


def test_what_is_asked_at_random_reaches_every_field(shop):
    text = " ".join(operation.text for operation in operations(shop))
    for type in ("Product", "Variant", "Promise", "Price", "PriceBreak", "Badge"):
        assert [name for name in schema.graphql_schema.type_map[type].fields if name not in text] == []


def loses_the_last(item, own, write):
    return lambda value, run: [item(one, run) for one in value][:-1]


def forgets_variables(resolve, field, node, complete):
    return lambda source, run: complete(resolve(source, run.info), run)


def writes_no_rows(writing, item, held, made, level):
    writing.line(level, f"{made} = []")


def decides_once(plan, variables):
    return compiled.Shape(plan.schema, plan.fragments, plan.operation, dict.fromkeys(plan.switches, True))


BREAKS = [
    ("compiled.listed", loses_the_last),
    ("compiled.varying", forgets_variables),
    ("compiled.Plan.shape", decides_once),
    ("straight.Writing.listed", writes_no_rows),
]


@pytest.mark.parametrize(("part", "broken"), BREAKS)
def test_a_broken_compiler_is_found_out(shop, monkeypatch, part, broken):
    monkeypatch.setattr(f"commerce.{part}", broken)
    door.kept.cache_clear()
    try:
        assert any(
            answer and answer[1] != answer[2]
            for number, operation in enumerate(operations(shop))
            if (answer := both(operation, list(shop.principals.values())[number % 4]))
        )
    finally:
        door.kept.cache_clear()


@pytest.mark.parametrize(
    "damage",
    [{"name": None}, {"variants": [None]}, {"variants": "text"}, {"age_limit": "old"}, {"age_limit": 2**40}, {"tags": [None]}, {"handle": 5}],
)
def test_what_should_never_be_is_left_to_graphql_core(shop, monkeypatch, damage):
    found = queries.product(sight=Sight(), handle="tea-0", now=AT)
    monkeypatch.setattr(queries, "product", lambda **_: queries.Found(product=found.product | damage, version=None))
    query = '{ product(handle: "tea-0") { name handle ageLimit tags variants { sku } } }'
    fast, *answers = both(Operation(query, {}), shop.principals["staff"])
    # Each fault has a number of its own.
    said, right = (re.sub(rb"trace_id[^,}]+", b"", answer) for answer in answers)
    assert said == right
    assert fast == (damage == {"handle": 5})


def test_names_of_an_operation_are_values_in_what_is_written():
    name = '"] + __import__("os")'
    field = straight.Field(name, read=lambda source, run: "slow", value=straight.Value(read=lambda value, run: "slow", own=str), part=name)
    read = straight.Writing().function([field], otherwise=lambda source, run: "otherwise")
    run = compiled.Run(compiled.Info(None), {})
    assert read({name: "as it is"}, run) == {name: "as it is"}
    assert read({name: 5}, run) == {name: "slow"}
    assert read(object(), run) == "otherwise"


@pytest.mark.parametrize("query", ["{ __schema { queryType { name } } }", '{ __type(name: "Product") { name } }'])
def test_introspection_is_not_compiled(shop, query):
    found = door.prepared(schema.graphql_schema, query, None, introspection=True)
    assert found.plan is None

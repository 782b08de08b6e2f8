"""What lists can be narrowed by, and how many there are of each: against a plain model."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import search
from catalog.documents import Sight
from catalog.models import Attribute, AttributeChoice, Collection, CollectionProduct
from catalog.search import counting
from catalog.tests.search_shop import NOW, open_search_shop, tree

pytestmark = pytest.mark.django_db
STAFF = Sight()
TAGS = ("organic", "vegan", "new")
BRANDS = ("Kestrel", "Heron", None)


@pytest.fixture
def shop():
    return open_search_shop()


def counts(sight, **asked):
    found = search.facets(sight=sight, asked=search.Asked(**asked), now=NOW)
    return {facet.code: {value.code: value.count for value in facet.values} for facet in found}


def test_facets_have_names_counts_and_what_is_chosen(shop):
    drinks, tea = tree("drinks", "tea")
    roast = Attribute.objects.create(code="roast", name="Roast", kind="choice", filterable=True)
    AttributeChoice.objects.create(attribute=roast, code="dark", name="Dark roast")
    Attribute.objects.create(code="vegan", name="Vegan", kind="boolean", filterable=True)
    Attribute.objects.create(code="hidden", name="Hidden", kind="boolean", filterable=False)
    shop.add("Tea", category=tea, brand="Kestrel", tags=["organic"], attributes={"roast": "dark", "vegan": True, "hidden": True})
    shop.add("Juice", category=drinks)
    found = search.facets(sight=shop.sight, asked=search.Asked(filters={"brand": ["kestrel"]}), now=NOW)
    told = {facet.code: (facet.name, [(value.code, value.name, value.count, value.chosen) for value in facet.values]) for facet in found}
    assert told["category"] == ("Category", [("drinks", "Drinks", 1, False), ("tea", "Tea", 1, False)])
    assert told["brand"] == ("Brand", [("kestrel", "Kestrel", 1, True)])
    assert told["attribute.roast"] == ("Roast", [("dark", "Dark roast", 1, False)])
    assert told["attribute.vegan"] == ("Vegan", [("true", "Yes", 1, False)])
    assert "attribute.hidden" not in told
    assert not {"status", "channel", "missing"} & set(told)


def test_staff_also_see_status_channels_and_what_is_missing(shop):
    lamp = shop.add("Lamp", status="draft", price=None)
    shop.add("Chair", gtins=["4006381333931"])
    collection = Collection.objects.create(code="summer", name="Summer", kind="manual")
    CollectionProduct.objects.create(collection=collection, product=lamp)
    Collection.objects.create(code="active", name="Rule", kind="rule", rule={"life_cycle": ["active"]})
    shop.keep(lamp)
    told = counts(STAFF)
    assert told["status"] == {"active": 1, "draft": 1}
    assert told["channel"] == {"stores": 1, "web": 1}
    assert told["missing"] == {"picture": 2, "net_content": 2, "barcode": 1, "price": 1}
    assert told["collection"] == {"active": 1, "summer": 1}


def test_what_is_hidden_is_not_counted(shop):
    shop.add("Lamp", tags=["secret"], hidden=True)
    shop.add("Chair", tags=["new"])
    assert counts(shop.sight)["tag"] == {"new": 1}
    assert counts(shop.sight, words="lamp") == {}
    assert search.total(sight=shop.sight, asked=search.Asked(), now=NOW) == 1
    assert search.total(sight=shop.sight, asked=search.Asked(words="lamp"), now=NOW) == 0
    assert search.total(sight=STAFF, asked=search.Asked(words="lamp"), now=NOW) == 1


def test_counts_are_kept_until_the_catalogue_changes(shop):
    shop.add("Chair", tags=["new"])
    counts(shop.sight)
    with CaptureQueriesContext(connection) as queries:
        assert counts(shop.sight)["tag"] == {"new": 1}
    assert len(queries) == 1
    shop.add("Lamp", tags=["new"])
    assert counts(shop.sight)["tag"] == {"new": 2}


def test_as_many_statements_however_many_products_and_facets(shop):
    sizes = []
    for size in (1, 9, 90):
        for number in range(size):
            shop.add(f"Thing {size}-{number}", tags=[f"t{number}"])
        with CaptureQueriesContext(connection) as queries:
            counts(shop.sight, filters={"tag": ["t0", "t1"]})
        sizes.append(len(queries))
    assert sizes == [2, 2, 2]


things = st.lists(
    st.tuples(st.sampled_from(BRANDS), st.frozensets(st.sampled_from(TAGS)), st.booleans(), st.integers(1, 4), st.sampled_from(["tea", "drinks"])),
    max_size=8,
)
choices = st.fixed_dictionaries(
    {},
    optional={
        "brand": st.lists(st.sampled_from(["kestrel", "heron", "nobody"]), max_size=2, unique=True),
        "tag": st.lists(st.sampled_from(TAGS), max_size=2, unique=True),
        "category": st.lists(st.sampled_from(["tea", "drinks"]), max_size=1),
    },
)


def facets_of(brand, tags, category):
    values = {"category": {category, "drinks"}, "tag": set(tags), "life_cycle": {"active"}}
    return values | ({"brand": {brand.lower()}} if brand else {})


def holds(facets, filters):
    return all(not values or facets.get(name, set()) & set(values) for name, values in filters.items())


def model(rows, filters, price_from):
    """For each facet the products that hold against all other facets' choices."""
    told = {}
    for facets, price in rows:
        failed = {name for name, values in filters.items() if values and not facets.get(name, set()) & set(values)}
        if price_from is not None and price < price_from:
            continue
        for name, values in facets.items():
            if failed <= {name}:
                for value in values:
                    told.setdefault(name, {}).setdefault(value, 0)
                    told[name][value] += 1
    return told


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=things, filters=choices, price_from=st.none() | st.integers(1, 4), worded=st.booleans())
def test_counts_agree_with_a_plain_model(made, filters, price_from, worded, shop):
    from django.db import transaction

    with transaction.atomic():
        categories = dict(zip(("drinks", "tea"), tree("drinks", "tea"), strict=True))
        rows = []
        for number, (brand, tags, hidden, price, category) in enumerate(made):
            shop.add(
                f"{'Lamp' if number % 2 else 'Chair'} {number}", brand=brand, tags=tags, hidden=hidden, price=price, category=categories[category]
            )
            if not hidden and (not worded or number % 2):
                rows.append((facets_of(brand, tags, category), price))
        asked = {"filters": filters, "price_from": price_from, "words": "lamp" if worded else ""}
        counting._kept.clear()
        assert counts(shop.sight, **asked) == model(rows, filters, price_from)
        held = sum(holds(facets, filters) and (price_from is None or price >= price_from) for facets, price in rows)
        assert search.total(sight=shop.sight, asked=search.Asked(**asked), now=NOW) == held
        assert len(shop.ask(asked["words"], filters=filters, price_from=price_from)) == held
        transaction.set_rollback(True)

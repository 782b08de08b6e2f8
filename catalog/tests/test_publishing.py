from datetime import datetime, timedelta, timezone

import pytest

from catalog import services
from catalog.models import Publication, StoreRange
from catalog.tests.cast import LATER, NOW, oats, standard_tax
from kernel.models import Message
from org.tests.cast import open_shop

pytestmark = pytest.mark.django_db

THEN = {"now": LATER, "actor": None}
BERLIN = timezone(timedelta(hours=1))


def events(product):
    return Message.objects.filter(aggregate_id=product.id).count()


def test_a_window_opens_and_closes_where_it_was_told():
    cast, product = open_shop(), oats()
    window = {"starts_at": datetime(2026, 12, 1, 8, tzinfo=BERLIN), "ends_at": datetime(2026, 12, 24, 20, tzinfo=BERLIN)}
    for _ in range(2):
        services.set_publication(product=product.id, channel=cast.web, offered=True, **window, **THEN)
    row = Publication.objects.get()
    assert (row.starts_at, row.ends_at) == (window["starts_at"], window["ends_at"])
    assert events(product) == 2
    services.set_publication(product=product.id, channel=cast.web, offered=False, **THEN)
    services.set_publication(product=product.id, channel=cast.web, offered=None, **THEN)
    services.set_publication(product=product.id, channel=cast.web, offered=None, **THEN)
    assert not Publication.objects.exists()
    assert events(product) == 4


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ({"starts_at": NOW, "ends_at": NOW}, "ends_at"),
        ({"starts_at": LATER, "ends_at": NOW}, "ends_at"),
        ({"starts_at": NOW.replace(tzinfo=None)}, "starts_at"),
        ({"ends_at": NOW.replace(tzinfo=None)}, "ends_at"),
        # One in the evening here is earlier than noon there.
        ({"starts_at": datetime(2026, 1, 1, 12, tzinfo=BERLIN), "ends_at": datetime(2026, 1, 1, 11, tzinfo=timezone.utc)}, "ends_at"),  # noqa: UP017
    ],
)
def test_a_window_without_time_in_it_is_refused(window, field):
    cast, product = open_shop(), oats()
    with pytest.raises(services.BadWindow) as refused:
        services.set_publication(product=product.id, channel=cast.web, offered=True, **window, **THEN)
    assert (refused.value.code, refused.value.field) == ("publication_window_invalid", field)
    assert not Publication.objects.exists()


def test_a_store_ranges_what_the_shop_as_a_whole_does_not():
    cast, product = open_shop(), oats()
    for life_cycle in ("run_down", "run_down", "delisted", None, None):
        services.set_range(product=product.id, store=cast.northside, life_cycle=life_cycle, **THEN)
    assert not StoreRange.objects.exists()
    assert events(product) == 4
    with pytest.raises(services.changes.Invalid) as refused:
        services.set_range(product=product.id, store=cast.northside, life_cycle="gone", **THEN)
    assert refused.value.field == "life_cycle"


def test_what_is_complete_is_published():
    open_shop()
    product = oats(status="draft")
    assert services.publish(product=product.id, **THEN).status == "active"
    assert services.publish(product=product.id, **THEN).status == "active"
    assert events(product) == 2


def test_what_is_not_ready_says_what_is_missing():
    open_shop()
    services.create_attribute(name="Allergens", kind="text", now=NOW, actor=None)
    food = services.create_product_type(name="Food", attributes=[("allergens", True)], now=NOW, actor=None)
    product = oats(status="draft", type=food, variants=[services.NewVariant(sku="A")], tax_class=standard_tax())
    with pytest.raises(services.NotReady) as refused:
        services.publish(product=product.id, **THEN)
    assert refused.value.code == "not_ready"
    assert refused.value.details["missing"] == [
        {"key": "price", "title": "Price", "open": 1, "links": [["A", f"variant.{product.variants.get().id}.price"]]},
        {"key": "attributes", "title": "Required attributes", "open": 1, "links": [["Allergens", "attributes.allergens"]]},
    ]
    product.refresh_from_db()
    assert product.status == "draft"

from datetime import datetime, timedelta, timezone

import pytest

from catalog import services
from catalog.models import Publication, Revision, StoreRange
from catalog.tests.cast import LATER, NOW, oats, standard_tax
from catalog.tests.pictures_drawn import drawn
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


def test_every_step_stands_in_the_history_of_the_product(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    cast, product = open_shop(), oats()
    services.create_attribute(name="Origin", kind="text", now=NOW, actor=None)
    food = services.create_product_type(name="Food", attributes=[("origin", False)], now=NOW, actor=None)
    gifts = services.create_collection(name="Gifts", kind="manual", now=NOW, actor=None)
    variant = product.variants.get()
    steps = {
        "publication.web": lambda: services.set_publication(product=product.id, channel=cast.web, offered=False, **THEN),
        "range.northside": lambda: services.set_range(product=product.id, store=cast.northside, life_cycle="run_down", **THEN),
        "attributes.origin": lambda: change(product, type=food, attributes={"origin": "Peru"}),
        "collections": lambda: services.set_members(collection=gifts.id, products=[product.id], **THEN),
        "pictures": lambda: services.add_picture(product=product.id, content=drawn(), name="a.jpg", **THEN),
        "translations": lambda: change(product, translations={"de": {"name": "Hafer"}}),
        "handle": lambda: change(product, handle="oats"),
        f"variant.{variant.id}.reference_cost": lambda: services.change_variant(variant=variant.id, fields={"reference_cost": 9}, **THEN),
    }
    for path, step in steps.items():
        step()
        assert path in Revision.objects.order_by("-id").first().fields, path
    count = Revision.objects.count()
    services.remove_collection(collection=gifts.id, **THEN)
    assert Revision.objects.count() == count + 1
    assert Revision.objects.order_by("-id").first().fields["collections"][0] == ["gifts"]


def change(product, **fields):
    return services.change_product(product=product.id, fields=fields, **THEN)

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.urls import get_resolver

from catalog import gtin
from catalog.models import Card, Category, Gtin, Price, PriceChange, PriceEntry, Product, Promotion, SearchEntry, Sticker, TaxClass, TaxRate, Variant
from catalog.tests.cast import LATER, NOW
from customers.models import Account, Customer, Group, Suggestion
from demo import people, products, shop
from inventory.models import Level, Location, Movement, Pack, Source
from kernel.models import Message
from orders.models import DeliveryOption, Invoice, Order
from org import services as org
from org import settings
from org.access import allows, principal_of_key
from org.models import RoleGrant, Store, User
from pos.models import EnrolmentCode, PinCredential, Till

TILES = {"apple", "bag", "banana", "basket", "bottle", "box", "cake", "carton", "cheese", "crate"}
TILES |= {"cup", "egg", "gift", "jar", "leaf", "lemon", "loaf", "roll", "sandwich"}


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def file_rows():
    with products.FILE.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_file_holds_320_whole_products():
    rows = file_rows()
    assert len(rows) == 320
    assert len({row["sku"] for row in rows}) == len({gtin.normalise(row["gtin"]) for row in rows}) == 320
    assert {row["category"] for row in rows} == set(products.CATEGORIES)
    assert {row["tax_class"] for row in rows} <= set(shop.TAX_CLASSES)
    assert {row["tile"] for row in rows} <= TILES
    own = [row for row in rows if row["from"] == "own"]
    # GS1 leaves 20 to 29 to shops; a product of the world must not stand there.
    assert all(row["gtin"].startswith("20") for row in own)
    assert not any(gtin.normalise(row["gtin"])[1] == "2" for row in rows if row["from"] == "openfoodfacts")


def test_the_licence_note_counts_right():
    note = (products.FILE.parent / "LICENSE-NOTE.md").read_text()
    rows = file_rows()
    for source in ("openfoodfacts", "own"):
        assert f"{len([row for row in rows if row['from'] == source])} products" in note
    assert "Open Food Facts contributors" in note


@pytest.mark.parametrize(("text", "amount"), [("", None), ("0.75", 750), ("500", 500_000), ("37.5", 37_500), ("1", 1000)])
def test_net_content_is_read_in_thousandths(text, amount):
    assert products.thousandths(text) == amount


@pytest.mark.django_db
def test_the_shop_is_whole():
    logins = shop.load(now=NOW, password="for everybody")
    listed = Product.objects.filter(source="demo")
    assert listed.filter(status="active").count() == 320
    # Tomatoes have a second code: the one their scales print.
    assert Gtin.objects.filter(variant__product__in=listed).count() == 321
    assert Price.objects.filter(variant__product__in=listed).count() == 320
    assert {product.handle for product in Product.objects.filter(status="draft")} == {"bottle-deposit", "cold-brew-coffee"}
    # What heads read stands ready: everything but the wine on the web.
    assert Card.objects.filter(channel__code="stores").count() == 320
    assert Card.objects.filter(channel__code="web").count() == 319
    wine = Product.objects.get(variants__sku="WINE-HOUSE")
    assert (wine.age_limit, wine.type.code, wine.attributes["packaging"], wine.variants.get().deposit.sku) == (16, "drink", "bottle", "DEPOSIT-15")
    assert wine.translations["de"]["name"] == "Riesling des Hauses"
    assert SearchEntry.objects.count() == 322
    assert [category.code for category in Category.objects.order_by("position")] == list(products.CATEGORIES)
    assert TaxClass.objects.get(code="reduced").rate == 70_000
    assert {store.code: store.timezone for store in Store.objects.all()} == {"northside": "Europe/Berlin", "riverside": "Europe/Berlin"}
    assert sorted((till.store.code, till.number) for till in Till.objects.select_related("store")) == sorted(shop.TILLS)
    floors = Level.objects.filter(location__code__in=shop.STORES)
    assert floors.count() == 640
    assert Level.objects.count() > 740
    assert set(Source.objects.values_list("channel__code", "location__code")) == {
        ("stores", "northside"), ("stores", "riverside"), ("web", "northside"), ("web", "riverside"), ("web", "warehouse"),
    }  # fmt: skip
    assert Pack.objects.count() == 2
    assert not Level.objects.filter(on_hand__lte=0).exists()
    assert {login.username: (login.password, login.pin) for login in logins} == {
        "admin": ("for everybody", None),
        "carla": ("for everybody", "1111"),
        "mia": ("for everybody", "2222"),
        "stan": ("for everybody", "3333"),
        "tess": ("for everybody", None),
        "nora": ("for everybody", None),
        "petra": ("for everybody", None),
        "sue": ("for everybody", None),
        "abel": ("for everybody", None),
        "vera": ("for everybody", None),
    }
    assert PinCredential.objects.count() == 3
    principal = principal_of_key("pk_demo_storefront")
    assert principal.channel.code == "web"


@pytest.mark.django_db
def test_the_cast_may_do_what_their_roles_allow():
    shop.load(now=NOW, password="for everybody")
    northside, riverside = Store.objects.order_by("code")
    may = {name: User.objects.get(username=name) for name in ("admin", "carla", "mia", "stan")}
    assert allows(may["admin"], "org.manage")
    assert allows(may["carla"], "pos.sell", store=northside)
    assert not allows(may["carla"], "pos.sell", store=riverside)
    assert not may["carla"].is_staff
    assert allows(may["mia"], "pos.manage", store=northside)
    assert not allows(may["stan"], "pos.manage", store=northside)


@pytest.mark.django_db
def test_offers_are_in_flight_and_a_price_waits_for_a_second_person():
    shop.load(now=NOW, password="x")
    assert set(Promotion.objects.values_list("name", "state")) == {
        ("2 for 5.00 drinks", "approved"),
        ("Lunch bundle 6.90", "approved"),
        ("20% off cheddar this week", "approved"),
    }
    assert set(PriceChange.objects.values_list("name", "state")) == {("Country baguette BAGUETTE", "approved"), ("Bread for the weekend", "waiting")}
    entry = PriceEntry.objects.get(live=True)
    assert NOW < entry.starts_at < NOW + timedelta(days=2)
    assert Sticker.objects.get().variant.sku == "SANDWICH-CHEESE"
    assert sorted(TaxRate.objects.values_list("rate", flat=True)) == [0, 70_000, 190_000]


@pytest.mark.django_db
def test_customers_and_their_orders_stand_as_somebody_at_work_meets_them():
    shop.load(now=NOW, password="x")
    assert Customer.objects.count() == len(people.PEOPLE) + 1
    assert Suggestion.objects.filter(state="open").count() == 1
    assert set(Group.objects.values_list("code", flat=True)) == set(people.GROUPS)
    assert Account.objects.filter(kind="gift_card", balance__gt=0).count() == 5
    assert {option.code: option.rates.count() for option in DeliveryOption.objects.all()} == {"parcel": 3, "express": 1, "collect": 0}
    stood = dict(Order.objects.filter(kind="sale").values_list("id", "status"))
    assert sorted(stood.values()) == ["cancelled", "paid", "paid", "paid", "paid", "pending"]
    assert Order.objects.exclude(held_reason="").count() == 1
    back = Order.objects.get(kind="return")
    assert (back.total < 0, back.payments.get().kind) == (True, "store_credit")
    assert Invoice.objects.get().order.customer.kind == "business"


@pytest.mark.django_db
def test_oats_at_northside_tell_of_a_miscount():
    shop.load(now=NOW, password="x")
    oats = Variant.objects.get(sku="OATS")
    northside = Location.objects.get(code="northside")
    assert Level.objects.get(variant=oats, location=northside).on_hand == 3000
    story = Movement.objects.filter(variant=oats, location=northside).order_by("id").values_list("cause", "quantity")
    assert list(story) == [("opening", 15_000), ("adjustment", -12_000)]


@pytest.mark.django_db
def test_loading_it_again_changes_nothing():
    shop.load(now=NOW, password="for everybody")
    counted = [model.objects.count() for model in (Product, Movement, Message, Till, User, RoleGrant, EnrolmentCode)]
    passwords = set(User.objects.values_list("password", flat=True))
    logins = shop.load(now=LATER)
    assert [model.objects.count() for model in (Product, Movement, Message, Till, User, RoleGrant, EnrolmentCode)] == counted
    assert set(User.objects.values_list("password", flat=True)) == passwords
    assert {login.password for login in logins} == {None}


@pytest.mark.django_db
def test_what_people_changed_stays():
    shop.load(now=NOW, password="for everybody")
    settings.put("till.favourites", ["LOAF"])
    RoleGrant.objects.filter(user__username="mia").delete()
    Price.objects.filter(variant__sku="LOAF").update(amount=440)
    shop.load(now=LATER, password="another one")
    assert settings.get("till.favourites") == ["LOAF"]
    assert not RoleGrant.objects.filter(user__username="mia").exists()
    assert Price.objects.get(variant__sku="LOAF").amount == 440
    assert User.objects.get(username="mia").check_password("another one")


@pytest.mark.django_db
def test_cards_and_favourites_name_what_is_sold():
    shop.load(now=NOW, password="x")
    assert Variant.objects.filter(sku__in=shop.FAVOURITES).count() == len(shop.FAVOURITES) == 16
    assert len(shop.TRY_THIS) == 5
    names = {
        card["title"]: [row.variant.product.name for row in Gtin.objects.filter(gtin__in=[gtin.normalise(code) for code in card["scans"]])]
        for card in shop.TRY_THIS
    }
    assert sorted(names["Three items, exact cash"]) == ["Coca-Cola", "Haribo Goldbären", "Nutella"]
    assert names["A code nobody knows"] == []
    assert names["By weight"] == ["Braeburn apples, loose"]
    assert sorted(names["A large note"]) == ["Oat drink barista", "Sourdough loaf"]
    assert len(names["The wrong item"]) == 1


@pytest.mark.django_db
def test_another_shop_is_left_alone():
    org.create_company(code="real", name="Real Shop", currency="EUR")
    with pytest.raises(shop.AnotherShop):
        shop.load(now=NOW, password="x")
    with pytest.raises(shop.AnotherShop):
        shop.empty()


@pytest.mark.django_db
def test_the_command_prints_logins_and_tills_as_json(settings):
    settings.DEMO_PASSWORD = ""
    out = StringIO()
    call_command("demo", "--json", stdout=out)
    told = json.loads(out.getvalue())
    assert [login["username"] for login in told["logins"]] == ["admin", "carla", "mia", "stan", "tess", "nora", "petra", "sue", "abel", "vera"]
    assert User.objects.get(username="stan").check_password(told["logins"][0]["password"])
    assert [till["store"]["code"] for till in told["tills"]] == ["northside", "northside", "riverside"]


@pytest.mark.django_db
def test_production_never_gets_the_demo():
    with override_settings(PRODUCTION=True), pytest.raises(CommandError, match="production"):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_reset_empties_also_what_only_grows(settings):
    settings.DEMO_PASSWORD = "for everybody"
    call_command("demo", stdout=StringIO())
    till = Till.objects.first().id
    call_command("demo", "--reset", stdout=StringIO())
    assert Product.objects.filter(source="demo").count() == 320
    assert Message.objects.filter(type="catalog.product.changed", data__change="created").count() == 322
    assert not Till.objects.filter(id=till).exists()


class TestDoors:
    pytestmark = pytest.mark.django_db

    @pytest.fixture(autouse=True)
    def routed(self, settings):
        settings.ROOT_URLCONF = "demo.tests.routes"
        shop.load(now=NOW, password="x")

    def test_tills_are_listed_and_a_code_makes_one(self, client):
        tills = client.get("/demo/tills").json()["tills"]
        named = [(till["store"]["name"], till["name"]) for till in tills]
        assert named == [("Northside", "Till 1"), ("Northside", "Till 2"), ("Riverside", "Till 1")]
        answer = client.post(f"/demo/tills/{tills[0]['id']}/enrolment-codes", "{}", content_type="application/json")
        assert answer.status_code == 201
        assert len(answer.json()["code"]) == 14

    def test_a_till_that_is_not_there_gets_no_code(self, client):
        assert client.post(f"/demo/tills/{NOWHERE}/enrolment-codes", "{}", content_type="application/json").status_code == 404
        assert client.get(f"/demo/tills/{NOWHERE}/enrolment-codes").status_code == 405


NOWHERE = "01a200d5-9751-700a-84c9-000000000000"


def test_the_doors_stand_open_in_the_demo_alone(settings):
    routed = any(str(route.pattern) == "demo/" for route in get_resolver().url_patterns)
    assert routed == settings.DEMO

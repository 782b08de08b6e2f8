"""Harrow Lane Foods: two stores, a web channel, 320 products, ten people at work, a dozen customers, offers and web orders in flight.
Loading it again adds what is missing and leaves alone what people changed."""

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import connection, transaction

from catalog import search, shelf
from catalog import services as catalog
from catalog.importing import run as importing
from catalog.importing.incoming import Terms
from demo import details, offers, orders, people, products, queries, stockroom
from inventory import services as inventory
from kernel.errors import Conflict
from org import services as org
from org import settings
from org.models import Channel, Company, Store
from pos import services as pos

COMPANY = "harrow-lane"
CURRENCY = "EUR"
# What its invoices show. Nobody has this number: its check digit is wrong on purpose.
SELLER = {
    "legal_name": "Harrow Lane Foods GmbH",
    "line1": "12 Harrow Lane",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
    "tax_number": "DE000000001",
    "registration": "Amtsgericht Berlin, HRB 000001 B",
}
ZONE = "Europe/Berlin"
KEY = "pk_demo_storefront"
# Everything the demo names by itself has an id made from this one, so that loading it twice is loading it once.
NAMESPACE = UUID("6f6e6563-6f75-5e74-8572-64656d6f0001")
TAX_CLASSES = {"standard": ("Standard 19%", 190_000), "reduced": ("Reduced 7%", 70_000), "zero": ("Zero", 0)}
STORES = {"northside": ("Northside", "12 Harrow Lane, 10115 Berlin"), "riverside": ("Riverside", "3 Quay Street, 10243 Berlin")}
TILLS = (("northside", 1), ("northside", 2), ("riverside", 1))
FAVOURITES = [
    *("LOAF", "ROLL-SPELT", "CAKE-LEMON", "SANDWICH-CHEESE", "APPLE-BRAEBURN", "BANANA", "LEMON", "BASIL"),
    *("EGGS-6", "CHEDDAR", "GRANOLA", "OAT-DRINK", "COFFEE-FILTER", "WATER-SPARKLING", "ELDERFLOWER", "BAG"),
]
# The third code has a right check digit and is on nothing the shop sells.
TRY_THIS = [
    {
        "title": "Three items, exact cash",
        "text": "Scan all three, then press Exact cash (F10): three scans and one key.",
        "scans": ["8000500166819", "54491472", "4001686303245"],
    },
    {"title": "The wrong item", "text": "Scan it, then Undo (Ctrl Z): the line is gone, nothing was sold.", "scans": ["50213245"]},
    {
        "title": "A code nobody knows",
        "text": "One sound, one line; scanning goes on. Search, or sell it as an open item.",
        "scans": ["4006381333931"],
    },
    {
        "title": "By weight",
        "text": "Apples: type 0.742 kg, at 3.20 per kg that is 2.37. Tomatoes: the scales' label says 2.34.",
        "scans": ["2000000000107", "2100014002347"],
    },
    {
        "title": "A large note",
        "text": "Scan both, then take a 50: the change stays in sight until the next scan.",
        "scans": ["2000000000015", "2000000000343"],
    },
]


SETTINGS: dict[str, object] = {
    "till.favourites": FAVOURITES,
    "till.try_this": TRY_THIS,
    "till.open_item": {"allowed": True, "most": 2000, "tax_class": "reduced"},
    "till.embedded_codes": stockroom.SCALES,
}


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    role: str
    store: str | None = None
    pin: str | None = None


CAST = (
    Person("admin", "Olive Harrow", "owner"),
    Person("carla", "Carla", "cashier", "northside", "1111"),
    Person("mia", "Mia", "store_manager", "northside", "2222"),
    Person("stan", "Stan", "store_manager", "riverside", "3333"),
    Person("tess", "Tess", "stock_clerk", "northside"),
    Person("nora", "Nora", "merchandiser"),
    Person("petra", "Petra", "pricing_manager"),
    Person("sue", "Sue", "support"),
    Person("abel", "Abel", "accountant"),
    Person("vera", "Vera", "viewer"),
)


@dataclass(frozen=True)
class Login:
    name: str
    username: str
    password: str | None
    """None: set at an earlier loading; nobody knows it but who was told then."""
    pin: str | None


class AnotherShop(Conflict):
    code = "not_the_demo_shop"
    title = "This database holds another shop. The demo shop is loaded into an empty one."


@transaction.atomic
def load(*, now: datetime, password: str = "") -> list[Login]:
    """The whole shop or nothing. `password` for the staff; without one a random one is made for whoever is new."""
    if set(queries.companies()) - {COMPANY}:
        raise AnotherShop
    company = queries.company(COMPANY) or org.create_company(code=COMPANY, name="Harrow Lane Foods", currency=CURRENCY, **SELLER)
    counter = _channel(company, "stores", "Stores", Channel.Kind.STORE)
    web = _channel(company, "web", "Web shop", Channel.Kind.WEB)
    stores = {code: _store(company, counter, code) for code in STORES}
    _shelves(now)
    details.finish(web=web, now=now)
    _stock(now)
    stockroom.furnish(counter=counter, web=web, stocked=queries.items(products.source), now=now)
    offers.begin(zone=ZONE)
    logins = _people(stores, password)
    offers.finish(channels=[counter, web], stores=list(stores.values()), zone=ZONE, now=now)
    _tills(stores)
    if not queries.has_key(KEY):
        org.create_api_key(
            name="Storefront (demo)",
            kind="publishable",
            channel=web,
            scopes=["catalog:read", "availability:read", "checkout:write"],
            now=now,
            plain=KEY,
        )
    for name, value in SETTINGS.items():
        if not queries.has_setting(name):
            settings.put(name, value)
    # What heads and lists read follows by itself within a second; the first look must not come before.
    for channel in (counter, web):
        shelf.rebuild(channel=channel.id, now=now)
    search.rebuild()
    people.move_in(now=now)
    orders.offer_delivery(web=web)
    orders.come_in(web=web, now=now)
    return logins


def tills() -> list[dict[str, object]]:
    return [
        {"id": str(till.id), "number": till.number, "name": till.name, "store": {"code": till.store.code, "name": till.store.name}}
        for till in queries.tills()
    ]


def as_json(logins: list[Login]) -> dict[str, object]:
    return {"logins": [asdict(login) for login in logins], "tills": tills()}


def empty() -> None:
    """Every row of every table, also of those that otherwise only grow. For the demo's database alone."""
    if set(queries.companies()) - {COMPANY}:
        raise AnotherShop
    kept = ("django_migrations", "django_content_type")
    with transaction.atomic(), connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names(cursor) if name not in kept]
        # Guards against emptying are triggers; a replica fires none. Only the database's owner may say so.
        cursor.execute("set local session_replication_role = replica")
        cursor.execute(f"truncate {', '.join(connection.ops.quote_name(name) for name in tables)} restart identity cascade")


def _channel(company: Company, code: str, name: str, kind: str) -> Channel:
    return queries.channel(code) or org.create_channel(company=company, code=code, name=name, kind=kind)


def _store(company: Company, channel: Channel, code: str) -> Store:
    name, address = STORES[code]
    store = queries.store(code) or org.create_store(company=company, channel=channel, code=code, name=name, timezone=ZONE, address=address)
    if queries.location(code) is None:
        inventory.create_location(code=code, name=f"{name} shop floor", store=store)
    return store


def _shelves(now: datetime) -> None:
    for code, (name, rate) in TAX_CLASSES.items():
        if code not in queries.tax_classes():
            catalog.create_tax_class(code=code, name=name, rate=rate, actor=None)
    there = queries.categories()
    for position, (code, name) in enumerate(products.CATEGORIES.items(), start=1):
        if code not in there:
            catalog.create_category(code=code, name=name, position=position, actor=None)
    details.prepare(now=now)
    groups = products.groups(products.rows())
    terms = Terms(currency=CURRENCY, tax_class="standard")
    brought = importing.take_in(format=products, groups=groups, terms=terms, now=now, actor=None)
    if brought.faults:
        raise ValueError(f"demo/products.csv: {brought.faults[0]}")


def _stock(now: datetime) -> None:
    """What lay there a week ago. Oats at Northside tell of a miscount: the ledger said 15, three were there."""
    moves = []
    for code in STORES:
        location = queries.location(code)
        assert location is not None
        for item in queries.items(products.source):
            amount = 15_000 if item.sku == "OATS" else _amount(item, code)
            moves.append(_move(location, item, amount, "opening", code, "Opening count", now - timedelta(days=7)))
            if (item.sku, code) == ("OATS", "northside"):
                moves.append(_move(location, item, -12_000, "adjustment", code, "Counted 3: a case of 12 never came", now - timedelta(days=1)))
    inventory.move(movements=moves, now=now)


def _move(location: UUID, item: queries.Item, quantity: int, cause: str, store: str, note: str, at: datetime) -> inventory.Move:
    reference = uuid5(NAMESPACE, f"{cause} {store} {item.sku}")
    return inventory.Move(location=location, variant=item.variant, quantity=quantity, cause=cause, reference=reference, note=note, occurred_at=at)


def _amount(item: queries.Item, store: str) -> int:
    """6 to 45 pieces, or 10 to 49 kg: the same in every loading."""
    number = hashlib.sha256(f"{store} {item.sku}".encode()).digest()[0] % 40
    return (10 + number) * 1000 if item.weighed else (6 + number) * 1000


def _people(stores: dict[str, Store], password: str) -> list[Login]:
    made_up = password or secrets.token_urlsafe(9)
    logins = []
    for person in CAST:
        user = queries.user(person.username)
        if user is None:
            _hire(person, made_up, stores)
        elif password and not user.check_password(password):
            org.set_password(user=user, password=password)
        told = made_up if user is None else password or None
        logins.append(Login(person.name, person.username, told, person.pin))
    return logins


def _hire(person: Person, password: str, stores: dict[str, Store]) -> None:
    """Roles and PINs come with the person alone: what was taken away later stays away."""
    user = org.create_user(username=person.username, name=person.name, password=password)
    store = stores[person.store] if person.store else None
    org.grant_role(user=user, role=person.role, store=store)
    if person.pin and store:
        pos.set_pin(user=user, store=store, pin=person.pin)


def _tills(stores: dict[str, Store]) -> None:
    there = {(till.store.code, till.number) for till in queries.tills()}
    for code, number in TILLS:
        if (code, number) not in there:
            pos.create_till(store=stores[code], number=number, name=f"Till {number}")

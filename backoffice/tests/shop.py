"""The cast and a small shop for the back office's tests, made through the services wherever one exists."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from catalog import services as catalog
from catalog.models import TaxClass
from inventory import services as inventory
from kernel.ids import uuid7
from kernel.models import Delivery, Message
from kernel.money import included_tax
from orders import services as orders
from org import services as org
from org.queries import business_date
from pos.models import JournalEntry, Shift, Till

NOUNS = ["Elderflower pressé", "Blood orange soda", "Ginger beer", "Cloudy apple juice", "Rhubarb cordial", "Still water", "Rolled oats", "Feta"]


@dataclass
class Shop:
    company: Any
    stores: Any
    northside: Any
    riverside: Any
    owner: Any
    mia: Any
    stan: Any
    carla: Any
    viewer: Any
    food: TaxClass
    tills: dict[UUID, Till] = field(default_factory=dict)
    variants: list[Any] = field(default_factory=list)
    receipts: int = 0


def open_shop(*, password: str | None = None) -> Shop:
    """Without a password nobody spends time on hashing one; tests sign people in directly."""
    company = org.create_company(code="harrow", name="Harrow Lane Foods", currency="EUR")
    stores = org.create_channel(company=company, code="stores", name="Stores", kind="store")
    shops = [
        org.create_store(company=company, channel=stores, code=code, name=code.title(), timezone="Europe/Berlin")
        for code in ("northside", "riverside")
    ]
    people = {}
    for login, name, role, store in (
        ("owner", "Olga Brandt", "owner", None),
        ("mia", "Mia Kovač", "store_manager", shops[0]),
        ("stan", "Stan Bauer", "store_manager", shops[1]),
        ("carla", "Carla Nunes", "cashier", shops[0]),
        ("vera", "Vera Lind", "viewer", None),
    ):
        people[login] = org.create_user(username=login, name=name, password=password)
        org.grant_role(user=people[login], role=role, store=store)
    food = catalog.create_tax_class(code="food", name="Food", rate=70_000, actor=None)
    shop = Shop(company, stores, *shops, *(people[login] for login in ("owner", "mia", "stan", "carla", "vera")), food)
    for store in shops:
        inventory.create_location(code=store.code, name=store.name, store=store)
        shop.tills[store.pk] = Till.objects.create(store=store, number=1, name="Till 1")
    return shop


def add_products(shop: Shop, count: int, *, now: datetime) -> None:
    category = catalog.ensure_category(name="Drinks", actor=None)
    for number in range(len(shop.variants), len(shop.variants) + count):
        name = f"{NOUNS[number % len(NOUNS)]} {330 + number} ml"
        first = catalog.NewVariant(sku=f"{12204 + number}", gtins=[gtin(number)], prices={"EUR": 180 + 10 * (number % 40)})
        made = catalog.create_product(
            name=name,
            brand=catalog.ensure_brand(name="Kestrel", actor=None),
            tax_class=shop.food,
            category=category,
            variants=[first],
            status="active",
            now=now,
            actor=shop.owner.pk,
        )
        shop.variants.append(made.variants.get())
    for store in (shop.northside, shop.riverside):
        fresh = {variant.pk: (20 + place) * 1000 for place, variant in enumerate(shop.variants[-count:])}
        inventory.open_stock(location=inventory.selling_location(store), quantities=fresh, reference=uuid7(), now=now)


def gtin(number: int) -> str:
    body = f"400000{number:06d}"
    check = -sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10
    return f"{body}{check}"


def sell(shop: Shop, *, store: Any, at: datetime, count: int = 1, shift: UUID | None = None, quantity: int = 2000) -> list[UUID]:
    sales = []
    for number in range(shop.receipts + 1, shop.receipts + count + 1):
        variant = shop.variants[number % len(shop.variants)]
        price = variant.prices.get().amount
        total = price * quantity // 1000
        tax = included_tax(amount=total, rate=70_000)
        line = orders.SaleLine(
            position=1, variant=variant.pk, sku=variant.sku, name=variant.product.name, quantity=quantity, unit_price=price,
            list_total=total, total=total, tax_class="food", tax_rate=70_000, tax=tax,
        )  # fmt: skip
        paid = orders.SalePayment(position=1, kind="cash", amount=total, tendered=total + 20, change=20)
        sales.append(
            orders.Sale(
                id=uuid7(),
                number=f"{store.code.upper()}-1-1-{number:04d}",
                source="till",
                channel=store.channel_id,
                store=store.pk,
                location=inventory.selling_location(store),
                currency="EUR",
                total=total,
                tax=tax,
                business_date=business_date(store=store, at=at),
                placed_at=at,
                lines=(line,),
                payments=(paid,),
                shift=shift,
                cashier=shop.carla.pk,
            )  # fmt: skip
        )
    shop.receipts += count
    return [placed.id for placed in orders.place(sales=sales, now=at)]


def open_shift(shop: Shop, *, store: Any, at: datetime, counted: int | None = None) -> Shift:
    closed = {} if counted is None else {"closed_at": at + timedelta(hours=8), "counted": counted, "expected": 21500}
    if closed:
        closed["close_body"] = {"denominations": {"5000": 4, "500": 3}}
    day = business_date(store=store, at=at)
    return Shift.objects.create(
        id=uuid7(), till=shop.tills[store.pk], cashier=shop.carla.pk, business_date=day, opened_at=at, float_amount=15000, **closed
    )


def journal(
    shop: Shop,
    *,
    store: Any,
    at: datetime,
    seq: int,
    state: str = "accepted",
    posting: str = "posted",
    trouble: str = "",
    text: str = '{"v":1,"kind":"sale"}',
) -> JournalEntry:
    return JournalEntry.objects.create(
        id=uuid7(), till=shop.tills[store.pk], epoch=1, seq=seq, prev=b"0" * 32, hash=b"1" * 32, signature=b"2" * 64, text=text,
        kind="sale", state=state, posting=posting, received_at=at, last_error=trouble, reason="bad_signature" if state == "quarantined" else "",
    )  # fmt: skip


def deliver(*, subscriber: str, state: str, at: datetime, trouble: str = "") -> list[Delivery]:
    """A delivery of every message to one subscriber."""
    return Delivery.objects.bulk_create(
        Delivery(message=message, subscriber=subscriber, state=state, attempts=8 if state == "parked" else 1, due_at=at, last_error=trouble)
        for message in Message.objects.order_by("id")
    )

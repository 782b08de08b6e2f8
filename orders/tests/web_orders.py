"""Orders of the web as they stand after checkout: goods held, paid or awaited."""

from dataclasses import replace

from django.db import connection, transaction

from catalog.models import Price, Product, Variant
from inventory import services as inventory
from inventory.models import Level
from inventory.tests.stockroom import Stockroom
from kernel.ids import uuid7
from orders import services
from orders.models import Order
from orders.services import SalePayment
from orders.tests.till_sales import sale
from org.tests.cast import NOW


def open_for_business(room: Stockroom, many: int = 10_000) -> Stockroom:
    """Goods on the shelf, at 1.00 each and taxed with 7 % inside."""
    inventory.open_stock(location=room.northside, quantities=dict.fromkeys(room.variants, many), reference=uuid7(), now=NOW)
    Product.objects.update(status="active")
    for variant in Variant.objects.filter(id__in=room.variants):
        Price.objects.create(variant=variant, currency="EUR", amount=100)
    return room


def order(room: Stockroom, lines=3, *, paid: str = "transfer", **more) -> Order:
    """Of pieces of milk at 1.00; `paid`: by what; "": nothing yet."""
    status = more.pop("status", "paid" if paid else "pending")
    made = sale(room, lines, source="web", number="", store=None, channel=room.cast.web.id, cashier=None, hold=True, status=status, **more)
    payments = (SalePayment(position=1, kind=paid, amount=made.total, tendered=made.total),) if paid else ()
    with transaction.atomic():
        services.place(sales=[replace(made, payments=payments)], now=NOW)
    settled()
    return Order.objects.get(id=made.id)


def settled() -> None:
    """The tests' own transaction never commits, so what a commit would check is checked here."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


def reserved(room: Stockroom) -> list[int]:
    held = dict(Level.objects.filter(location=room.northside).values_list("variant_id", "reserved"))
    return [held.get(variant, 0) for variant in room.variants]


def broken() -> list:
    with connection.cursor() as cursor:
        cursor.execute("select * from orders_broken()")
        return cursor.fetchall()

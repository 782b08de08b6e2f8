"""Sales that goods come back from: made as a till makes them, paid as the test says."""

from dataclasses import replace
from datetime import date

from django.db import connection

from customers import services as customers
from customers.tests.persons import somebody
from inventory.tests.stockroom import Stockroom
from kernel.ids import uuid7
from kernel.money import MILLION, divided, included_tax
from orders import services
from orders.models import Order, OrderLine, Payment
from orders.services import ReturnLine, SaleLine, SalePayment, return_goods
from orders.services.tenders import take_tenders
from orders.tenders import Tender
from orders.tests.till_sales import sale
from org.tests.cast import NOW


def goods(room: Stockroom, n: int, quantity: int = 1_000, each: int = 100, *, rate=70_000, included=True, discount=0, **more) -> SaleLine:
    listed = divided(each * quantity, 1_000)
    total = listed - discount
    tax = included_tax(amount=total, rate=rate) if included else divided(total * rate, MILLION)
    return SaleLine(
        position=n + 1,
        variant=room.variants[n],
        sku=f"MILK-{n}",
        name="Milk",
        quantity=quantity,
        unit_price=each,
        list_total=listed,
        discount=discount,
        total=total,
        tax_class="food",
        tax_rate=rate,
        tax=tax,
        taxes=[{"code": "vat", "name": "VAT", "rate": rate, "amount": tax}],
        **more,
    )


def sold(room: Stockroom, lines=None, paid=None, *, included=True, rounding=0, customer=None, **more) -> Order:
    """`paid`: [(kind, amount), …]; left out: all in cash. Gift cards, credit and points are Tenders."""
    lines = [goods(room, 0, 3_000)] if lines is None else lines
    total = sum(line.total + (0 if included else line.tax) for line in lines) + rounding
    id = uuid7()
    tenders = [one if isinstance(one, Tender) else Tender(kind=one[0], amount=one[1]) for one in (paid or [("cash", total)])]
    payments = {
        place: SalePayment(position=place, kind=one.kind, amount=one.amount, tendered=one.amount, label=one.label)
        for place, one in enumerate(tenders, start=1)
    }
    taken = take_tenders(order=id, wanted=tenders, currency=more.get("currency", "EUR"), customer=customer, now=NOW)
    payments |= {one.position: one for one in taken}
    made = replace(
        sale(room, lines, id=id),
        total=total,
        rounding=rounding,
        tax_included=included,
        payments=tuple(payments.values()),
        **more,
    )
    services.place(sales=[made], now=NOW)
    if customer:
        Order.objects.filter(id=id).update(customer=customer)
    return Order.objects.get(id=id)


def line_of(order: Order, position: int = 1) -> OrderLine:
    return order.lines.get(position=position)


def back(order: Order, *wanted, **more):
    """`wanted`: (position, quantity) of its lines; nothing: one of the first."""
    store = more.pop("store", order.store_id)
    lines = [
        ReturnLine(order_line=line_of(order, position).pk, quantity=quantity, reason=more.pop("reason", ""), condition=more.pop("condition", ""))
        for position, quantity in (wanted or [(1, 1_000)])
    ]
    asked = {"id": uuid7(), "store": store, "actor": None, "now": NOW, "lines": lines} | more
    return return_goods(**asked)


def money(order) -> list[tuple[str, int]]:
    return [(one.kind, one.amount) for one in Payment.objects.filter(order=order.id).order_by("position")]


def left(order: Order) -> list[tuple[str, int]]:
    return [(one.kind, one.amount - one.refunded) for one in Payment.objects.filter(order=order.id, amount__gt=0).order_by("position")]


def agree() -> None:
    """What the database would only say at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


def broken() -> list[tuple]:
    """What the database says does not agree."""
    agree()
    with connection.cursor() as cursor:
        cursor.execute("select * from orders_broken()")
        return cursor.fetchall()


def gift_card(amount: int, currency="EUR"):
    return customers.issue_gift_card(amount=amount, currency=currency, reference=uuid7(), line=1, actor=None, now=NOW)


def person(**more):
    return somebody(**more)


DAY = date(2026, 3, 14)

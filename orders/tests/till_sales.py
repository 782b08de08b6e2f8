"""Sales as a till makes them: 1.00 a piece, 7 % inside."""

from dataclasses import replace
from datetime import date

from inventory.tests.stockroom import Stockroom
from kernel.ids import uuid7
from kernel.money import included_tax
from orders.services import Sale, SaleLine, SalePayment
from org.tests.cast import NOW


def line(room: Stockroom, n: int, quantity: int = 1_000, position: int | None = None, **more) -> SaleLine:
    total = quantity // 10
    return SaleLine(
        position=position or n + 1,
        variant=room.variants[n],
        sku=f"MILK-{n}",
        name="Milk",
        quantity=quantity,
        unit_price=100,
        list_total=total,
        total=total,
        tax_class="food",
        tax_rate=70_000,
        tax=included_tax(amount=total, rate=70_000),
    )


def sale(room: Stockroom, lines: int | list[SaleLine] = 3, **more) -> Sale:
    lines = [line(room, n) for n in range(lines)] if isinstance(lines, int) else lines
    id = more.pop("id", None) or uuid7()
    total = sum(part.total for part in lines)
    return replace(
        Sale(
            id=id,
            number=f"NORTHSIDE-{str(id)[-12:]}",
            source="till",
            channel=room.cast.stores.id,
            store=room.cast.northside.id,
            location=room.northside,
            currency="EUR",
            total=total,
            tax=sum(part.tax for part in lines),
            shift=None,
            cashier=room.cast.carla.id,
            business_date=date(2026, 3, 14),
            placed_at=NOW,
            lines=tuple(lines),
            payments=(SalePayment(position=1, kind="cash", amount=total, tendered=total + 500, change=500),),
        ),
        **more,
    )

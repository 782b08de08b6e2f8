"""What goods are worth that are priced when they come back or are taken in exchange: by the one engine, in the place where that happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from catalog.price_reading import lowest_price
from catalog.pricebook import Customer, Place
from catalog.services.preview import WantedLine, preview_basket
from inventory.queries.goods import by_sku
from orders.queries import returns
from orders.services.sales import SaleLine

# Without a receipt nobody knows what was paid: no more than anybody could have paid in these days.
LOWEST_OF_DAYS: Final = 30


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`quantity` in thousandths, above 0."""

    sku: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Worth:
    """SaleLines above zero, and whether their totals hold the tax."""

    lines: tuple[SaleLine, ...]
    tax_included: bool
    currency: str


def bought(*, channel: UUID, store: UUID | None, wanted: Sequence[Wanted], customer: UUID | None = None, now: datetime) -> Worth:
    """As the till would sell them now. Raises UnknownGoods, BadBasket."""
    return _worth([WantedLine(one.sku, one.quantity) for one in wanted], Place(channel, store), customer, now)


def without_receipt(*, channel: UUID, store: UUID | None, wanted: Sequence[Wanted], now: datetime) -> Worth:
    """The lowest they cost there in the last days, with their taxes of today."""
    place = Place(channel, store)
    ids = by_sku(skus=[one.sku for one in wanted])
    lines = []
    for one in wanted:
        lowest = lowest_price(variant=ids[one.sku], place=place, at=now, days=LOWEST_OF_DAYS) if one.sku in ids else None
        # Of what has another price unit than now nothing can be fixed: it is worth what it costs.
        fixed = {"source": "manual", "code": "", "kind": "price", "value": lowest.amount} if lowest and lowest.price_quantity == 1000 else None
        lines.append(WantedLine(one.sku, one.quantity, fixed))
    return _worth(lines, place, None, now)


def _worth(lines: Sequence[WantedLine], place: Place, customer: UUID | None, now: datetime) -> Worth:
    if not lines:
        return Worth(lines=(), tax_included=True, currency="")
    told = preview_basket(place=place, lines=lines, customer=Customer(id=customer) if customer else None, at=now, now=now)
    ids = by_sku(skus=[line["sku"] for line in told["lines"]])
    classes = {id: facts.tax_class for id, facts in returns.goods(variants=ids.values()).items()}
    made = [_line(line, ids[line["sku"]], classes[ids[line["sku"]]]) for line in told["lines"]]
    return Worth(lines=tuple(made), tax_included=told["prices_include_tax"], currency=told["currency"])


def _line(told: dict[str, Any], variant: UUID, tax_class: str) -> SaleLine:
    return SaleLine(
        position=told["id"],
        kind=told["kind"],
        variant=variant,
        sku=told["sku"],
        name=told["name"][:300],
        quantity=told["quantity"],
        unit_price=told["unit_price"],
        price_quantity=told["price_quantity"],
        list_total=told["list_total"] - told["exempted"],
        discount=told["discount"],
        total=told["total"],
        tax_class=tax_class,
        tax_rate=sum(tax["rate"] for tax in told["taxes"]),
        tax=told["tax"],
        taxes=told["taxes"],
        discounts=told["discounts"],
        allocation=told["allocation"],
    )


__all__ = ["LOWEST_OF_DAYS", "Wanted", "Worth", "bought", "without_receipt"]

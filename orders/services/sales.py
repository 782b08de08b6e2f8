"""What is placed: a sale as it stood on the receipt, and whether its sums agree.

Money is integer minor units of the sale's currency, quantities are integer thousandths, rates parts per million.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from inventory import services as inventory
from kernel.errors import Conflict, Invalid
from orders.allocation import Segment, agrees

# What gives off a price without being a promotion: a sticker's code follows the first.
MARKDOWN, MANUAL = "markdown:", "manual"


class Unbalanced(Invalid):
    """Lines, tax or payments do not come to what the order says; `field` names which."""

    code = "order_unbalanced"
    title = "The sums of this order do not agree"


class NotASale(Invalid):
    """Goods that come back are a return, with its own order."""

    code = "sale_line_not_positive"
    title = "A sale has only lines of more than nothing"


class NumberTaken(Conflict):
    code = "order_number_taken"
    title = "Another order has this number"


@dataclass(frozen=True, kw_only=True)
class SaleLine:
    """`list_total` less `discount` is `total`; `tax` is contained in `total` where the sale's prices hold it. No variant: nothing leaves stock.

    `taxes`: each by itself, {code, name, rate, amount}, in all `tax`. `discounts`: who gave it, {promotion, name, amount,
    supplier_amount}, in all `discount`. Either may be left out. `allocation`: how it all falls on units; without it, evenly.
    """

    position: int
    variant: UUID | None
    name: str
    quantity: int
    unit_price: int
    list_total: int
    total: int
    tax_class: str
    tax_rate: int
    tax: int
    kind: str = "goods"
    sku: str = ""
    gtin: str = ""
    price_quantity: int = 1000
    discount: int = 0
    taxes: Sequence[dict[str, Any]] = ()
    discounts: Sequence[dict[str, Any]] = ()
    allocation: Sequence[Segment] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SalePayment:
    """`tendered` less `change` is `amount`.

    `source`: the attempt at a gateway or the movement of value it came by. `label`: what people know it by. `refunds`: of money that
    goes back, the id of the payment it came by.
    """

    position: int
    kind: str
    amount: int
    tendered: int
    change: int = 0
    source: UUID | None = None
    label: str = ""
    refunds: int | None = None


@dataclass(frozen=True, kw_only=True)
class Sale:
    """What was sold, as it stood on the receipt. `id` becomes the order's id; `location` is where the goods left from.

    `coupons`: those that were shown. `customer`: an opaque id, for what is counted by the person; the order keeps it where it is known.
    `hold`: the goods are held for the order and leave later. `status`: paid, or pending while `payments` are only a part; a quote
    holds nothing and claims nothing. Without a `number` the order gets the next one.
    """

    id: UUID
    number: str
    source: str
    channel: UUID
    store: UUID | None
    location: UUID | None
    currency: str
    total: int
    tax: int
    business_date: date
    placed_at: datetime
    lines: tuple[SaleLine, ...]
    payments: tuple[SalePayment, ...]
    rounding: int = 0
    shift: UUID | None = None
    cashier: UUID | None = None
    tax_included: bool = True
    coupons: tuple[str, ...] = ()
    customer: UUID | None = None
    status: str = "paid"
    hold: bool = False
    ship_to: UUID | None = None
    bill_to: UUID | None = None
    delivery: str = ""
    delivery_option: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Placed:
    """`new` is False for a replay: the order stood already and nothing happened again. `shortages`: of its goods, what is below zero now.
    `over`: the names of promotions that it was given beyond their limits; only a till's sale stands all the same.
    `strange`: serial numbers that were sold and that nobody knew to be there."""

    id: UUID
    number: str
    new: bool
    shortages: tuple[inventory.Shortage, ...] = ()
    over: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()


def check(*, sale: Sale) -> None:
    """Refuses a sale whose sums do not agree before a statement is spent on it. The database has the last word."""
    if not sale.lines or any(line.quantity <= 0 for line in sale.lines):
        raise NotASale(field="lines")
    on_top = 0 if sale.tax_included else sum(line.tax for line in sale.lines)
    sums = {
        "lines": all(line.total == line.list_total - line.discount for line in sale.lines),
        "discounts": all(_come_to(line.discounts, line.discount) for line in sale.lines),
        "taxes": all(_come_to(line.taxes, line.tax) for line in sale.lines),
        "allocation": all(_falls_on_all(line) for line in sale.lines),
        "total": sum(line.total for line in sale.lines) + on_top + sale.rounding == sale.total,
        "tax": sum(line.tax for line in sale.lines) == sale.tax,
        "payments": _paid_as_it_says(sale) and all(payment.amount == payment.tendered - payment.change for payment in sale.payments),
    }
    for name, agree in sums.items():
        if not agree:
            raise Unbalanced(f"{sale.number}: the {name} do not agree with the rest.", field=name)


def _paid_as_it_says(sale: Sale) -> bool:
    paid = sum(payment.amount for payment in sale.payments)
    return {"paid": paid == sale.total, "pending": 0 <= paid <= sale.total}.get(sale.status, paid == 0)


def _come_to(parts: Sequence[dict[str, Any]], whole: int) -> bool:
    return not parts or sum(part["amount"] for part in parts) == whole


def _falls_on_all(line: SaleLine) -> bool:
    return line.allocation is None or agrees(line.allocation, quantity=line.quantity, total=line.total, discount=line.discount, tax=line.tax)

"""The goods of an order priced anew by the one engine, as of the moment it was placed: what stays keeps its price."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from catalog.pricebook import Customer, Place
from catalog.services.preview import WantedLine, preview_basket
from customers.queries import pricing_facts
from inventory.queries.goods import by_sku
from orders.allocation import allocation
from orders.models import Order, OrderLine
from orders.queries.returns import goods

CHARGES: Final = ("delivery", "fee")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`position` of the line it was, or is to be."""

    position: int
    sku: str
    quantity: int
    # What came with the line that is kept: serial numbers, whether it is digital.
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Priced:
    """Lines that are not saved; the sums of all of them."""

    lines: tuple[OrderLine, ...]
    total: int
    tax: int
    tax_included: bool


def priced(*, order: Order, wanted: Sequence[Wanted], kept: Sequence[OrderLine], now: datetime) -> Priced:
    """`kept`: lines that no goods are, whose prices stand; charges among them are given to the engine, for what takes something off them."""
    charges = [line for line in kept if line.kind in CHARGES]
    told = preview_basket(
        place=Place(order.channel_id, order.store_id),
        lines=[WantedLine(one.sku, one.quantity) for one in wanted],
        coupons=order.coupons,
        customer=_customer(order),
        charges=[{"kind": line.kind, "name": line.name, "amount": line.list_total, "tax_class": line.tax_class or None} for line in charges],
        at=order.placed_at,
        now=now,
    )
    lines = _goods(order, told["lines"], wanted, last=max([line.position for line in kept] + [one.position for one in wanted]))
    lines += [_charge(line, row) for line, row in zip(charges, told["charges"], strict=True)]
    lines += [_again(line) for line in kept if line.kind not in CHARGES]
    tax = sum(line.tax for line in lines)
    included = told["prices_include_tax"]
    total = sum(line.total for line in lines) + (0 if included else tax)
    return Priced(lines=tuple(sorted(lines, key=lambda line: line.position)), total=total, tax=tax, tax_included=included)


def _customer(order: Order) -> Customer | None:
    facts = pricing_facts(customer=order.customer_id)
    return Customer(id=facts.customer, groups=facts.groups) if facts.customer else None


def _goods(order: Order, told: Sequence[Mapping[str, Any]], wanted: Sequence[Wanted], *, last: int) -> list[OrderLine]:
    """Goods come back in the order they were asked for; deposits that go with them are lines of their own, after all others."""
    ids = by_sku(skus=[row["sku"] for row in told])
    facts = goods(variants=ids.values())
    places, lines = iter(wanted), []
    for row in told:
        if row["kind"] == "deposit":
            last += 1
            position, extra = last, {}
        else:
            one = next(places)
            position, extra = one.position, dict(one.extra)
        variant = ids[row["sku"]]
        made = _amounts(row) | {"kind": row["kind"], "variant_id": variant, "sku": row["sku"], "name": row["name"][:300]}
        made |= {"quantity": row["quantity"], "unit_price": row["unit_price"], "price_quantity": row["price_quantity"]}
        made |= {
            "list_total": row["list_total"] - row["exempted"],
            "allocation": row["allocation"],
            "tax_class": facts[variant].tax_class,
            "extra": extra,
        }
        lines.append(OrderLine(order=order, position=position, **made))
    return lines


def _amounts(row: Mapping[str, Any]) -> dict[str, Any]:
    rate = sum(tax["rate"] for tax in row["taxes"])
    return {
        **{name: row[name] for name in ("discount", "total", "tax", "taxes", "discounts")},
        "tax_rate": rate,
    }


def _charge(line: OrderLine, row: Mapping[str, Any]) -> OrderLine:
    made = _again(line)
    for name, value in (_amounts(row) | {"list_total": row["amount"] - row["exempted"]}).items():
        setattr(made, name, value)
    made.allocation = list(allocation(quantity=made.quantity, total=made.total, discount=made.discount, tax=made.tax))  # type: ignore[assignment]
    return made


COPIED: Final = (
    *("position", "kind", "variant_id", "sku", "gtin", "name", "quantity", "unit_price", "price_quantity", "list_total", "discount", "total"),
    *("tax_class", "tax_rate", "tax", "taxes", "discounts", "allocation", "extra"),
)


def _again(line: OrderLine) -> OrderLine:
    return OrderLine(order_id=line.order_id, **{name: getattr(line, name) for name in COPIED})

"""Prices and baskets as programs ask for them: both doors send what they were given here and tell what comes back.

A publishable key can be read by anybody, so it asks as a stranger does: now, with coupons it knows, without being a customer; and
of the trace it learns what was applied and what is almost reached.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from catalog import pricebook
from catalog.pricebook import Customer, Priced, UnknownGoods, reach_of
from catalog.services.preview import MOST_LINES, BadBasket, WantedLine, preview_basket
from catalog.telling import price_text
from kernel.errors import Invalid
from org.access import Principal
from org.paging import plain_text

__all__ = ["MOST_CODES", "MOST_LINES", "MOST_SKUS", "basket", "price", "prices"]

Json = dict[str, Any]
MOST_SKUS: Final = 100
MOST_CODES: Final = 20
MOST_TRACED: Final = 1_000
FARTHEST: Final = timedelta(days=3_652)
# What a shopper is meant to see: what is coming and what is for others is the shop's own.
OPEN_STATES: Final = ("applied", "almost")
# Nobody's business but the shop's.
INNER: Final = ("supplier", "supplier_amount")


def prices(
    *,
    principal: Principal,
    skus: Sequence[str],
    store: str = "",
    channel: str = "",
    quantity: int = 1000,
    groups: Sequence[str] = (),
    now: datetime,
) -> list[Json]:
    """Of those that are known there and have a price: sku, amounts, the list it comes from, the next change."""
    if len(skus) > MOST_SKUS:
        raise Invalid(f"Ask for at most {MOST_SKUS} SKUs at a time.", field="sku", maximum=MOST_SKUS)
    if not 0 < quantity < 2**53:
        raise Invalid("A quantity is above 0: 1000 is one piece or one kilogram.", field="quantity")
    reach = reach_of(principal=principal, store=_text(store, "store"), channel=_text(channel, "channel"), closed=["groups"] if groups else [])
    wanted = [plain_text(sku, field="sku", longest=60) for sku in skus]
    found = pricebook.prices(
        place=reach.place, skus=wanted, quantity=quantity, groups=_codes(groups, "groups"), only_offered=reach.only_offered, now=now
    )
    return [_priced(one) for one in found]


def price(*, principal: Principal, sku: str, now: datetime, **asked: Any) -> Json:
    found = prices(principal=principal, skus=[sku], now=now, **asked)
    if not found:
        raise UnknownGoods(f"There is no {sku} with a price here.", field="sku", sku=sku)
    return found[0]


def _priced(one: Priced) -> Json:
    unit = one.unit_price
    return {
        "sku": one.sku,
        "name": one.name,
        "amount": one.amount,
        "currency": one.currency,
        "formatted": price_text(one.amount, one.currency),
        "price_quantity": one.price_quantity,
        "from_quantity": one.from_quantity,
        "price_list": one.list or None,
        "base_amount": one.base,
        "unit_price": unit
        and {"amount": unit.amount, "currency": one.currency, "formatted": price_text(unit.amount, one.currency), "unit": unit.unit},
        "next_change_at": one.next_change_at,
    }


def basket(*, principal: Principal, asked: Mapping[str, Any], now: datetime) -> Json:
    """`asked`: store, channel, lines [{sku, quantity}], coupons, charges [{kind, name, amount, tax_class}], customer {id, groups,
    segments, orders}, staff, at."""
    closed = [name for name in ("at", "customer", "staff") if asked.get(name)]
    reach = reach_of(principal=principal, store=_text(asked.get("store"), "store"), channel=_text(asked.get("channel"), "channel"), closed=closed)
    result = preview_basket(
        place=reach.place,
        lines=[WantedLine(plain_text(line["sku"], field="lines", longest=60), line["quantity"]) for line in asked["lines"]],
        coupons=_codes(asked.get("coupons") or (), "coupons"),
        customer=_customer(asked.get("customer")),
        charges=[_charge(charge) for charge in asked.get("charges") or ()],
        staff=bool(asked.get("staff")),
        at=_moment(asked.get("at"), now),
        now=now,
        only_offered=reach.only_offered,
        elsewhere=principal.kind == "staff",
    )
    return _told(result, open=reach.open)


def _told(result: Json, *, open: bool) -> Json:
    shown = [entry for entry in result["trace"] if not open or entry["state"] in OPEN_STATES]
    told = {**result, "trace": shown[:MOST_TRACED]}
    told["discounts"] = [{part: value for part, value in discount.items() if part not in INNER} for discount in result["discounts"]]
    return told


def _moment(given: datetime | None, now: datetime) -> datetime:
    if given is None:
        return now
    if given.tzinfo is None or not now - FARTHEST < given < now + FARTHEST:
        raise Invalid("Give a moment with its zone, no more than ten years away: 2026-12-01T09:00:00Z.", field="at")
    return given


def _customer(given: Mapping[str, Any] | None) -> Customer | None:
    if given is None:
        return None
    orders = given.get("orders")
    if orders is not None and orders < 0:
        raise BadBasket("Nobody has fewer than no orders.", field="customer.orders")
    groups, segments = (tuple(_codes(given.get(name) or (), f"customer.{name}")) for name in ("groups", "segments"))
    id = given.get("id")
    return Customer(id=id if id is None or isinstance(id, UUID) else UUID(str(id)), groups=groups, segments=segments, orders=orders)


def _charge(given: Mapping[str, Any]) -> Json:
    return {
        "kind": given["kind"],
        "name": plain_text(given.get("name"), field="charges", longest=100),
        "amount": given["amount"],
        "tax_class": plain_text(given.get("tax_class"), field="charges", longest=60) or None,
    }


def _codes(given: Sequence[str], field: str) -> list[str]:
    if len(given) > MOST_CODES:
        raise Invalid(f"At most {MOST_CODES} of these are looked at.", field=field, maximum=MOST_CODES)
    return [plain_text(code, field=field, longest=60) for code in given]


def _text(given: Any, field: str) -> str:
    return plain_text(given, field=field, longest=60)

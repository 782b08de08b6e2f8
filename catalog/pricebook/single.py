"""The price of single things in a place: what holds now, the list it comes from, and when that changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from catalog.pricebook.clocks import EPOCH, milliseconds
from catalog.pricebook.offering import Goods, Wanted, look
from catalog.pricebook.standing import Place, Standing
from catalog.pricing.prices import Unpriced, chosen
from catalog.unit_price import UnitPrice, unit_price

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Priced:
    """Minor units of `currency` for `price_quantity` thousandths. `list`: its code, "" for the base price, which `base` is.
    `next_change_at`: when time alone brings another price; None: not as far as is known."""

    sku: str
    name: str
    currency: str
    amount: int
    price_quantity: int
    from_quantity: int
    list: str
    base: int | None
    unit_price: UnitPrice | None
    next_change_at: datetime | None


def prices(
    *, place: Place, skus: Sequence[str], quantity: int = 1000, groups: Sequence[str] = (), only_offered: bool = False, now: datetime
) -> list[Priced]:
    """Of each SKU that is known here and has a price now, in the order asked for. One statement, however many.

    `quantity`: thousandths in the basket, for prices from some quantity on; `groups`: of the customer.
    """
    found = look(place=place, wanted=[Wanted(sku=sku) for sku in skus], at=now, now=now)
    by_sku = {one.sku: one for one in found.goods if one.offered or not only_offered}
    things = [by_sku[sku] for sku in dict.fromkeys(skus) if sku in by_sku]
    made = [_priced(one, found.prices.get(one.id, []), found.where, quantity, list(groups), milliseconds(now)) for one in things]
    return [one for one in made if one is not None]


def _priced(thing: Goods, offered: list[Json], where: Standing, quantity: int, groups: list[str], at: int) -> Priced | None:
    holds = _holding(offered, quantity, groups, at)
    if holds is None:
        return None
    content: Json = {"net_content": thing.net_content, "net_unit": thing.net_unit, "sold_by": thing.sold_by}
    return Priced(
        sku=thing.sku,
        name=thing.name,
        currency=where.currency,
        amount=holds["amount"],
        price_quantity=holds["price_quantity"],
        from_quantity=holds["from_quantity"],
        list=holds["list"],
        base=next((offer["amount"] for offer in offered if not offer["list"]), None),
        unit_price=unit_price(amount=holds["amount"], price_quantity=holds["price_quantity"], **content),
        next_change_at=_next_change(offered, holds, quantity, groups, at),
    )


def _holding(offered: list[Json], quantity: int, groups: list[str], at: int) -> Json | None:
    try:
        return chosen({"id": 0, "sku": "", "prices": offered}, quantity=quantity, groups=groups, at=at)
    except Unpriced:
        return None


def _next_change(offered: list[Json], holds: Json, quantity: int, groups: list[str], at: int) -> datetime | None:
    """The first moment at which something else is charged; that a list ends and another charges the same is none."""
    moments = sorted({moment for offer in offered for moment in (offer["starts_at"], offer["ends_at"]) if moment is not None and moment > at})
    for moment in moments:
        then = _holding(offered, quantity, groups, moment)
        if then is None or (then["amount"], then["price_quantity"]) != (holds["amount"], holds["price_quantity"]):
            return (EPOCH + timedelta(milliseconds=moment)).astimezone(UTC)
    return None

"""A basket priced in a place at a moment, by the rules of the tills, with and without the promotion that is looked at."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from django.utils.translation import gettext as _

from backoffice.simulator.asking import Asked, Line, written
from backoffice.simulator.queries import Promotion, Spot
from catalog.pricebook import Customer
from catalog.services import promotion_baskets, promotion_goods
from catalog.services.preview import WantedLine, preview_basket
from kernel.errors import Refused

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tried:
    """`result` and `without`: what preview_basket says; None where it refused, and `refused` says why.

    `line`: which of those given, from 0; or `sku`, where only that is told."""

    result: Json | None = None
    without: Json | None = None
    refused: str = ""
    line: int | None = None
    sku: str = ""
    milliseconds: int = 0


def tried(
    asked: Asked, *, spot: Spot, lines: Sequence[WantedLine], charges: Sequence[Json], promotion: Promotion | None, at: datetime, now: datetime
) -> Tried:
    begun = perf_counter()
    given: Json = {
        "place": spot.place,
        "lines": lines,
        "charges": charges,
        "coupons": asked.coupons,
        "customer": customer(asked),
        "at": at,
        "now": now,
    }
    given |= {"staff": asked.staff, "elsewhere": True}
    try:
        result = preview_basket(**given, promotions=tried_along(promotion))
        taken = perf_counter() - begun
        without = preview_basket(**given, promotions=absent(promotion, at)) if promotion else None
    except Refused as refused:
        return Tried(refused=refused.message, line=refused_line(refused), sku=str(refused.details.get("sku", "")))
    return Tried(result=result, without=without, milliseconds=max(1, round(taken * 1000)))


def tried_along(promotion: Promotion | None) -> list[Promotion]:
    """One that is approved is among the rules already."""
    return [promotion] if promotion and promotion.state != promotion.State.APPROVED else []


def absent(promotion: Promotion, at: datetime) -> list[Promotion]:
    """In place of the promotion one of its code that is long over; a draft is missing anyway."""
    if promotion.state != promotion.State.APPROVED:
        return []
    gone = copy.copy(promotion)
    gone.starts_at, gone.ends_at = None, at - timedelta(days=3660)
    return [gone]


def earning(promotion: Promotion) -> tuple[Line, ...]:
    """The smallest basket in which it shows what it does; none where it has no goods."""
    row = copy.copy(promotion)
    try:
        (offer,) = promotion_baskets.offers([row])
        found = next(filter(None, promotion_goods.samples(promotion_baskets.about(row))), None)
    except Refused:
        return ()
    made = promotion_baskets.basket(found, [offer])["lines"] if found else []
    return tuple(Line(line["sku"], written(line["quantity"]), line["quantity"]) for line in made)


def customer(asked: Asked) -> Customer | None:
    if not asked.known:
        return None
    return Customer(groups=asked.groups, segments=asked.segments, orders={"new": 0, "known": 1}.get(asked.customer))


def refused_line(refused: Refused) -> int | None:
    """Which of the lines it is about, where it says so: "lines.3.sku"."""
    parts = refused.field.split(".")
    return int(parts[1]) if len(parts) == 3 and parts[0] == "lines" and parts[1].isdecimal() else None


def charges(amount: int) -> list[Json]:
    return [{"kind": "delivery", "name": _("Delivery"), "amount": amount, "tax_class": None}] if amount else []

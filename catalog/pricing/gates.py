"""What a promotion asks before it gives anything: the first gate that stays shut is the reason people are told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.pricing.compiling import Promotion
from catalog.pricing.lines import Line
from catalog.pricing.selections import Found

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a promotion gives nothing; `almost` when the customer could still reach it."""

    code: str
    params: Json = field(default_factory=dict)
    almost: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What the gates look at. `coupons` are the codes given."""

    facts: Json
    at: int
    coupons: Sequence[str]
    found: Found


def shut_by_facts(promotion: Promotion, asked: Asked) -> Reason | None:
    """What stays shut whatever the other promotions do. Only the conditions it has are looked at."""
    for name in promotion.asks:
        reason = GATES[name](promotion.data, asked)
        if reason is not None:
            return reason
    return _used_up(promotion, asked) if asked.facts["left"] else None


def shut_by_goods(promotion: Promotion, asked: Asked, matching: Sequence[Line]) -> Reason | None:
    """`matching`: the lines the promotion is about."""
    reason = _needs(promotion, asked) if promotion.needs else None
    if reason is None and promotion.wants:
        reason = _minimum(promotion, asked, matching)
    # A gift alone in the basket is no reason to give it.
    about = asked.found.of(promotion.selection) if promotion.kind == "gift" else matching
    return reason if reason is not None or about else NO_GOODS


# Of those that have no figures there is one each.
NO_GOODS, NOT_HERE, NOT_NOW, NEEDS_COUPON = Reason("no_goods"), Reason("not_here"), Reason("not_now"), Reason("needs_coupon")


def _place(data: Json, asked: Asked) -> Reason | None:
    """A promotion for channels and stores is for each of them."""
    here = asked.facts["channel"] in data["channels"] or asked.facts["store"] in data["stores"]
    return None if here else NOT_HERE


def _starts(data: Json, asked: Asked) -> Reason | None:
    return Reason("not_started", {"starts_at": data["starts_at"]}) if asked.at < data["starts_at"] else None


def _ends(data: Json, asked: Asked) -> Reason | None:
    return Reason("ended", {"ends_at": data["ends_at"]}) if asked.at >= data["ends_at"] else None


def _window(data: Json, asked: Asked) -> Reason | None:
    open_now = any(within(window, asked.facts["weekday"], asked.facts["minute"]) for window in data["windows"])
    return None if open_now else NOT_NOW


def within(window: Json, weekday: int, minute: int) -> bool:
    """A window that ends before it begins runs over midnight and belongs to the day it began."""
    start, end, days = window["from"], window["until"], window["days"]
    if start < end:
        return weekday in days and start <= minute < end
    day_before = 7 if weekday == 1 else weekday - 1
    return (weekday in days and minute >= start) or (day_before in days and minute < end)


def _coupon(data: Json, asked: Asked) -> Reason | None:
    if not asked.coupons:
        return NEEDS_COUPON
    known = asked.facts["coupons"]
    given = [(code, known[code]) for code in asked.coupons if code in known and known[code]["promotion"] == data["code"]]
    if any(not coupon["refused"] for _, coupon in given):
        return None
    return Reason("coupon_refused", {"coupon": given[0][0], "reason": given[0][1]["refused"]}) if given else NEEDS_COUPON


def _staff(data: Json, asked: Asked) -> Reason | None:
    return None if asked.facts["staff"] else Reason("staff_only")


def _customer(data: Json, asked: Asked) -> Reason | None:
    customer = asked.facts["customer"]
    wanted = any(group in customer["groups"] for group in data["groups"]) or any(segment in customer["segments"] for segment in data["segments"])
    return None if wanted else Reason("not_for_customer")


def _first_order(data: Json, asked: Asked) -> Reason | None:
    customer = asked.facts["customer"]
    return None if customer["known"] and customer["orders"] == 0 else Reason("first_order_only")


def _offline(data: Json, asked: Asked) -> Reason | None:
    return Reason("not_offline") if asked.facts["offline"] else None


def _used_up(promotion: Promotion, asked: Asked) -> Reason | None:
    left = asked.facts["left"].get(promotion.code)
    if left is None:
        return None
    scope = next((scope for scope in ("uses", "customer") if left[scope] is not None and left[scope] <= 0), None)
    return None if scope is None else Reason("used_up", {"scope": scope})


def _needs(promotion: Promotion, asked: Asked) -> Reason | None:
    """Goods that must be in the basket as well. Without a quantity or an amount, one piece is enough."""
    for selection, need in promotion.needs:
        matching = asked.found.goods(selection)
        quantity = need["quantity"] if need["quantity"] is not None or need["amount"] is not None else 1
        if _short(quantity, _pieces(matching)) or _short(need["amount"], _amount(matching)):
            return Reason("missing", {"name": need["name"]})
    return None


def _minimum(promotion: Promotion, asked: Asked, matching: Sequence[Line]) -> Reason | None:
    """Over everything that matches the promotion's selection at present prices, whoever made them."""
    quantity, amount = promotion.least
    counted = asked.found.goods(promotion.selection)
    if promotion.of_slots:
        counted = [line for line in counted if line in matching]
    if quantity is not None and (short := quantity - _pieces(counted)) > 0:
        return Reason("add_more", {"count": short, "size": quantity}, almost=True)
    if amount is not None and (short := amount - _amount(counted)) > 0:
        return Reason("spend_more", {"amount": short}, almost=True)
    return None


def _short(wanted: int | None, had: int) -> int:
    return 0 if wanted is None else max(wanted - had, 0)


def _pieces(lines: Sequence[Line]) -> int:
    return sum([line.count for line in lines])


def _amount(lines: Sequence[Line]) -> int:
    return sum([line.amount for line in lines])


GATES: dict[str, Callable[[Json, Asked], Reason | None]] = {
    "place": _place,
    "starts": _starts,
    "ends": _ends,
    "window": _window,
    "coupon": _coupon,
    "staff": _staff,
    "customer": _customer,
    "first_order": _first_order,
    "offline": _offline,
}

"""What a promotion asks before it gives anything: the first gate that stays shut is the reason people are told."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.pricing.compiling import Promotion
from catalog.pricing.lines import Line

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a promotion gives nothing; `almost` when the customer could still reach it."""

    code: str
    params: Json = field(default_factory=dict)
    almost: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What the gates look at. `coupons` are the codes given; `lines` all lines of the basket."""

    facts: Json
    at: int
    coupons: Sequence[str]
    lines: Sequence[Line]


def shut(promotion: Promotion, asked: Asked, matching: Sequence[Line]) -> Reason | None:
    """`matching`: the lines the promotion is about."""
    for gate in OPEN_BY_FACTS:
        reason = gate(promotion, asked)
        if reason is not None:
            return reason
    return _needs(promotion, asked) or _minimum(promotion, matching) or _goods(promotion, matching)


def _place(promotion: Promotion, asked: Asked) -> Reason | None:
    channels, stores = promotion.data["channels"], promotion.data["stores"]
    here = (not channels and not stores) or asked.facts["channel"] in channels or asked.facts["store"] in stores
    return None if here else Reason("not_here")


def _times(promotion: Promotion, asked: Asked) -> Reason | None:
    starts_at, ends_at = promotion.data["starts_at"], promotion.data["ends_at"]
    if starts_at is not None and asked.at < starts_at:
        return Reason("not_started", {"starts_at": starts_at})
    return Reason("ended", {"ends_at": ends_at}) if ends_at is not None and asked.at >= ends_at else None


def _window(promotion: Promotion, asked: Asked) -> Reason | None:
    windows = promotion.data["windows"]
    if not windows or any(within(window, asked.facts["weekday"], asked.facts["minute"]) for window in windows):
        return None
    return Reason("not_now")


def within(window: Json, weekday: int, minute: int) -> bool:
    """A window that ends before it begins runs over midnight and belongs to the day it began."""
    start, end, days = window["from"], window["until"], window["days"]
    if start < end:
        return weekday in days and start <= minute < end
    day_before = 7 if weekday == 1 else weekday - 1
    return (weekday in days and minute >= start) or (day_before in days and minute < end)


def _coupon(promotion: Promotion, asked: Asked) -> Reason | None:
    if not promotion.data["coupon"]:
        return None
    known = asked.facts["coupons"]
    given = [(code, known[code]) for code in asked.coupons if code in known and known[code]["promotion"] == promotion.code]
    if any(not coupon["refused"] for _, coupon in given):
        return None
    return Reason("coupon_refused", {"coupon": given[0][0], "reason": given[0][1]["refused"]}) if given else Reason("needs_coupon")


def _customer(promotion: Promotion, asked: Asked) -> Reason | None:
    data, customer = promotion.data, asked.facts["customer"]
    if data["staff"] and not asked.facts["staff"]:
        return Reason("staff_only")
    anybody = not data["groups"] and not data["segments"]
    if not (anybody or _share(data["groups"], customer["groups"]) or _share(data["segments"], customer["segments"])):
        return Reason("not_for_customer")
    first_order = customer["known"] and customer["orders"] == 0
    return Reason("first_order_only") if data["first_order"] and not first_order else None


def _share(wanted: Sequence[str], had: Sequence[str]) -> bool:
    return any(one in had for one in wanted)


def _offline(promotion: Promotion, asked: Asked) -> Reason | None:
    limits = promotion.data["limits"]
    return Reason("not_offline") if limits["limited"] and asked.facts["offline"] and limits["offline"] == "refuse" else None


def _used_up(promotion: Promotion, asked: Asked) -> Reason | None:
    left = asked.facts["left"].get(promotion.code)
    for scope in ("uses", "customer") if left else ():
        if left[scope] is not None and left[scope] <= 0:
            return Reason("used_up", {"scope": scope})
    return None


def _needs(promotion: Promotion, asked: Asked) -> Reason | None:
    """Goods that must be in the basket as well. Without a quantity or an amount, one piece is enough."""
    for selection, need in promotion.needs:
        matching = [line for line in asked.lines if line.kind != "deposit" and selection.matches(line)]
        quantity = need["quantity"] if need["quantity"] is not None or need["amount"] is not None else 1
        if _short(quantity, _pieces(matching)) or _short(need["amount"], _amount(matching)):
            return Reason("missing", {"name": need["name"]})
    return None


def _minimum(promotion: Promotion, matching: Sequence[Line]) -> Reason | None:
    """Over everything that matches the promotion's selection at present prices, whoever made them."""
    minimum = promotion.data["minimum"]
    if minimum["quantity"] is None and minimum["amount"] is None:
        return None
    counted = promotion.selection.among(line for line in matching if line.kind != "deposit")
    short = _short(minimum["quantity"], _pieces(counted))
    if short:
        return Reason("add_more", {"count": short, "size": minimum["quantity"]}, almost=True)
    short = _short(minimum["amount"], _amount(counted))
    return Reason("spend_more", {"amount": short}, almost=True) if short else None


def _goods(promotion: Promotion, matching: Sequence[Line]) -> Reason | None:
    """A gift alone in the basket is no reason to give it."""
    about = promotion.selection.among(matching) if promotion.kind == "gift" else matching
    return None if about else Reason("no_goods")


def _short(wanted: int | None, had: int) -> int:
    return 0 if wanted is None else max(wanted - had, 0)


def _pieces(lines: Sequence[Line]) -> int:
    return sum(line.count for line in lines)


def _amount(lines: Sequence[Line]) -> int:
    return sum(line.amount for line in lines)


OPEN_BY_FACTS: tuple[Callable[[Promotion, Asked], Reason | None], ...] = (_place, _times, _window, _coupon, _customer, _offline, _used_up)

"""Offers that meet: on the same goods, in the same places, at the same time. What the customer gets is worked out by the tills' rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from catalog.models import Promotion
from catalog.services import promotion_goods, promotions
from catalog.services.promotion_baskets import Offer, about, basket, offers, priced
from catalog.services.promotion_goods import Goods
from catalog.services.promotion_rules import MOST_NAMED, completed
from catalog.services.promotion_times import meet
from kernel.money import divided, format_amount
from org.queries import open_stores, shop_currency, store_groups

MOST_OTHERS: Final = 200
MOST_EXAMPLES: Final = 50
"""SKUs of one meeting that are priced; the first ones by SKU. Beyond the largest meetings a few are enough."""
FEW_EXAMPLES: Final = 3
LOOKED_CLOSELY_AT: Final = 4


@dataclass(frozen=True, slots=True)
class Example:
    """Minor units for one piece, or one kilogram: as listed, with this offer alone, with the other alone, with both."""

    sku: str
    name: str
    listed: int
    mine: int
    theirs: int
    both: int


@dataclass(frozen=True, slots=True)
class Conflict:
    other: UUID
    code: str
    name: str
    # How many SKUs are in both.
    skus: int
    # "Overlaps Spring Sale on 14 SKUs; customer gets 3.20."
    words: str
    # Why it comes out so.
    why: str
    examples: Sequence[Example]
    # What “Leave out the 14” takes out; empty when they are too many to be named.
    leave_out: Sequence[str]
    # The group and priority in which “Cheaper one wins” lets both compete; None when the other one does not compete.
    compete: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Meeting:
    other: Promotion
    offer: Offer
    skus: int
    named: Sequence[str]


def check_conflicts(*, values: Mapping[str, Any], now: datetime, promotion: UUID | None = None, compete_with: Sequence[UUID] = ()) -> list[Conflict]:
    """`values` as for create_promotion, not saved; `promotion`: the one they are for. The most shared SKUs first.

    `compete_with`: looked at as if they competed already, as save_promotion would let them.

    A fixed number of statements, however many offers it meets.
    """
    row = Promotion.objects.filter(pk=promotion).first() if promotion is not None else None
    mine = promotions.draft_of(values, row=row)
    if not about(mine):
        return []
    others = _others(mine, now, promotion)
    for other in others:
        if other.pk in compete_with and other.combination != Promotion.Combination.STACK:
            other.combination, other.group = Promotion.Combination.BEST.value, other.group or other.code
    shared = promotion_goods.shared(about(mine), [about(other) for other in others], most=MOST_NAMED)
    met = [(other, many, named) for other, (many, named) in zip(others, shared, strict=True) if many]
    met.sort(key=lambda each: (-each[1], each[0].code))
    if not met:
        return []
    own, *theirs = offers([mine, *(other for other, _many, _named in met)])
    meetings = [Meeting(other, offer, many, named) for (other, many, named), offer in zip(met, theirs, strict=True)]
    return _told(mine, own, meetings)


def _others(mine: Promotion, now: datetime, own: UUID | None) -> list[Promotion]:
    """Those that are live or planned and may meet it, delivery left aside."""
    running = Q(ends_at=None) | Q(ends_at__gt=now)
    found = Promotion.objects.filter(running, state__in=(Promotion.State.APPROVED, Promotion.State.WAITING))
    found = found.exclude(pk=own) if own is not None else found
    near = [other for other in found.order_by("starts_at", "code")[:MOST_OTHERS] if about(other) and meet(mine, other)]
    if not near:
        return []
    places = Places()
    here = places.of(mine)
    return [other for other in near if not here or not (there := places.of(other)) or here & there]


class Places:
    """Where promotions hold, as channels and stores. Two statements for any number of them."""

    def __init__(self) -> None:
        self.by_channel: dict[str, set[str]] = {}
        for store in open_stores():
            self.by_channel.setdefault(store.channel.code, set()).add(f"store:{store.code}")
        self.by_group = {code: {f"store:{store}" for store in stores} for code, stores in store_groups().items()}

    def of(self, row: Promotion) -> set[str]:
        """Empty: everywhere."""
        rule = completed(row.rule)
        found = {f"store:{code}" for code in rule["stores"]}
        for code in rule["channels"]:
            found |= {f"channel:{code}"} | self.by_channel.get(code, set())
        for code in rule["store_groups"]:
            # A group without stores is a place where nobody is.
            found |= self.by_group.get(code) or {f"group:{code}"}
        return found


def _told(mine: Promotion, own: Offer, meetings: Sequence[Meeting]) -> list[Conflict]:
    shown = [meeting.named[: MOST_EXAMPLES if place < LOOKED_CLOSELY_AT else FEW_EXAMPLES] for place, meeting in enumerate(meetings)]
    goods, currency = promotion_goods.by_sku(sorted({sku for skus in shown for sku in skus})), shop_currency()
    return [
        _conflict(mine, own, meeting, [goods[sku] for sku in skus if sku in goods], currency) for meeting, skus in zip(meetings, shown, strict=True)
    ]


def _conflict(mine: Promotion, own: Offer, meeting: Meeting, goods: Sequence[Goods], currency: str) -> Conflict:
    looked = [_looked_at(each, own, meeting.offer, currency) for each in goods]
    examples = [example for example, _given in looked]
    gets = sorted({example.both for example in examples})
    price = "" if not gets else "; customer gets " + " to ".join(format_amount(each, currency) for each in dict.fromkeys((gets[0], gets[-1])))
    other = meeting.other
    return Conflict(
        other=other.pk,
        code=other.code,
        name=other.name,
        skus=meeting.skus,
        words=f"Overlaps {other.name} on {meeting.skus:,} SKU{'' if meeting.skus == 1 else 's'}{price}.",
        why=_why(mine, other, own.code, [given for _example, given in looked]),
        examples=examples,
        leave_out=meeting.named if meeting.skus <= MOST_NAMED else (),
        compete=_competing(mine, other),
    )


def _looked_at(goods: Goods, own: Offer, other: Offer, currency: str) -> tuple[Example, frozenset[str]]:
    """What a piece costs in the smallest basket that is enough for both, and whose discounts it then carries."""
    made = basket(goods, [own, other])
    alone, theirs, both = (
        priced(made, promotions, currency=currency)["lines"][0]
        for promotions in ([own.promotion], [other.promotion], [own.promotion, other.promotion])
    )
    listed, mine, their, together = (
        divided(amount * 1000, made["lines"][0]["quantity"]) for amount in (alone["list_total"], alone["total"], theirs["total"], both["total"])
    )
    return Example(goods.sku, goods.name, listed, mine, their, together), frozenset(row["promotion"] for row in both["discounts"])


def _why(mine: Promotion, other: Promotion, own: str, given: Sequence[frozenset[str]]) -> str:
    this = sum(own in codes for codes in given)
    that = sum(other.code in codes for codes in given)
    if this and that:
        if this == that == len(given):
            return "Both are given, one on top of the other."
        return f"This offer is given on {this} of them, {other.name} on {that}."
    if not this and not that:
        return "Neither changes the price of a single piece there."
    if mine.combination == other.combination == Promotion.Combination.BEST and _compete_already(mine, other):
        return f"The cheaper one wins: {other.name if that else 'this offer'}."
    silent = "this offer stays" if that else f"{other.name} stays"
    return f"{_first_because(mine, other, first_is_mine=bool(this))}, so {silent} silent on those lines."


def _first_because(mine: Promotion, other: Promotion, *, first_is_mine: bool) -> str:
    first, second = (mine, other) if first_is_mine else (other, mine)
    name = "This offer" if first_is_mine else other.name
    if first.priority != second.priority:
        reason = "goes before by its priority"
    elif completed(first.rule)["level"] != completed(second.rule)["level"]:
        reason = "is worked out first"
    elif first.starts_at != second.starts_at:
        reason = "started first"
    else:
        reason = "comes first by its code"
    return f"{name} {reason}" + ("" if first.combination == Promotion.Combination.STACK else " and does not stack")


def _compete_already(mine: Promotion, other: Promotion) -> bool:
    return (mine.priority, mine.group) == (other.priority, other.group)


def _competing(mine: Promotion, other: Promotion) -> tuple[str, int] | None:
    """What is stacked is given anyway; what is worked at another step of the basket is not compared with it."""
    stacked = Promotion.Combination.STACK in (mine.combination, other.combination)
    if stacked or completed(mine.rule)["level"] != completed(other.rule)["level"]:
        return None
    if mine.combination == other.combination and _compete_already(mine, other) and mine.combination == Promotion.Combination.BEST:
        return None
    return other.group or other.code, other.priority

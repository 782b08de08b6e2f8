"""How deep an offer goes, and so whether a second person has to look before it goes live."""

from dataclasses import dataclass
from typing import Final

from catalog.models import Promotion
from catalog.services import promotion_goods
from catalog.services.promotion_baskets import about, basket, offers, priced
from catalog.services.promotion_goods import Goods
from catalog.services.promotion_rules import Json
from kernel.money import MILLION, divided, included_tax, line_total
from org import settings
from org.queries import shop_currency

EACH_END: Final = 60
"""Goods looked at: so many of the cheapest, of the dearest, and of those with the thinnest margin, for every part of the offer."""
LONGEST: Final = 300


@dataclass(frozen=True, slots=True)
class Depth:
    """Of the deepest basket: parts per million off, and of what; of the thinnest: what is left of the price without tax, and of what.

    None: nothing costs less, or nobody said what it costs the shop.
    """

    off: int = 0
    off_on: str = ""
    margin: int | None = None
    margin_on: str = ""
    # The same basket's without the offer.
    margin_before: int | None = None
    # What one piece, or one kilogram, costs: from, to.
    prices: tuple[int, int] | None = None


def depth(promotion: Promotion) -> Depth:
    """Delivery is not goods: its depth is nothing."""
    looked, currency = _looked_at(promotion), shop_currency()
    if not looked:
        return Depth()
    offer = offers([promotion])[0]
    cost = {goods.sku: goods for goods in (*looked, *offer.fillers.values())}
    deepest, thinnest = Depth(), Depth()
    for goods in looked:
        made = basket(goods, [offer], deepest=True)
        answer = priced(made, [offer.promotion], currency=currency)
        listed = sum(line["list_total"] for line in answer["lines"])
        given = listed - sum(line["total"] for line in answer["lines"])
        if listed and given * MILLION // listed > deepest.off:
            deepest = Depth(off=given * MILLION // listed, off_on=goods.name)
        left = _margin(made, answer, cost) if given else None
        if left is not None and (thinnest.margin is None or left[0] < thinnest.margin):
            thinnest = Depth(margin=left[0], margin_before=left[1], margin_on=goods.name)
    cost_of_one = [goods.one for goods in looked]
    prices = (min(cost_of_one), max(cost_of_one))
    return Depth(deepest.off, deepest.off_on, thinnest.margin, thinnest.margin_on, thinnest.margin_before, prices)


def approval_reason(promotion: Promotion) -> str:
    """In words; empty where nobody has to look."""
    if not (settings.get("pricing.approval_change") or settings.get("pricing.approval_margin")):
        return ""
    return reason_of(depth(promotion))


def reason_of(found: Depth) -> str:
    most_off, least_left = settings.get("pricing.approval_change"), settings.get("pricing.approval_margin")
    reasons = []
    if most_off and found.off > most_off:
        reasons.append(f"{found.off_on[:80]} gets {_percent(found.off)} cheaper: more than {_percent(most_off)}.")
    if least_left and found.margin is not None and found.margin < least_left:
        reasons.append(f"On {found.margin_on[:80]} {_percent(found.margin)} margin is left: less than {_percent(least_left)}.")
    return " ".join(reasons)[:LONGEST]


def _looked_at(promotion: Promotion) -> list[Goods]:
    found: dict[str, Goods] = {}
    for selection in about(promotion):
        found |= {goods.sku: goods for goods in promotion_goods.at_the_ends(selection, each=EACH_END)}
    return list(found.values())


def _margin(made: Json, answer: Json, known: dict[str, Goods]) -> tuple[int, int] | None:
    """After and before the offer, in parts per million of the price without tax. None where one of the goods has no cost."""
    cost = net = full = 0
    for line, result in zip(made["lines"], answer["lines"], strict=True):
        goods = known[line["sku"]]
        if goods.cost is None:
            return None
        cost += line_total(price=goods.cost, price_quantity=1000, quantity=line["quantity"])
        net += result["total"] - included_tax(amount=result["total"], rate=goods.tax_rate)
        full += result["list_total"] - included_tax(amount=result["list_total"], rate=goods.tax_rate)
    if full <= 0:
        return None
    # Given away: all that it cost is lost, and there is no price to be a part of.
    left = divided((net - cost) * MILLION, net) if net > 0 else -MILLION
    return left, divided((full - cost) * MILLION, full)


def _percent(ppm: int) -> str:
    tenths = divided(ppm, 1000)
    whole = f"{abs(tenths) // 10}" + (f".{abs(tenths) % 10}" if tenths % 10 else "")
    return f"{'−' if tenths < 0 else ''}{whole}%"

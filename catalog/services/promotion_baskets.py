"""The smallest baskets in which an offer shows what it does: for the depth of a discount, and for offers that meet.

They are priced by the tills' own rules (catalog.pricing), at base prices, with taxes left aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from catalog import pricing
from catalog.models import Promotion
from catalog.services import promotion_goods
from catalog.services.promotion_goods import Goods
from catalog.services.promotion_rules import Json, completed, engine_promotion
from kernel.money import line_total

MOST_PIECES: Final = 9_999
# Who may get what depends on the day, the place and the person; what is looked at here is the offer itself.
UNGATED: Final[Json] = {
    "windows": [],
    "channels": [],
    "stores": [],
    "coupon": False,
    "groups": [],
    "segments": [],
    "first_order": False,
    "staff": False,
}
FACTS: Final[Json] = {
    "channel": "",
    "store": "",
    "weekday": 1,
    "minute": 0,
    "customer": {"known": False, "groups": [], "segments": [], "orders": None},
    "staff": False,
    "offline": False,
    "left": {},
    "coupons": {},
    "exempt": None,
    "tax_quote": None,
}
NO_TAX: Final = "none"


@dataclass(frozen=True, slots=True)
class Offer:
    """A promotion without its gates, and a piece for each place of it that the goods looked at do not fill."""

    promotion: Json
    fillers: Mapping[str, Goods]

    @property
    def code(self) -> str:
        return str(self.promotion["code"])


def offers(rows: Sequence[Promotion]) -> list[Offer]:
    """In one statement, however many."""
    bare = [ungated(row) for row in rows]
    asked = [(place, path, selection) for place, promotion in enumerate(bare) for path, selection in _places(promotion)]
    found = promotion_goods.samples([selection for _place, _path, selection in asked])
    fillers: list[dict[str, Goods]] = [{} for _row in rows]
    for (place, path, _selection), goods in zip(asked, found, strict=True):
        if goods is not None:
            fillers[place][path] = goods
    return [Offer(promotion, fillers[place]) for place, promotion in enumerate(bare)]


def ungated(row: Promotion) -> Json:
    made = engine_promotion(row)
    return {**made, **UNGATED, "ends_at": None, "limits": {**made["limits"], "limited": False}}


def about(row: Promotion) -> list[Json]:
    """The selections whose goods it makes cheaper; of none for delivery."""
    rule = completed(row.rule)
    reward = rule["reward"]
    if rule["level"] == "delivery":
        return []
    if reward.get("kind") == "bundle":
        return [slot["selection"] for slot in reward.get("slots", ())]
    if reward.get("kind") == "gift":
        return [reward["selection"]]
    return [rule["selection"], *([reward["selection"]] if reward.get("selection") else [])]


def basket(goods: Goods, wanted: Sequence[Offer], *, deepest: bool = False) -> Json:
    """Enough of these goods for every one of the offers, and what else they ask for. `deepest`: their highest step."""
    pieces, beside = 1, dict[str, tuple[Goods, int]]()
    for offer in wanted:
        own, others = _needed(goods, offer, deepest)
        pieces = max(pieces, own)
        for filler, many in others:
            beside[filler.sku] = (filler, max(many, beside.get(filler.sku, (filler, 0))[1]))
    taken, many = beside.pop(goods.sku, (goods, 0))
    lines = [_line(1, goods, min(pieces + many if many else pieces, MOST_PIECES))]
    lines += [_line(place, filler, min(count, MOST_PIECES)) for place, (filler, count) in enumerate(beside.values(), start=2)]
    return {"lines": lines, "coupons": [], "charges": []}


def priced(made: Json, promotions: Sequence[Json], *, currency: str) -> Json:
    """What the engine says. Every offer has begun."""
    begun = [promotion["starts_at"] for promotion in promotions if promotion["starts_at"] is not None]
    return pricing.evaluate(made, _compiled(promotions, currency), FACTS, max(begun, default=0))


def _compiled(promotions: Sequence[Json], currency: str) -> Any:
    return pricing.compile(
        {
            "currency": currency,
            "prices_include_tax": True,
            "tax_rounding": "line",
            "cash_rounding": 0,
            "taxes": {NO_TAX: []},
            "promotions": list(promotions),
        }
    )


def _places(promotion: Json) -> list[tuple[str, Json]]:
    reward = promotion["reward"]
    found = [(f"need.{place}", need["selection"]) for place, need in enumerate(promotion["needs"])]
    if reward.get("kind") in ("gift", "buy_get") and reward.get("selection"):
        found += [("given", reward["selection"]), ("bought", promotion["selection"])]
    found += [(f"slot.{place}", slot["selection"]) for place, slot in enumerate(reward.get("slots", ()))]
    return found


def _needed(goods: Goods, offer: Offer, deepest: bool) -> tuple[int, list[tuple[Goods, int]]]:
    """How many of these goods, and what else in which number."""
    promotion, fill = offer.promotion, offer.fillers
    pieces = max(_of_reward(goods, promotion["reward"], deepest), _reaching(goods, promotion["minimum"]))
    others = [
        (fill[f"need.{place}"], _reaching(fill[f"need.{place}"], need))
        for place, need in enumerate(promotion["needs"])
        if f"need.{place}" in fill and not matches(goods, need["selection"])
    ]
    reward = promotion["reward"]
    if reward["kind"] == "bundle":
        others += _of_slots(goods, reward, fill)
    elif reward.get("selection"):
        others += _of_other(goods, promotion, fill)
    return pieces, others


def _of_reward(goods: Goods, reward: Json, deepest: bool) -> int:
    if reward["kind"] == "set":
        return int(reward["size"])
    if reward["kind"] == "buy_get":
        return int(reward["buy"] + (0 if reward.get("selection") else reward["get"]))
    if reward["kind"] == "tiers" and reward["steps"]:
        step = max(reward["steps"], key=_from) if deepest else min(reward["steps"], key=_from)
        return int(step["from"]) if reward["by"] == "quantity" else _worth(goods, step["from"])
    if reward["kind"] == "bundle":
        return max((int(slot["quantity"]) for slot in reward["slots"] if matches(goods, slot["selection"])), default=1)
    return 1


def _from(step: Json) -> int:
    return int(step["from"])


def _of_slots(goods: Goods, reward: Json, fill: Mapping[str, Goods]) -> list[tuple[Goods, int]]:
    """The goods take the first place they fit; the others are filled."""
    own = next((place for place, slot in enumerate(reward["slots"]) if matches(goods, slot["selection"])), None)
    others = [(place, slot) for place, slot in enumerate(reward["slots"]) if place != own and f"slot.{place}" in fill]
    return [(fill[f"slot.{place}"], int(slot["quantity"])) for place, slot in others]


def _of_other(goods: Goods, promotion: Json, fill: Mapping[str, Goods]) -> list[tuple[Goods, int]]:
    """What is bought for what is given, whichever of the two the goods are."""
    reward = promotion["reward"]
    given = int(reward.get("get") or reward.get("quantity") or 1)
    bought = max(int(reward.get("buy") or 1), 1)
    if matches(goods, promotion["selection"]):
        return [(fill["given"], given)] if "given" in fill else []
    return [(fill["bought"], max(bought, _reaching(fill["bought"], promotion["minimum"])))] if "bought" in fill else []


def _reaching(goods: Goods, least: Json) -> int:
    return max(int(least.get("quantity") or 1), _worth(goods, least["amount"]) if least.get("amount") else 1)


def _worth(goods: Goods, amount: int) -> int:
    """How many pieces cost that much."""
    return min(-(-int(amount) // goods.one), MOST_PIECES) if goods.one > 0 else 1


def matches(goods: Goods, selection: Json) -> bool:
    held = facets_of(goods)
    within = all(any(f"{group}:{value}" in held for value in values) for group, values in selection["any"].items())
    return within and not any(f"{group}:{value}" in held for group, values in selection["except"].items() for value in values)


def facets_of(goods: Goods) -> set[str]:
    return {*goods.facets, f"product:{goods.handle}", f"sku:{goods.sku}"}


def _line(id: int, goods: Goods, pieces: int) -> Json:
    base = {
        "list": "",
        "amount": goods.amount,
        "price_quantity": goods.price_quantity,
        "from_quantity": 1,
        "starts_at": None,
        "ends_at": None,
        "group": "",
        "rank": 0,
    }
    return {
        "id": id,
        "kind": "goods",
        "sku": goods.sku,
        "quantity": pieces * 1000,
        "sold_by": goods.sold_by,
        "prices": [base],
        "tax_class": NO_TAX,
        "facets": sorted(facets_of(goods)),
        "fixed": None,
    }


def undiscounted(made: Json) -> int:
    """What the basket costs without any offer."""
    return sum(
        line_total(price=line["prices"][0]["amount"], price_quantity=line["prices"][0]["price_quantity"], quantity=line["quantity"])
        for line in made["lines"]
    )

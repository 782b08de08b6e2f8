"""The kinds of offers one chooses from, each as its sentence on the page: written from what is typed, and typed out again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from catalog.admin.promotions.reading import Reader, amount_text, facets_text, percent_text

Json = dict[str, Any]
MILLION = 1_000_000
FULL = {"kind": "percent", "value": MILLION}


@dataclass(frozen=True, slots=True)
class Kind:
    code: str
    title: Any
    level: str
    read: Callable[[Reader], Json]


def _percent(name: str) -> Callable[[Reader], Json]:
    return lambda given: {"kind": "percent", "value": given.percent(name)}


def _money(kind: str, name: str) -> Callable[[Reader], Json]:
    return lambda given: {"kind": kind, "value": given.amount(name)}


def _set(given: Reader) -> Json:
    return {"kind": "set", "size": given.whole("set-size"), "value": given.amount("set-value")}


def _cheapest(given: Reader) -> Json:
    many = given.whole("cheapest-size")
    if many is not None and many < 2:
        given.errors["cheapest-size"] = str(gettext_lazy("At least two: one is paid, one is free."))
    return {"kind": "buy_get", "buy": max((many or 2) - 1, 1), "get": 1, "percent": MILLION, "selection": None}


def _buy_get(given: Reader) -> Json:
    other = given.selection("other")
    return {
        "kind": "buy_get",
        "buy": given.whole("buy_get-buy"),
        "get": given.whole("buy_get-get"),
        "percent": given.percent("buy_get-percent"),
        "selection": other if other["any"] or other["except"] else None,
    }


def _bundle(given: Reader) -> Json:
    slots = [
        {
            "name": given.text(f"slot-{row}-name"),
            "quantity": given.whole(f"slot-{row}-quantity"),
            "selection": given.selection(f"slot-{row}-selection"),
        }
        for row in given.rows("slot-N-name", "slot-N-selection")
    ]
    by = given.text("bundle-as")
    value = given.percent("bundle-value") if by == "percent" else given.amount("bundle-value")
    return {"kind": "bundle", "slots": slots, "as": by, "value": value}


def _tiers(given: Reader) -> Json:
    by = given.text("tiers-by")
    steps = []
    for row in given.rows("step-N-from", "step-N-value"):
        kind = given.text(f"step-{row}-kind")
        value = given.percent(f"step-{row}-value") if kind == "percent" else given.amount(f"step-{row}-value")
        start = given.amount(f"step-{row}-from") if by == "amount" else given.whole(f"step-{row}-from")
        steps.append({"from": start, "kind": kind, "value": value})
    return {"kind": "tiers", "by": by, "steps": steps}


def _gift(given: Reader) -> Json:
    return {"kind": "gift", "quantity": given.whole("gift-quantity"), "selection": given.selection("other")}


KINDS = {
    kind.code: kind
    for kind in (
        Kind("percent", gettext_lazy("Percent off"), "line", _percent("percent-value")),
        Kind("amount", gettext_lazy("Amount off each"), "line", _money("amount", "amount-value")),
        Kind("fixed", gettext_lazy("Fixed price"), "line", _money("fixed", "fixed-value")),
        Kind("set", gettext_lazy("Several for a price"), "line", _set),
        Kind("cheapest", gettext_lazy("Cheapest one free"), "line", _cheapest),
        Kind("buy_get", gettext_lazy("Buy some, get some"), "line", _buy_get),
        Kind("bundle", gettext_lazy("Bundle"), "line", _bundle),
        Kind("tiers", gettext_lazy("The more, the cheaper"), "line", _tiers),
        Kind("gift", gettext_lazy("Gift"), "line", _gift),
        Kind("basket_percent", gettext_lazy("Percent off the basket"), "order", _percent("basket_percent-value")),
        Kind("basket_amount", gettext_lazy("Amount off the basket"), "order", _money("amount", "basket_amount-value")),
        Kind("basket_tiers", gettext_lazy("Steps off the basket"), "order", _tiers),
        Kind("delivery_free", gettext_lazy("Free delivery"), "delivery", lambda given: dict(FULL)),
        Kind("delivery_percent", gettext_lazy("Percent off delivery"), "delivery", _percent("delivery_percent-value")),
        Kind("delivery_amount", gettext_lazy("Amount off delivery"), "delivery", _money("amount", "delivery_amount-value")),
        Kind("delivery_fixed", gettext_lazy("Delivery at a price"), "delivery", _money("fixed", "delivery_fixed-value")),
    )
}
LEVELS: Mapping[str, Any] = {
    "line": gettext_lazy("On products"),
    "order": gettext_lazy("On the whole basket"),
    "delivery": gettext_lazy("On delivery"),
}


def kind_of(rule: Json) -> str:
    level, reward = rule["level"], rule["reward"]
    if level == "delivery":
        return "delivery_free" if reward == FULL else f"delivery_{reward['kind']}"
    if level == "order":
        return f"basket_{reward['kind']}"
    if reward["kind"] == "buy_get" and reward["selection"] is None and (reward["get"], reward["percent"]) == (1, MILLION):
        return "cheapest"
    return str(reward["kind"])


def typed_out(rule: Json, currency: str) -> dict[str, str]:
    """The inputs of the rule's kind, filled."""
    kind, reward = kind_of(rule), rule["reward"]
    shown: dict[str, str] = {}
    if isinstance(reward.get("value"), int) and kind != "delivery_free":
        name = "bundle-value" if kind == "bundle" else f"{kind}-value"
        in_percent = reward["kind"] == "percent" or (kind == "bundle" and reward["as"] == "percent")
        shown[name] = percent_text(reward["value"]) if in_percent else amount_text(reward["value"], currency)
    if kind == "set":
        shown["set-size"] = str(reward["size"])
    if kind == "cheapest":
        shown["cheapest-size"] = str(reward["buy"] + 1)
    if kind == "buy_get":
        shown |= {"buy_get-buy": str(reward["buy"]), "buy_get-get": str(reward["get"]), "buy_get-percent": percent_text(reward["percent"])}
    if kind == "gift":
        shown["gift-quantity"] = str(reward["quantity"])
    if reward.get("selection"):
        shown |= _selection("other", reward["selection"])
    return shown | _slots(reward) | _steps(reward, currency)


def _slots(reward: Json) -> dict[str, str]:
    if "slots" not in reward:
        return {}
    shown = {"bundle-as": str(reward["as"])}
    for row, slot in enumerate(reward["slots"]):
        shown |= {f"slot-{row}-name": slot["name"], f"slot-{row}-quantity": str(slot["quantity"])}
        shown |= _selection(f"slot-{row}-selection", slot["selection"])
    return shown


def _steps(reward: Json, currency: str) -> dict[str, str]:
    if "steps" not in reward:
        return {}
    shown = {"tiers-by": str(reward["by"])}
    for row, step in enumerate(reward["steps"]):
        percent = step["kind"] == "percent"
        shown |= {
            f"step-{row}-from": str(step["from"]) if reward["by"] == "quantity" else amount_text(step["from"], currency),
            f"step-{row}-kind": step["kind"],
            f"step-{row}-value": percent_text(step["value"]) if percent else amount_text(step["value"], currency),
        }
    return shown


def _selection(name: str, selection: Json) -> dict[str, str]:
    return {name: facets_text(selection["any"]), f"{name}-except": facets_text(selection["except"])}

"""Promotions as the engine takes them: codes and milliseconds of one place."""

from collections.abc import Mapping
from typing import Any

from catalog.models import Promotion
from catalog.pricebook.clocks import Clock

Json = dict[str, Any]


def told(promotion: Promotion, *, clock: Clock, groups: Mapping[str, list[str]]) -> Json:
    """`groups`: the codes of the stores in each group of stores."""
    rule = promotion.rule
    return {
        "code": promotion.code,
        "name": promotion.receipt_text or promotion.name,
        "priority": promotion.priority,
        "level": rule.get("level") or "line",
        "combination": promotion.combination,
        "group": promotion.group,
        "stack_limit": rule.get("stack_limit"),
        "starts_at": clock.instant(promotion.starts_at),
        "ends_at": clock.instant(promotion.ends_at),
        "windows": rule.get("windows") or [],
        "channels": rule.get("channels") or [],
        "stores": _stores(rule, groups),
        "coupon": promotion.needs_coupon,
        "groups": rule.get("groups") or [],
        "segments": rule.get("segments") or [],
        "first_order": bool(rule.get("first_order")),
        "staff": bool(rule.get("staff")),
        "selection": _selection(rule.get("selection")),
        "minimum": {"quantity": None, "amount": None, **(rule.get("minimum") or {})},
        "needs": [_need(need) for need in rule.get("needs") or []],
        "limits": {"per_basket": rule.get("per_basket"), "limited": limited(promotion), "offline": promotion.offline or "allow"},
        "supplier": promotion.supplier,
        "supplier_share": promotion.supplier_share,
        "reward": _reward(rule.get("reward") or {}),
    }


def limited(promotion: Promotion) -> bool:
    limits = (promotion.most_uses, promotion.most_per_customer, promotion.budget, promotion.monthly_budget)
    return any(limit is not None for limit in limits)


def holds_in(rule: Json, *, channel: str, store: str) -> bool:
    """Whether a promotion as told here is for this place at all."""
    everywhere = not rule["channels"] and not rule["stores"]
    return everywhere or channel in rule["channels"] or (store != "" and store in rule["stores"])


def _stores(rule: Json, groups: Mapping[str, list[str]]) -> list[str]:
    """Those of its groups too. A group that is empty or gone is a store that nobody stands in, not everywhere."""
    named = rule.get("store_groups") or []
    found = {store for group in named for store in groups.get(group, ())} | set(rule.get("stores") or ())
    return sorted(found) or ([f"group:{group}" for group in named])


def _selection(given: Any) -> Json:
    given = given or {}
    return {"any": given.get("any") or {}, "except": given.get("except") or {}}


def _need(need: Json) -> Json:
    return {"quantity": None, "amount": None, "name": "", **need, "selection": _selection(need.get("selection"))}


def _reward(reward: Json) -> Json:
    made = dict(reward)
    if made.get("selection") is not None or made.get("kind") == "gift":
        made["selection"] = _selection(made.get("selection"))
    if made.get("kind") == "buy_get":
        made.setdefault("selection", None)
    if "slots" in made:
        made["slots"] = [{**slot, "selection": _selection(slot.get("selection"))} for slot in made["slots"]]
    return made

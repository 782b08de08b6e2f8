"""A promotion's rule before it is kept: every part there, every name known, every number one the engine takes.

Refusals name the place in the rule: field="rule.reward.slots.1.selection".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from catalog.models import Attribute, Brand, Category, LifeCycle, Product, ProductType, Promotion, Variant
from catalog.models import Collection as ProductCollection
from catalog.pricebook import promotions as engine
from catalog.pricebook.clocks import Clock
from catalog.pricing import checking
from catalog.services import collections, promotion_shape
from kernel.errors import Invalid
from org import queries as shop

Json = dict[str, Any]

EMPTY: Final[Json] = {
    "selection": {"any": {}, "except": {}},
    "minimum": {"quantity": None, "amount": None},
    "needs": [],
    "reward": {"kind": "percent", "value": 0},
    "windows": [],
    "channels": [],
    "stores": [],
    "store_groups": [],
    "groups": [],
    "segments": [],
    "first_order": False,
    "staff": False,
    "stack_limit": None,
    "level": "line",
    "per_basket": None,
}
# What the engine reads of a promotion that is a column, and not in its rule.
COLUMNS: Final = frozenset({"code", "name", "priority", "combination", "group", "starts_at", "ends_at", "supplier", "supplier_share"})
NO_PLACE: Final = Clock(shop="UTC", place="UTC")
MOST_NAMED: Final = 1000
"""In one group of a selection: a longer list is a collection."""


class BadPromotion(Invalid):
    code = "promotion_rule_invalid"
    title = "This offer cannot be worked out"


class UnknownInSelection(Invalid):
    code = "promotion_selection_unknown"
    title = "The offer names something that does not exist"


def completed(rule: Mapping[str, Any]) -> Json:
    """With everything that was left open. Unknown parts are refused."""
    unknown = sorted(set(rule) - set(EMPTY))
    if unknown:
        raise BadPromotion(f"A rule has no part “{unknown[0]}”.", field=f"rule.{unknown[0]}")
    made: Json = {**EMPTY, **rule}
    made["selection"] = _selection(made["selection"], "rule.selection")
    made["minimum"] = {**EMPTY["minimum"], **_mapping(made["minimum"], "rule.minimum")}
    made["needs"] = [_need(need, f"rule.needs.{place}") for place, need in enumerate(_rows(made["needs"], "rule.needs"))]
    made["reward"] = _reward(made["reward"])
    return made


def checked(rule: Mapping[str, Any]) -> Json:
    """The rule as it is kept."""
    made = completed(rule)
    problem = promotion_shape.problem(made)
    if problem is not None:
        path, words = problem
        raise BadPromotion(words, field=f"rule.{path}")
    _names_exist(made)
    _places_exist(made)
    return made


def engine_promotion(promotion: Promotion) -> Json:
    """As the engine takes it, by a clock of no place."""
    promotion.rule = completed(promotion.rule)
    return engine.told(promotion, clock=NO_PLACE, groups={})


def engine_takes(promotion: Promotion) -> None:
    """Its own word, last: rules that it refuses would stop every till from pricing anything."""
    try:
        checking.check_promotion(engine_promotion(promotion))
    except checking.RulesInvalid as refused:
        own = refused.field.partition(".")[0] in COLUMNS
        raise BadPromotion(refused.message, field=refused.field if own else f"rule.{refused.field}") from refused


def selections(rule: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    """Every selection of a completed rule with its place in it."""
    yield "rule.selection", rule["selection"]
    for place, need in enumerate(rule["needs"]):
        yield f"rule.needs.{place}.selection", need["selection"]
    reward = rule["reward"]
    if reward.get("selection"):
        yield "rule.reward.selection", reward["selection"]
    for place, slot in enumerate(reward.get("slots", ())):
        yield f"rule.reward.slots.{place}.selection", slot["selection"]


def _mapping(given: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise BadPromotion("This part of a rule is written {name: value}.", field=path)
    return given


def _rows(given: Any, path: str) -> Sequence[Any]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise BadPromotion("This part of a rule is a list.", field=path)
    return given


def _selection(given: Any, path: str) -> Json:
    parts = _mapping(given, path)
    if set(parts) - {"any", "except"}:
        raise BadPromotion("A selection says what is in it (any) and what is left out (except).", field=path)
    return {part: _groups(parts.get(part, {}), f"{path}.{part}") for part in ("any", "except")}


def _groups(given: Any, path: str) -> dict[str, list[str]]:
    made = {}
    for group, values in _mapping(given, path).items():
        texts = _rows(values, f"{path}.{group}")
        if not all(isinstance(value, str) and value and "\0" not in value for value in texts):
            raise BadPromotion(f"The values of {group} are texts.", field=f"{path}.{group}")
        if len(texts) > MOST_NAMED:
            raise BadPromotion(f"At most {MOST_NAMED} can be named one by one: put them into a collection.", field=f"{path}.{group}")
        if texts:
            made[str(group)] = sorted(set(texts))
    return dict(sorted(made.items()))


def _need(given: Any, path: str) -> Json:
    need = {"quantity": None, "amount": None, "name": "", **_mapping(given, path)}
    return {**need, "selection": _selection(need.get("selection", {}), f"{path}.selection")}


def _reward(given: Any) -> Json:
    reward = dict(_mapping(given, "rule.reward"))
    if reward.get("kind") in ("buy_get", "gift"):
        other = reward.get("selection")
        reward["selection"] = None if other is None and reward["kind"] == "buy_get" else _selection(other or {}, "rule.reward.selection")
    if "slots" in reward:
        rows = _rows(reward["slots"], "rule.reward.slots")
        reward["slots"] = [_slot(slot, f"rule.reward.slots.{place}") for place, slot in enumerate(rows)]
    return reward


def _slot(given: Any, path: str) -> Json:
    slot = {"name": "", "quantity": 1, **_mapping(given, path)}
    return {**slot, "selection": _selection(slot.get("selection", {}), f"{path}.selection")}


def _names_exist(rule: Json) -> None:
    asked = [
        (f"{path}.{part}.{group}", group, values)
        for path, selection in selections(rule)
        for part in ("any", "except")
        for group, values in selection[part].items()
    ]
    wanted: dict[str, set[str]] = {}
    for _path, group, values in asked:
        wanted.setdefault(group, set()).update(values)
    known = {group: _known(group, values) for group, values in wanted.items()}
    for path, group, values in asked:
        found = known[group]
        if found is None:
            raise UnknownInSelection(f"“{group}” is not something a selection can ask for.", field=path)
        missing = next((value for value in values if value not in found), None)
        if missing is not None:
            raise UnknownInSelection(f"There is no {_called(group)} “{missing}”.", field=path)


def _called(group: str) -> str:
    return "SKU" if group == "sku" else group.removeprefix("attribute.").replace("_", " ")


# How each group's values are looked up: one statement a group, however many values.
KNOWN: Final[Mapping[str, Callable[[set[str]], set[str]]]] = {
    "brand": lambda codes: set(Brand.objects.filter(code__in=codes).values_list("code", flat=True)),
    "category": lambda codes: set(Category.objects.filter(code__in=codes).values_list("code", flat=True)),
    "collection": lambda codes: set(ProductCollection.objects.filter(code__in=codes).values_list("code", flat=True)),
    "type": lambda codes: set(ProductType.objects.filter(code__in=codes).values_list("code", flat=True)),
    "product": lambda codes: set(Product.objects.filter(handle__in=codes).values_list("handle", flat=True)),
    "sku": lambda codes: set(Variant.objects.filter(sku__in=codes).values_list("sku", flat=True)),
    "life_cycle": lambda codes: set(LifeCycle.values),
    # Tags are made by writing them on a product; one that nobody has yet is allowed.
    "tag": lambda codes: codes,
}


def _known(group: str, values: set[str]) -> set[str] | None:
    if group in KNOWN:
        return KNOWN[group](values)
    code = group.removeprefix("attribute.")
    attribute = Attribute.objects.filter(code=code, filterable=True, kind__in=collections.FACET_KINDS).first() if code != group else None
    if attribute is None:
        return None
    return {"true", "false"} if attribute.kind == Attribute.Kind.BOOLEAN else set(attribute.choices.values_list("code", flat=True))


def _places_exist(rule: Json) -> None:
    known = {
        "channels": lambda: {channel.code for channel in shop.channels()},
        "stores": lambda: {store.code for store in shop.open_stores()},
        "store_groups": lambda: set(shop.store_groups()),
    }
    for part, look in known.items():
        if rule[part]:
            missing = sorted(set(rule[part]) - look())
            if missing:
                raise UnknownInSelection(f"There is no {part[:-1].replace('_', ' ')} “{missing[0]}”.", field=f"rule.{part}")

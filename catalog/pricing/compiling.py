"""Rules made ready once: promotions in the order they are worked, found by the facets they are about."""

from collections.abc import Iterable, Sequence
from typing import Any

from catalog.pricing.lines import Line
from catalog.pricing.selections import Selection

Json = dict[str, Any]
LEVELS = ("line", "order", "delivery")
SETS = frozenset({"set", "buy_get", "bundle", "gift"})


class Promotion:
    """A promotion's data as given, with its selections ready. `index` is its place in the order of working."""

    __slots__ = (
        *("best", "closing", "code", "data", "index", "kind", "level", "name", "needs"),
        *("of_reward", "of_slots", "reward", "selection", "sets", "stack"),
    )

    def __init__(self, index: int, data: Json) -> None:
        self.index = index
        self.data = data
        self.code: str = data["code"]
        self.name: str = data["name"]
        self.level: str = data["level"]
        self.stack = data["combination"] == "stack"
        self.best = data["combination"] == "best"
        self.closing = not self.stack
        self.selection = Selection(data["selection"])
        self.needs = [(Selection(need["selection"]), need) for need in data["needs"]]
        self.reward: Json = data["reward"]
        self.kind: str = self.reward["kind"]
        self.sets = self.kind in SETS
        self.of_slots = [Selection(slot["selection"]) for slot in self.reward["slots"]] if self.kind == "bundle" else []
        other = self.reward.get("selection") if self.kind in ("buy_get", "gift") else None
        self.of_reward = None if other is None else Selection(other)

    @property
    def competes(self) -> tuple[int, str, str]:
        return (self.data["priority"], self.level, self.data["group"])

    @property
    def selections(self) -> Sequence[Selection]:
        """Those whose lines the promotion has to do with: a bundle's are its slots', other goods given count as well."""
        if self.of_slots:
            return self.of_slots
        return [self.selection] if self.of_reward is None else [self.selection, self.of_reward]


class Compiled:
    """What `compile` makes: pass it to `evaluate` in place of the rules."""

    __slots__ = ("by_facet", "everywhere", "promotions", "rules", "wide")

    def __init__(self, rules: Json) -> None:
        self.rules = rules
        self.promotions = [Promotion(index, data) for index, data in enumerate(sorted(rules["promotions"], key=_order))]
        self.wide = [promotion for promotion in self.promotions if promotion.level != "line"]
        self.everywhere: list[int] = []
        self.by_facet: dict[str, list[int]] = {}
        for promotion in self.promotions:
            if promotion.level == "line":
                self._index(promotion)

    def _index(self, promotion: Promotion) -> None:
        if any(not selection.groups for selection in promotion.selections):
            self.everywhere.append(promotion.index)
            return
        for facet in {facet for selection in promotion.selections for facet in selection.keys}:
            self.by_facet.setdefault(facet, []).append(promotion.index)

    def matching(self, lines: Sequence[Line], given: Iterable[str]) -> dict[int, list[Line]]:
        """The lines each promotion is about, by its index: those that are about none are left out, unless they are for the whole
        order, for delivery, or their coupon was `given`."""
        found: dict[int, list[Line]] = {}
        for line in lines:
            for facet in line.facets:
                for index in self.by_facet.get(facet, ()):
                    of_promotion = found.setdefault(index, [])
                    if not of_promotion or of_promotion[-1] is not line:
                        of_promotion.append(line)
        matching = {index: kept for index, near in found.items() if (kept := _about(self.promotions[index], near))}
        matching |= {index: kept for index in self.everywhere if (kept := _about(self.promotions[index], lines))}
        goods = [line for line in lines if line.kind != "deposit"]
        matching |= {promotion.index: promotion.selection.among(goods) for promotion in self.wide}
        codes = set(given)
        if codes:
            matching |= {promotion.index: [] for promotion in self.promotions if promotion.code in codes and promotion.index not in matching}
        return matching


def compile(rules: Json | Compiled) -> Compiled:
    return rules if isinstance(rules, Compiled) else Compiled(rules)


def _about(promotion: Promotion, lines: Sequence[Line]) -> list[Line]:
    selections = promotion.selections
    if len(selections) == 1:
        return list(lines) if selections[0].plain else selections[0].among(lines)
    return [line for line in lines if any(selection.matches(line) for selection in selections)]


def _order(promotion: Json) -> tuple[int, int, bool, int, str]:
    starts_at = promotion["starts_at"]
    return (-promotion["priority"], LEVELS.index(promotion["level"]), starts_at is not None, starts_at or 0, promotion["code"])

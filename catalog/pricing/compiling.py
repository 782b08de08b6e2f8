"""Rules made ready once: promotions in the order they are worked, found by the facets they are about."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from catalog.pricing.lines import Line
from catalog.pricing.selections import Found, Selection

Json = dict[str, Any]
LEVELS = ("line", "order", "delivery")
SETS = frozenset({"set", "buy_get", "bundle", "gift"})


# The conditions that a promotion may have, in the order they are looked at.
ASKS: dict[str, Callable[[Json], object]] = {
    "place": lambda data: data["channels"] or data["stores"],
    "starts": lambda data: data["starts_at"] is not None,
    "ends": lambda data: data["ends_at"] is not None,
    "window": lambda data: data["windows"],
    "coupon": lambda data: data["coupon"],
    "staff": lambda data: data["staff"],
    "customer": lambda data: data["groups"] or data["segments"],
    "first_order": lambda data: data["first_order"],
    "offline": lambda data: data["limits"]["limited"] and data["limits"]["offline"] == "refuse",
}


class Selected:
    """Each selection once, however many promotions make it: a basket looks it up once."""

    def __init__(self) -> None:
        self.known: dict[tuple[frozenset[frozenset[str]], frozenset[str]], Selection] = {}

    def of(self, data: Json) -> Selection:
        made = Selection(data)
        return self.known.setdefault((frozenset(made.groups), made.without), made)


class Promotion:
    """A promotion's data as given, with its selections ready. `index` is its place in the order of working."""

    __slots__ = (
        *("asks", "best", "closing", "competes", "code", "data", "index", "kind", "least", "level", "limit", "name", "needs"),
        *("of_reward", "of_slots", "reward", "selection", "selections", "sets", "stack", "wants"),
    )

    def __init__(self, index: int, data: Json, selected: Selected) -> None:
        self.index = index
        self.data = data
        self.code: str = data["code"]
        self.name: str = data["name"]
        self.level: str = data["level"]
        self.stack = data["combination"] == "stack"
        self.best = data["combination"] == "best"
        self.closing = not self.stack
        self.limit: int | None = data["stack_limit"] if self.stack else None
        self.selection = selected.of(data["selection"])
        self.needs = [(selected.of(need["selection"]), need) for need in data["needs"]]
        self.reward: Json = data["reward"]
        self.kind: str = self.reward["kind"]
        self.sets = self.kind in SETS
        self.of_slots = [selected.of(slot["selection"]) for slot in self.reward["slots"]] if self.kind == "bundle" else []
        other = self.reward.get("selection") if self.kind in ("buy_get", "gift") else None
        self.of_reward = None if other is None else selected.of(other)

        self.selections = self._selections()
        # Only those of the same compete as the best.
        self.competes = (data["priority"], self.level, data["group"])
        self.least: tuple[int | None, int | None] = (data["minimum"]["quantity"], data["minimum"]["amount"])
        self.wants = self.least != (None, None)
        self.asks = tuple(name for name, asks in ASKS.items() if asks(data))

    def _selections(self) -> Sequence[Selection]:
        """Those whose lines the promotion has to do with: a bundle's are its slots', other goods given count as well."""
        if self.of_slots:
            return self.of_slots
        return [self.selection] if self.of_reward is None else [self.selection, self.of_reward]


class Compiled:
    """What `compile` makes: pass it to `evaluate` in place of the rules."""

    __slots__ = ("by_facet", "everywhere", "names", "promotions", "rules", "wide")

    def __init__(self, rules: Json) -> None:
        self.rules = rules
        selected = Selected()
        self.promotions = [Promotion(index, data, selected) for index, data in enumerate(sorted(rules["promotions"], key=_order))]
        self.names = {promotion.code: promotion.name for promotion in self.promotions}
        # Those for the whole order and for delivery: most of them are about the same, which is everything.
        self.wide: dict[Selection, list[int]] = {}
        self.everywhere: list[int] = []
        self.by_facet: dict[str, list[int]] = {}
        for promotion in self.promotions:
            if promotion.level == "line":
                self._index(promotion)
            else:
                self.wide.setdefault(promotion.selection, []).append(promotion.index)

    def _index(self, promotion: Promotion) -> None:
        if any(not selection.groups for selection in promotion.selections):
            self.everywhere.append(promotion.index)
            return
        for facet in {facet for selection in promotion.selections for facet in selection.keys}:
            self.by_facet.setdefault(facet, []).append(promotion.index)

    def matching(self, found: Found, given: Iterable[str]) -> dict[int, list[Line]]:
        """The lines each promotion is about, by its index: those that are about none are left out, unless they are for the whole
        order, for delivery, or their coupon was `given`."""
        by_facet = self.by_facet
        near = {index for facet in found.by_facet if facet in by_facet for index in by_facet[facet]}
        about = {index: found.of_any(self.promotions[index].selections) for index in [*near, *self.everywhere]}
        matching = {index: lines for index, lines in about.items() if lines}
        for selection, indexes in self.wide.items():
            matching |= dict.fromkeys(indexes, found.goods(selection))
        codes = set(given)
        if codes:
            matching |= {promotion.index: [] for promotion in self.promotions if promotion.code in codes and promotion.index not in matching}
        return matching


def compile(rules: Json | Compiled) -> Compiled:
    return rules if isinstance(rules, Compiled) else Compiled(rules)


def _order(promotion: Json) -> tuple[int, int, bool, int, str]:
    starts_at = promotion["starts_at"]
    return (-promotion["priority"], LEVELS.index(promotion["level"]), starts_at is not None, starts_at or 0, promotion["code"])

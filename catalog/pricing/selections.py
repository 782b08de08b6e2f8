"""Which lines a promotion is about."""

from collections.abc import Iterable
from typing import Any

from catalog.pricing.lines import Line

Json = dict[str, Any]


class Selection:
    """Of every group one of its values, and nothing that is excepted. No groups at all: every line."""

    __slots__ = ("groups", "keys", "plain", "without")

    def __init__(self, selection: Json) -> None:
        self.groups = [frozenset(f"{group}:{value}" for value in values) for group, values in selection["any"].items()]
        self.without = frozenset(f"{group}:{value}" for group, values in selection["except"].items() for value in values)
        # The group with the fewest values finds the fewest lines: the index goes by it.
        self.keys = min(self.groups, key=len) if self.groups else frozenset()
        self.plain = len(self.groups) == 1 and not self.without

    def matches(self, line: Line) -> bool:
        facets = line.facets
        for group in self.groups:
            if group.isdisjoint(facets):
                return False
        return self.without.isdisjoint(facets)

    def among(self, lines: Iterable[Line]) -> list[Line]:
        return [line for line in lines if self.matches(line)]

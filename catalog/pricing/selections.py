"""Which lines a promotion is about."""

from collections.abc import Iterable, Sequence
from typing import Any

from catalog.pricing.lines import Line

Json = dict[str, Any]


class Selection:
    """Of every group one of its values, and nothing that is excepted. No groups at all: every line."""

    __slots__ = ("groups", "keys", "plain", "without")

    def __init__(self, selection: Json) -> None:
        self.groups = [frozenset(f"{group}:{value}" for value in values) for group, values in selection["any"].items()]
        self.without = frozenset(f"{group}:{value}" for group, values in selection["except"].items() for value in values)
        # The group with the fewest values finds the fewest lines: they are looked up by it.
        self.keys = min(self.groups, key=len) if self.groups else frozenset()
        # Whoever has one of the keys matches.
        self.plain = len(self.groups) <= 1 and not self.without

    def matches(self, line: Line) -> bool:
        facets = line.facets
        for group in self.groups:
            if group.isdisjoint(facets):
                return False
        return self.without.isdisjoint(facets)

    def among(self, lines: Iterable[Line]) -> list[Line]:
        return [line for line in lines if self.matches(line)]


class Found:
    """The lines of one basket by what they are: each selection is looked up once."""

    __slots__ = ("by_facet", "deposits", "facets", "kept", "lines")

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.by_facet: dict[str, list[Line]] = {}
        for line in lines:
            for facet in line.facets:
                self.by_facet.setdefault(facet, []).append(line)
        self.facets = frozenset(self.by_facet)
        self.deposits = any(line.kind == "deposit" for line in lines)
        self.kept: dict[Selection, list[Line]] = {}

    def of(self, selection: Selection) -> list[Line]:
        """In order of id."""
        lines = self.kept.get(selection)
        if lines is None:
            near = self._near(selection)
            lines = self.kept[selection] = near if selection.plain else selection.among(near)
        return lines

    def goods(self, selection: Selection) -> list[Line]:
        """Without deposits, which no promotion counts."""
        lines = self.of(selection)
        return [line for line in lines if line.kind != "deposit"] if self.deposits else lines

    def of_any(self, selections: Sequence[Selection]) -> list[Line]:
        if len(selections) == 1:
            return self.of(selections[0])
        return self._together([self.of(selection) for selection in selections])

    def _near(self, selection: Selection) -> list[Line]:
        if not selection.groups:
            return list(self.lines)
        if len(selection.keys) == 1:
            return self.by_facet.get(next(iter(selection.keys)), [])
        return self._together([self.by_facet[facet] for facet in selection.keys & self.facets])

    def _together(self, lists: list[list[Line]]) -> list[Line]:
        if len(lists) == 1:
            return lists[0]
        return [self.lines[index] for index in sorted({line.index for lines in lists for line in lines})]

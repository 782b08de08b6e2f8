"""Variants laid out by their options: one down, one across, when every pair of values names one variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from catalog.admin.page.variants import A_PAGE, axes_of
from catalog.models import Price, Variant

# Rows of a matrix or of a plain table that one page shows.
ROWS = 50


@dataclass(frozen=True)
class Missing:
    """What a variant lacks, and the address of the field that takes it."""

    word: str
    link: str


@dataclass(frozen=True)
class Cell:
    """One variant, or the place where one could be."""

    variant: Variant | None
    link: str
    price: Price | None = None
    stock: str = ""
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True)
class Line:
    head: str
    cells: list[Cell]
    link: str = ""


@dataclass(frozen=True)
class Grid:
    """`across` is empty for a plain table: one variant a line."""

    down: str
    across_name: str
    across: list[str]
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class Facts:
    """What is known of the variants besides themselves."""

    prices: Mapping[UUID, Price]
    stock: Mapping[UUID, str]
    missing: Mapping[UUID, Sequence[Missing]]
    places: Mapping[UUID, int]

    def cell(self, variant: Variant) -> Cell:
        return Cell(variant, self.link(variant), self.prices.get(variant.pk), self.stock.get(variant.pk, ""), tuple(self.missing.get(variant.pk, ())))

    def link(self, variant: Variant, name: str = "sku") -> str:
        return variant_link(variant.pk, self.places.get(variant.pk, 0), name)


def variant_link(variant: UUID, place: int, name: str) -> str:
    """The tab, the page of it and the field, for the variant that is `place`th of its product."""
    page = place // A_PAGE + 1
    return f"?tab=variants{f'&page={page}' if page > 1 else ''}#f-{variant}-{name}"


def add_link(options: Mapping[str, str]) -> str:
    """The form for a new variant, its options filled in."""
    named = {f"option.{name}": value for name, value in options.items()}
    return f"?{urlencode({'tab': 'variants', 'add': '1', **named})}#f-new-sku"


def is_matrix(variants: Sequence[Variant]) -> bool:
    """Every variant has the same two options, and no two have the same values."""
    axes = axes_of(variant.options for variant in variants)
    pairs = {tuple(str(variant.options.get(axis, "")) for axis in axes) for variant in variants}
    complete = all(set(variant.options) == set(axes) and all(variant.options.values()) for variant in variants)
    return len(axes) == 2 and len(variants) > 1 and complete and len(pairs) == len(variants)


def down_and_across(variants: Sequence[Variant]) -> tuple[str, str]:
    """The option with more values goes down, where there is room; of two alike, sizes go across."""
    first, second = axes_of(variant.options for variant in variants)

    values = {axis: len({variant.options[axis] for variant in variants}) for axis in (first, second)}
    return (second, first) if values[first] < values[second] else (first, second)


def laid_out(variants: Sequence[Variant], facts: Facts) -> Grid:
    if not is_matrix(variants):
        rows = [Line(variant.name or variant.sku, [facts.cell(variant)], facts.link(variant)) for variant in variants]
        return Grid("", "", [], rows)
    down, across = down_and_across(variants)
    by_pair = {(variant.options[down], variant.options[across]): variant for variant in variants}
    columns = list(dict.fromkeys(variant.options[across] for variant in variants))
    grid = Grid(down, across, columns)
    for value in dict.fromkeys(variant.options[down] for variant in variants):
        cells: list[Any] = []
        for column in columns:
            found = by_pair.get((value, column))
            cells.append(facts.cell(found) if found else Cell(None, add_link({down: value, across: column})))
        first = next(cell.link for cell in cells if cell.variant)
        grid.lines.append(Line(value, cells, first))
    return grid

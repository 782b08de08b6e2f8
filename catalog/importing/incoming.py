"""What the formats make of a file, before it is saved."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Row:
    line: int
    """Where it begins in the file, from 1; a quoted line break makes it longer than one line."""
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Fault:
    line: int
    column: str
    reason: str
    row: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}" if self.column else f"line {self.line}: {self.reason}"


class Faulty(Exception):
    """A cell that cannot be taken. The column and the reason are shown to people."""

    def __init__(self, column: str, reason: str, *, row: Row | None = None) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.row = row


@dataclass(frozen=True)
class Group:
    """The rows of one product, as they came; `key` names it in its source. A group without a key is refused."""

    key: str
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def line(self) -> int:
        return self.rows[0].line if self.rows else self.faults[0].line

    def hash(self, terms: "Terms") -> str:
        """Changes when a cell or the terms do, or when a format reads cells differently (VERSION)."""
        told = [VERSION, terms.currency, terms.tax_class, [list(row.cells.items()) for row in self.rows]]
        return hashlib.sha256(json.dumps(told, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()


VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the file does not say."""

    currency: str
    tax_class: str


@dataclass(frozen=True, kw_only=True)
class IncomingVariant:
    sku: str
    line: int
    sku_given: bool = False
    name: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    net_content: int | None = None
    net_unit: str = ""
    sold_by: str = "each"
    gtins: tuple[str, ...] = ()
    price: int | None = None
    price_quantity: int = 1000


@dataclass(frozen=True, kw_only=True)
class IncomingProduct:
    """None: the source does not speak of it, so a product that exists keeps what it has."""

    name: str
    handle: str
    variants: tuple[IncomingVariant, ...]
    description: str | None = None
    brand: str | None = None
    category: str | None = None
    tax_class: str | None = None
    status: str | None = None
    tile: str | None = None
    image_url: str | None = None


class Format(Protocol):
    source: str
    required: tuple[str, ...]

    def groups(self, rows: Iterable[Row | Fault]) -> Iterator[Group]: ...

    def product(self, group: Group, terms: Terms) -> IncomingProduct:
        """Raises Faulty."""

"""What the formats make of a file, before it is saved."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Row:
    line: int
    """Where it begins in the file, from 1; a quoted line break makes it longer than one line."""
    cells: Mapping[str, str]
    # All columns as they came, where `cells` has only some of them under other names.
    whole: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    line: int
    column: str
    reason: str
    row: tuple[str, ...] = ()
    # What the cell probably should say.
    suggestion: str = ""

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.reason}" if self.column else f"line {self.line}: {self.reason}"


class Faulty(Exception):
    """A cell that cannot be taken. The column and the reason are shown to people."""

    def __init__(self, column: str, reason: str, *, row: Row | None = None, suggestion: str = "", without_unit: str = "") -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.row = row
        self.suggestion = suggestion
        # The bare number of a net content: what the product has already may say which unit was meant.
        self.without_unit = without_unit


@dataclass(frozen=True)
class Group:
    """The rows of one product, as they came; `key` names it in its source. A group without a key is refused."""

    key: str
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...] = ()
    # Of the file, the key came from; empty where a format has only one such column, its first required one.
    column: str = ""

    @property
    def line(self) -> int:
        return self.rows[0].line if self.rows else self.faults[0].line

    @property
    def lines(self) -> set[int]:
        return {row.line for row in self.rows} | {fault.line for fault in self.faults}

    def hash(self, terms: "Terms") -> str:
        """Changes when a cell or the terms do, or when a format reads cells differently (VERSION)."""
        told = [VERSION, terms.currency, terms.tax_class, [list(row.cells.items()) for row in self.rows]]
        return hashlib.sha256(_encoder.encode(told).encode()).hexdigest()


VERSION = 3
# Kept: json.dumps() makes itself a new one for every call that names separators.
_encoder = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))


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
    # None: the source does not speak of it. A name that is not told follows the options until somebody gives another.
    name: str | None = None
    options: Mapping[str, str] | None = None
    net_content: int | None = None
    net_unit: str = ""
    sold_by: str | None = None
    # None: the source does not speak of codes. Codes it names are added; none is ever taken away.
    gtins: tuple[str, ...] = ()
    price: int | None = None
    # Thousandths the price is for. None: it is the price of one, and a stored one that comes to the same stays as it is.
    price_quantity: int | None = 1000
    cost: int | None = None
    # The SKU of the deposit that goes with it; "" for none, None when the source does not speak of it.
    deposit: str | None = None


@dataclass(frozen=True, kw_only=True)
class IncomingProduct:
    """None: the source does not speak of it, so a product that exists keeps what it has."""

    name: str
    handle: str
    variants: tuple[IncomingVariant, ...]
    description: str | None = None
    brand: str | None = None
    # By name; made when it is new.
    category: str | None = None
    # By code; refused when there is none.
    category_code: str | None = None
    type: str | None = None
    tax_class: str | None = None
    status: str | None = None
    tile: str | None = None
    image_url: str | None = None
    tags: tuple[str, ...] | None = None
    # By code or name; refused when there is none. The ones it stands in by hand, and no others.
    collections: tuple[str, ...] | None = None
    life_cycle: str | None = None
    age_limit: str | None = None
    tracks_serials: bool | None = None
    tracks_lots: bool | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    # Of the languages it names, the fields it names: {"de": {"name": …}}.
    translations: Mapping[str, Mapping[str, str]] | None = None
    # As texts; read by the kind of each attribute of the product's type.
    attributes: Mapping[str, str] | None = None
    # Variants it does not name stay: a table may be about some of them.
    partial: bool = False
    # Channel code to (offered, from, until); None for a channel without a window of its own.
    windows: Mapping[str, tuple[bool, Any, Any] | None] | None = None


class Format(Protocol):
    source: str
    required: tuple[str, ...]
    # How its keys find a product that another source brought: by "handle", by "code" (handle, SKU or GTIN), or "" not at all.
    finds_by: str

    def groups(self, rows: Iterable[Row | Fault]) -> Iterator[Group]: ...

    def product(self, group: Group, terms: Terms) -> IncomingProduct:
        """Raises Faulty."""


def by_product(rows: Iterable[Row | Fault], key_of: Any, column: str) -> Iterator[Group]:
    """Rows that stand together and have one key are one product. A row that cannot be read belongs to the product around it,
    which would otherwise come in without one of its variants."""
    key = ""
    kept: list[Row] = []
    faults: list[Fault] = []
    for row in rows:
        own = key_of(row).strip() if isinstance(row, Row) else (key_of(row) or key)
        if own != key and key:
            yield Group(key, tuple(kept), tuple(faults))
        if own != key:
            key, kept, faults = own, [], []
        if isinstance(row, Row) and own:
            kept.append(row)
        elif isinstance(row, Row):
            yield Group("", (row,), (Fault(row.line, column, "is empty"),))
        elif own:
            faults.append(row)
        else:
            yield Group("", (), (row,))
    if key:
        yield Group(key, tuple(kept), tuple(faults))


def fixed(rows: Iterable[Row | Fault], fixes: Mapping[str, Mapping[str, str]]) -> Iterator[Row | Fault]:
    """The rows with what people put right; the file stays as it came."""
    if not fixes:
        yield from rows
        return
    for row in rows:
        changed = fixes.get(str(row.line))
        if changed and isinstance(row, Row):
            row = Row(row.line, {**row.cells, **{name: cell for name, cell in changed.items() if name in row.cells}})
        yield row


def nearest(text: str, known: Sequence[str]) -> str:
    """The one of them that was probably meant; empty when none is close."""
    import difflib

    close = difflib.get_close_matches(text.lower(), [one.lower() for one in known], n=1, cutoff=0.6)
    return next((one for one in known if close and one.lower() == close[0]), "")

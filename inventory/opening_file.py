"""A file of opening stock, cell by cell: location, sku or gtin, quantity, and perhaps cost, lot and expiry. What the catalogue and the
places say to it is inventory.services.opening_check's."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from catalog import amounts
from catalog.importing import cleaning, reading
from catalog.importing.incoming import Fault, Faulty, Row
from catalog.importing.reading import MissingColumns, SourceFile
from inventory.bounds import LONGEST_LOT, MOST
from kernel.errors import Invalid

MOST_ROWS: Final = 100_000
# As people head such columns; without case, spaces and marks.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "location": ("location", "locationcode", "place", "store", "lager", "filiale"),
    "sku": ("sku", "item", "article", "artikel", "artikelnummer"),
    "gtin": ("gtin", "ean", "barcode", "upc"),
    "quantity": ("quantity", "qty", "onhand", "stock", "menge", "bestand"),
    "cost": ("cost", "unitcost", "costeach", "einkaufspreis", "ek"),
    "lot": ("lot", "batch", "lotnumber", "charge"),
    "expiry": ("expiry", "expireson", "expires", "bestbefore", "mhd"),
}
_NUMBER = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,3})0{0,9})?", re.ASCII)
_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})", re.ASCII)
_DAY_FIRST = re.compile(r"(?P<day>[0-9]{1,2})\.(?P<month>[0-9]{1,2})\.(?P<year>[0-9]{4})", re.ASCII)


class OpeningTooLong(Invalid):
    code = "opening_too_long"
    title = "The file has too many lines"


@dataclass(frozen=True, slots=True)
class Said:
    """A row as it says. `quantity`: thousandths of what it names, a case where `gtin` is a case's. `cost`: minor units for one of the
    goods, whatever the row names."""

    line: int
    location: str
    sku: str
    gtin: str
    quantity: int
    cost: int | None
    lot: str
    expires_on: date | None
    row: tuple[str, ...]


def rows(file: SourceFile, *, currency: str) -> Iterator[Said | Fault]:
    """In the order of the file. Raises UnreadableFile, MissingColumns, OpeningTooLong."""
    columns: dict[str, str] = {}
    for number, row in enumerate(reading.rows(file, ())):
        columns = columns or _columns(file.columns)
        if number >= MOST_ROWS:
            raise OpeningTooLong(f"The file has more than {MOST_ROWS:,} lines. Split it.", field="file")
        yield row if isinstance(row, Fault) else _said(row, columns, currency)


def _columns(header: list[str]) -> dict[str, str]:
    """Our names to the file's."""
    plain = {"".join(letter for letter in name.casefold() if letter.isalnum()): name for name in reversed(header)}
    found = {field: next((plain[word] for word in words if word in plain), "") for field, words in COLUMNS.items()}
    missing = [field for field in ("location", "quantity") if not found[field]]
    if not found["sku"] and not found["gtin"]:
        missing.insert(1, "sku or gtin")
    if missing:
        raise MissingColumns(f"The first line must name the columns; missing: {', '.join(missing)}.", field="file", missing=missing)
    return {field: column for field, column in found.items() if column}


def _said(row: Row, columns: Mapping[str, str], currency: str) -> Said | Fault:
    cells = {field: row.cells[column] for field, column in columns.items()}
    whole = tuple(row.cells.values())
    try:
        sku = cleaning.one_line(cleaning.unescaped(cells.get("sku", "")), columns.get("sku", ""), longest=60)
        gtin = cleaning.code(cells["gtin"], columns["gtin"]) if cells.get("gtin", "").strip() else ""
        if not sku and not gtin:
            raise Faulty(columns.get("sku") or columns["gtin"], "is empty")
        return Said(
            line=row.line,
            location=cleaning.one_line(cells["location"], columns["location"], longest=60, required=True).casefold(),
            sku=sku,
            gtin=gtin,
            quantity=_quantity(cells["quantity"], columns["quantity"]),
            cost=_cost(cells.get("cost", ""), columns.get("cost", ""), currency),
            lot=cleaning.one_line(cleaning.unescaped(cells.get("lot", "")), columns.get("lot", ""), longest=LONGEST_LOT),
            expires_on=_date(cells.get("expiry", ""), columns.get("expiry", "")),
            row=whole,
        )
    except Faulty as faulty:
        return Fault(row.line, faulty.column, faulty.reason, reading.storable(whole), faulty.suggestion)


def _quantity(cell: str, column: str) -> int:
    text = cell.strip()
    if text[:1] in ("-", "−") and _NUMBER.fullmatch(text[1:]):
        raise Faulty(column, "is below zero; opening stock is what lies there")
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise Faulty(column, f"“{_short(text, column)}” is not a number such as 12 or 0.250" if text else "is empty")
    quantity = int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))
    if quantity > MOST:
        raise Faulty(column, f"{text[:40]} is more than a million")
    return quantity


def _cost(cell: str, column: str, currency: str) -> int | None:
    if not cell.strip():
        return None
    try:
        return amounts.minor_units(cell, currency)
    except amounts.NotAnAmount as error:
        raise Faulty(column, str(error).replace("Not a price", "not a cost"), suggestion=cleaning.likely_amount(cell, currency)) from error


def _date(cell: str, column: str) -> date | None:
    text = cell.strip()
    if not text:
        return None
    found = _DAY.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    try:
        if found is not None:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        pass
    raise Faulty(column, f"“{_short(text, column)}” is not a day such as 2026-05-31")


def _short(text: str, column: str) -> str:
    return cleaning.without_controls(text[:40], column)

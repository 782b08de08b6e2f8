"""Prices as people paste them from a spreadsheet: a SKU, a price and perhaps from how many on, a row each."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from catalog import amounts
from catalog.models import Price, Variant
from catalog.services.price_changes import MOST, NewEntry
from kernel.errors import Invalid

HEADS: Final = ("sku", "item", "article", "artikel", "artikelnummer", "code", "référence", "reference", "ref")
_QUANTITY = re.compile(r"([0-9]{1,6})(?:[.,]([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Fault:
    """The row as it was pasted, by its line from 1, and what is wrong with it."""

    line: int
    row: str
    words: str


@dataclass(frozen=True, slots=True)
class Pasted:
    entries: Sequence[NewEntry]
    faults: Sequence[Fault]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    row: str
    sku: str
    amount: int
    from_quantity: int | None


def read_price_rows(*, text: str, currency: str) -> Pasted:
    """Two statements for any number of rows. Prices are for as much as the base price is for."""
    rows, faults = _rows(text, currency)
    if len(rows) + len(faults) > MOST:
        raise Invalid(_("At most %(most)s prices go together.") % {"most": f"{MOST:,}"}, field="rows")
    skus = [row.sku for row in rows]
    variants = {row.sku: row for row in Variant.objects.filter(sku__in=skus).only("id", "sku", "sold_by", "archived_at")}
    sizes = dict(Price.objects.filter(variant__sku__in=skus, currency=currency).values_list("variant_id", "price_quantity"))
    entries: list[NewEntry] = []
    seen: set[tuple[str, int | None]] = set()
    for row in rows:
        words = _wrong(row, variants.get(row.sku), seen)
        seen.add((row.sku, row.from_quantity))
        if words:
            faults.append(Fault(row.line, row.row, words))
            continue
        variant = variants[row.sku]
        entries.append(NewEntry(variant=variant.id, amount=row.amount, price_quantity=sizes.get(variant.id, 1000), from_quantity=row.from_quantity))
    return Pasted(entries, sorted(faults, key=lambda fault: fault.line))


def _wrong(row: _Row, variant: Variant | None, seen: set[tuple[str, int | None]]) -> str:
    if variant is None:
        return _("No such SKU")
    if variant.archived_at is not None:
        return _("Archived")
    if (row.sku, row.from_quantity) in seen:
        return _("This SKU stands above already")
    if row.from_quantity is not None and (row.from_quantity == 0 or (row.from_quantity % 1000 and variant.sold_by == Variant.SoldBy.EACH)):
        return _("From how many: a whole number of pieces above 0")
    return ""


def _rows(text: str, currency: str) -> tuple[list[_Row], list[Fault]]:
    rows: list[_Row] = []
    faults: list[Fault] = []
    for number, line in enumerate(text.replace("\0", "").splitlines(), start=1):
        cells = _cells(line)
        if not any(cells) or (not rows and not faults and cells[0].casefold() in HEADS):
            continue
        try:
            rows.append(_Row(number, line, *_read(cells, currency)))
        except (amounts.NotAnAmount, ValueError) as problem:
            faults.append(Fault(number, line[:200], str(problem)))
    return rows, faults


def _cells(line: str) -> list[str]:
    """What a spreadsheet copies stands between tabs; a file has semicolons or commas, and quotes where a cell holds one."""
    mark = "\t" if "\t" in line else ";" if ";" in line else ","
    return [cell.strip() for cell in next(csv.reader([line], delimiter=mark), [])] or [""]


def _read(cells: Sequence[str], currency: str) -> tuple[str, int, int | None]:
    if len(cells) == 4 and not cells[3] or len(cells) < 2:
        raise ValueError(_("A row is a SKU, a price and perhaps from how many on"))
    if len(cells) > 3:
        raise ValueError(_("Too many columns: put 2,95 in quotes or between semicolons"))
    if not cells[0]:
        raise ValueError(_("No SKU"))
    amount = amounts.minor_units(cells[1], currency)
    if len(cells) < 3 or not cells[2]:
        return cells[0], amount, None
    found = _QUANTITY.fullmatch(cells[2])
    if found is None:
        raise ValueError(_("From how many: a number such as 6"))
    return cells[0], amount, int(found[1]) * 1000 + int((found[2] or "").ljust(3, "0"))

"""A table of goods as somebody scans or types it: SKU, barcode or the code of a pack, then what the page asks beside it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models.functions import Upper
from django.http import QueryDict
from django.utils.translation import gettext as _

from catalog import gtin
from catalog.admin.page.fields import thousandths
from catalog.models import Gtin, Variant
from inventory.admin.shown import full_name
from inventory.models import Pack
from kernel.errors import Refused

MOST = 500
SPARE = 4


@dataclass(frozen=True)
class Column:
    """`kind` is how a browser asks for it: text, number, date. `read` makes the value of it; what it refuses stands at its cell."""

    name: str
    heading: Any
    kind: str = "text"
    width: str = ""
    longest: int = 60
    read: Callable[[str], Any] = str
    hint: Any = ""


@dataclass
class TypedRow:
    typed: Mapping[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    variant: Variant | None = None
    # What one of the scanned code is, in thousandths: 1000, or what a pack holds.
    each: int = 1000
    told: str = ""


class RowTable:
    """`rows` are the filled ones, in the order of the page."""

    def __init__(self, columns: Sequence[Column], data: QueryDict | None = None, first: Sequence[Mapping[str, str]] = ()) -> None:
        self.columns = columns
        self.rows = [TypedRow(one) for one in (first if data is None else _sent(data, columns)) if any(one.values())]
        self.trouble = ""

    def read(self) -> bool:
        """Makes values of what was typed: a constant number of statements for any number of rows."""
        known = goods([row.typed["code"] for row in self.rows])
        for row in self.rows:
            self._read(row, known)
        if not self.rows:
            self.trouble = _("Scan or type at least one product.")
        elif len(self.rows) > MOST:
            self.trouble = _("At most %(n)s rows at once. Make two documents of it.") % {"n": MOST}
        return not self.trouble and not any(row.wrong for row in self.rows)

    def _read(self, row: TypedRow, known: Mapping[str, tuple[Variant, int, str]]) -> None:
        code = row.typed["code"]
        if code in known:
            row.variant, row.each, row.told = known[code]
        else:
            row.wrong["code"] = _("There is no product with this code.") if code else _("Which product is it?")
        for column in self.columns:
            if column.name == "code":
                continue
            try:
                row.values[column.name] = column.read(row.typed[column.name])
            except (forms.ValidationError, Refused) as error:
                row.wrong[column.name] = error.message if isinstance(error, Refused) else error.messages[0]

    def refuse(self, refused: Refused) -> bool:
        """Puts what a service refused at its row, where it says which: lines.<number>.<field>, from 0."""
        whose, _lines, rest = refused.field.partition("lines.")
        number, _point, name = rest.partition(".")
        if whose or not number.isdecimal() or int(number) >= len(self.rows):
            return False
        known = {column.name for column in self.columns}
        self.rows[int(number)].wrong[name if name in known else "code"] = refused.message
        return True

    # For the template

    def shown(self) -> list[dict[str, Any]]:
        blank = [TypedRow({column.name: "" for column in self.columns}) for _spare in range(SPARE)]
        return [self._cells(row) for row in (*self.rows, *blank)]

    def blank(self) -> dict[str, Any]:
        return self._cells(TypedRow({column.name: "" for column in self.columns}))

    def _cells(self, row: TypedRow) -> dict[str, Any]:
        cells = [{"column": column, "value": row.typed.get(column.name, ""), "wrong": row.wrong.get(column.name, "")} for column in self.columns]
        return {"cells": cells, "told": row.told}


def goods(codes: Iterable[str]) -> dict[str, tuple[Variant, int, str]]:
    """What each code stands for, how many thousandths one of it is, and how the page says it. Three statements."""
    wanted = {code for code in codes if code}
    gtins: dict[str, str] = {}
    for code in wanted:
        with suppress(Refused):
            gtins[code] = gtin.normalise(code)
    live = Variant.objects.filter(archived_at=None).select_related("product")
    skus = {variant.sku.upper(): variant for variant in live.annotate(plain=Upper("sku")).filter(plain__in={code.upper() for code in wanted})}
    barcodes = {one.gtin: one.variant for one in Gtin.objects.filter(gtin__in=gtins.values()).select_related("variant__product")}
    packs = {one.gtin: one for one in Pack.objects.filter(gtin__in=gtins.values()).select_related("variant__product")}
    found: dict[str, tuple[Variant, int, str]] = {}
    for code in wanted:
        variant = skus.get(code.upper()) or barcodes.get(gtins.get(code, ""))
        pack = packs.get(gtins.get(code, ""))
        if variant is not None:
            found[code] = (variant, 1000, full_name(variant))
        elif pack is not None:
            words = {"name": full_name(pack.variant), "n": pack.quantity // 1000}
            found[code] = (pack.variant, pack.quantity, _("%(name)s, a pack of %(n)s") % words)
    return found


def _sent(data: QueryDict, columns: Sequence[Column]) -> list[dict[str, str]]:
    parts = [[value.replace("\0", "").strip()[: column.longest * 4] for value in data.getlist(f"row-{column.name}")] for column in columns]
    return [dict(zip((column.name for column in columns), row, strict=True)) for row in zip(*parts, strict=False)]


def pieces(text: str) -> int:
    """Empty is one: a scan is a piece."""
    found = thousandths(text) if text else 1000
    if found == 0:
        raise forms.ValidationError(_("More than nothing, please."))
    return found


def change(text: str) -> int:
    """Signed: -2, +3."""
    sign = -1 if text[:1] in ("-", "−") else 1
    plain = text.lstrip("-+−")
    if not plain or not thousandths(plain):
        raise forms.ValidationError(_("Write how many more or fewer: 3, or -2."))
    return sign * thousandths(plain)

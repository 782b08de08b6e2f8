"""Refused rows that have the same wrong cell in the same column, so that one answer puts all of them right. Reads only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Min, TextField, When
from django.utils.translation import gettext as _

from catalog.models import ImportRun, ProductType, RefusedRow, TaxClass

# Fields in which many rows say the same. A name or a barcode that stands in many rows is another mistake.
SHARED = frozenset(
    {"category", "tax_class", "type", "status", "life_cycle", "sold_by", "net_content", "age_limit", "tracks_serials", "tracks_lots", "collections"}
)
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Repeated:
    column: str
    cell: str
    count: int
    reason: str
    suggestion: str
    choices: list[tuple[str, str]]
    datalist: str
    # The cell may become a category.
    creates: bool

    @property
    def count_text(self) -> str:
        return f"{self.count:,}"

    @property
    def label(self) -> str:
        return _("%(column)s instead of “%(cell)s”") % {"column": self.column, "cell": self.cell[:60]}


def field_of(run: ImportRun, column: str) -> str:
    return str((run.mapping or {}).get(column, column)).lower().replace(" ", "_")


def repeated(run: ImportRun, places: Mapping[str, int]) -> list[Repeated]:
    """The cells most rows were refused for, first."""
    fields = {column[:60]: field_of(run, column) for column in places if _shared(field_of(run, column))}
    if not fields:
        return []
    cells = [When(column=column[:60], then=F(f"row__{place}")) for column, place in places.items() if column[:60] in fields]
    rows = RefusedRow.objects.filter(run=run.pk, column__in=fields).annotate(cell=Case(*cells, output_field=TextField())).exclude(cell=None)
    counted = rows.values("column", "cell").annotate(n=Count("id"), why=Min("reason"), meant=Min("suggestion")).order_by("-n", "column", "cell")
    found = [row for row in counted[: SHOWN * 2] if row["n"] > 1 or fields[row["column"]] == "category"]
    return [_told(row, fields[row["column"]]) for row in found[:SHOWN]]


def _shared(field: str) -> bool:
    return field in SHARED or field.startswith(("attributes.", "publication."))


def _told(row: Mapping[str, Any], field: str) -> Repeated:
    known: dict[str, type[TaxClass] | type[ProductType]] = {"tax_class": TaxClass, "type": ProductType}
    choices = list(known[field].objects.order_by("name").values_list("code", "name")) if field in known else []
    listed = "known-categories" if field == "category" else ""
    creates = bool(listed and row["cell"].strip())
    return Repeated(row["column"], row["cell"], row["n"], row["why"], row["meant"], choices, listed, creates)

"""What the pages of an import show: steps, columns, figures, refused rows, tabs, what was edited since. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Page
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import services
from catalog.admin.import_changes import PAGE, Speech, changes_of, page_of, planned, starts_of, written
from catalog.admin.import_margin import margin
from catalog.admin.import_repeated import field_of, repeated
from catalog.admin.import_words import count
from catalog.importing import recognising
from catalog.importing.table import FIELDS, header_hash
from catalog.models import (
    Attribute,
    Category,
    ColumnMapping,
    ImportRun,
    Product,
    RefusedRow,
    TaxClass,
)
from kernel.errors import Refused
from org.models import User
from org.templatetags.office import moment_text

State = ImportRun.State
# Few, so that what changes stays in sight below: rows that are put right make room for the next.
REFUSED_PAGE = 20
LONGEST_CELL = 5_000
# Fields of more products than this are not counted while somebody waits for the page.
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Extent:
    fields: int
    prices: int

    @property
    def fields_text(self) -> str:
        return f"{self.fields:,}"

    @property
    def prices_text(self) -> str:
        return f"{self.prices:,}"


EXTENT = """
select count(*), count(*) filter (where key like 'variant.%%.price.%%')
from catalog_plannedchange planned, jsonb_object_keys(planned.fields) as key
where planned.run_id = %s and planned.product is not null
"""


def extent(run: ImportRun) -> Extent:
    """How many fields of products that exist would change, and how many of them are prices."""
    with connection.cursor() as cursor:
        cursor.execute(EXTENT, [run.pk])
        fields, prices = cursor.fetchone()
    return Extent(fields, prices)


def earlier(run: ImportRun) -> ImportRun | None:
    """The last time this very content was applied, under whatever name."""
    if not run.digest:
        return None
    before = ImportRun.objects.filter(digest=run.digest, state=State.APPLIED, created_at__lt=run.created_at)
    return before.exclude(pk=run.pk).order_by("-created_at").first()


def terms_of_last(actor: UUID | None) -> dict[str, Any]:
    """What the same person chose the last time."""
    last = ImportRun.objects.filter(actor=actor).exclude(tax_class="").order_by("-created_at").values("currency", "tax_class").first()
    return {**last} if last else {}


# What one state of a run's page shows

STEPS = (gettext_lazy("Upload"), gettext_lazy("Match columns"), gettext_lazy("Review"), gettext_lazy("Apply"))
AT_STEP: dict[str, int] = {"upload": 0, State.UPLOADED: 1, State.READING: 2, State.REVIEW: 2, State.APPLYING: 3}


def steps(state: str) -> list[dict[str, Any]]:
    """Where a run stands between the file and the catalogue; nothing for one that has ended."""
    at = AT_STEP.get(state)
    return [] if at is None else [{"name": name, "number": place + 1, "done": place < at, "here": place == at} for place, name in enumerate(STEPS)]


def fields() -> dict[str, str]:
    """Where a column may go: our fields, then the attributes of this shop."""
    own = {f"attributes.{code}": name for code, name in Attribute.objects.order_by("name").values_list("code", "name")}
    return {**{field: str(label) for field, label in FIELDS.items()}, **own}


def remembered(columns: Sequence[str], run: ImportRun) -> str:
    """When the same columns were matched before."""
    before = ColumnMapping.objects.filter(header_hash=header_hash(columns), used_at__lt=run.created_at).first()
    return moment_text(before.used_at) if before else ""


def columns_shown(run: ImportRun, chosen: Mapping[str, str] | None) -> dict[str, Any]:
    """Each column with what stands in it and the field it goes to; what was just chosen wins over what is proposed."""
    picked = chosen or {}
    try:
        found = services.columns_of(run=run.pk)
    except Refused as refused:
        return {"gone": refused.message}
    columns: list[dict[str, Any]] = [{"name": one.name, "samples": one.samples, "field": picked.get(one.name, one.proposed)} for one in found]
    return {
        "file_columns": columns,
        "fields": list(fields().items()),
        "columns_open": True,
        "matched": sum(bool(column["field"]) for column in columns),
        "remembered": remembered([column["name"] for column in columns], run),
    }


def review_shown(run: ImportRun, asked: Mapping[str, str]) -> dict[str, Any]:
    """Before applying the plan, afterwards what was done: the same figures, refused rows and tabs."""
    is_plan = run.state == State.REVIEW
    ready = count(run, "created") + count(run, "changed")
    before = earlier(run)
    shown: dict[str, Any] = {"is_plan": is_plan, "ready": ready, "ready_text": f"{ready:,}", "before": before}
    shown |= {f"{name}_text": f"{count(run, key):,}" for name, key in FIGURES}
    shown["before_at"] = moment_text(before.created_at) if before else ""
    counts = is_plan and count(run, "changed") <= MOST_COUNTED
    shown["extent"], shown["margin"] = (extent(run), margin(run)) if counts else (None, None)
    return {**shown, **refused_shown(run, asked), **rows_shown(run, asked)}


FIGURES = (("made", "created"), ("changed", "changed"), ("unchanged", "unchanged"), ("refused", "refused"))
TABS = (("changed", gettext_lazy("Changed")), ("new", gettext_lazy("New")), ("columns", gettext_lazy("Unmatched columns")))


def rows_shown(run: ImportRun, asked: Mapping[str, str]) -> dict[str, Any]:
    left_out, query = unmatched(run), asked.get("q", "").strip().replace("\0", "")
    counts = {"changed": count(run, "changed"), "new": count(run, "created"), "columns": len(left_out)}
    tabs = [{"name": name, "title": title, "count": f"{counts[name]:,}"} for name, title in TABS if counts[name] or name != "columns"]
    tab = asked.get("tab", "")
    if tab not in counts:
        tab = "new" if counts["new"] and not counts["changed"] else "changed"
    shown: dict[str, Any] = {"tab": tab, "tab_list": tabs, "query": query, "unmatched": left_out}
    if tab == "columns":
        return shown
    is_plan = run.state == State.REVIEW
    rows_of = (planned if is_plan else written)(run, new=tab == "new", query=query)
    page = page_of(rows_of, asked.get("p", ""), known=counts[tab] if is_plan and not query else None)
    rows = changes_of(page.object_list) if tab == "changed" else starts_of(page.object_list)
    return {**shown, "page": page, "page_text": range_text(page), "rows": rows}


def range_text(page: Page[Any]) -> str:
    return _("%(first)s–%(last)s of %(total)s") % {
        "first": f"{page.start_index():,}",
        "last": f"{page.end_index():,}",
        "total": f"{page.paginator.count:,}",
    }


def undone_shown(run: ImportRun) -> dict[str, Any]:
    edits = list(services.edits_since(run=run.pk))
    people = {str(edit.by) for edit in edits[:PAGE] if len(str(edit.by)) == 36}
    names = {str(id): name for id, name in User.objects.filter(pk__in=people).values_list("id", "name")}
    tiles = dict(Product.objects.filter(pk__in={edit.product for edit in edits[:PAGE]}).values_list("id", "tile"))
    speech = Speech.of([{edit.path: [edit.before, edit.imported, edit.now]} for edit in edits[:PAGE]])
    restored = count(run, "restored")
    title = _("Undid %(name)s: %(n)s restored") % {"name": run.name, "n": f"{restored:,}"}
    if edits:
        title += _(", %(n)s edited since") % {"n": f"{len(edits):,}"}
    return {
        "edits": [edit_shown(edit, names, tiles, speech) for edit in edits[:PAGE]],
        "edit_count": len(edits),
        "edit_count_text": f"{len(edits):,}",
        "undone_title": title,
        "edited_since": count(run, "edited") or (run.tally or {}).get("decided"),
    }


def edit_shown(edit: Any, names: Mapping[str, str], tiles: Mapping[UUID, str], speech: Speech) -> dict[str, Any]:
    texts = {name: speech.text(edit.path, getattr(edit, name)) for name in ("before", "imported", "now")}
    return {
        "edit": edit,
        "label": speech.label(edit.path),
        "drawing": tiles.get(edit.product, ""),
        "by": names.get(str(edit.by)) or str(edit.by or "") or _("System"),
        "at": moment_text(edit.at) if edit.at else "",
        **texts,
    }


# Refused rows


@dataclass(frozen=True, slots=True)
class Mistake:
    """A refused row as it is shown: what stood in the cell, why it was refused, what it probably should say."""

    pk: int
    line: int
    column: str
    cell: str | None
    reason: str
    suggestion: str
    choices: list[tuple[str, str]]
    datalist: str

    @property
    def label(self) -> str:
        return _("%(column)s in row %(line)s") % {"column": self.column, "line": self.line}


def refused_shown(run: ImportRun, asked: Mapping[str, str]) -> dict[str, Any]:
    rows = RefusedRow.objects.filter(run=run.pk).order_by("line", "id")
    page = page_of(rows, asked.get("refused", ""), REFUSED_PAGE)
    mistakes = mistakes_of(run, list(page.object_list))
    total = page.paginator.count
    return {
        "refused_page": {"page": page, "rows": mistakes, "text": range_text(page)},
        "refused_title": ngettext("%(n)s refused", "%(n)s refused", total) % {"n": f"{total:,}"},
        "suggestions": rows.exclude(suggestion="").count() if mistakes and run.state == State.REVIEW else 0,
        "repeated": repeated(run, header_places(run)) if mistakes and run.state == State.REVIEW else [],
        "categories": list(Category.objects.order_by("name").values_list("name", flat=True)[:500]) if any(one.datalist for one in mistakes) else [],
    }


def header_places(run: ImportRun) -> dict[str, int]:
    """Where each column stands in a row; nothing when the file is gone, which says nothing against its refused rows."""
    try:
        return {name: place for place, name in enumerate(recognising.first_rows(run.file, 0)[0])} if run.file else {}
    except Refused:
        return {}


def mistakes_of(run: ImportRun, rows: Sequence[RefusedRow]) -> list[Mistake]:
    if not rows:
        return []
    places = header_places(run)
    taxes = list(TaxClass.objects.order_by("name").values_list("code", "name"))
    found = []
    for row in rows:
        place = places.get(row.column)
        cell = row.row[place] if place is not None and place < len(row.row) else None
        fixed = (run.fixes or {}).get(str(row.line), {}).get(row.column)
        field = field_of(run, row.column)
        choices = taxes if field == "tax_class" else []
        listed = "known-categories" if field == "category" else ""
        found.append(Mistake(row.pk, row.line, row.column, cell if fixed is None else fixed, row.reason, row.suggestion, choices, listed))
    return found


def unmatched(run: ImportRun) -> list[str]:
    return [column for column, wanted in (run.mapping or {}).items() if not wanted]

"""What the pages of an import show: progress, figures, refused rows, what changes, what was edited since. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog import revisions, services
from catalog.admin.import_margin import margin
from catalog.admin.import_words import count
from catalog.admin.products import shop_currency
from catalog.importing import recognising
from catalog.importing.table import FIELDS, header_hash
from catalog.models import (
    Attribute,
    Brand,
    Category,
    ColumnMapping,
    ImportRun,
    PlannedChange,
    Price,
    Product,
    ProductType,
    RefusedRow,
    Revision,
    TaxClass,
    Variant,
)
from org.models import User
from org.templatetags.office import moment_text, money_text

State = ImportRun.State
PAGE = 50
# A product that changes in more fields than this says how many more there are.
MOST_FIELDS = 12
LONGEST_CELL = 5_000


# What changes


@dataclass(frozen=True, slots=True)
class Field:
    label: str
    before: str
    after: str
    effect: str


@dataclass(slots=True)
class Change:
    """One product in the diff."""

    line: int
    product: UUID | None
    name: str
    drawing: str = ""
    fields: list[Field] = field(default_factory=list)
    more: int = 0


def planned(run: ImportRun, *, new: bool, query: str = "") -> QuerySet[PlannedChange]:
    rows = PlannedChange.objects.filter(run=run, product__isnull=new).order_by("line", "id")
    return rows.filter(Q(name__icontains=query) | Q(product__in=_with_sku(query))) if query else rows


def written(run: ImportRun, *, new: bool, query: str = "") -> QuerySet[Revision]:
    """What an applied run did, told by its revisions."""
    kinds = [Revision.Kind.CREATED] if new else [Revision.Kind.CHANGED]
    rows = Revision.objects.filter(run=run, kind__in=kinds).select_related("product").order_by("id")
    return rows.filter(Q(product__name__icontains=query) | Q(product__in=_with_sku(query))) if query else rows


def _with_sku(query: str) -> QuerySet[Any]:
    return Variant.objects.filter(sku__istartswith=query).values("product")


def page_of(rows: QuerySet[Any], number: str) -> Page[Any]:
    return Paginator(rows, PAGE).get_page(number)


def changes_of(rows: Iterable[PlannedChange | Revision]) -> list[Change]:
    """A page of products, each with what changes: one statement for their names and tiles, one for their SKUs."""
    rows = list(rows)
    ids = [row.product if isinstance(row, PlannedChange) else row.product_id for row in rows]
    products = {product.pk: product for product in Product.objects.filter(pk__in=[id for id in ids if id]).only("name", "tile")}
    speech = Speech.of([row.fields for row in rows])
    found = []
    for row, id in zip(rows, ids, strict=True):
        product = products.get(id) if id else None
        name = product.name if product else getattr(row, "name", "")
        change = Change(getattr(row, "line", 0), id if product else None, name, product.tile if product else "")
        shown = sorted(row.fields.items(), key=lambda item: weight(item[0]))
        change.fields = [told(path, value, speech) for path, value in shown[:MOST_FIELDS]]
        change.more = max(0, len(shown) - MOST_FIELDS)
        found.append(change)
    return found


def skus_of(fields: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """SKUs of products whose change is about more than one of their variants: there the field says which."""
    wanted = set()
    for paths in fields:
        variants = {path.split(".")[1] for path in paths if path.startswith("variant.")}
        wanted |= variants if len(variants) > 1 else set()
    return {str(id): sku for id, sku in Variant.objects.filter(pk__in=wanted).values_list("id", "sku")} if wanted else {}


def weight(path: str) -> int:
    """Prices first, then costs: what a change of prices is looked through for."""
    return 0 if ".price." in path else 1 if path.endswith(".reference_cost") else 2


@dataclass(frozen=True, slots=True)
class Speech:
    """What a page of values needs to be said in words: names for codes, SKUs for variants, the currency of costs."""

    skus: Mapping[str, str]
    names: Mapping[tuple[str, str], str]
    currency: str

    @classmethod
    def of(cls, fields: Sequence[Mapping[str, Any]]) -> "Speech":
        return cls(skus_of(fields), names_of(fields), shop_currency())

    def label(self, path: str) -> str:
        label, _text = revisions.words(path, None)
        parts = path.split(".")
        sku = self.skus.get(parts[1], "") if parts[0] == "variant" and len(parts) > 2 else ""
        return f"{label} · {sku}" if sku else label

    def text(self, path: str, value: Any) -> str:
        """Empty for what says nothing."""
        if value is None or value in ("", [], {}):
            return ""
        named = self.names.get((path, value), "") if isinstance(value, str) else ""
        return named or revisions.words(path, value, currency=self.currency)[1]


NAMED = {"brand": Brand, "category": Category, "type": ProductType, "tax_class": TaxClass}


def names_of(fields: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Of brands, categories, types and tax classes, which changes name by their codes. What is not there yet keeps its code."""
    found: dict[tuple[str, str], str] = {}
    for path, model in NAMED.items():
        codes = {code for paths in fields for code in as_list(paths.get(path)) if isinstance(code, str)}
        rows = model.objects.filter(code__in=codes).values_list("code", "name") if codes else ()  # type: ignore[attr-defined]
        found |= {(path, code): name for code, name in rows}
    return found


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def told(path: str, value: Any, speech: Speech) -> Field:
    before, after = value if isinstance(value, list) and len(value) == 2 else (None, value)
    return Field(speech.label(path), speech.text(path, before), speech.text(path, after), effect(path, before, after))


def effect(path: str, before: Any, after: Any) -> str:
    """By how much a price or a cost moves; nothing is said of what cannot be told in a number."""
    is_price, is_cost = ".price." in path, path.endswith(".reference_cost")
    if not (is_price or is_cost) or before is None:
        return ""
    if after is None:
        return _("no price any more") if is_price else ""
    if is_price and before[1] != after[1]:
        return _("for another quantity")
    old, new = (before[0], after[0]) if is_price else (before, after)
    return share(old, new)


def share(old: int, new: int) -> str:
    if not old or old == new:
        return ""
    tenths = (abs(new - old) * 1000 + old // 2) // old
    return f"{'+' if new > old else '−'}{tenths // 10}.{tenths % 10}%"


@dataclass(frozen=True, slots=True)
class Starts:
    """A new product in the diff: what a merchandiser checks before it exists."""

    line: int
    product: UUID | None
    name: str
    drawing: str
    sku: str
    price: str
    category: str
    brand: str


def starts_of(rows: Iterable[PlannedChange | Revision]) -> list[Starts]:
    rows = list(rows)
    made = [row for row in rows if isinstance(row, Revision)]
    if made:
        return _made([row.product_id for row in made])
    speech = Speech.of([row.fields for row in rows])
    return [_start(row, speech) for row in rows if isinstance(row, PlannedChange)]


def _made(ids: Sequence[UUID]) -> list[Starts]:
    """New products of an applied run say what they say by now."""
    skus = Variant.objects.filter(product=OuterRef("pk"), archived_at=None).order_by("position", "id")
    prices = Price.objects.filter(variant__product=OuterRef("pk"), variant__archived_at=None).order_by("amount", "id")
    rows = Product.objects.filter(pk__in=ids).select_related("category", "brand")
    rows = rows.annotate(
        sku=Subquery(skus.values("sku")[:1]), lowest=Subquery(prices.values("amount")[:1]), currency=Subquery(prices.values("currency")[:1])
    )
    found = {row.pk: row for row in rows}
    return [_made_shown(found[id]) for id in ids if id in found]


def _made_shown(row: Any) -> Starts:
    price = money_text(row.lowest, row.currency) if row.lowest is not None else ""
    return Starts(0, row.pk, row.name, row.tile, row.sku or "", price, str(row.category or ""), str(row.brand or ""))


def _start(row: PlannedChange, speech: Speech) -> Starts:
    after = {path: value[1] if isinstance(value, list) and len(value) == 2 else value for path, value in row.fields.items()}
    skus = [value for path, value in after.items() if path.startswith("variant.") and path.endswith(".sku")]
    prices = [(path, value) for path, value in after.items() if ".price." in path and value]
    price = speech.text(*prices[0]) if prices else ""
    more = f" +{len(skus) - 1}" if len(skus) > 1 else ""
    named = {name: speech.text(name, after.get(name)) for name in ("category", "brand")}
    return Starts(row.line, None, row.name, "", f"{skus[0]}{more}" if skus else "", price, named["category"], named["brand"])


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
    """The last time a file of this name was applied."""
    before = ImportRun.objects.filter(name=run.name, state=State.APPLIED, created_at__lt=run.created_at)
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
    columns = [{"name": one.name, "samples": one.samples, "field": picked.get(one.name, one.proposed)} for one in services.columns_of(run=run.pk)]
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
    shown["extent"], shown["margin"] = (extent(run), margin(run)) if is_plan else (None, None)
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
    page = page_of((planned if run.state == State.REVIEW else written)(run, new=tab == "new", query=query), asked.get("p", ""))
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
    page = page_of(rows, asked.get("refused", ""))
    mistakes = mistakes_of(run, list(page.object_list))
    total = page.paginator.count
    return {
        "refused_page": {"page": page, "rows": mistakes, "text": range_text(page)},
        "refused_title": ngettext("%(n)s refused", "%(n)s refused", total) % {"n": f"{total:,}"},
        "suggestions": rows.exclude(suggestion="").count() if mistakes and run.state == State.REVIEW else 0,
        "categories": list(Category.objects.order_by("name").values_list("name", flat=True)[:500]) if any(one.datalist for one in mistakes) else [],
    }


def mistakes_of(run: ImportRun, rows: Sequence[RefusedRow]) -> list[Mistake]:
    if not rows:
        return []
    places = {name: place for place, name in enumerate(recognising.first_rows(run.file, 0)[0])} if run.file else {}
    taxes = list(TaxClass.objects.order_by("name").values_list("code", "name"))
    found = []
    for row in rows:
        place = places.get(row.column)
        cell = row.row[place] if place is not None and place < len(row.row) else None
        fixed = (run.fixes or {}).get(str(row.line), {}).get(row.column)
        field = (run.mapping or {}).get(row.column, row.column).lower().replace(" ", "_")
        choices = taxes if field == "tax_class" else []
        listed = "known-categories" if field == "category" else ""
        found.append(Mistake(row.pk, row.line, row.column, cell if fixed is None else fixed, row.reason, row.suggestion, choices, listed))
    return found


def unmatched(run: ImportRun) -> list[str]:
    return [column for column, wanted in (run.mapping or {}).items() if not wanted]

"""The diff of an import as it is read: products with now and after in words, planned or written, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from catalog import revisions
from catalog.admin.products import shop_currency
from catalog.models import Brand, Category, ImportRun, PlannedChange, Price, Product, ProductType, Revision, TaxClass, Variant
from org.templatetags.office import money_text

PAGE = 50
# A product that changes in more fields than this says how many more there are.
MOST_FIELDS = 12


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


class CountedPaginator(Paginator):  # type: ignore[type-arg]
    """Of rows somebody has counted already."""

    def __init__(self, rows: QuerySet[Any], size: int, known: int) -> None:
        super().__init__(rows, size)
        self.known = known

    @property
    def count(self) -> int:  # type: ignore[override]
        return self.known


def page_of(rows: QuerySet[Any], number: str, size: int = PAGE, known: int | None = None) -> Page[Any]:
    pages = Paginator(rows, size) if known is None else CountedPaginator(rows, size, known)
    return pages.get_page(number)


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

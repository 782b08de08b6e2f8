"""What the product list is narrowed by, with counts. A count honours every other filter that is set; its own facet's it leaves out,
so that it says what choosing one more would bring.

One statement counts them all. Wide selections are kept until the search entries change; looked at anew at most every few seconds, so
that an import that writes all the time does not make every page count.
"""
# ruff: noqa: S608  # the ORM's own SQL put together; every value that comes from outside is a parameter

from collections.abc import Iterator, Mapping, Sequence
from time import monotonic
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from catalog import facets, search
from catalog.models import Brand, Category, LifeCycle, Product, SearchEntry
from org.models import Channel

KEYS = ("status", "life_cycle", "category", "brand", "channel", "missing")
MOST_SHOWN = 8
WIDE, FRESH_FOR, KEPT_FOR, MOST_KEPT = 10_000, 5, 600, 200

Filters = Mapping[str, Sequence[str]]
Counts = dict[str, int]

# By what was counted: when, at which state of the entries, the counts.
_kept: dict[Any, tuple[float, int, Counts]] = {}

# Rows written to the entries since they were made, whoever wrote them; the server tells it within ten seconds.
WRITTEN = """select pg_stat_get_tuples_inserted(t) + pg_stat_get_tuples_updated(t) + pg_stat_get_tuples_deleted(t)
    from (select 'catalog_searchentry'::regclass::oid as t) entries"""


def named(request: HttpRequest, term: str) -> Any:
    """The ids of what somebody means by these words or digits; asked once a request."""
    held: dict[str, Any] = request.__dict__.setdefault("named", {})
    if term not in held:
        held[term] = search.products(term)
    return held[term]


def entries(filters: Filters, ids: Any = None) -> QuerySet[SearchEntry]:
    found = SearchEntry.objects.order_by()
    for chosen in facets.overlaps(filters):
        found = found.filter(facets__overlap=chosen)
    return found if ids is None else found.filter(product__in=ids)


def counted(filters: Filters, term: str, ids: Any) -> dict[str, Counts]:
    """By facet, then by value. `filters` are the ones set; `ids` what `term` means, None without one."""
    bases: dict[str, Filters] = {key: {other: chosen for other, chosen in filters.items() if other != key} for key in filters}
    bases[""] = filters
    known = _remembered({name: name_of(base, term) for name, base in bases.items()})
    asked = {name: base for name, base in bases.items() if name not in known}
    written = _written() if asked else 0
    for name, counts in _count(asked, ids).items():
        known[name] = counts
        _remember(name_of(bases[name], term), counts, written)
    return {key: _values(known[key if key in filters else ""], key) for key in KEYS}


def name_of(base: Filters, term: str) -> Any:
    return (connection.settings_dict["NAME"], term, tuple(sorted((key, tuple(sorted(chosen))) for key, chosen in base.items())))


def _count(bases: Mapping[str, Filters], ids: Any) -> dict[str, Counts]:
    found: dict[str, Counts] = {name: {} for name in bases}
    parts, values = [], []
    for name, base in bases.items():
        try:
            sql, given = entries(base, ids).values("facets").query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT %s, facet, count(*) FROM ({sql}) base, unnest(base.facets) facet GROUP BY facet")
        values += [name, *given]
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            for name, facet, count in cursor:
                found[name][facet] = count
    return found


def _values(counts: Counts, key: str) -> Counts:
    start = f"{key}:"
    return {facet.removeprefix(start): count for facet, count in counts.items() if facet.startswith(start)}


def _remembered(names: Mapping[str, Any]) -> dict[str, Counts]:
    """What is kept under these names and still so."""
    now, found = monotonic(), {}
    held = {name: _kept[kept] for name, kept in names.items() if kept in _kept}
    older = any(now - at >= FRESH_FOR for at, _written_then, _counts in held.values())
    written = _written() if older else 0
    for name, (at, written_then, counts) in held.items():
        if now - at < FRESH_FOR or (now - at < KEPT_FOR and written == written_then):
            found[name] = counts
    return found


def _remember(name: Any, counts: Counts, written: int) -> None:
    if sum(_values(counts, "status").values()) < WIDE:
        return
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    _kept[name] = (monotonic(), written, counts)


def _written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0])


class FacetFilter(admin.ListFilter):
    """Values of one facet are alternatives; several facets must all hold. Each choice is a link that adds or takes away one value."""

    key: ClassVar[str] = ""
    several = True

    def __init__(self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        self.chosen = [value for value in dict.fromkeys(params.pop(self.key, [])) if value]
        self.used_parameters = {self.key: self.chosen}

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> list[str | None]:
        return [self.key]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(search_entry__facets__overlap=[f"{self.key}:{value}" for value in self.chosen]) if self.chosen else queryset

    def labels(self, counts: Counts) -> Mapping[str, Any]:
        """The values to show, in order, by what people call them."""
        return {}

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        counts = changelist.model_admin.facet_counts(changelist)[self.key]
        labels = self.labels(counts)
        for value, label in {**labels, **{value: value for value in self.chosen if value not in labels}}.items():
            yield {
                "display": label,
                "count": counts.get(value, 0),
                "selected": value in self.chosen,
                "query_string": changelist.get_query_string({self.key: self._with(value)}),
            }

    def _with(self, value: str) -> list[str] | None:
        others = [each for each in self.chosen if each != value]
        return (others if value in self.chosen else [*others, value]) or None


class StatusFacet(FacetFilter):
    key, title = "status", gettext_lazy("Status")

    def labels(self, counts: Counts) -> Mapping[str, Any]:
        return STATUS_WORDS


class LifeCycleFacet(FacetFilter):
    key, title = "life_cycle", gettext_lazy("Life cycle")

    def labels(self, counts: Counts) -> Mapping[str, Any]:
        return dict(LifeCycle.choices)


class CategoryFacet(FacetFilter):
    """The top of the tree, and under what is chosen the level below it."""

    key, title = "category", gettext_lazy("Category")

    def labels(self, counts: Counts) -> Mapping[str, Any]:
        # What stands below a chosen one, and what above it, is in sight.
        near = Q(parent=None) | Q(code__in=self.chosen) | Q(parent__code__in=self.chosen)
        near |= Q(parent__in=Category.objects.filter(code__in=self.chosen).values("parent")) if self.chosen else Q()
        tree = Category.objects.filter(near).order_by("position", "name", "id").only("id", "code", "name", "parent")
        shown = [each for each in tree if each.code in counts or each.code in self.chosen]
        rank = {each.pk: place for place, each in enumerate(shown)}
        shown.sort(key=lambda each: (rank.get(each.parent_id or each.pk, 0), each.parent_id is not None, rank[each.pk]))
        return {each.code: f"· {each.name}" if each.parent_id else each.name for each in shown}


class BrandFacet(FacetFilter):
    key, title = "brand", gettext_lazy("Brand")

    def labels(self, counts: Counts) -> Mapping[str, Any]:
        most = sorted(counts, key=lambda code: (-counts[code], code))[:MOST_SHOWN]
        names = dict(Brand.objects.filter(code__in={*most, *self.chosen}).values_list("code", "name"))
        return {code: names[code] for code in dict.fromkeys([*self.chosen, *most]) if code in names}


class ChannelFacet(FacetFilter):
    key, title = "channel", gettext_lazy("Sold in")

    def labels(self, counts: Counts) -> Mapping[str, Any]:
        return dict(Channel.objects.order_by("name").values_list("code", "name"))


class MissingFacet(FacetFilter):
    key, title = "missing", gettext_lazy("Missing")

    def labels(self, counts: Counts) -> Mapping[str, Any]:
        return MISSING_WORDS


STATUS_WORDS: Mapping[str, Any] = {
    Product.Status.ACTIVE: gettext_lazy("Live"),
    Product.Status.DRAFT: gettext_lazy("Draft"),
    Product.Status.ARCHIVED: gettext_lazy("Archived"),
}
MISSING_WORDS: Mapping[str, Any] = {
    "net_content": gettext_lazy("Net content"),
    "picture": gettext_lazy("Picture"),
    "barcode": gettext_lazy("Barcode"),
    "price": gettext_lazy("Price"),
}
FACETS = (StatusFacet, LifeCycleFacet, CategoryFacet, BrandFacet, ChannelFacet, MissingFacet)

"""What is behind every list of the back office: counts that stay cheap, and the tabs of views above it."""

from collections.abc import Sequence
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat
from django.http import HttpRequest, QueryDict
from django.utils.functional import cached_property
from unfold.views import ChangeList

from org import saved_views

COUNT_LIMIT = 10_000
# A tab says how much there is to do, not how much there is.
TAB_LIMIT = 1_000


def gathered(path: str) -> Concat:
    """Ordered by this text, but never found by walking along it. What a word is in often stands together at the far end of the names,
    and then a walk passes everything before it: seconds instead of milliseconds."""
    return Concat(path, Value(""))


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts to a limit and no further: a page of a long table costs the same as one of a short table."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        # Only what is counted: what rows are shown with costs as much for each row that nobody sees.
        return rows.order_by().values("pk")[: COUNT_LIMIT + 1].count() if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_capped(self) -> bool:
        return bool(self.count > COUNT_LIMIT)


class OfficeChangeList(ChangeList):
    """A page of rows with what their cells need read at once, and, when nothing matches, how much there is elsewhere."""

    elsewhere: int = 0
    root_queryset: QuerySet[Any]
    result_list: Any

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        self.root_queryset = self.model_admin.list_rows(request, self.root_queryset)
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        self.headings: dict[str, str] = self.model_admin.headings(request)
        self.model_admin.prepare(request, self.result_list)
        self.model_admin.facet_counts(self)
        if not self.result_list and self.has_active_filters:
            self.elsewhere = self._without_filters(request)

    def _without_filters(self, request: HttpRequest) -> int:
        found, _duplicates = self.model_admin.get_search_results(request, self.root_queryset, self.query)
        return len(found.order_by().values("pk")[: COUNT_LIMIT + 1])

    @property
    def beyond(self) -> int:
        """How many rows more than this page shows may be chosen together; 0 when there are none, or too many to count."""
        more = self.result_count > len(self.result_list) and not getattr(self.paginator, "is_capped", False)
        return int(self.result_count) if more else 0


def counts_of(rows: Sequence[QuerySet[Any]]) -> list[int]:
    """How many each has, to the limit: one statement for all."""
    if not rows:
        return []
    parts, values = zip(*map(_count_of, rows), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", list(chain.from_iterable(values)))
        return [int(count) for count in cursor.fetchone()]


def _count_of(rows: QuerySet[Any]) -> tuple[str, Sequence[Any]]:
    try:
        sql, values = rows.order_by().values("pk")[: TAB_LIMIT + 1].query.sql_with_params()
    except EmptyResultSet:
        return "0", ()
    return f"(SELECT count(*) FROM ({sql}) counted)", values  # noqa: S608  # the ORM's own SQL; its values are parameters


def tabs(model_admin: Any, request: HttpRequest) -> list[dict[str, Any]]:
    """The views above a list: those that come with it, then one's own and shared ones, each with how much it shows."""
    given = saved_views.plain_query(request.GET.urlencode())
    made = [{"title": title, "query": saved_views.plain_query(urlencode(wanted, doseq=True))} for title, wanted in model_admin.views]
    kept = [
        {
            "title": view.name,
            "query": saved_views.plain_query(view.query),
            "id": view.pk,
            "own": view.user_id == request.user.pk,
            "shared": view.shared,
            "by": view.user.name,
        }
        for view in saved_views.seen_by(user=request.user.pk, list=model_admin.opts.label_lower)
    ]
    found = [*made, *kept]
    rows = [model_admin.narrowed(request, QueryDict(tab["query"])) for tab in found]
    counts = iter(counts_of([each for each in rows if each is not None]))
    for tab, each in zip(found, rows, strict=True):
        tab |= {"link": f"?{tab['query']}", "current": tab["query"] == given, "count": None if each is None else next(counts)}
    return found

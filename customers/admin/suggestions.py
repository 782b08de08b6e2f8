"""Two who may be one: looked at beside each other, then made one or kept apart for good."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers import services
from customers.admin import customer_page, shown
from customers.models import Suggestion
from org.access import allows
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, status


class StateFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("settled", gettext_lazy("Decided")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("To look at")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.exclude(state=Suggestion.State.OPEN) if self.value() == "settled" else queryset.filter(state=Suggestion.State.OPEN)


@admin.register(Suggestion)
class SuggestionAdmin(OfficeAdmin):
    group_title = gettext_lazy("Selling")
    page_title = gettext_lazy("Perhaps the same")
    one = gettext_lazy("pair")
    nouns = gettext_lazy("pairs")
    list_display: ClassVar[Any] = ["pair", "why", "found", "standing"]
    list_display_links: ClassVar[Any] = ["pair"]
    list_filter: ClassVar[Any] = [StateFilter]
    list_select_related: ClassVar[Any] = ["low", "high"]
    search_fields: ClassVar[Any] = ["low__number"]
    search_hint = gettext_lazy("Name, e-mail, phone or number")
    ordering: ClassVar[Any] = ["-id"]
    empty_icon = "check"
    empty_title = gettext_lazy("Nobody stands here twice")
    empty_text = gettext_lazy("Customers with the same e-mail, phone, or name and postcode show here until somebody has looked.")
    detail_template = "backoffice/customer_pair.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        apart = path("<int:suggestion>/apart/", wrap(require_POST(self.keep_apart)), name="customers_suggestion_apart")
        return [apart, *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        known = shown.meant(term)
        return queryset.filter(Q(low__in=known) | Q(high__in=known)), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        names = shown.names({key for row in rows for key in (row.low_id, row.high_id)}, request.user)
        for row in rows:
            row.names = names

    @admin.display(description=gettext_lazy("Who"))
    def pair(self, row: Any) -> str:
        return format_html("{} <span class='muted'>{}</span> {}", row.names.get(row.low_id, ""), _("and"), row.names.get(row.high_id, ""))

    @admin.display(description=gettext_lazy("Because of"))
    def why(self, row: Suggestion) -> str:
        return customer_page.reasons_text(row)

    @admin.display(description=gettext_lazy("Found"))
    def found(self, row: Suggestion) -> str:
        return moment_text(row.made_at)

    @admin.display(description=gettext_lazy("Standing"))
    def standing(self, row: Suggestion) -> str:
        if row.state == Suggestion.State.OPEN:
            return status("warning", _("To look at"), "half")
        return status("", _("Merged") if row.state == Suggestion.State.MERGED else _("Not the same"), "done")

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        may = allows(request.user, "customers.edit") and obj.state == Suggestion.State.OPEN
        told = customer_page.compared(obj.low, obj.high, request.user)
        return told | {
            "title": _("%(keep)s and %(gone)s") % {"keep": told["keep_name"], "gone": told["gone_name"]},
            "breadcrumb": self.breadcrumb(_("%(keep)s and %(gone)s") % {"keep": obj.low.number, "gone": obj.high.number}),
            "keep": obj.low,
            "gone": obj.high,
            "why": customer_page.reasons_text(obj),
            "may_decide": may,
            "links": [reverse("admin:customers_customer_change", args=[one]) for one in (obj.low_id, obj.high_id)],
        }

    def keep_apart(self, request: HttpRequest, suggestion: int) -> HttpResponse:
        if not allows(request.user, "customers.edit"):
            raise PermissionDenied
        now, actor = timezone.now(), request.user.pk
        done = _("They are kept apart and not suggested again.")
        self.perform(request, lambda: services.keep_apart(id=suggestion, actor=actor, now=now), done)
        return redirect(self.list_path())

"""What somebody has to look after at a place: stock below zero, a lot to take off the shelf."""

from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import search
from inventory.admin.shown import LocationFilter, full_name
from inventory.models import Level, Task
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, status


class DoneFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("done", gettext_lazy("Done")), ("all", gettext_lazy("All"))]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        yield {**first, "display": _("To do")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == "all" else queryset.filter(done_at__isnull=self.value() != "done")


@admin.register(Task)
class TaskAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stock")
    page_title = gettext_lazy("To look after")
    one = gettext_lazy("task")
    nouns = gettext_lazy("tasks")
    store_path = "location__store"
    list_display: ClassVar[Any] = ["item", "location", "what", "doing", "since", "standing"]
    list_display_links: ClassVar[Any] = ["item"]
    list_filter: ClassVar[Any] = [DoneFilter, "kind", LocationFilter]
    list_select_related: ClassVar[Any] = ["variant__product", "location__store", "recall__lot"]
    search_fields: ClassVar[Any] = ["variant__sku"]
    search_hint = gettext_lazy("Name, SKU or barcode")
    ordering: ClassVar[Any] = ["-id"]
    tiles = True
    timed = True
    empty_icon = "check"
    empty_title = gettext_lazy("Nothing to look after")
    empty_text = gettext_lazy("Stock below zero and recalled lots show here until somebody has dealt with them.")

    def headings(self, request: HttpRequest) -> dict[str, str]:
        return {"location": _("Place")}

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(variant__in=search.variants(term)) if term else queryset), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A task is dealt with where its goods are."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        task = self.get_object(request, object_id)
        if task is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if task.recall_id:
            return redirect("admin:inventory_recall_change", task.recall_id)
        level = Level.objects.filter(variant=task.variant_id, location=task.location_id).values_list("pk", flat=True).first()
        return redirect("admin:inventory_level_change", level) if level else redirect(self.list_path())

    def drawing(self, obj: Task) -> str:
        return obj.variant.product.tile

    @admin.display(description=gettext_lazy("Product"))
    def item(self, task: Task) -> str:
        return full_name(task.variant)

    @admin.display(description=gettext_lazy("What"))
    def what(self, task: Task) -> str:
        shape = ("bad", "stop") if task.kind == Task.Kind.RECALL else ("warning", "late")
        return status(shape[0], task.get_kind_display(), shape[1])

    @admin.display(description=gettext_lazy("To do"))
    def doing(self, task: Task) -> str:
        if task.recall is not None:
            return _("Take lot %(code)s off the shelf: %(reason)s") % {"code": task.recall.lot.code, "reason": task.recall.reason}
        return _("Count the shelf and correct the book")

    @admin.display(description=gettext_lazy("Since"))
    def since(self, task: Task) -> str:
        return moment_text(task.opened_at, task.location.store.timezone if task.location.store else "")

    @admin.display(description=gettext_lazy("Standing"))
    def standing(self, task: Task) -> str:
        return status("good", _("Done"), "full") if task.done_at else status("", _("To do"), "ring")

"""Every movement of the places somebody may see."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from catalog import search
from inventory.admin.shown import CAUSES, LocationFilter, full_name
from inventory.models import Movement
from org.office import OfficeAdmin
from org.templatetags.office import icon, moment_text, quantity_text


@admin.register(Movement)
class MovementAdmin(OfficeAdmin):
    group_title = gettext_lazy("Stock")
    store_path = "location__store"
    list_display: ClassVar[Any] = ["when", "item", "location", "what", "note", "change"]
    list_display_links: ClassVar[Any] = None
    numeric: ClassVar[Any] = ("change",)
    list_filter: ClassVar[Any] = [LocationFilter, "cause"]
    list_select_related: ClassVar[Any] = ["variant__product", "location__store"]
    search_fields: ClassVar[Any] = ["variant__sku"]
    search_hint = gettext_lazy("Name, SKU or barcode")
    ordering: ClassVar[Any] = ["-id"]
    compact = True
    timed = True
    empty_icon = "truck"
    empty_title = gettext_lazy("Nothing has moved yet")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(variant__in=search.variants(term)) if term else queryset), False

    @admin.display(description=gettext_lazy("When"))
    def when(self, movement: Movement) -> str:
        return moment_text(movement.occurred_at, movement.location.store.timezone if movement.location.store else "")

    @admin.display(description=gettext_lazy("Product"))
    def item(self, movement: Movement) -> str:
        return full_name(movement.variant)

    @admin.display(description=gettext_lazy("What"))
    def what(self, movement: Movement) -> str:
        return format_html("{} {}", icon(CAUSES[movement.cause][0]), movement.get_cause_display())

    @admin.display(description=gettext_lazy("Change"))
    def change(self, movement: Movement) -> str:
        return quantity_text(movement.quantity, signed=True)

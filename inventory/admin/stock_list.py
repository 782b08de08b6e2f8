"""The list of what lies where."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from catalog import search
from inventory.admin.shown import LocationFilter, full_name
from inventory.models import Level
from org.office import OfficeAdmin
from org.templatetags.office import quantity_text, status

LOW = 5_000


class AmountFilter(admin.SimpleListFilter):
    title = gettext_lazy("on hand")
    parameter_name = "on_hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("negative", gettext_lazy("Below zero")), ("none", gettext_lazy("None left")), ("low", gettext_lazy("Five or fewer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"negative": {"on_hand__lt": 0}, "none": {"on_hand": 0}, "low": {"on_hand__gt": 0, "on_hand__lte": LOW}}
        return queryset.filter(**wanted.get(self.value() or "", {}))


class StockList(OfficeAdmin):
    """The list; the page of one level is in levels.py."""

    page_title = gettext_lazy("Stock")
    one = gettext_lazy("product on a shelf")
    nouns = gettext_lazy("products on shelves")
    store_path = "location__store"
    list_display: ClassVar[Any] = ["item", "sku", "location", "amount"]
    list_display_links: ClassVar[Any] = ["item"]
    numeric: ClassVar[Any] = ("amount",)
    list_filter: ClassVar[Any] = [LocationFilter, AmountFilter]
    list_select_related: ClassVar[Any] = ["variant__product", "location"]
    search_fields: ClassVar[Any] = ["variant__sku"]
    search_hint = gettext_lazy("Name, SKU or barcode")
    ordering: ClassVar[Any] = ["variant__product__sort_key", "variant_id", "location_id"]
    named_by = "variant__product__sort_key"
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Below zero"), {"on_hand": "negative"}),
        (gettext_lazy("None left"), {"on_hand": "none"}),
        (gettext_lazy("Low"), {"on_hand": "low"}),
    )
    tiles = True
    empty_icon = "box"
    empty_title = gettext_lazy("No stock yet")
    empty_text = gettext_lazy("A product shows here after its first movement: opening stock, or a sale.")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(variant__in=search.variants(term)) if term else queryset), False

    def drawing(self, obj: Level) -> str:
        return obj.variant.product.tile

    @admin.display(description=gettext_lazy("Product"))
    def item(self, level: Level) -> str:
        return full_name(level.variant)

    @admin.display(description=gettext_lazy("SKU"))
    def sku(self, level: Level) -> str:
        return level.variant.sku

    @admin.display(description=gettext_lazy("On hand"))
    def amount(self, level: Level) -> str:
        text = quantity_text(level.on_hand)
        return text if level.on_hand > LOW else status("bad" if level.on_hand <= 0 else "warning", text, "late")

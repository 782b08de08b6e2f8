"""The list of what lies where: what is there, what of it is promised, what can be sold, and what to order."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import search
from inventory.admin.shown import LocationFilter, can_be_sold, full_name
from inventory.models import Level, Policy, Task
from org.access import allows
from org.office import OfficeAdmin
from org.templatetags.office import quantity_text, status

# A policy says when a place is low on something; nothing else does.
LOW = Policy.objects.filter(variant=OuterRef("variant"), location=OuterRef("location"), reorder_point__gte=OuterRef("on_hand"))
RECALLED = Task.objects.filter(variant=OuterRef("variant"), location=OuterRef("location"), kind="recall", done_at__isnull=True)


class AmountFilter(admin.SimpleListFilter):
    title = gettext_lazy("on hand")
    parameter_name = "on_hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("low", gettext_lazy("Low: time to order")),
            ("none", gettext_lazy("None left")),
            ("negative", gettext_lazy("Below zero")),
            ("recalled", gettext_lazy("Recalled")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return of_amount(queryset, self.value() or "")


def of_amount(rows: QuerySet[Any], wanted: str) -> QuerySet[Any]:
    if wanted == "low":
        return rows.filter(Exists(LOW))
    if wanted == "recalled":
        return rows.filter(Exists(RECALLED))
    plain: dict[str, dict[str, int]] = {"negative": {"on_hand__lt": 0}, "none": {"on_hand": 0}}
    return rows.filter(**plain.get(wanted, {}))


class StockList(OfficeAdmin):
    """The list; the page of one level is in levels.py."""

    page_title = gettext_lazy("Stock")
    one = gettext_lazy("product on a shelf")
    nouns = gettext_lazy("products on shelves")
    store_path = "location__store"
    list_display: ClassVar[Any] = ["item", "sku", "location", "amount", "promised", "sellable"]
    list_display_links: ClassVar[Any] = ["item"]
    numeric: ClassVar[Any] = ("amount", "promised", "sellable", "reorder_at", "to_order")
    list_filter: ClassVar[Any] = [LocationFilter, AmountFilter]
    list_select_related: ClassVar[Any] = ["variant__product", "location"]
    search_fields: ClassVar[Any] = ["variant__sku"]
    search_hint = gettext_lazy("Name, SKU or barcode")
    ordering: ClassVar[Any] = ["variant__product__sort_key", "variant_id", "location_id"]
    named_by = "variant__product__sort_key"
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Low"), {"on_hand": "low"}),
        (gettext_lazy("Below zero"), {"on_hand": "negative"}),
        (gettext_lazy("Recalled"), {"on_hand": "recalled"}),
    )
    tiles = True
    empty_icon = "box"
    empty_title = gettext_lazy("No stock yet")
    empty_text = gettext_lazy("A product shows here after its first movement: opening stock, goods received, or a sale.")

    def get_list_display(self, request: HttpRequest) -> Any:
        columns = list(super().get_list_display(request))
        return [*(one for one in columns if one != "promised"), "reorder_at", "to_order"] if request.GET.get("on_hand") == "low" else columns

    def headings(self, request: HttpRequest) -> dict[str, str]:
        return {"location": _("Place")}

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(variant__in=search.variants(term)) if term else queryset), False

    def narrowed(self, request: HttpRequest, query: QueryDict) -> QuerySet[Any] | None:
        """The views that come with the list are counted: each is few rows by an index, or stops at the limit."""
        if set(query) == {"on_hand"}:
            return of_amount(self.get_queryset(request), str(query["on_hand"]))
        return super().narrowed(request, query)

    def heading_links(self, request: HttpRequest) -> list[dict[str, str]]:
        if not allows(request.user, "inventory.adjust"):
            return []
        return [
            {"title": _("Adjust"), "icon": "note", "link": reverse("admin:inventory_document_adjust")},
            {"title": _("Receive goods"), "icon": "truck", "link": reverse("admin:inventory_document_receive")},
        ]

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Policies of one page, in one statement; only the list of what to order shows them."""
        if request.GET.get("on_hand") != "low":
            return
        told = Policy.objects.filter(variant__in={row.variant_id for row in rows}, location__in={row.location_id for row in rows})
        known = {(policy.variant_id, policy.location_id): policy for policy in told}
        for row in rows:
            row.policy = known.get((row.variant_id, row.location_id))

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
        return text if level.on_hand > 0 else status("bad", text, "late")

    @admin.display(description=gettext_lazy("Promised"))
    def promised(self, level: Level) -> str:
        return quantity_text(level.reserved) if level.reserved else ""

    @admin.display(description=gettext_lazy("Can be sold"))
    def sellable(self, level: Level) -> str:
        if level.blocked:
            return status("bad", _("Recalled"), "stop")
        found = can_be_sold(level)
        return "" if found is None else quantity_text(found)

    @admin.display(description=gettext_lazy("Order at"))
    def reorder_at(self, level: Any) -> str:
        return quantity_text(level.policy.reorder_point) if level.policy else ""

    @admin.display(description=gettext_lazy("To order"))
    def to_order(self, level: Any) -> str:
        """As many as fill the shelf up again; nothing is said where nobody has said how full it is to be."""
        full = level.policy.reorder_to if level.policy else None
        return quantity_text(full - level.on_hand) if full is not None else ""

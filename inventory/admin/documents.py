"""Receipts, adjustments and opening stock: the list of them, the page of one, and taking one back."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog import search
from inventory import services
from inventory.admin.opening import OpeningPages
from inventory.admin.receiving import ReceivingPages
from inventory.admin.shown import LocationFilter, full_name
from inventory.models import Document, DocumentLine, Level
from org.access import allows
from org.office import OfficeAdmin
from org.queries import names_of_users, shop_currency
from org.templatetags.office import moment_text, money_text, status

ROWS = 100
SHAPES = {"receipt": "truck", "adjustment": "note", "opening": "count"}


class UndoneFilter(admin.SimpleListFilter):
    title = gettext_lazy("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("posted", gettext_lazy("Posted")), ("undone", gettext_lazy("Undone"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(undone_at__isnull=self.value() == "posted") if self.value() in ("posted", "undone") else queryset


@admin.register(Document)
class DocumentAdmin(ReceivingPages, OpeningPages, OfficeAdmin):
    group_title = gettext_lazy("Stock")
    page_title = gettext_lazy("Documents")
    one = gettext_lazy("document")
    nouns = gettext_lazy("documents")
    store_path = "location__store"
    list_display: ClassVar[Any] = ["called", "location", "about", "lines", "when", "who", "standing"]
    list_display_links: ClassVar[Any] = ["called"]
    numeric: ClassVar[Any] = ("lines",)
    list_filter: ClassVar[Any] = [LocationFilter, "kind", UndoneFilter]
    list_select_related: ClassVar[Any] = ["location__store"]
    search_fields: ClassVar[Any] = ["number"]
    search_hint = gettext_lazy("Number, delivery note, supplier or SKU")
    ordering: ClassVar[Any] = ["-number"]
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("Receipts"), {"kind__exact": "receipt"}),
        (gettext_lazy("Adjustments"), {"kind__exact": "adjustment"}),
        (gettext_lazy("Opening stock"), {"kind__exact": "opening"}),
    )
    compact = True
    timed = True
    empty_icon = "truck"
    empty_title = gettext_lazy("No documents yet")
    empty_text = gettext_lazy("Goods that come in, goods that are written off, and the stock a place began with are written down here.")
    detail_template = "backoffice/stock_document.html"

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("receive/", wrap(self.receive), name="inventory_document_receive"),
            path("adjust/", wrap(self.adjust), name="inventory_document_adjust"),
            *self.opening_urls(wrap),
            path("<uuid:document>/undo/", wrap(require_POST(self.undo)), name="inventory_document_undo"),
            *super().get_urls(),
        ]

    # The list

    def headings(self, request: HttpRequest) -> dict[str, str]:
        return {"location": _("Place")}

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isascii() and term.isdecimal() and len(term) < 10 and queryset.filter(number=int(term)).exists():
            return queryset.filter(number=int(term)), False
        on_paper = queryset.filter(paper__iexact=term) | queryset.filter(supplier__icontains=term)
        of_goods = DocumentLine.objects.filter(document=OuterRef("pk"), variant__in=search.variants(term))
        return (on_paper if on_paper.exists() else queryset.filter(Exists(of_goods))), False

    def heading_links(self, request: HttpRequest) -> list[dict[str, str]]:
        if not allows(request.user, "inventory.adjust"):
            return []
        pages = ((_("Opening stock"), "import", "opening"), (_("Adjust"), "note", "adjust"), (_("Receive goods"), "truck", "receive"))
        return [{"title": title, "icon": shape, "link": reverse(f"admin:inventory_document_{name}")} for title, shape, name in pages]

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        many = DocumentLine.objects.filter(document__in=[row.pk for row in rows]).order_by().values_list("document")
        counts = dict(many.annotate(n=Count("id")))
        people = names_of_users(users={row.made_by for row in rows if row.made_by})
        for row in rows:
            row.many, row.person = counts.get(row.pk, 0), people.get(row.made_by, "")

    @admin.display(description=gettext_lazy("Document"))
    def called(self, row: Document) -> str:
        return str(row)

    @admin.display(description=gettext_lazy("About"))
    def about(self, row: Document) -> str:
        return about(row)

    @admin.display(description=gettext_lazy("Lines"))
    def lines(self, row: Any) -> str:
        return f"{row.many:,}"

    @admin.display(description=gettext_lazy("When"))
    def when(self, row: Document) -> str:
        return moment_text(row.occurred_at, zone_of(row))

    @admin.display(description=gettext_lazy("Who"))
    def who(self, row: Any) -> str:
        return str(row.person)

    @admin.display(description=gettext_lazy("Standing"))
    def standing(self, row: Document) -> str:
        return standing(row)

    # The page of one

    def detail(self, request: HttpRequest, obj: Document) -> dict[str, Any]:
        all_lines = obj.lines.select_related("variant__product", "lot").order_by("position")
        page = Paginator(all_lines, ROWS).get_page(request.GET.get("p"))
        levels = dict(Level.objects.filter(location=obj.location_id, variant__in={line.variant_id for line in page}).values_list("variant_id", "pk"))
        people = names_of_users(users={one for one in (obj.made_by, obj.undone_by) if one})
        currency = shop_currency()
        cost = [line.cost for line in page if line.cost is not None]
        return {
            "title": str(obj),
            "breadcrumb": self.breadcrumb(str(obj)),
            "pill": standing(obj, pill=True),
            "about": about(obj),
            "zone": zone_of(obj),
            "rows": [
                {
                    "line": line,
                    "name": full_name(line.variant),
                    "level": levels.get(line.variant_id),
                    "cost": money_text(line.cost, currency) if line.cost is not None else "",
                }
                for line in page
            ],
            "has_lots": any(line.lot_id for line in page),
            "has_cost": bool(cost),
            "currency": currency,
            "page": page,
            "made_by": people.get(obj.made_by, "") if obj.made_by else "",
            "undone_by": people.get(obj.undone_by, "") if obj.undone_by else "",
            "may_undo": obj.undone_at is None and allows(request.user, "inventory.adjust", store=obj.location.store_id),
        }

    def undo(self, request: HttpRequest, document: UUID) -> HttpResponse:
        row = self.get_queryset(request).filter(pk=document).select_related("location").first()
        if row is None or not allows(request.user, "inventory.adjust", store=row.location.store_id):
            raise PermissionDenied
        now, actor = timezone.now(), request.user.pk
        done = _("%(document)s is undone: its movements went the other way.") % {"document": row}
        if not self.perform(request, lambda: services.undo_document(document=row.pk, actor=actor, now=now), done):
            messages.info(request, _("Nothing was moved."))
        return redirect("admin:inventory_document_change", row.pk)


def about(row: Document) -> str:
    """What tells it from others of its kind."""
    parts = [row.get_reason_display() if row.reason else "", row.supplier, row.paper, row.note]
    return " · ".join(str(part) for part in parts if part)


def standing(row: Document, *, pill: bool = False) -> str:
    return status("", _("Undone"), "undo", pill) if row.undone_at else status("good", _("Posted"), "full", pill)


def zone_of(row: Document) -> str:
    return row.location.timezone or (row.location.store.timezone if row.location.store else "")

"""Stock in the back office: what is where, and why it is that many."""

import re
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog import search
from catalog.models import Variant
from inventory import queries, services
from inventory.models import Level, Location, Movement
from inventory.stock_chart import chart
from org.access import allows, stores_for
from org.models import User
from org.office import OfficeAdmin
from org.templatetags.office import icon, moment_text, quantity_text, status

LOW = 5_000
LEDGER_ROWS = 100
CAUSES: dict[str, tuple[str, Any]] = {
    "opening": ("count", gettext_lazy("opening stock")),
    "sale": ("receipt", gettext_lazy("sold")),
    "return": ("undo", gettext_lazy("returned")),
    "adjustment": ("note", gettext_lazy("adjusted")),
}


class CorrectionForm(forms.Form):
    """`counted` comes out in thousandths. `reference` makes the second click of one form change nothing."""

    counted = forms.RegexField(r"^-?[0-9]{1,9}([.,][0-9]{1,3})?$")
    note = forms.CharField(max_length=200)
    reference = forms.UUIDField()

    def clean_counted(self) -> int:
        whole, _point, rest = self.cleaned_data["counted"].replace(",", ".").partition(".")
        size = int(whole.lstrip("-")) * 1000 + int(rest.ljust(3, "0") or 0)
        return -size if whole.startswith("-") else size


class LocationFilter(admin.SimpleListFilter):
    title = gettext_lazy("location")
    parameter_name = "location"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(visible_locations(request.user).values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(location__code=self.value()) if self.value() else queryset


class AmountFilter(admin.SimpleListFilter):
    title = gettext_lazy("on hand")
    parameter_name = "on_hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("negative", gettext_lazy("Below zero")), ("none", gettext_lazy("None left")), ("low", gettext_lazy("Five or fewer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"negative": {"on_hand__lt": 0}, "none": {"on_hand": 0}, "low": {"on_hand__gt": 0, "on_hand__lte": LOW}}
        return queryset.filter(**wanted.get(self.value() or "", {}))


def visible_locations(user: Any) -> QuerySet[Location]:
    stores = stores_for(user, "inventory.view")
    places = Location.objects.order_by("name")
    return places if stores is None else places.filter(store__in=stores)


def full_name(variant: Variant) -> str:
    return f"{variant.product.name} {variant.name}".strip()


@admin.register(Level)
class LevelAdmin(OfficeAdmin):
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
    detail_template = "backoffice/stock.html"

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

    def get_custom_urls(self) -> Any:
        return (("<int:level>/correct/", "inventory_level_correct", require_POST(self.correct)),)

    def correct(self, request: HttpRequest, level: int, model_admin: Any = None) -> HttpResponse:
        """Somebody counted: the difference goes into the ledger with its reason."""
        held = self.get_queryset(request).filter(pk=level).first()
        if held is None or not allows(request.user, "inventory.adjust", store=held.location.store_id):
            raise PermissionDenied
        form = CorrectionForm(request.POST)
        if form.is_valid():
            call = partial(services.correct, location=held.location_id, variant=held.variant_id, **form.cleaned_data)
            self.perform(request, partial(call, actor=request.user.pk, now=timezone.now()), _("The count is corrected."))
        else:
            messages.error(request, _("Give what was counted, such as 12 or 1.5, and a reason."))
        return redirect("admin:inventory_level_change", level)

    def detail(self, request: HttpRequest, obj: Level) -> dict[str, Any]:
        name = full_name(obj.variant)
        page = queries.timeline(variant=obj.variant_id, location=obj.location_id, first=LEDGER_ROWS, older=older_than(request.GET.get("older", "")))
        sums = Movement.objects.filter(variant=obj.variant, location=obj.location).values("cause").annotate(total=Sum("quantity"), n=Count("id"))
        places = Level.objects.filter(variant=obj.variant, location__in=visible_locations(request.user)).exclude(pk=obj.pk)
        return {
            "title": name,
            "breadcrumb": self.breadcrumb(name),
            "equation": [{"total": row["total"], "word": CAUSES[row["cause"]][1], "n": row["n"]} for row in sums.order_by("cause")],
            "rows": ledger(page.entries),
            "older": f"?older={page.older[0]},{page.older[1]}" if page.older else "",
            "chart": chart(page.entries, now=timezone.now()) if "older" not in request.GET else None,
            "may_adjust": allows(request.user, "inventory.adjust", store=obj.location.store_id),
            "reference": uuid4(),
            "elsewhere": places.select_related("location").order_by("location__name"),
            "zone": obj.location.store.timezone if obj.location.store else "",
            "sold_week": sold_since(obj, days=7),
        }


def ledger(entries: Sequence[queries.TimelineEntry]) -> list[dict[str, Any]]:
    """Each movement with its word, its person and whether it was told later than it happened."""
    people = User.objects.in_bulk({entry.actor for entry in entries if entry.actor})
    recorded = dict(Movement.objects.filter(pk__in=[entry.id for entry in entries]).values_list("id", "recorded_at"))
    rows = []
    for entry in entries:
        shape, word = CAUSES[entry.cause]
        told = recorded[entry.id]
        # Opening stock is told for a day in the past as a matter of course.
        late = told if told - entry.occurred_at > timedelta(minutes=1) and entry.cause != Movement.Cause.OPENING else None
        rows.append({"movement": entry, "icon": shape, "word": word, "late": late, "person": people.get(entry.actor) if entry.actor else None})
    return rows


def older_than(text: str) -> tuple[int, int] | None:
    """The cursor of an earlier page: "id,balance"."""
    found = re.fullmatch(r"([0-9]{1,18}),(-?[0-9]{1,18})", text)
    return (int(found[1]), int(found[2])) if found else None


def sold_since(level: Level, *, days: int) -> int:
    since = timezone.now() - timedelta(days=days)
    sold = Movement.objects.filter(variant=level.variant, location=level.location, cause="sale", occurred_at__gte=since)
    return -(sold.aggregate(total=Sum("quantity"))["total"] or 0)


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

"""How goods are kept in a place: what is held back, when to order, and what is sold before it is there."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import search
from catalog.admin.page.fields import decimal, thousandths
from catalog.admin.structure_forms import StructureForm, text
from catalog.admin.structure_page import StructureAdmin
from inventory import services
from inventory.admin.shown import SELLING, LocationFilter, full_name
from inventory.admin.typed_rows import goods
from inventory.models import Location, Policy
from org.templatetags.office import quantity_text

AHEAD = (
    ("", gettext_lazy("No")),
    (Policy.Ahead.BACKORDER.value, gettext_lazy("Backorder: it is on its way")),
    (Policy.Ahead.PREORDER.value, gettext_lazy("Preorder: it is not out yet")),
)


class QuantityField(forms.CharField):
    """ "1.5" to thousandths, and back; empty is None."""

    def clean(self, value: Any) -> int | None:
        written = str(super().clean(value)).strip()
        return thousandths(written) if written else None

    def prepare_value(self, value: Any) -> Any:
        return decimal(value) if isinstance(value, int) else value


def quantity(label: Any, hint: Any = "", *, required: bool = False) -> QuantityField:
    return QuantityField(label=label, help_text=hint, required=required, max_length=14)


class PolicyForm(StructureForm):
    item = text(gettext_lazy("SKU or barcode"), 60, required=True, hint=gettext_lazy("Scan it"))
    location = forms.ChoiceField(label=gettext_lazy("Place"))
    reorder_point = quantity(gettext_lazy("Order when so many are left"), gettext_lazy("Empty: never on the list of what is low"))
    reorder_to = quantity(gettext_lazy("Fill up to"), gettext_lazy("Tells how many to order"))
    safety = quantity(gettext_lazy("Kept back from online"), gettext_lazy("The last ones on the shelf are for who stands before it"))
    ahead_kind = forms.ChoiceField(label=gettext_lazy("Sold before it is there"), required=False, choices=AHEAD)
    ahead = quantity(gettext_lazy("At most so many ahead"))
    ahead_on = forms.DateField(
        label=gettext_lazy("Here from"), required=False, widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("A preorder needs the day."),
    )  # fmt: skip
    sections = (
        (gettext_lazy("What and where"), ("item", "location")),
        (gettext_lazy("Ordering"), ("reorder_point", "reorder_to")),
        (gettext_lazy("Online"), ("safety", "ahead_kind", "ahead", "ahead_on")),
    )
    renamed: ClassVar[Mapping[str, str]] = {"variant": "item"}

    def _add_fields(self) -> None:
        if self.row is not None:
            self.fields.pop("item")
            self.fields.pop("location")
            return
        places = Location.objects.filter(archived_at=None, kind__in=SELLING).order_by("name").values_list("pk", "name")
        self.fields["location"].choices = [(str(pk), name) for pk, name in places]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "item" in given:
            found = goods([given["item"].strip()]).get(given["item"].strip())
            if found is None:
                self.add_error("item", _("There is no product with this SKU or barcode."))
            else:
                given["variant"] = found[0].pk
        if given.get("ahead_kind") and not given.get("ahead"):
            self.add_error("ahead", _("Say how many may be sold ahead."))
        if given.get("ahead_kind") == Policy.Ahead.PREORDER and not given.get("ahead_on") and "ahead_on" not in self.errors:
            self.add_error("ahead_on", _("A preorder needs the day."))
        point, full = given.get("reorder_point"), given.get("reorder_to")
        if full is not None and (point is None or full <= point):
            self.add_error("reorder_to", _("Fill up to more than what is left when you order."))
        return given

    def said(self, row: Policy) -> dict[str, Any]:
        return {**super().said(row), "ahead": row.ahead or None, "safety": row.safety or None}

    def given(self) -> dict[str, Any]:
        own, ahead = self.cleaned_data, bool(self.cleaned_data["ahead_kind"])
        return {
            "safety": own["safety"] or 0,
            "reorder_point": own["reorder_point"],
            "reorder_to": own["reorder_to"],
            "ahead": own["ahead"] if ahead else 0,
            "ahead_kind": own["ahead_kind"],
            "ahead_on": own["ahead_on"] if ahead else None,
        }


class AheadFilter(admin.SimpleListFilter):
    title = gettext_lazy("sold before it is there")
    parameter_name = "ahead"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("backorder", gettext_lazy("Backorder")), ("preorder", gettext_lazy("Preorder"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(ahead_kind=self.value()) if self.value() in ("backorder", "preorder") else queryset


@admin.register(Policy)
class PolicyAdmin(StructureAdmin):
    asks = PolicyForm
    group_title = gettext_lazy("Stock")
    page_title = gettext_lazy("Order points")
    one = gettext_lazy("order point")
    nouns = gettext_lazy("order points")
    store_path = "location__store"
    list_display: ClassVar[Any] = ["item", "sku", "location", "point", "full", "kept_back", "ahead_words"]
    list_display_links: ClassVar[Any] = ["item"]
    numeric: ClassVar[Any] = ("point", "full", "kept_back")
    list_filter: ClassVar[Any] = [LocationFilter, AheadFilter]
    list_select_related: ClassVar[Any] = ["variant__product", "location"]
    search_fields: ClassVar[Any] = ["variant__sku"]
    search_hint = gettext_lazy("Name, SKU or barcode")
    ordering: ClassVar[Any] = ["-id"]
    tiles = True
    empty_icon = "count"
    empty_title = gettext_lazy("No order points yet")
    empty_text = gettext_lazy("Say for a product in a place when it is time to order, how many are kept back, and what may be sold ahead.")

    def headings(self, request: HttpRequest) -> dict[str, str]:
        return {"location": _("Place")}

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(variant__in=search.variants(term)) if term else queryset), False

    def drawing(self, obj: Policy) -> str:
        return obj.variant.product.tile

    @admin.display(description=gettext_lazy("Product"))
    def item(self, row: Policy) -> str:
        return full_name(row.variant)

    @admin.display(description=gettext_lazy("SKU"))
    def sku(self, row: Policy) -> str:
        return row.variant.sku

    @admin.display(description=gettext_lazy("Order at"))
    def point(self, row: Policy) -> str:
        return quantity_text(row.reorder_point) if row.reorder_point is not None else ""

    @admin.display(description=gettext_lazy("Fill up to"))
    def full(self, row: Policy) -> str:
        return quantity_text(row.reorder_to) if row.reorder_to is not None else ""

    @admin.display(description=gettext_lazy("Kept back"))
    def kept_back(self, row: Policy) -> str:
        return quantity_text(row.safety) if row.safety else ""

    @admin.display(description=gettext_lazy("Sold ahead"))
    def ahead_words(self, row: Policy) -> str:
        if not row.ahead_kind:
            return ""
        words = {"n": quantity_text(row.ahead), "kind": row.get_ahead_kind_display()}
        if row.ahead_on:
            return _("%(kind)s, %(n)s from %(day)s") % {**words, "day": date_format(row.ahead_on, "j M Y")}
        return _("%(kind)s, %(n)s") % words

    # Its page

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Asked for a level by its page, what is there already is shown instead."""
        sku, place = request.GET.get("sku", ""), request.GET.get("location", "")
        if request.method == "GET" and sku:
            known = self.get_queryset(request).filter(variant__sku=sku, location__code=place).values_list("pk", flat=True).first()
            if known is not None:
                return redirect("admin:inventory_policy_change", known)
        answer: HttpResponse = super().add_view(request, form_url, extra_context)
        return answer

    def _page(self, request: HttpRequest, form: Any, row: Any, may: bool) -> HttpResponse:
        if row is None and not form.is_bound:
            form.initial |= {"item": request.GET.get("sku", ""), "location": place_called(request.GET.get("location", ""))}
        return super()._page(request, form, row, may)

    def put(self, form: Any, row: Any, *, now: datetime, actor: UUID | None) -> Policy:
        variant, place = (row.variant_id, row.location_id) if row is not None else (form.cleaned_data["variant"], UUID(form.cleaned_data["location"]))
        services.set_policy(location=place, variant=variant, **form.given())
        return Policy.objects.select_related("variant__product", "location").get(variant=variant, location=place)

    def called(self, row: Policy) -> str:
        return full_name(row.variant)

    def note(self, row: Policy) -> str:
        return f"{row.location.name} · {row.variant.sku}"


def place_called(code: str) -> str:
    return str(Location.objects.filter(code=code).values_list("pk", flat=True).first() or "")

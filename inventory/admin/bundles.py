"""Bundles: goods that are sold as one and kept as what they are made of."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import search
from catalog.admin.page.fields import decimal
from catalog.admin.prices.forms import PricesForm
from catalog.admin.prices.shown import shop_zone
from catalog.models import Variant
from inventory import services
from inventory.admin.shown import full_name
from inventory.admin.typed_rows import Column, RowTable, goods, pieces
from inventory.models import Component
from kernel.errors import Refused
from org.office import OfficeAdmin
from org.templatetags.office import quantity_text

COLUMNS = [
    Column("code", gettext_lazy("SKU or barcode"), width="width-l"),
    Column("quantity", gettext_lazy("In one bundle"), "number", "width-s", 14, pieces),
]


class BundleForm(PricesForm):
    item = forms.CharField(label=gettext_lazy("SKU or barcode of the bundle"), max_length=60, help_text=gettext_lazy("What is sold as one"))


@admin.register(Component)
class BundleAdmin(OfficeAdmin):
    """A row of the list is a bundle: its first component stands for it."""

    adds = True
    changes = True
    group_title = gettext_lazy("Stock")
    page_title = gettext_lazy("Bundles")
    one = gettext_lazy("bundle")
    nouns = gettext_lazy("bundles")
    list_display: ClassVar[Any] = ["item", "sku", "made_of"]
    list_display_links: ClassVar[Any] = ["item"]
    list_select_related: ClassVar[Any] = ["bundle__product"]
    search_fields: ClassVar[Any] = ["bundle__sku"]
    search_hint = gettext_lazy("Name, SKU or barcode, of the bundle or of what is in it")
    ordering: ClassVar[Any] = ["bundle__product__sort_key", "id"]
    tiles = True
    empty_icon = "bag"
    empty_title = gettext_lazy("No bundles yet")
    empty_text = gettext_lazy("A bundle is sold as one and has no stock of its own: what it is made of leaves the shelf.")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).filter(position=1)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        inside = Component.objects.filter(component__in=search.variants(term)).values("bundle")
        return queryset.filter(bundle__in=search.variants(term)) | queryset.filter(bundle__in=inside), False

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        parts: dict[UUID, list[str]] = {}
        for part in parts_of(*(row.bundle_id for row in rows)):
            parts.setdefault(part.bundle_id, []).append(f"{quantity_text(part.quantity)} × {full_name(part.component)}")
        for row in rows:
            row.parts = ", ".join(parts.get(row.bundle_id, ()))

    def drawing(self, obj: Component) -> str:
        return obj.bundle.product.tile

    @admin.display(description=gettext_lazy("Bundle"))
    def item(self, row: Component) -> str:
        return full_name(row.bundle)

    @admin.display(description=gettext_lazy("SKU"))
    def sku(self, row: Component) -> str:
        return row.bundle.sku

    @admin.display(description=gettext_lazy("Made of"))
    def made_of(self, row: Any) -> str:
        return str(row.parts)

    # Its page

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._page(request, None)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self._page(request, row.bundle)

    def _page(self, request: HttpRequest, bundle: Variant | None) -> HttpResponse:
        may = self.has_change_permission(request)
        sent = request.POST if request.method == "POST" else None
        if sent is not None and not may:
            raise PermissionDenied
        first = [{"code": part.component.sku, "quantity": decimal(part.quantity)} for part in parts_of(bundle.pk)] if bundle else []
        table = RowTable(COLUMNS, sent, first)
        form = BundleForm(sent, zone=shop_zone(), initial={"item": request.GET.get("sku", "")})
        if bundle is not None:
            form.fields.pop("item")
        if sent is not None:
            made = self._saved(form, table, bundle)
            if made is not None:
                messages.success(request, _("%(name)s is saved.") % {"name": full_name(made)})
                return redirect("admin:inventory_component_change", Component.objects.values_list("pk", flat=True).get(bundle=made, position=1))
        elif bundle is not None:
            table.read()
        return self._shown(request, form, table, bundle, may)

    def _saved(self, form: BundleForm, table: RowTable, bundle: Variant | None) -> Variant | None:
        right = table.read() & form.is_valid()
        if right and bundle is None:
            code = form.cleaned_data["item"].strip()
            bundle = goods([code]).get(code, (None,))[0]
            if bundle is None:
                form.add_error("item", _("There is no product with this SKU or barcode."))
        if not right or bundle is None:
            return None
        parts = [(row.variant.pk, row.values["quantity"] * row.each // 1000) for row in table.rows if row.variant is not None]
        try:
            services.bundle_of(bundle=bundle.pk, components=parts)
        except Refused as refused:
            form.refuse(refused)
            return None
        return bundle

    def _shown(self, request: HttpRequest, form: BundleForm, table: RowTable, bundle: Variant | None, may: bool) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        title = full_name(bundle) if bundle is not None else _("Add bundle")
        wrong = bool(form.is_bound and (form.errors or table.trouble or any(row.wrong for row in table.rows)))
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "breadcrumb": self.breadcrumb(title),
            "form": form,
            "table": table,
            "bundle": bundle,
            "wrong": wrong,
            "may_change": may,
            "back": self.list_path(),
        }
        return TemplateResponse(request, "backoffice/stock_bundle.html", context, status=422 if wrong else 200)


def parts_of(*bundles: UUID) -> QuerySet[Component]:
    return Component.objects.filter(bundle__in=bundles).select_related("component__product").order_by("bundle", "position")

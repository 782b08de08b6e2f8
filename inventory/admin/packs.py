"""Cases with a code of their own: scanned when goods come, such a code is so many of a product."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import search
from catalog.admin.structure_forms import StructureForm, text
from catalog.admin.structure_page import StructureAdmin
from inventory import services
from inventory.admin.policies import quantity
from inventory.admin.shown import full_name
from inventory.admin.typed_rows import goods
from inventory.models import Pack
from org.templatetags.office import quantity_text


class PackForm(StructureForm):
    item = text(gettext_lazy("SKU or barcode of the product"), 60, required=True, hint=gettext_lazy("Scan one piece"))
    gtin = text(gettext_lazy("Code of the case"), 20, required=True, hint=gettext_lazy("Scan the case. It stays."))
    quantity = quantity(gettext_lazy("In one case"), required=True)
    name = text(gettext_lazy("Called"), 60, hint=gettext_lazy("Case of 24, tray"))
    sections = ((gettext_lazy("Case"), ("item", "gtin", "quantity", "name")),)
    renamed: ClassVar[Mapping[str, str]] = {"variant": "item"}

    def _add_fields(self) -> None:
        if self.row is not None:
            self.fields.pop("item")
            self.fields.pop("gtin")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "item" in given:
            found = goods([given["item"].strip()]).get(given["item"].strip())
            if found is None or found[1] != 1000:
                self.add_error("item", _("There is no product with this SKU or barcode."))
            else:
                given["variant"] = found[0].pk
        return given


def take_out(pack: str, *, now: datetime, actor: UUID | None) -> None:
    services.remove_pack(gtin=pack)


@admin.register(Pack)
class PackAdmin(StructureAdmin):
    asks = PackForm
    group_title = gettext_lazy("Stock")
    page_title = gettext_lazy("Cases")
    one = gettext_lazy("case")
    nouns = gettext_lazy("cases")
    take_out = staticmethod(take_out)
    removing_hint = gettext_lazy("What was received with it stays received.")
    list_display: ClassVar[Any] = ["code", "item", "sku", "called_so", "holds"]
    list_display_links: ClassVar[Any] = ["code"]
    numeric: ClassVar[Any] = ("holds",)
    list_select_related: ClassVar[Any] = ["variant__product"]
    search_fields: ClassVar[Any] = ["gtin", "name"]
    search_hint = gettext_lazy("Code of the case, name or SKU")
    ordering: ClassVar[Any] = ["gtin"]
    empty_icon = "box"
    empty_title = gettext_lazy("No cases yet")
    empty_text = gettext_lazy("Give a case its code and how many are in it: then one scan receives them all.")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.isascii() and term.isdecimal() and queryset.filter(gtin=term.zfill(14)).exists():
            return queryset.filter(gtin=term.zfill(14)), False
        return queryset.filter(variant__in=search.variants(term)), False

    @admin.display(description=gettext_lazy("Code"))
    def code(self, row: Pack) -> str:
        return str(row)

    @admin.display(description=gettext_lazy("Product"))
    def item(self, row: Pack) -> str:
        return full_name(row.variant)

    @admin.display(description=gettext_lazy("SKU"))
    def sku(self, row: Pack) -> str:
        return row.variant.sku

    @admin.display(description=gettext_lazy("Called"))
    def called_so(self, row: Pack) -> str:
        return row.name

    @admin.display(description=gettext_lazy("In one case"))
    def holds(self, row: Pack) -> str:
        return quantity_text(row.quantity)

    def put(self, form: Any, row: Any, *, now: datetime, actor: UUID | None) -> Pack:
        given = form.cleaned_data
        variant, code = (row.variant_id, row.gtin) if row is not None else (given["variant"], given["gtin"])
        made = services.set_pack(variant=variant, gtin=code, quantity=given["quantity"], name=given["name"])
        return Pack.objects.select_related("variant__product").get(pk=made.pk)

    def called(self, row: Pack) -> str:
        return row.name or _("Case %(code)s") % {"code": row}

    def note(self, row: Pack) -> str:
        return f"{full_name(row.variant)} · {row}"

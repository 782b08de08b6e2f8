"""The grid: many products edited as a spreadsheet, with a check while typing and one Apply."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from catalog import services
from catalog.admin.page.shop import shop_currency
from catalog.models import Variant
from catalog.services.grid_cells import COLUMNS
from kernel.errors import Invalid, Refused
from org.access import allows
from org.templatetags.office import initials, tile_colour

MOST_PRODUCTS = 500
LONGEST_CELL = 2_000
# What every column is called; the names that a pasted head may use stand in grid.js.
LABELS = {
    "price": gettext_lazy("New price"),
    "cost": gettext_lazy("Cost"),
    "name": gettext_lazy("Name"),
    "brand": gettext_lazy("Brand"),
    "category": gettext_lazy("Category"),
    "status": gettext_lazy("Status"),
    "life_cycle": gettext_lazy("Life cycle"),
    "tags": gettext_lazy("Tags"),
    "net_content": gettext_lazy("Net content"),
    "gtin": gettext_lazy("Barcode"),
    "tax_class": gettext_lazy("Tax class"),
}


class GridDoors:
    """Mixed into the products of the back office."""

    def get_custom_urls(self) -> Any:
        return (
            *super().get_custom_urls(),  # type: ignore[misc]
            ("grid/", "catalog_product_grid", require_GET(self.grid)),
            ("grid/check/", "catalog_product_grid_check", require_POST(self.grid_check)),
            ("grid/apply/", "catalog_product_grid_apply", require_POST(self.grid_apply)),
        )

    def grid(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        _may(request)
        currency = shop_currency()
        rows = [services.GridRow(sku=sku, fields={}) for sku in skus_of(ids_in(request.GET.get("ids", "")))]
        title = _("Edit in grid")
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": title,
            "opts": self.opts,  # type: ignore[attr-defined]
            "breadcrumb": self.breadcrumb(title),  # type: ignore[attr-defined]
            "currency": currency,
            "start": {
                "rows": checked(rows, currency),
                "columns": [{"name": name, "label": str(LABELS[name])} for name in LABELS],
                "check": reverse("admin:catalog_product_grid_check"),
                "apply": reverse("admin:catalog_product_grid_apply"),
                "products": reverse("admin:catalog_product_changelist"),
            },
        }
        return TemplateResponse(request, "backoffice/grid.html", context)

    def grid_check(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        _may(request)
        try:
            return JsonResponse({"rows": checked(rows_in(request), shop_currency())})
        except Refused as refused:
            return _refusal(refused)

    def grid_apply(self, request: HttpRequest, model_admin: Any = None) -> HttpResponse:
        _may(request)
        currency, now = shop_currency(), timezone.now()
        try:
            rows = rows_in(request)
            run = services.apply_grid(rows=rows, currency=currency, name=_("Edited in the grid"), now=now, actor=request.user.pk)
        except Refused as refused:
            return _refusal(refused)
        undo = reverse("admin:catalog_importrun_change", args=[run.pk])
        if stays(request):
            return JsonResponse({"told": done(rows), "undo": undo, "run": str(run.pk)})
        messages.success(request, format_html('{} <a href="{}">{}</a>', done(rows), undo, _("Undo")))
        return JsonResponse({"link": reverse("admin:catalog_product_changelist"), "run": str(run.pk)})


def stays(request: HttpRequest) -> bool:
    """Rows are left in the grid that nobody has put right yet: the page says itself what was applied."""
    return json.loads(request.body).get("stay") is True


def _may(request: HttpRequest) -> None:
    if not allows(request.user, "catalog.edit"):
        raise PermissionDenied


def _refusal(refused: Refused) -> JsonResponse:
    body = {"code": refused.code, "message": refused.message, "skus": refused.details.get("skus", [])}
    return JsonResponse(body, status=refused.status)


def done(rows: Sequence[services.GridRow]) -> str:
    count = len(rows)
    if all(set(row.fields) == {"price"} for row in rows):
        return ngettext("%(n)s price applied.", "%(n)s prices applied.", count) % {"n": count}
    return ngettext("%(n)s row applied.", "%(n)s rows applied.", count) % {"n": count}


def ids_in(text: str) -> list[UUID]:
    """Whatever is no id is left out: an address can be cut by whoever passes it on."""
    found = []
    for part in text.split(",")[:MOST_PRODUCTS]:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found


def skus_of(products: Sequence[UUID]) -> list[str]:
    """In the order of the list they were chosen in."""
    place = {product: number for number, product in enumerate(products)}
    rows = Variant.objects.filter(product__in=products, archived_at=None).order_by("position", "id").values_list("product", "sku")
    return [sku for _product, sku in sorted(rows, key=lambda row: place[row[0]])]


def rows_in(request: HttpRequest) -> list[services.GridRow]:
    """{"rows": [{"sku": …, "fields": {column: text}, "seen": {column: text}, "accept": true}]}"""
    try:
        given = json.loads(request.body)["rows"]
        return [_row(row) for row in given]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(_("This is not a grid."), field="rows") from error


def _row(row: Mapping[str, Any]) -> services.GridRow:
    return services.GridRow(sku=_text(row["sku"]), fields=_texts(row["fields"]), seen=_texts(row.get("seen", {})), accept=row.get("accept") is True)


def _texts(cells: Mapping[str, Any]) -> dict[str, str]:
    return {_text(column): _text(text) for column, text in cells.items()}


def _text(value: Any) -> str:
    # No text in the database has a zero character, and asking for one is an error there.
    if not isinstance(value, str) or "\0" in value or len(value) > LONGEST_CELL:
        raise ValueError(value)
    # Half a letter can be written in JSON, and nowhere else.
    value.encode()
    return value


def checked(rows: Sequence[services.GridRow], currency: str) -> list[dict[str, Any]]:
    """Every column of every row: what is not asked for is only looked at."""
    asked = [services.GridRow(sku=row.sku, fields={**dict.fromkeys(COLUMNS, ""), **row.fields}) for row in rows]
    return [_verdict(row) for row in services.check_grid(rows=asked, currency=currency)]


def _verdict(row: services.Verdict) -> dict[str, Any]:
    cells = {
        column: {"now": cell.now, "after": cell.after, "state": cell.state, "words": cell.words, "may": cell.may_accept}
        for column, cell in row.cells.items()
    }
    figures = row.figures
    return {
        "sku": row.sku,
        "name": row.product,
        "link": reverse("admin:catalog_product_change", args=[row.product_id]) if row.product_id else "",
        "tile": tile_colour(row.product),
        "initials": initials(row.product) if row.product else "",
        "cost": row.cost,
        "words": row.words,
        "cells": cells,
        "figures": None
        if figures is None
        else {"change": figures.change, "before": figures.margin_now, "after": figures.margin_after, "unit": figures.per_unit},
    }

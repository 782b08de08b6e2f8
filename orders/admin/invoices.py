"""Invoices and credit notes as they were issued: found by number or order, printed from what was kept."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import get_language, gettext_lazy

from customers.admin import shown as people
from orders import paper
from orders.models import Invoice
from org.access import allows
from org.office import OfficeAdmin
from org.templatetags.office import moment_text, money_text


@admin.register(Invoice)
class InvoiceAdmin(OfficeAdmin):
    group_title = gettext_lazy("Selling")
    page_title = gettext_lazy("Invoices")
    one = gettext_lazy("invoice")
    nouns = gettext_lazy("invoices")
    store_path = "order__store"
    list_display: ClassVar[Any] = ["name", "kind_text", "of_order", "issued", "amount"]
    list_display_links: ClassVar[Any] = ["name"]
    numeric: ClassVar[Any] = ("amount",)
    list_filter: ClassVar[Any] = ["kind"]
    list_select_related: ClassVar[Any] = ["order", "credits"]
    search_fields: ClassVar[Any] = ["name"]
    search_hint = gettext_lazy("Number of the invoice or the order")
    ordering: ClassVar[Any] = ["-issued_at", "-id"]
    words: ClassVar[Any] = {"kind": gettext_lazy("Kind"), "Invoice": gettext_lazy("Invoices"), "Credit note": gettext_lazy("Credit notes")}
    timed = True
    empty_icon = "file"
    empty_title = gettext_lazy("No invoice yet")
    empty_text = gettext_lazy("An invoice is issued from an order's page; its number follows the last one without a gap.")

    def get_urls(self) -> Any:
        return [path("<uuid:invoice>/pdf/", self.admin_site.admin_view(self.printed), name="orders_invoice_pdf"), *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        meant = Q(name__startswith=term.upper()) | Q(order__number__in={term, term.upper()})
        return (queryset.filter(meant) if term else queryset), False

    @admin.display(description=gettext_lazy("Kind"))
    def kind_text(self, row: Invoice) -> str:
        return row.get_kind_display()

    @admin.display(description=gettext_lazy("Order"))
    def of_order(self, row: Invoice) -> str:
        return row.order.number

    @admin.display(description=gettext_lazy("Issued"))
    def issued(self, row: Invoice) -> str:
        return moment_text(row.issued_at)

    @admin.display(description=gettext_lazy("Total"))
    def amount(self, row: Invoice) -> str:
        return format_html('{} <span class="muted small">{}</span>', money_text(row.total, row.currency), row.currency)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """An invoice is its paper."""
        return redirect("admin:orders_invoice_pdf", object_id)

    def printed(self, request: HttpRequest, invoice: UUID) -> HttpResponse:
        found = self.get_queryset(request).filter(pk=invoice).select_related("order__bill_to").first()
        if found is None or not self.has_view_permission(request):
            raise PermissionDenied
        made = paper.invoice(
            document=found.document, address=address_of(found, request.user), issued_at=found.issued_at, language=get_language() or "en"
        )  # fmt: skip
        response = HttpResponse(made, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{found.name}.pdf"'
        response["Cache-Control"] = "no-store"
        return response


def address_of(invoice: Invoice, user: Any) -> list[str] | None:
    """Who it was for: told to those who may know of customers or have to keep the books; None after they were erased."""
    order = invoice.order
    address = order.bill_to or order.ship_to
    if address is None or not (allows(user, "customers.view") or allows(user, "books.view")):
        return []
    return people.address_lines(address.pk) if people.key_of(address.customer_id) is not None else None

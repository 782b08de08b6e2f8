"""What is done with a quote, and in which parts an order is paid."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.admin.page.fields import minor_units
from inventory.admin.timeline import day_in
from kernel.money import format_amount
from orders import services
from orders.models import Due, Order
from orders.services.life import possible
from org.office import OfficeAdmin

# As many as a person agrees on at a desk; programs may send more.
MOST_PARTS = 6


class QuoteActs(OfficeAdmin if TYPE_CHECKING else object):  # type: ignore[misc]
    """Of orders.admin.orders.OrderAdmin, above OrderActs."""

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:order>/convert/", wrap(require_POST(self.do_convert)), name="orders_order_convert"),
            path("<uuid:order>/schedule/", wrap(require_POST(self.do_schedule)), name="orders_order_schedule"),
            *super().get_urls(),
        ]

    def acts(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        told: dict[str, Any] = super().acts(request, order)  # type: ignore[misc]
        if not told["may"]:
            return told
        can = possible(order)
        unpaid = order.status in (Order.Status.QUOTE, Order.Status.PENDING)
        may = {"convert": "convert" in can, "schedule": unpaid and "edit" in can and order.total > 0}
        return {**told, "may": told["may"] | may, "parts": part_rows(order) if may["schedule"] else []}

    def do_convert(self, request: HttpRequest, order: UUID) -> HttpResponse:
        done = _("The quote is an order now: its goods are kept and its money is awaited.")
        answer: HttpResponse = self._do(request, order, services.convert, done)  # type: ignore[attr-defined]
        return answer

    def do_schedule(self, request: HttpRequest, order: UUID) -> HttpResponse:
        found: Order = self.order_of(request, order)  # type: ignore[attr-defined]
        try:
            parts = parts_of(request.POST, found.currency)
        except ValidationError as wrong:
            messages.error(request, wrong.messages[0])
            return redirect("admin:orders_order_change", order)
        done = _("It is paid in these parts.") if parts else _("It is paid in one sum.")
        answer: HttpResponse = self._do(request, order, services.schedule, done, parts=parts)  # type: ignore[attr-defined]
        return answer


def part_rows(order: Order) -> list[dict[str, Any]]:
    """What is agreed, and room for more."""
    agreed = [
        {"amount": format_amount(due.amount, order.currency), "due_on": due.due_on} for due in Due.objects.filter(order=order).order_by("position")
    ]
    empty = max(2, min(MOST_PARTS, len(agreed) + 1)) - len(agreed)
    return [*agreed, *({"amount": "", "due_on": None} for _more in range(empty))]


def parts_of(sent: QueryDict, currency: str) -> list[services.Part]:
    """Rows without an amount are none. Raises ValidationError."""
    parts = []
    for amount, day in zip(sent.getlist("amount"), sent.getlist("due_on"), strict=False):
        if not amount.strip():
            continue
        due_on = day_in(day)
        if day and due_on is None:
            raise ValidationError(_("This is not a day. Write it like 2027-12-31."))
        parts.append(services.Part(amount=minor_units(amount, currency), due_on=due_on))
    return parts

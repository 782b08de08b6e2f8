"""What a business owes, on its page, and the money that comes for it."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from catalog.admin.page.fields import minor_units
from customers import queries as customers
from customers.admin import parts
from kernel.errors import Refused
from kernel.ids import uuid7
from kernel.money import format_amount
from orders.queries.owed import open_items
from orders.services import on_account
from org.access import allows
from org.office import OfficeAdmin
from org.templatetags.office import money_text

SHOWN = 20
KINDS = {
    "transfer": gettext_lazy("Bank transfer"),
    "card": gettext_lazy("Card"),
    "cash": gettext_lazy("Cash"),
    "other": gettext_lazy("Another way"),
}


def account_of(user: Any, customer: UUID) -> dict[str, Any]:
    """Of a business that may buy on account, or still owes."""
    if not allows(user, "payments.view"):
        return {"may": False}
    may = customers.may_owe(customer=customer)
    if may is None or not may.currency:
        return {"may": False}
    items = open_items(customer=customer, currency=may.currency)
    owed = sum(item.left for item in items)
    return {
        "may": bool(items) or may.limit > 0,
        "customer": customer,
        "currency": may.currency,
        "limit": may.limit,
        "owed": owed,
        "over": owed > may.limit,
        "items": items[:SHOWN],
        "more": max(0, len(items) - SHOWN),
        "may_settle": bool(items) and allows(user, "payments.manage"),
        "may_open": allows(user, "orders.view"),
        "amount": format_amount(owed, may.currency),
        "kinds": KINDS.items(),
        "id": uuid7(),
    }


parts.add("backoffice/customer_account.html", account_of)


class AccountActs(OfficeAdmin if TYPE_CHECKING else object):  # type: ignore[misc]
    """Of orders.admin.orders.OrderAdmin: money on account is tenders of orders."""

    def get_urls(self) -> Any:
        settle = self.admin_site.admin_view(require_POST(self.settle_account))
        return [path("account/<uuid:customer>/settle/", settle, name="orders_order_settle_account"), *super().get_urls()]

    def settle_account(self, request: HttpRequest, customer: UUID) -> HttpResponse:
        """One sum for what is owed, oldest first. The page brings the settlement's id: sent twice, it is paid once."""
        if not allows(request.user, "payments.manage") or not allows(request.user, "customers.view"):
            raise PermissionDenied
        sent, may = request.POST, customers.may_owe(customer=customer)
        if may is None:
            raise PermissionDenied
        try:
            reference, amount = UUID(sent.get("id", "")), minor_units(sent.get("amount", ""), may.currency or "EUR")
            told: dict[str, Any] = {"kind": sent.get("kind", ""), "label": sent.get("label", "").replace("\0", "").strip()[:60]}
            paid = on_account.settle_account(
                customer=customer, amount=amount, currency=may.currency, reference=reference, actor=request.user.pk, now=timezone.now(), **told
            )
        except ValidationError as wrong:
            messages.error(request, wrong.messages[0])
        except Refused as refused:
            messages.error(request, refused.message)
        except ValueError:
            raise PermissionDenied from None
        else:
            numbers = ", ".join(one.number for one in paid[:10])
            text = _("%(amount)s %(currency)s are booked for %(orders)s.")
            messages.success(request, text % {"amount": money_text(amount, may.currency), "currency": may.currency, "orders": numbers})
        return redirect("admin:customers_customer_change", customer)

"""What somebody does to an order: each act names what it brings about before it is done, and is one call."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from orders import services
from orders.admin.words import CANCEL_REASONS, HOLD_REASONS, choices
from orders.models import Order
from org.access import stores_for
from org.templatetags.office import money_text


def able(name: str) -> Any:
    return getattr(services, name, None)


def may_manage(user: Any, order: Order) -> bool:
    """Of an order without a store: who may everywhere."""
    mine = stores_for(user, "orders.manage")
    return mine is None or order.store_id in mine


class OrderActs:
    """Of orders.admin.orders.OrderAdmin."""

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view  # type: ignore[attr-defined]
        acts = ("cancel", "hold", "let_go", "hand_over", "note", "mail", "invoice")
        made = [
            path(f"<uuid:order>/{act.replace('_', '-')}/", wrap(require_POST(getattr(self, f"do_{act}"))), name=f"orders_order_{act}") for act in acts
        ]
        return [*made, *super().get_urls()]  # type: ignore[misc]

    # What is offered

    def acts(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        """Only what may be done and can be done now; what the order is in decides."""
        if not may_manage(request.user, order):
            return {"may": {}}
        sale, open_ = order.kind == Order.Kind.SALE, order.status in (Order.Status.PENDING, Order.Status.PAID, Order.Status.REVIEW)
        here = order.source != Order.Source.IMPORT
        held, left = bool(order.held_reason), order.handed_over_at is not None
        may = {
            "cancel": open_ and sale and not left and not held and here and order.source != Order.Source.TILL,
            "hold": open_ and sale and not held and not left and here and order.source != Order.Source.TILL,
            "let_go": held,
            "hand_over": order.status == Order.Status.PAID
            and sale
            and not left
            and not held
            and order.source in (Order.Source.WEB, Order.Source.STAFF),
            "return_goods": order.status == Order.Status.PAID and sale and not held and self.something_left(order),
        }
        return {
            "may": {name: can and able(name) is not None for name, can in may.items()},
            "cancel_effect": self.cancel_effect(order),
            "hold_reasons": choices(HOLD_REASONS),
            "cancel_reasons": choices(CANCEL_REASONS),
        }

    @staticmethod
    def something_left(order: Order) -> bool:
        return any(line.quantity > line.returned for line in order.lines.all() if line.quantity > 0)

    @staticmethod
    def cancel_effect(order: Order) -> str:
        paid = sum(payment.amount for payment in order.payments.all())
        if not paid:
            return _("Goods kept for it go back on sale. Nothing was paid, so no money moves. This cannot be undone.")
        text = _("Goods kept for it go back on sale, and %(amount)s %(currency)s go back the way they came. This cannot be undone.")
        return text % {"amount": money_text(paid, order.currency), "currency": order.currency}

    # What is done

    def do_cancel(self, request: HttpRequest, order: UUID) -> HttpResponse:
        return self._do(request, order, "cancel", _("The order is cancelled."), reason=request.POST.get("reason", "other"))

    def do_hold(self, request: HttpRequest, order: UUID) -> HttpResponse:
        return self._do(
            request, order, "hold", _("The order is on hold: nothing happens to it until it is let go."), reason=request.POST.get("reason", "other")
        )

    def do_let_go(self, request: HttpRequest, order: UUID) -> HttpResponse:
        return self._do(request, order, "let_go", _("The order goes on."))

    def do_hand_over(self, request: HttpRequest, order: UUID) -> HttpResponse:
        return self._do(request, order, "hand_over", _("The goods are handed over and have left the stock."))

    def do_note(self, request: HttpRequest, order: UUID) -> HttpResponse:
        raise PermissionDenied

    def do_mail(self, request: HttpRequest, order: UUID) -> HttpResponse:
        raise PermissionDenied

    def do_invoice(self, request: HttpRequest, order: UUID) -> HttpResponse:
        raise PermissionDenied

    def _do(self, request: HttpRequest, id: UUID, act: str, done: str, **facts: Any) -> HttpResponse:
        order = self._order(request, id)
        service, now, actor = able(act), timezone.now(), UUID(str(request.user.pk))
        version = request.POST.get("version", "")
        if service is None or not version.isascii() or not version.isdecimal():
            messages.error(request, _("The page was not sent whole. Load it again."))
        else:
            self.perform(request, lambda: service(order=order.pk, version=int(version), actor=actor, now=now, **facts), done)  # type: ignore[attr-defined]
        return redirect("admin:orders_order_change", order.pk)

    def _order(self, request: HttpRequest, id: UUID) -> Order:
        """One that this person may see and act on; else as if it were not there for them."""
        found: Order | None = self.get_queryset(request).filter(pk=id).first()  # type: ignore[attr-defined]
        if found is None or not may_manage(request.user, found):
            raise PermissionDenied
        return found

"""What somebody does to an order: each act names what it brings about before it is done, and is one call."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
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
from orders.models import Order, OrderLine
from orders.services import mailing
from orders.services.life import possible
from org.access import stores_for
from org.office import OfficeAdmin
from org.templatetags.office import money_text

LONGEST_NOTE = 300
RETURNABLE = (OrderLine.Kind.GOODS, OrderLine.Kind.OPEN, OrderLine.Kind.DEPOSIT, OrderLine.Kind.GIFT_CARD)


def may_manage(user: Any, order: Order) -> bool:
    """Of an order without a store: who may everywhere."""
    mine = stores_for(user, "orders.manage")
    return mine is None or order.store_id in mine


def actor_of(request: HttpRequest) -> UUID:
    return UUID(str(request.user.pk))


class OrderActs(OfficeAdmin if TYPE_CHECKING else object):  # type: ignore[misc]
    """Of orders.admin.orders.OrderAdmin."""

    def get_urls(self) -> Any:
        acts = {"cancel": self.do_cancel, "hold": self.do_hold, "let_go": self.do_let_go, "settle": self.do_settle}
        acts |= {"hand_over": self.do_hand_over, "note": self.do_note, "invoice": self.do_invoice, "mail": self.do_mail}
        wrap = self.admin_site.admin_view
        made = [path(f"<uuid:order>/{act.replace('_', '-')}/", wrap(require_POST(done)), name=f"orders_order_{act}") for act, done in acts.items()]
        return [*made, *super().get_urls()]

    # What is offered

    def acts(self, request: HttpRequest, order: Order) -> dict[str, Any]:
        """Only what this person may do and what can be done now."""
        if not may_manage(request.user, order):
            return {"may": {}}
        can = possible(order)
        may = {name: name in can for name in ("cancel", "hold", "let_go", "settle", "hand_over", "edit", "invoice")}
        # Goods come back once they have left.
        left = order.handed_over_at is not None or order.source == Order.Source.TILL
        may["return_goods"] = left and order.kind == Order.Kind.SALE and order.status == Order.Status.PAID and something_left(order)
        return {
            "may": may | {"note": True, "mail": order.customer_id is not None and order.source in (Order.Source.WEB, Order.Source.STAFF)},
            "cancel_effect": cancel_effect(order),
            "hold_reasons": choices(HOLD_REASONS),
            "cancel_reasons": choices(CANCEL_REASONS),
        }

    # What is done

    def do_cancel(self, request: HttpRequest, order: UUID) -> HttpResponse:
        reason = request.POST.get("reason", "")
        return self._do(request, order, services.cancel, _("The order is cancelled."), reason=reason)

    def do_hold(self, request: HttpRequest, order: UUID) -> HttpResponse:
        done = _("The order is on hold: it is not handed over or changed until somebody lets it go.")
        return self._do(request, order, services.hold, done, reason=request.POST.get("reason", ""))

    def do_let_go(self, request: HttpRequest, order: UUID) -> HttpResponse:
        return self._do(request, order, services.let_go, _("The order goes on."))

    def do_settle(self, request: HttpRequest, order: UUID) -> HttpResponse:
        return self._do(request, order, services.settle_review, _("The order stands as its money says."), note=request.POST.get("note", ""))

    def do_hand_over(self, request: HttpRequest, order: UUID) -> HttpResponse:
        return self._do(request, order, services.hand_over, _("The goods are handed over and have left the stock."))

    def do_invoice(self, request: HttpRequest, order: UUID) -> HttpResponse:
        found, now = self.order_of(request, order), timezone.now()
        self.perform(request, lambda: services.issue_invoice(order=found.pk, now=now, actor=actor_of(request)), _("The invoice is issued."))
        return redirect("admin:orders_order_change", order)

    def do_mail(self, request: HttpRequest, order: UUID) -> HttpResponse:
        found, now, what = self.order_of(request, order), timezone.now(), request.POST.get("what", "")
        if what not in (mailing.CONFIRMATION, mailing.INVOICE):
            raise PermissionDenied
        done = _("The mail is sent within seconds.")
        self.perform(request, lambda: services.send_again(order=found.pk, what=what, actor=actor_of(request), now=now), done)
        return redirect("admin:orders_order_change", order)

    def do_note(self, request: HttpRequest, order: UUID) -> HttpResponse:
        found, text, now = self.order_of(request, order), request.POST.get("text", "").replace("\0", "").strip()[:LONGEST_NOTE], timezone.now()
        if text:
            facts = {"text": text}
            note = lambda: services.record_step(order=found.pk, kind="note", facts=facts, actor=actor_of(request), now=now)  # noqa: E731
            self.perform(request, note, _("The note stands in the timeline."))
        return redirect("admin:orders_order_change", order)

    def _do(self, request: HttpRequest, id: UUID, service: Callable[..., Any], done: str, **facts: Any) -> HttpResponse:
        order, version, now = self.order_of(request, id), request.POST.get("version", ""), timezone.now()
        if not version.isascii() or not version.isdecimal():
            messages.error(request, _("The page was not sent whole. Load it again."))
        else:
            self.perform(request, lambda: service(order=order.pk, version=int(version), actor=actor_of(request), now=now, **facts), done)
        return redirect("admin:orders_order_change", order.pk)

    def order_of(self, request: HttpRequest, id: UUID) -> Order:
        """One that this person may see and act on; else as if it were not there for them."""
        found: Order | None = self.get_queryset(request).filter(pk=id).first()
        if found is None or not may_manage(request.user, found):
            raise PermissionDenied
        return found


def something_left(order: Order) -> bool:
    return any(line.quantity > line.returned for line in order.lines.all() if line.kind in RETURNABLE)


def cancel_effect(order: Order) -> str:
    paid = sum(payment.amount for payment in order.payments.all())
    if not paid:
        return _("Goods kept for it go back on sale. Nothing was paid, so no money moves. This cannot be undone.")
    text = _("Goods kept for it go back on sale, and %(amount)s %(currency)s go back the way they came. This cannot be undone.")
    return text % {"amount": money_text(paid, order.currency), "currency": order.currency}

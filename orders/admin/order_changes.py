"""Pages on which an order is changed: goods come back, or its lines become others. Both show what would happen before it does."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.admin.page.fields import thousandths
from kernel.errors import Refused
from kernel.ids import uuid7
from orders import services
from orders.admin.order_acts import RETURNABLE, actor_of
from orders.admin.words import CONDITIONS, TENDERS
from orders.models import Order, OrderLine
from orders.services.life import possible
from org import settings
from org.access import stores_for
from org.models import Store
from org.office import OfficeAdmin
from org.templatetags.office import quantity_text

CREDIT = "store_credit"


class OrderChanges(OfficeAdmin if TYPE_CHECKING else object):  # type: ignore[misc]
    """Of orders.admin.orders.OrderAdmin, above OrderActs."""

    def get_urls(self) -> Any:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:order>/return/", wrap(self.return_page), name="orders_order_return"),
            path("<uuid:order>/edit/", wrap(self.edit_page), name="orders_order_edit"),
            *super().get_urls(),
        ]

    # Goods come back

    def return_page(self, request: HttpRequest, order: UUID) -> HttpResponse:
        found: Order = self.order_of(request, order)  # type: ignore[attr-defined]
        sent = request.POST if request.method == "POST" else QueryDict()
        reasons = settings.get("returns.reasons", store=found.store)
        lines = [row_of(line, sent) for line in found.lines.order_by("position") if line.kind in RETURNABLE and line.quantity > line.returned]
        context: dict[str, Any] = {"order": found, "lines": lines, "reasons": [(one["code"], _(one["name"])) for one in reasons]}
        context |= {"conditions": list(CONDITIONS.items()), "stores": back_to(request.user), "sent": sent, "id": sent.get("id") or uuid7()}
        chosen = sent.get("store") or str(found.store_id or "")
        context |= {"has_deposits": any(row["line"].kind == OrderLine.Kind.DEPOSIT for row in lines)}
        context |= {"chosen_store": chosen, "may_approve": may_approve(request.user, chosen)}
        if request.method == "POST":
            done = self._came_back(request, found, context, sent)
            if done is not None:
                return done
        return self._change_page(request, "backoffice/order_return.html", _("Return items"), found, context)

    def _came_back(self, request: HttpRequest, order: Order, context: dict[str, Any], sent: QueryDict) -> HttpResponse | None:
        """A preview, or what was previewed. None: the page again, with what is in the way."""
        wanted = [line for row in context["lines"] if (line := asked_back(row, sent)) is not None]
        wrong = [row for row in context["lines"] if row["error"]]
        if not wanted or wrong:
            context["problem"] = _("Say how many of at least one item come back.") if not wrong else _("Put right what is marked below.")
            return None
        store = store_in(context["chosen_store"], request.user)
        approved = context["may_approve"] and "approve" in sent
        asked: dict[str, Any] = {"lines": wanted, "deposits": "no-deposits" not in sent}
        try:
            quote = services.quote_return(**asked, at=store, approved=approved, now=timezone.now())
            if sent.get("as") == CREDIT and quote.owed > 0:
                asked["refunds"] = [services.Refund(kind=CREDIT, amount=quote.owed)]
                quote = services.quote_return(**asked, at=store, approved=approved, now=timezone.now())
            if "do" not in sent:
                context["quote"] = shown(quote, order)
                return None
            actor = actor_of(request)
            made = services.return_goods(
                id=UUID(sent.get("id", "")), **asked, store=store, actor=actor, approved_by=actor if approved else None, now=timezone.now()
            )  # fmt: skip
        except Refused as refused:
            context["problem"] = refused.message
            return None
        except ValueError:
            raise PermissionDenied from None
        messages.success(request, _("%(number)s: the goods are back and the money is on its way.") % {"number": made.number})
        for code in made.gift_cards.values():
            messages.warning(request, _("The money went onto a new gift card. Its code is shown this once: %(code)s") % {"code": code})
        return redirect("admin:orders_order_change", made.id)

    # Lines become others

    def edit_page(self, request: HttpRequest, order: UUID) -> HttpResponse:
        found: Order = self.order_of(request, order)  # type: ignore[attr-defined]
        if "edit" not in possible(found):
            raise PermissionDenied
        sent = request.POST if request.method == "POST" else QueryDict()
        rows = [edit_row(line, sent) for line in found.lines.order_by("position") if line.kind == OrderLine.Kind.GOODS and line.quantity > 0]
        context: dict[str, Any] = {"order": found, "lines": rows, "sent": sent}
        if request.method == "POST":
            done = self._edited(request, found, context, sent)
            if done is not None:
                return done
        return self._change_page(request, "backoffice/order_edit.html", _("Change lines"), found, context)

    def _edited(self, request: HttpRequest, order: Order, context: dict[str, Any], sent: QueryDict) -> HttpResponse | None:
        changes, version = [row["change"] for row in context["lines"] if row["change"]], sent.get("version", "")
        try:
            if sku := sent.get("sku", "").replace("\0", "").strip():
                changes.append(services.Change(quantity=thousandths(sent.get("sku-quantity") or "1"), sku=sku))
        except forms.ValidationError as wrong:
            context["problem"] = wrong.messages[0]
            return None
        if any(row["error"] for row in context["lines"]) or not changes or not (version.isascii() and version.isdecimal()):
            context["problem"] = _("Nothing is different yet.") if not changes else _("Put right what is marked below.")
            return None
        try:
            services.edit(order=order.pk, version=int(version), changes=changes, actor=actor_of(request), now=timezone.now())
        except Refused as refused:
            context["problem"] = refused.message
            return None
        messages.success(request, _("The order is changed. What is too much went back, what is missing is awaited."))
        return redirect("admin:orders_order_change", order.pk)

    def _change_page(self, request: HttpRequest, template: str, title: str, order: Order, more: dict[str, Any]) -> HttpResponse:
        request.current_app = self.admin_site.name  # type: ignore[attr-defined]
        crumbs = self.breadcrumb(order.number, title)
        context = {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "breadcrumb": crumbs, "object": order, **more}
        return TemplateResponse(request, template, context, status=422 if more.get("problem") else 200)


def row_of(line: OrderLine, sent: QueryDict) -> dict[str, Any]:
    left = line.quantity - line.returned
    typed = {name: sent.get(f"{name}-{line.pk}", "") for name in ("quantity", "reason", "condition")}
    return {"line": line, "left": left, "left_text": quantity_text(left), "error": "", **typed}


def asked_back(row: dict[str, Any], sent: QueryDict) -> "services.ReturnLine | None":
    if not row["quantity"].strip():
        return None
    try:
        quantity = thousandths(row["quantity"])
    except forms.ValidationError as wrong:
        row["error"] = wrong.messages[0]
        return None
    if quantity > row["left"]:
        row["error"] = _("At most %(n)s can come back.") % {"n": row["left_text"]}
    if not quantity or row["error"]:
        return None
    return services.ReturnLine(order_line=row["line"].pk, quantity=quantity, reason=row["reason"], condition=row["condition"])


def edit_row(line: OrderLine, sent: QueryDict) -> dict[str, Any]:
    typed, now = sent.get(f"quantity-{line.position}"), quantity_text(line.quantity).replace(",", "")
    row: dict[str, Any] = {"line": line, "now": now, "typed": now if typed is None else typed, "error": "", "change": None}
    if typed is None:
        return row
    try:
        quantity = thousandths(typed)
        if quantity != line.quantity:
            row["change"] = services.Change(quantity=quantity, line=line.position)
    except forms.ValidationError as wrong:
        row["error"] = wrong.messages[0]
    return row


def shown(quote: "services.Quote", order: Order) -> dict[str, Any]:
    """What goes back where, and why something does not."""
    ways = [{"name": back["label"] or TENDERS.get(back["kind"], back["kind"]), "amount": back["amount"]} for back in quote.refunds]
    lines = [
        {"name": one["name"], "quantity": -one["quantity"], "total": -one["total"], "condition": CONDITIONS.get(one["condition"], "")}
        for one in quote.lines
    ]
    needs = not quote.way and quote.owed > 0
    return {
        "lines": lines,
        "ways": ways,
        "owed": quote.owed,
        "currency": quote.currency,
        "reasons": [one["text"] for one in quote.reasons],
        "needs": needs,
    }


def back_to(user: Any) -> list[tuple[str, str]]:
    """The stores somebody may take goods back in."""
    mine = stores_for(user, "orders.manage")
    stores = Store.objects.filter(archived_at=None).order_by("name")
    stores = stores if mine is None else stores.filter(pk__in=mine)
    return [(str(key), name) for key, name in stores.values_list("pk", "name")]


def store_in(text: str, user: Any) -> UUID | None:
    """None: sent in. Only one of those that were offered."""
    if not text:
        return None
    if text not in dict(back_to(user)):
        raise PermissionDenied
    return UUID(text)


def may_approve(user: Any, store: str) -> bool:
    """What the rules do not give, whoever manages a store's tills may; of what was sent in, who may everywhere."""
    managed = stores_for(user, "pos.manage")
    return managed is None or bool(store and store in {str(key) for key in managed})

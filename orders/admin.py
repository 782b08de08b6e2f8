"""Orders in the back office: found by number, store and day; each page replays what was sold, paid and told to others."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.admin.causes import Named, name_causes
from inventory.models import Movement
from kernel.models import Delivery, Message
from orders import matches
from orders.models import Order, OrderLine
from orders.services import MANUAL, MARKDOWN
from org.access import stores_for
from org.models import Store, User
from org.office import OfficeAdmin, scoped
from org.queries import business_date, open_stores
from org.templatetags.office import moment_text, money_text, percent_text, program_name, status


class StoreFilter(admin.SimpleListFilter):
    """The stores one may see; nothing to choose from when it is one."""

    title = gettext_lazy("store")
    parameter_name = "store"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        allowed = stores_for(request.user, model_admin.view_permission)
        stores = Store.objects.order_by("name")
        if allowed is not None:
            stores = stores.filter(pk__in=allowed)
        return list(stores.values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(store__code=self.value()) if self.value() else queryset


class DayFilter(admin.SimpleListFilter):
    title = gettext_lazy("business day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("today", gettext_lazy("Today")), ("yesterday", gettext_lazy("Yesterday")), ("week", gettext_lazy("Last 7 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        stores = open_stores(stores=stores_for(request.user, "orders.view"))
        today = business_date(store=stores[0], at=timezone.now()) if stores else timezone.localdate()
        spans = {"today": (today, today), "yesterday": (today - timedelta(1), today - timedelta(1)), "week": (today - timedelta(6), today)}
        span = spans.get(self.value() or "")
        return queryset.filter(business_date__range=span) if span else queryset


def receipts(user: Any, references: Collection[UUID]) -> dict[UUID, Named]:
    """What stock's timeline calls a sale or a return."""
    rows = scoped(Order.objects.filter(pk__in=references), user=user, permission="orders.view", path="store")
    return {key: Named(number, reverse("admin:orders_order_change", args=[key])) for key, number in rows.values_list("id", "number")}


name_causes([Movement.Cause.SALE, Movement.Cause.RETURN], receipts)


@admin.register(Order)
class OrderAdmin(OfficeAdmin):
    group_title = gettext_lazy("Selling")
    store_path = "store"
    list_display: ClassVar[Any] = ["number", "place", "placed", "state", "cashier_name", "source", "tax_amount", "amount"]
    list_display_links: ClassVar[Any] = ["number"]
    numeric: ClassVar[Any] = ("amount", "tax_amount")
    list_filter: ClassVar[Any] = [StoreFilter, DayFilter, "source"]
    list_select_related: ClassVar[Any] = ["store", "channel"]
    search_fields: ClassVar[Any] = ["number"]
    search_hint = gettext_lazy("Order or receipt number")
    ordering: ClassVar[Any] = ["-placed_at", "-id"]
    timed = True
    empty_icon = "receipt"
    empty_title = gettext_lazy("No orders yet")
    empty_text = gettext_lazy("A sale at a till shows here as soon as its journal entry arrives.")
    detail_template = "backoffice/order.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        name = User.objects.filter(pk=OuterRef("cashier")).values("name")[:1]
        return super().get_queryset(request).annotate(cashier_is=Subquery(name))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(pk__in=matches.orders(term)) if term else queryset), False

    @admin.display(description=gettext_lazy("Where"))
    def place(self, order: Order) -> str:
        return order.store.name if order.store else order.channel.name

    @admin.display(description=gettext_lazy("When"))
    def placed(self, order: Order) -> str:
        return moment_text(order.placed_at, order.store.timezone if order.store else "")

    @admin.display(description=gettext_lazy("Status"))
    def state(self, order: Order) -> str:
        return status("good", order.get_status_display())

    @admin.display(description=gettext_lazy("Cashier"))
    def cashier_name(self, order: Any) -> str:
        return order.cashier_is or ""

    @admin.display(description=gettext_lazy("Tax"))
    def tax_amount(self, order: Order) -> str:
        return format_html('<span class="muted">{}</span>', money_text(order.tax, order.currency))

    @admin.display(description=gettext_lazy("Total"))
    def amount(self, order: Order) -> str:
        return format_html('{} <span class="muted small">{}</span>', money_text(order.total, order.currency), order.currency)

    def detail(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        lines = list(obj.lines.select_related("variant__product").order_by("position"))
        zone = obj.store.timezone if obj.store else ""
        return {
            "title": _("Order %(number)s") % {"number": obj.number},
            "lines": [
                {"line": line, "product": line.variant.product if line.variant else None, "segments": segments(line), "offers": offers([line])}
                for line in lines
            ],
            "discounted": any(line.discount for line in lines),
            "discount": sum(line.discount for line in lines),
            "list_total": sum(line.list_total for line in lines),
            "offers": offers(lines),
            "payments": list(obj.payments.order_by("position")),
            "taxes": tax_by_rate(lines),
            "timeline": timeline(obj),
            "zone": zone,
            "place": self.place(obj),
        }


def segments(line: OrderLine) -> list[dict[str, Any]]:
    """How price and tax fall on the units, when they do not fall alike on all."""
    return line.allocation if isinstance(line.allocation, list) and len(line.allocation) > 1 else []


def offers(lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Who gave what, by name; what came without a name is told as such."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        for part in line.discounts:
            row = found.setdefault(part["promotion"], {"name": offer_name(part), "amount": 0, "supplier_amount": 0})
            row["amount"] += part["amount"]
            row["supplier_amount"] += part.get("supplier_amount", 0)
    nameless = sum(line.discount for line in lines if not line.discounts)
    return [*found.values(), *([{"name": _("Discount"), "amount": nameless, "supplier_amount": 0}] if nameless else [])]


def offer_name(part: dict[str, Any]) -> str:
    if part["promotion"] == MANUAL:
        return _("Price by hand")
    if part["promotion"].startswith(MARKDOWN):
        return _("Markdown %(code)s") % {"code": part["promotion"].removeprefix(MARKDOWN)}
    return part.get("name") or part["promotion"]


def tax_by_rate(lines: list[OrderLine]) -> list[dict[str, Any]]:
    """Each tax by its name and rate; orders from before there were several know the rate alone."""
    rates: dict[tuple[int, str], int] = {}
    for line in lines:
        for part in line.taxes or [{"name": "", "rate": line.tax_rate, "amount": line.tax}]:
            key = (part["rate"], part.get("name", ""))
            rates[key] = rates.get(key, 0) + part["amount"]
    return [{"name": name, "rate": percent_text(rate), "tax": tax} for (rate, name), tax in sorted(rates.items())]


def timeline(order: Order) -> list[dict[str, Any]]:
    """From the newest: what was told to whom, what moved, what was recorded, the sale itself."""
    steps = [{"at": order.placed_at, "icon": "receipt", "kind": "good", "title": _("Sold and paid"), "note": order.get_source_display()}]
    if (order.recorded_at - order.placed_at).total_seconds() > 60:
        steps.append(
            {"at": order.recorded_at, "icon": "clock", "kind": "warning", "title": _("Arrived"), "note": _("The till was offline meanwhile.")}
        )
    moved = Movement.objects.filter(reference=order.pk).order_by("id").values_list("recorded_at", flat=True)
    if moved:
        steps.append({"at": moved[0], "icon": "box", "kind": "", "title": _("Stock taken"), "note": _("%(n)s movements") % {"n": len(moved)}})
    for message in Message.objects.filter(aggregate_type="order", aggregate_id=order.pk).order_by("sequence"):
        steps.append({"at": message.recorded_at, "icon": "bolt", "kind": "", "title": _("Event written"), "note": message.type})
    deliveries = Delivery.objects.filter(message__aggregate_type="order", message__aggregate_id=order.pk).order_by("id")
    steps.extend(delivery_step(delivery) for delivery in deliveries)
    # Steps of one instant keep their order: the sale lies below what followed from it.
    steps.reverse()
    return sorted(steps, key=lambda step: step["at"], reverse=True)


def delivery_step(delivery: Delivery) -> dict[str, Any]:
    told = {
        Delivery.State.DONE: ("done", "good", _("Delivered to %(name)s")),
        Delivery.State.PARKED: ("stop", "bad", _("Given up for %(name)s")),
        Delivery.State.PENDING: ("clock", "warning", _("Waits for %(name)s")),
    }
    shape, kind, title = told[Delivery.State(delivery.state)]
    at = delivery.settled_at or delivery.due_at
    return {"at": at, "icon": shape, "kind": kind, "title": title % {"name": program_name(delivery.subscriber)}, "note": delivery.last_error[:120]}

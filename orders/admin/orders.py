"""The list of orders: found by number, customer, e-mail, phone or goods; narrowed to what waits for somebody."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.admin import shown as people
from inventory.admin.causes import Named, name_causes
from inventory.models import Movement
from orders.admin import order_acts, order_changes, order_page, owed, quote_acts
from orders.admin.filters import CustomerFilter, DayFilter, HeldFilter, PaidByFilter, StoreFilter, narrowed_by_hold
from orders.admin.words import order_state, tenders_text
from orders.models import Order, Payment
from orders.queries import finding
from org.access import allows
from org.models import User
from org.office import OfficeAdmin, scoped
from org.templatetags.office import moment_text, money_text


def receipts(user: Any, references: Collection[UUID]) -> dict[UUID, Named]:
    """What stock's timeline calls a sale or a return."""
    rows = scoped(Order.objects.filter(pk__in=references), user=user, permission="orders.view", path="store")
    return {key: Named(number, reverse("admin:orders_order_change", args=[key])) for key, number in rows.values_list("id", "number")}


name_causes([Movement.Cause.SALE, Movement.Cause.RETURN], receipts)


@admin.register(Order)
class OrderAdmin(owed.AccountActs, quote_acts.QuoteActs, order_changes.OrderChanges, order_acts.OrderActs, OfficeAdmin):
    group_title = gettext_lazy("Selling")
    store_path = "store"
    list_display: ClassVar[Any] = ["number", "buyer", "place", "placed", "state", "paid_by", "amount", "cashier_name", "source", "tax_amount"]
    list_display_links: ClassVar[Any] = ["number"]
    spare_columns: ClassVar[Any] = ("cashier_name", "source", "tax_amount")
    numeric: ClassVar[Any] = ("amount", "tax_amount")
    list_filter: ClassVar[Any] = ["status", HeldFilter, "kind", "source", StoreFilter, DayFilter, PaidByFilter, CustomerFilter]
    list_select_related: ClassVar[Any] = ["store", "channel"]
    search_fields: ClassVar[Any] = ["number"]
    search_hint = gettext_lazy("Number, customer, e-mail, SKU")
    ordering: ClassVar[Any] = ["-placed_at", "-id"]
    words: ClassVar[Any] = {"kind": gettext_lazy("Kind"), "Sale": gettext_lazy("Sales"), "Return": gettext_lazy("Returns")}
    views: ClassVar[Any] = (
        (gettext_lazy("All"), {}),
        (gettext_lazy("To pay"), {"status__exact": "pending"}),
        (gettext_lazy("Needs review"), {"status__exact": "review"}),
        (gettext_lazy("On hold"), {"held": "yes"}),
    )
    timed = True
    empty_icon = "receipt"
    empty_title = gettext_lazy("No orders yet")
    empty_text = gettext_lazy("A sale at a till shows here as soon as its journal entry arrives, a web order as soon as it is placed.")
    detail_template = "backoffice/order.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        name = User.objects.filter(pk=OuterRef("cashier")).values("name")[:1]
        return super().get_queryset(request).annotate(cashier_is=Subquery(name))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        # Who bought is asked for only by those who may know of customers.
        known = people.meant(term) if allows(request.user, "customers.view") else ()
        return queryset.filter(pk__in=finding.orders(term=term, people=known)), False

    def narrowed(self, request: HttpRequest, query: QueryDict) -> QuerySet[Any] | None:
        if query.get("held") == "yes" and len(query) == 1:
            return narrowed_by_hold(self.get_queryset(request), "yes")
        return super().narrowed(request, query)

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        """Who bought and how it was paid, of the whole page at once."""
        names = people.names({row.customer_id for row in rows if row.customer_id}, request.user)
        tenders: dict[UUID, list[Payment]] = {}
        for payment in Payment.objects.filter(order__in=[row.pk for row in rows]).order_by("order_id", "position"):
            tenders.setdefault(payment.order_id, []).append(payment)
        for row in rows:
            row.buyer_name, row.tenders = names.get(row.customer_id, ""), tenders.get(row.pk, [])

    @admin.display(description=gettext_lazy("Customer"))
    def buyer(self, order: Any) -> str:
        return str(order.buyer_name)

    @admin.display(description=gettext_lazy("Where"))
    def place(self, order: Order) -> str:
        return order_page.place_of(order)

    @admin.display(description=gettext_lazy("When"))
    def placed(self, order: Order) -> str:
        return moment_text(order.placed_at, order.store.timezone if order.store else "")

    @admin.display(description=gettext_lazy("Status"))
    def state(self, order: Order) -> str:
        return order_state(order)

    @admin.display(description=gettext_lazy("Paid by"))
    def paid_by(self, order: Any) -> str:
        return tenders_text(order.tenders)

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
        title = (_("Return %(number)s") if obj.kind == Order.Kind.RETURN else _("Order %(number)s")) % {"number": obj.number}
        return {"title": title, **order_page.told(obj, request.user), **self.acts(request, obj)}

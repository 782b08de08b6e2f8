"""What lists of orders are narrowed by. Each choice stands on an index: a list of a million orders opens like one of ten."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from orders.models import Payment
from org.access import stores_for
from org.models import Store
from org.queries import business_date, open_stores


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


class PaidByFilter(admin.SimpleListFilter):
    """Orders with such a tender among theirs."""

    title = gettext_lazy("paid by")
    parameter_name = "paid_by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.value, gettext_lazy(kind.label)) for kind in Payment.Kind]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=Payment.objects.filter(kind=self.value()).order_by().values("order")) if self.value() else queryset


class HeldFilter(admin.SimpleListFilter):
    title = gettext_lazy("on hold")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("On hold")), ("no", gettext_lazy("Not on hold"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return narrowed_by_hold(queryset, self.value())


def narrowed_by_hold(queryset: QuerySet[Any], value: str | None) -> QuerySet[Any]:
    if value == "yes":
        return queryset.exclude(held_reason="")
    return queryset.filter(held_reason="") if value == "no" else queryset


class CustomerFilter(admin.SimpleListFilter):
    """Nothing to choose from: a customer's page leads here."""

    title = gettext_lazy("customer")
    parameter_name = "customer"

    def has_output(self) -> bool:
        return self.value() is not None

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        wanted = request.GET.get("customer", "")
        return [(wanted, gettext_lazy("This customer"))] if wanted else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        try:
            return queryset.filter(customer=UUID(self.value())) if self.value() else queryset
        except ValueError:
            return queryset.none()

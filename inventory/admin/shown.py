"""Words and choices that the pages of stock share."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from catalog.models import Variant
from inventory.models import Level, Location
from org.access import stores_for

SELLING = (Location.Kind.STORE, Location.Kind.WAREHOUSE)
CAUSES: dict[str, tuple[str, Any]] = {
    "opening": ("count", gettext_lazy("opening stock")),
    "sale": ("receipt", gettext_lazy("sold")),
    "return": ("undo", gettext_lazy("returned")),
    "adjustment": ("note", gettext_lazy("adjusted")),
    "receipt": ("truck", gettext_lazy("received")),
    "count": ("count", gettext_lazy("counted")),
    "transfer": ("truck", gettext_lazy("moved between places")),
    "recall": ("shield", gettext_lazy("taken off for a recall")),
    "undo": ("undo", gettext_lazy("undone")),
}


def visible_locations(user: Any) -> QuerySet[Location]:
    stores = stores_for(user, "inventory.view")
    places = Location.objects.order_by("name")
    return places if stores is None else places.filter(store__in=stores)


def full_name(variant: Variant) -> str:
    return f"{variant.product.name} {variant.name}".strip()


class LocationFilter(admin.SimpleListFilter):
    title = gettext_lazy("place")
    parameter_name = "location"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(visible_locations(request.user).values_list("code", "name"))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(location__code=self.value()) if self.value() else queryset


def can_be_sold(level: Level) -> int | None:
    """What a door may promise of it; None where nobody sells from."""
    if level.location.kind not in SELLING or level.location.archived_at is not None:
        return None
    return 0 if level.blocked else max(level.on_hand - level.reserved - level.safety + level.ahead, 0)

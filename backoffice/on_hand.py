"""Columns of the product list that say what stands on the shelves: one for each open store, three at most, and one for all."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import queries
from org.access import allows, stores_for
from org.templatetags.office import quantity_text, status

MOST_STORES = 3


class OnHand:
    """Mixed in before the list of products."""

    list_display: ClassVar[Any]
    numeric: ClassVar[Any] = ("price", "per_unit", "margin", "on_hand_1", "on_hand_2", "on_hand_3", "on_hand")

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))  # type: ignore[misc]
        if not allows(request.user, "inventory.view"):
            return columns
        named = [f"on_hand_{place}" for place, _store in enumerate(stores_shown(request), 1)]
        return [*columns, *named, "on_hand"]

    def headings(self, request: HttpRequest) -> dict[str, str]:
        shown = stores_shown(request)
        return {f"on_hand_{place}": store.name for place, store in enumerate(shown, 1)} | {"on_hand": _("In all") if shown else _("On hand")}

    def prepare(self, request: HttpRequest, rows: Sequence[Any]) -> None:
        super().prepare(request, rows)  # type: ignore[misc]
        shown = [store.pk for store in stores_shown(request)]
        mine = stores_for(request.user, "inventory.view")
        held = queries.held_by_product([product.pk for product in rows], mine) if allows(request.user, "inventory.view") else {}
        for product in rows:
            there = held.get(product.pk, {})
            product.held = [there.get(store) for store in shown]
            product.held_in_all = sum(there.values()) if there else None

    @admin.display(description="1")
    def on_hand_1(self, product: Any) -> str:
        return held_text(product.held[0])

    @admin.display(description="2")
    def on_hand_2(self, product: Any) -> str:
        return held_text(product.held[1])

    @admin.display(description="3")
    def on_hand_3(self, product: Any) -> str:
        return held_text(product.held[2])

    @admin.display(description=gettext_lazy("On hand"))
    def on_hand(self, product: Any) -> str:
        return held_text(product.held_in_all)


def stores_shown(request: HttpRequest) -> list[queries.Store]:
    """Open stores whose stock this person may see, by name; read once a request."""
    if not hasattr(request, "stores_shown"):
        found = queries.open_stores(stores_for(request.user, "inventory.view"), first=MOST_STORES + 1)
        # One column alone is the total.
        request.stores_shown = found[:MOST_STORES] if len(found) > 1 else []  # type: ignore[attr-defined]
    shown: list[queries.Store] = request.stores_shown  # type: ignore[attr-defined]
    return shown


def held_text(quantity: int | None) -> str:
    if quantity is None:
        return ""
    text = quantity_text(quantity)
    return status("bad", text, "late") if quantity <= 0 else text

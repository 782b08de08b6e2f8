"""Ctrl K: products by name, SKU or barcode, and orders by number, as far as one may see them."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from unfold.dataclasses import SearchResult

from backoffice import queries
from catalog import matches
from org.access import allows, stores_for
from org.templatetags.office import moment_text, money_text

EACH = 8


def command(request: HttpRequest, search_term: str) -> list[SearchResult]:
    term, user = search_term.strip(), request.user
    if len(term) < 2:
        return []
    found: list[SearchResult] = []
    if allows(user, "catalog.view"):
        found += [_product(product) for product in matches.best_products(term, first=EACH)]
    if allows(user, "orders.view"):
        found += [_order(order) for order in queries.find_orders(term=term, stores=stores_for(user, "orders.view"), first=EACH)]
    return found


def _product(product: Any) -> SearchResult:
    link = reverse("admin:catalog_product_change", args=[product.pk])
    return SearchResult(title=product.name, description=str(product.brand or "") or str(product.get_status_display()), link=link, icon="sell")


def _order(order: Any) -> SearchResult:
    place = order.store.name if order.store else order.channel.name
    text = f"{place}, {moment_text(order.placed_at, order.store.timezone if order.store else '')}, {money_text(order.total, order.currency)}"
    return SearchResult(title=order.number, description=text, link=reverse("admin:orders_order_change", args=[order.pk]), icon="receipt_long")

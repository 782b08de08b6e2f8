"""Ctrl K: go to a page, find a product by name, SKU or barcode or an order by its number, do something. As far as one may."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.dataclasses import SearchResult

from backoffice import queries
from catalog import search
from org.access import allows, stores_for
from org.templatetags.office import moment_text, money_text

EACH = 8
SHORTEST, LONGEST = 2, 100

# What can be done from anywhere: words, icon, permission, address.
DEEDS = (
    (gettext_lazy("Add product"), "plus", "catalog.edit", "catalog_product_add", ""),
    (gettext_lazy("Import a file"), "import", "catalog.edit", "catalog_importrun_add", "catalog_importrun_changelist"),
    (gettext_lazy("Export the catalogue"), "receipt", "catalog.view", "catalog_export", "catalog_importrun_changelist"),
    (gettext_lazy("Change prices"), "price", "pricing.edit", "catalog_pricechange_add", ""),
    (gettext_lazy("Mark down"), "tag", "pricing.markdown", "catalog_sticker_add", ""),
    (gettext_lazy("Try a basket"), "bag", "pricing.view", "simulator", ""),
    (gettext_lazy("New category"), "plus", "catalog.edit", "catalog_category_add", ""),
)


@dataclass(frozen=True, kw_only=True)
class Hit:
    """`detail` stands beside the title, `note` at the end of the line. `drawing` is a product's tile."""

    title: str
    link: str
    icon: str = ""
    detail: str = ""
    note: str = ""
    drawing: str = ""


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    hits: list[Hit] = field(default_factory=list)


def command(request: HttpRequest, search_term: str) -> list[SearchResult]:
    """The same finds for Unfold's own search."""
    hits = [hit for group in finds(request, search_term.strip()) for hit in group.hits]
    return [SearchResult(title=hit.title, description=hit.detail, link=hit.link, icon="sell" if hit.drawing else "receipt_long") for hit in hits]


def palette(request: HttpRequest) -> HttpResponse:
    """One answer for one term: found things first, then what can be done, then pages."""
    term = request.GET.get("s", "").replace("\0", "").strip()[:LONGEST]
    groups = [*finds(request, term), *(group for group in (deeds(request, term), pages(request, term)) if group.hits)]
    count = sum(len(group.hits) for group in groups)
    return render(request, "backoffice/command_results.html", {"groups": groups, "term": term, "count": count})


def finds(request: HttpRequest, term: str) -> list[Group]:
    user = request.user
    if len(term) < SHORTEST:
        return []
    found = []
    if allows(user, "catalog.view"):
        found.append(Group(title=_("Products"), hits=[_product(product) for product in search.best_products(term, first=EACH)]))
    if allows(user, "orders.view"):
        orders = queries.find_orders(term=term, stores=stores_for(user, "orders.view"), first=EACH)
        found.append(Group(title=_("Orders"), hits=[_order(order) for order in orders]))
    return [group for group in found if group.hits]


def deeds(request: HttpRequest, term: str) -> Group:
    hits = []
    for title, icon, permission, *names in DEEDS:
        link = next((known for known in map(_address, names) if known), "")
        if link and allows(request.user, permission) and _means(term, str(title)):
            hits.append(Hit(title=str(title), link=link, icon=icon))
    return Group(title=_("Do"), hits=hits)


def pages(request: HttpRequest, term: str) -> Group:
    return Group(title=_("Go to"), hits=[hit for hit in _navigation(request) if _means(term, f"{hit.title} {hit.detail}")])


def _navigation(request: HttpRequest) -> Iterator[Hit]:
    """The pages of the navigation that this person has."""
    for group in settings.UNFOLD["SIDEBAR"]["navigation"]:
        for entry in group["items"]:
            if "permission" not in entry or entry["permission"](request):
                yield Hit(title=str(entry["title"]), detail=str(group.get("title", "")), link=str(entry["link"]), icon="right")


def _means(term: str, words: str) -> bool:
    return all(word in words.casefold() for word in term.casefold().split())


def _address(name: str) -> str:
    for full in (f"admin:{name}", name) if name else ():
        try:
            return reverse(full)
        except NoReverseMatch:
            continue
    return ""


def _product(product: Any) -> Hit:
    link = reverse("admin:catalog_product_change", args=[product.pk])
    state = "" if product.status == "active" else str(product.get_status_display())
    return Hit(title=product.name, detail=str(product.brand or ""), note=state, link=link, drawing=product.tile or "-")


def _order(order: Any) -> Hit:
    place = order.store.name if order.store else order.channel.name
    text = f"{place}, {moment_text(order.placed_at, order.store.timezone if order.store else '')}"
    note = money_text(order.total, order.currency)
    return Hit(title=order.number, detail=text, note=note, link=reverse("admin:orders_order_change", args=[order.pk]), icon="receipt")

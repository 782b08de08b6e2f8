"""Which products and variants somebody means by a few words or digits: ids out, for lists to narrow themselves by.

Each part of a union may use its own index: trigrams of names and SKUs, the key of the barcodes.
"""

from typing import Any

from django.db.models import F, QuerySet

from catalog.models import Gtin, Product, Variant

LONGEST_CODE = 14


def products(term: str) -> QuerySet[Any]:
    """Every word in the name, or a part of a SKU, or exactly these digits on a pack."""
    named = Product.objects.order_by()
    for word in term.split():
        named = named.filter(name__icontains=word)
    by_sku = Variant.objects.filter(sku__icontains=term).values_list("product_id")
    return named.values_list("id").union(by_sku, _coded(term).values_list("variant__product_id"), all=True)


def variants(term: str) -> QuerySet[Any]:
    """The same for the things that are counted."""
    named = Variant.objects.order_by()
    for word in term.split():
        named = named.filter(product__name__icontains=word)
    by_sku = Variant.objects.filter(sku__icontains=term).values_list("id")
    return named.values_list("id").union(by_sku, _coded(term).values_list("variant_id"), all=True)


def best_products(term: str, *, first: int) -> list[Product]:
    """Those still sold before those archived, by name."""
    found = Product.objects.select_related("brand").filter(pk__in=products(term))
    return list(found.order_by(F("archived_at").asc(nulls_first=True), "sort_key", "id")[:first])


def _coded(term: str) -> QuerySet[Gtin]:
    is_code = term.isascii() and term.isdecimal() and len(term) <= LONGEST_CODE
    return Gtin.objects.filter(gtin=term.zfill(LONGEST_CODE)) if is_code else Gtin.objects.none()

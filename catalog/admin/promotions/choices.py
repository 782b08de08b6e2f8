"""What a selection is put together of: categories, brands, collections, tags, attributes, products, SKUs, found by a part of their name."""

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from catalog.models import AttributeChoice, Brand, Category, Collection, LifeCycle, Product, ProductType, Variant
from catalog.services.collections import FACET_KINDS

EACH = 6

TAGS = """select distinct tag from catalog_product p, unnest(p.tags) tag where p.status <> 'archived' and tag ilike %s order by tag limit %s"""


def found(text: str) -> list[dict[str, str]]:
    """The first few of every sort. A fixed number of statements."""
    words = " ".join(text.split())[:60]
    return list(_all(words)) if words and "\0" not in words else list(_first())


def _first() -> Iterator[dict[str, str]]:
    """Before anything is written: the top of the tree."""
    for code, name in Category.objects.filter(parent=None).order_by("position", "name").values_list("code", "name")[:12]:
        yield _choice("category", code, name, _("Category"))


def _all(words: str) -> Iterator[dict[str, str]]:
    for group, model, sort in (
        ("category", Category, _("Category")),
        ("brand", Brand, _("Brand")),
        ("collection", Collection, _("Collection")),
        ("type", ProductType, _("Product type")),
    ):
        rows: Any = model
        for code, name in rows.objects.filter(name__icontains=words).order_by("name").values_list("code", "name")[:EACH]:
            yield _choice(group, code, name, sort)
    yield from _tags(words)
    choices = AttributeChoice.objects.filter(name__icontains=words, attribute__filterable=True, attribute__kind__in=FACET_KINDS)
    for attribute, title, code, name in choices.order_by("name").values_list("attribute__code", "attribute__name", "code", "name")[:EACH]:
        yield _choice(f"attribute.{attribute}", code, name, title)
    for value, name in LifeCycle.choices:
        if words.casefold() in str(name).casefold():
            yield _choice("life_cycle", value, str(name), _("Life cycle"))
    products = Product.objects.exclude(status=Product.Status.ARCHIVED).filter(name__icontains=words)
    for handle, name in products.order_by("sort_key").values_list("handle", "name")[:EACH]:
        yield _choice("product", handle, name, _("Product"))
    variants = Variant.objects.filter(archived_at=None, sku__istartswith=words)
    for sku, name in variants.order_by("sku").values_list("sku", "product__name")[:EACH]:
        yield _choice("sku", sku, sku, name)


def _tags(words: str) -> Iterator[dict[str, str]]:
    pattern = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    with connection.cursor() as cursor:
        cursor.execute(TAGS, [f"{pattern}%", EACH])
        for (tag,) in cursor.fetchall():
            yield _choice("tag", tag, tag, _("Tag"))


def _choice(group: str, value: str, name: str, sort: str) -> dict[str, str]:
    return {"facet": f"{group}:{value}", "name": str(name), "sort": str(sort)}

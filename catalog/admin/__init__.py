"""The catalogue in the back office."""

from catalog.admin import imports, products, search, structure, taxes
from catalog.admin.products import ProductAdmin, shop_currency

__all__ = ["ProductAdmin", "imports", "products", "search", "shop_currency", "structure", "taxes"]

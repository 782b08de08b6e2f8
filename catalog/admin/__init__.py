"""The catalogue in the back office."""

from catalog.admin import imports, products, structure
from catalog.admin.products import ProductAdmin, shop_currency

__all__ = ["ProductAdmin", "imports", "products", "shop_currency", "structure"]

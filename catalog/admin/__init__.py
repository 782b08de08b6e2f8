"""The catalogue in the back office."""

from catalog.admin import products, structure
from catalog.admin.products import ProductAdmin, shop_currency

__all__ = ["ProductAdmin", "products", "shop_currency", "structure"]

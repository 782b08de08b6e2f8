"""The catalogue in the back office."""

from catalog.admin import imports, prices, products, promotions, search, structure, taxes
from catalog.admin.products import ProductAdmin, shop_currency

__all__ = ["ProductAdmin", "imports", "prices", "products", "promotions", "search", "shop_currency", "structure", "taxes"]

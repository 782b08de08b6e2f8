"""The catalogue in the back office."""

from catalog.admin import products, structure
from catalog.admin.products import PriceForm, ProductAdmin, shop_currency

__all__ = ["PriceForm", "ProductAdmin", "products", "shop_currency", "structure"]

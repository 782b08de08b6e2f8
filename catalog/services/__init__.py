"""What can happen in the catalogue."""

from catalog.services.codes import GtinTaken, set_gtins
from catalog.services.prices import LastPrice, remove_price, set_price
from catalog.services.products import (
    HandleTaken,
    NewVariant,
    NothingToSell,
    NotOneOf,
    UnknownProduct,
    archive_product,
    change_product,
    create_product,
)
from catalog.services.shelves import CodeTaken, create_category, create_tax_class, ensure_brand, ensure_category
from catalog.services.variants import SkuTaken, UnknownVariant, add_variant, archive_variant, change_variant

__all__ = [
    "CodeTaken",
    "GtinTaken",
    "HandleTaken",
    "LastPrice",
    "NewVariant",
    "NotOneOf",
    "NothingToSell",
    "SkuTaken",
    "UnknownProduct",
    "UnknownVariant",
    "add_variant",
    "archive_product",
    "archive_variant",
    "change_product",
    "change_variant",
    "create_category",
    "create_product",
    "create_tax_class",
    "ensure_brand",
    "ensure_category",
    "remove_price",
    "set_gtins",
    "set_price",
]

"""What the catalogue stores: products and what they are sorted into, pictures, runs that changed many of them, and
the read models that doors answer from."""

from catalog.models.media import Media, ProductMedia
from catalog.models.prices import PriceChange, PriceEntry, PriceList, PriceListStore, PricePoint, Sticker
from catalog.models.products import Gtin, HandleRedirect, LifeCycle, Price, Product, Publication, StoreRange, Variant
from catalog.models.promotions import Coupon, Promotion, Redemption, Simulation
from catalog.models.reading import Card, PriceBookState, SearchEntry, SearchMiss, SearchPin, SearchWord, ShelfState, Synonym
from catalog.models.runs import ColumnMapping, ImportRun, PlannedChange, RefusedRow, Revision
from catalog.models.structure import (
    Attribute,
    AttributeChoice,
    Brand,
    Category,
    Collection,
    CollectionProduct,
    ProductType,
    TaxClass,
    TypeAttribute,
)
from catalog.models.taxes import ChannelTax, StoreTax, TaxExemption, TaxRate, TaxZone

__all__ = [
    "Attribute",
    "AttributeChoice",
    "Brand",
    "Card",
    "Category",
    "ChannelTax",
    "Collection",
    "CollectionProduct",
    "ColumnMapping",
    "Coupon",
    "Gtin",
    "HandleRedirect",
    "ImportRun",
    "LifeCycle",
    "Media",
    "PlannedChange",
    "Price",
    "PriceBookState",
    "PriceChange",
    "PriceEntry",
    "PriceList",
    "PriceListStore",
    "PricePoint",
    "Product",
    "ProductMedia",
    "ProductType",
    "Promotion",
    "Publication",
    "Redemption",
    "RefusedRow",
    "Revision",
    "SearchEntry",
    "SearchMiss",
    "SearchPin",
    "SearchWord",
    "ShelfState",
    "Simulation",
    "Sticker",
    "StoreRange",
    "StoreTax",
    "Synonym",
    "TaxClass",
    "TaxExemption",
    "TaxRate",
    "TaxZone",
    "TypeAttribute",
    "Variant",
]

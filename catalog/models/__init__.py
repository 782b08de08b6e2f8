"""What the catalogue stores: products and what they are sorted into, pictures, runs that changed many of them, and
the read models that doors answer from."""

from catalog.models.media import Media, ProductMedia
from catalog.models.products import Gtin, HandleRedirect, LifeCycle, Price, Product, Publication, StoreRange, Variant
from catalog.models.reading import Card, SearchEntry, SearchMiss, SearchPin, SearchWord, ShelfState, Synonym
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

__all__ = [
    "Attribute",
    "AttributeChoice",
    "Brand",
    "Card",
    "Category",
    "Collection",
    "CollectionProduct",
    "ColumnMapping",
    "Gtin",
    "HandleRedirect",
    "ImportRun",
    "LifeCycle",
    "Media",
    "PlannedChange",
    "Price",
    "Product",
    "ProductMedia",
    "ProductType",
    "Publication",
    "RefusedRow",
    "Revision",
    "SearchEntry",
    "SearchMiss",
    "SearchPin",
    "SearchWord",
    "ShelfState",
    "StoreRange",
    "Synonym",
    "TaxClass",
    "TypeAttribute",
    "Variant",
]

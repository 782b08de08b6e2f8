"""What happened in the catalogue."""

from dataclasses import dataclass
from typing import ClassVar

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ProductChanged(Event):
    """A product, one of its variants, codes or prices is new or different. Ask the catalogue for what it is now."""

    type: ClassVar[str] = "catalog.product.changed"
    aggregate_type: ClassVar[str] = "product"

    change: str
    """created, changed or archived."""
    handle: str
    status: str


@dataclass(frozen=True, kw_only=True)
class StructureChanged(Event):
    """What products are sorted into is new, different or gone: a brand, category, tax class, product type, attribute or collection.

    Cards of many products may say something else now. The aggregate is the row itself (see catalog.services.structure.identity).
    """

    type: ClassVar[str] = "catalog.structure.changed"

    kind: str
    """brand, category, tax_class, product_type, attribute or collection; the aggregate's type."""
    code: str
    change: str
    """created, changed or removed."""

    @property
    def aggregate_type(self) -> str:  # type: ignore[override]  # one event for six sorts of rows
        return self.kind


@dataclass(frozen=True, kw_only=True)
class PricesChanged(Event):
    """A price list is new or different, or prices of it were brought in, ended or taken back.

    What then begins or ends by the clock tells nobody again.
    """

    type: ClassVar[str] = "catalog.price_list.changed"
    aggregate_type: ClassVar[str] = "price_list"

    change: str
    """created, changed, archived or prices."""
    code: str


@dataclass(frozen=True, kw_only=True)
class PromotionChanged(Event):
    """A promotion is new, different, live, ended or taken back. Ask the catalogue for what it is now."""

    type: ClassVar[str] = "catalog.promotion.changed"
    aggregate_type: ClassVar[str] = "promotion"

    code: str
    change: str
    """created, changed, submitted, approved, refused or ended."""

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

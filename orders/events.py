"""What has happened to orders. Ids, codes and amounts; nothing that tells who bought."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """An order stands and is paid. Amounts are minor units of `currency`, quantities thousandths, `total` is what was paid, tax and all."""

    type: ClassVar[str] = "orders.order.placed"
    aggregate_type: ClassVar[str] = "order"

    number: str
    source: str
    """"till" or "web"."""
    channel: str
    """Channel code."""
    currency: str
    total: int
    tax: int
    tax_included: bool
    """Whether the lines' totals hold their tax; else it comes on top of them."""
    rounding: int
    business_date: str
    placed_at: str
    """When the sale was made, RFC 3339; a till that was offline tells later."""
    shift: UUID | None
    line_count: int
    lines: list[dict[str, Any]]
    """position, kind, variant, sku, quantity, total, tax, discounts (promotion, amount)."""
    payments: list[dict[str, Any]]
    """kind, amount."""

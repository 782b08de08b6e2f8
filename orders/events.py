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


@dataclass(frozen=True, kw_only=True)
class OrderConfirmed(Event):
    """An order stands and its goods are held; money is awaited. When it has come, orders.order.placed is told."""

    type: ClassVar[str] = "orders.order.confirmed"
    aggregate_type: ClassVar[str] = "order"

    number: str
    source: str
    channel: str
    """Channel code."""
    currency: str
    total: int
    due: int
    """What has not been paid."""
    business_date: str
    expires_at: str | None
    """Goods are kept until then, RFC 3339; None: without an end."""


@dataclass(frozen=True, kw_only=True)
class OrderChanged(Event):
    """Something else was done to an order. What it is now is asked for."""

    type: ClassVar[str] = "orders.order.changed"
    aggregate_type: ClassVar[str] = "order"

    number: str
    change: str
    """quoted, edited, held, let_go, part_paid, reviewed, returned, given_instead."""
    status: str
    total: int
    business_date: str


@dataclass(frozen=True, kw_only=True)
class OrderMailWanted(Event):
    """Somebody of the staff asks for a mail to be sent again. Who it goes to is read when it is sent."""

    type: ClassVar[str] = "orders.order.mail_wanted"
    aggregate_type: ClassVar[str] = "order"

    number: str
    what: str
    """confirmation: how the order stands. invoice: its newest invoice or credit note."""
    business_date: str


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(Event):
    """An order comes to nothing: goods, offers and money are given back."""

    type: ClassVar[str] = "orders.order.cancelled"
    aggregate_type: ClassVar[str] = "order"

    number: str
    reason: str
    currency: str
    total: int
    refunded: int
    """What had been paid and went back."""
    business_date: str


@dataclass(frozen=True, kw_only=True)
class OrderHandedOver(Event):
    """The goods have left, all of them."""

    type: ClassVar[str] = "orders.order.handed_over"
    aggregate_type: ClassVar[str] = "order"

    number: str
    handed_over_at: str
    """RFC 3339."""
    location: UUID | None
    """Where they left from."""
    business_date: str


@dataclass(frozen=True, kw_only=True)
class PaymentCaptured(Event):
    """A provider has taken money for an order. The aggregate is our attempt at it."""

    type: ClassVar[str] = "orders.payment.captured"
    aggregate_type: ClassVar[str] = "payment"

    order: UUID
    backend: str
    currency: str
    amount: int
    label: str
    """What people know it by: "Visa 4242"."""


@dataclass(frozen=True, kw_only=True)
class PaymentRefunded(Event):
    """A provider has given money back of what it had taken."""

    type: ClassVar[str] = "orders.payment.refunded"
    aggregate_type: ClassVar[str] = "payment"

    order: UUID
    """The order it was paid for."""
    backend: str
    currency: str
    amount: int
    refund: UUID


@dataclass(frozen=True, kw_only=True)
class OrderReturned(Event):
    """Goods came back; what was taken instead stands beside them. The aggregate is the return, a document of its own."""

    type: ClassVar[str] = "orders.order.returned"
    aggregate_type: ClassVar[str] = "order"

    number: str
    source: str
    channel: str
    """Channel code."""
    currency: str
    total: int
    """Below zero went back to the customer."""
    tax: int
    tax_included: bool
    rounding: int
    business_date: str
    placed_at: str
    """RFC 3339."""
    shift: UUID | None
    orders: list[str]
    """Whose goods came back; none without a receipt."""
    line_count: int
    lines: list[dict[str, Any]]
    """position, kind, variant, sku, quantity, total, tax, reason, condition; below zero came back."""
    payments: list[dict[str, Any]]
    """kind, amount; below zero went back."""

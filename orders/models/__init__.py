"""Orders, carts, money asked for and received, and what the books make of it."""

from orders.models.books import BookLine, Invoice, InvoiceSeries, PeriodLock
from orders.models.cart import Cart, DeliveryOption, DeliveryRate
from orders.models.order import Order, OrderLine, Payment
from orders.models.payments import Attempt, AttemptStep, Discrepancy, ProviderEvent, ProviderRefund
from orders.models.steps import Due, OrderStep

__all__ = [
    "Attempt",
    "AttemptStep",
    "BookLine",
    "Cart",
    "DeliveryOption",
    "DeliveryRate",
    "Discrepancy",
    "Due",
    "Invoice",
    "InvoiceSeries",
    "Order",
    "OrderLine",
    "OrderStep",
    "Payment",
    "PeriodLock",
    "ProviderEvent",
    "ProviderRefund",
]

"""Orders in the back office: found, looked at and acted on; how goods get to customers, money at gateways, invoices, the books."""

from orders.admin import books, delivery, invoices, of_customer, payments
from orders.admin.filters import StoreFilter
from orders.admin.orders import OrderAdmin

__all__ = ["OrderAdmin", "StoreFilter", "books", "delivery", "invoices", "of_customer", "payments"]

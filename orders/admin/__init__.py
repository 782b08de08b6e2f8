"""Orders in the back office: found, looked at and acted on; how goods get to customers, money at gateways, invoices, the books."""

from orders.admin import of_customer
from orders.admin.filters import StoreFilter
from orders.admin.orders import OrderAdmin

__all__ = ["OrderAdmin", "StoreFilter", "of_customer"]

"""Orders through REST: the same rows, rules and codes as orders.schema."""

from orders.api.orders import OrderById, OrderInFull, OrderList, OrderOut, reach

__all__ = ["OrderById", "OrderInFull", "OrderList", "OrderOut", "reach"]

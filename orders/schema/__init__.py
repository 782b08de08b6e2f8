"""Orders through GraphQL, a file for each thing that can be asked for or done; commerce.schema composes them."""

from orders.schema.checkout import CartMutation, CartQuery
from orders.schema.life import Mutation as LifeMutation
from orders.schema.orders import Order, OrderConnection, OrderEdge, OrderLine, OrderLineDiscount, OrderLineTax, OrderPayment, Query
from orders.schema.returns import ReturnMutation, ReturnQuery

__all__ = [
    "CartMutation",
    "CartQuery",
    "LifeMutation",
    "Order",
    "OrderConnection",
    "OrderEdge",
    "OrderLine",
    "OrderLineDiscount",
    "OrderLineTax",
    "OrderPayment",
    "Query",
    "ReturnMutation",
    "ReturnQuery",
]

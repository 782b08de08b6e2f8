"""What can be asked about orders, carts, payments and books. Amounts are minor units."""

from orders.queries.orders import (
    ORDER_COLUMNS,
    LineRow,
    OrderDetail,
    OrderRow,
    PaymentRow,
    Totals,
    detail,
    details,
    lines,
    page,
    payments,
    totals_by_day,
    totals_by_shift,
)

__all__ = [
    "ORDER_COLUMNS",
    "LineRow",
    "OrderDetail",
    "OrderRow",
    "PaymentRow",
    "Totals",
    "detail",
    "details",
    "lines",
    "page",
    "payments",
    "totals_by_day",
    "totals_by_shift",
]

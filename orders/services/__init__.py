"""What can happen to orders: they are placed."""

from orders.services.cancelling import cancel, expire
from orders.services.handing_over import hand_over
from orders.services.history import Loaded, load_history
from orders.services.history import WrongFile as WrongHistoryFile
from orders.services.life import (
    Moved,
    OrderChangedMeanwhile,
    OrderState,
    UnknownOrder,
    hold,
    let_go,
    mark_paid,
    put_to_review,
    record_step,
    settle_review,
)
from orders.services.placing import place, refusal_of
from orders.services.returning import Quote, Refund, Returned, ReturnLine, quote_return, return_and_refund, return_goods
from orders.services.sales import MANUAL, MARKDOWN, NotASale, NumberTaken, Placed, Sale, SaleLine, SalePayment, Unbalanced, check

__all__ = [
    "MANUAL",
    "Loaded",
    "MARKDOWN",
    "Moved",
    "NotASale",
    "NumberTaken",
    "OrderChangedMeanwhile",
    "OrderState",
    "Placed",
    "Quote",
    "Refund",
    "ReturnLine",
    "Returned",
    "Sale",
    "SaleLine",
    "SalePayment",
    "Unbalanced",
    "UnknownOrder",
    "WrongHistoryFile",
    "cancel",
    "check",
    "expire",
    "hand_over",
    "hold",
    "let_go",
    "load_history",
    "mark_paid",
    "place",
    "put_to_review",
    "quote_return",
    "record_step",
    "refusal_of",
    "return_and_refund",
    "return_goods",
    "settle_review",
]

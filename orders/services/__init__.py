"""What can happen to orders: they are placed."""

from orders.services.life import record_step
from orders.services.placing import place, refusal_of
from orders.services.sales import MANUAL, MARKDOWN, NotASale, NumberTaken, Placed, Sale, SaleLine, SalePayment, Unbalanced, check

__all__ = [
    "MANUAL",
    "MARKDOWN",
    "NotASale",
    "NumberTaken",
    "Placed",
    "Sale",
    "SaleLine",
    "SalePayment",
    "Unbalanced",
    "check",
    "place",
    "record_step",
    "refusal_of",
]

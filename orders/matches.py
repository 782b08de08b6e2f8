"""Which orders somebody means by what they type from a receipt or a screen: ids out, for lists to narrow themselves by."""

from typing import Any

from django.db.models import QuerySet

from orders.models import Order
from org.queries import open_stores


def orders(term: str) -> QuerySet[Any]:
    """By the beginning of the number, or a receipt's number without the store's code before it."""
    number = term.upper()
    receipts = [f"{store.code.upper()}-{number}" for store in open_stores()]
    begun = Order.objects.filter(number__startswith=number).order_by().values_list("id")
    return begun.union(Order.objects.filter(number__in=receipts).order_by().values_list("id"), all=True)

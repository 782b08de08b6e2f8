"""Which orders somebody means who asks for support: by number, by who bought, by what was bought. Ids out, for lists to narrow themselves by."""

import re
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from catalog.models import Gtin, Variant
from customers.models import Customer
from orders import matches
from orders.models import Order, OrderLine

# Of goods that half the orders hold, some are enough: nobody looks through more.
MOST_OF_A_SKU = 10_001


def orders(*, term: str, people: Collection[UUID] = ()) -> QuerySet[Any]:
    """`people`: customers whom the term names by what is sealed, an e-mail address or a phone; whoever asks here may know of them."""
    found = [matches.orders(term)]
    if variants := _goods(term):
        found.append(OrderLine.objects.filter(variant__in=variants).order_by().values_list("order_id")[:MOST_OF_A_SKU])
    buyers = {*people, *Customer.objects.filter(number=term.upper()).values_list("id", flat=True)}
    if buyers:
        found.append(Order.objects.filter(customer__in=buyers).order_by().values_list("id"))
    first, *others = found
    return first.union(*others, all=True) if others else first


def _goods(term: str) -> list[UUID]:
    found = list(Variant.objects.filter(sku__iexact=term).values_list("id", flat=True)[:20])
    if not found and re.fullmatch(r"[0-9]{8,14}", term, re.ASCII):
        found = list(Gtin.objects.filter(gtin=term.zfill(14)).values_list("variant_id", flat=True)[:20])
    return found

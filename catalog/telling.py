"""What both doors say of a document in the same words."""

from functools import lru_cache
from typing import Any

from django.conf import settings

from catalog.documents import Document
from catalog.unit_price import unit_price
from kernel.money import format_amount

# A shop has few different prices, and tells each of them thousands of times.
price_text = lru_cache(maxsize=10_000)(format_amount)


def media_url(file: str) -> str:
    return f"{settings.MEDIA_URL}{file}"


def unit_price_of(variant: Document, currency: str | None = None) -> dict[str, Any] | None:
    """By the price in this currency, or by the first; by what one pays when a promotion takes something off."""
    price = next((price for price in variant["prices"] if currency in (None, price["currency"])), None)
    if price is None:
        return None
    content = {"net_content": variant["net_content"], "net_unit": variant["net_unit"], "sold_by": variant["sold_by"]}
    promotional = price.get("promotional_amount")
    found = unit_price(amount=price["amount"] if promotional is None else promotional, price_quantity=price["price_quantity"], **content)
    if found is None:
        return None
    formatted = price_text(found.amount, price["currency"])
    return {"amount": found.amount, "currency": price["currency"], "formatted": formatted, "unit": found.unit}

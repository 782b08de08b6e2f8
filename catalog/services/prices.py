"""Prices: minor units of a currency for an amount of the thing."""

import re
from datetime import datetime
from uuid import UUID

from catalog.models import Price, Product, Variant
from catalog.services import changes
from catalog.services.price_review import must_not_need_approval
from kernel.errors import Invalid, Refused

# What JavaScript holds exactly, with room for a basket: 10 billion in a currency of two decimals.
HIGHEST = 1_000_000_000_000
# Thousandths.
WIDEST = 1_000_000_000


class LastPrice(Refused):
    code = "last_price_of_active_product"
    title = "An active product keeps a price; archive it or make it a draft first"


def set_price(*, variant: UUID, currency: str, amount: int, now: datetime, actor: UUID | None, price_quantity: int = 1000) -> Price:
    """`amount` minor units for `price_quantity` thousandths: 320 for 1000 is 3.20 each, or per kg. Refused with needs_approval when the settings
    ask for a second person: such a price comes in by a price list."""
    with changes.changing(product=changes.product_of(variant), now=now, actor=actor) as change:
        before = Price.objects.filter(variant_id=variant, currency=currency).first()
        if before is not None and (before.amount, before.price_quantity) == (amount, price_quantity):
            return before
        change.kind = "changed"
        row = Variant.objects.select_related("product__tax_class").get(id=variant)
        must_not_need_approval(row, currency=currency, amount=amount, price_quantity=price_quantity)
        return put_price(row, currency=currency, amount=amount, price_quantity=price_quantity)


def remove_price(*, variant: UUID, currency: str, now: datetime, actor: UUID | None) -> None:
    with changes.changing(product=changes.product_of(variant), now=now, actor=actor) as change:
        removed, _ = Price.objects.filter(variant_id=variant, currency=currency).delete()
        if removed:
            change.kind = "changed"
            must_keep_a_price(change.product, field="currency")


def must_keep_a_price(product: Product, *, field: str) -> None:
    """After a price or a variant went away."""
    if product.status == Product.Status.ACTIVE and not product.variants.filter(archived_at=None, prices__isnull=False).exists():
        raise LastPrice(field=field)


def put_price(row: Variant, *, currency: str, amount: int, price_quantity: int) -> Price:
    """Inside the transaction that holds the product."""
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Invalid(f"“{currency}” is not a currency code such as EUR.", field="currency")
    if not 0 <= amount <= HIGHEST:
        raise Invalid("A price is zero or more, and at most ten billion.", field="amount")
    if not 0 < price_quantity <= WIDEST:
        raise Invalid("A price is for more than nothing, and for at most a million.", field="price_quantity")
    price, _ = Price.objects.update_or_create(variant=row, currency=currency, defaults={"amount": amount, "price_quantity": price_quantity})
    return price

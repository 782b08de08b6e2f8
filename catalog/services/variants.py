"""Variants: what is counted, priced and scanned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError

from catalog.models import Product, Variant
from catalog.services import changes
from catalog.services.changes import NotOneOf, UnknownVariant
from catalog.services.codes import put_gtins
from catalog.services.prices import put_price
from kernel.errors import Conflict, Invalid

__all__ = ["NewVariant", "NotOneOf", "SkuTaken", "UnknownVariant", "add_variant", "archive_variant", "change_variant", "insert_variants"]

CHANGEABLE = frozenset({"sku", "name", "options", "net_content", "net_unit", "sold_by", "position"})


class SkuTaken(Conflict):
    code = "sku_taken"
    title = "Another variant has this SKU"


@dataclass(frozen=True, kw_only=True)
class NewVariant:
    """`prices`: currency to minor units for `price_quantity` thousandths. `net_content`: thousandths of `net_unit`."""

    sku: str
    name: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    net_content: int | None = None
    net_unit: str = ""
    sold_by: str = Variant.SoldBy.EACH
    gtins: Sequence[str] = ()
    prices: Mapping[str, int] = field(default_factory=dict)
    price_quantity: int = 1000


def add_variant(*, product: UUID, variant: NewVariant, now: datetime, actor: UUID | None) -> Variant:
    with changes.changing(product=product, now=now, actor=actor) as change:
        change.kind = "changed"
        return insert_variants(change.product, [variant])[0]


def change_variant(*, variant: UUID, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> Variant:
    """Sets the named fields (see CHANGEABLE). Codes and prices have their own functions."""
    unknown = sorted(set(fields) - CHANGEABLE)
    if unknown:
        raise NotOneOf(f"{', '.join(unknown)} cannot be changed here.", field=unknown[0])
    with changes.changing(product=changes.product_of(variant), now=now, actor=actor) as change:
        row = Variant.objects.get(id=variant)
        different = {name: value for name, value in fields.items() if getattr(row, name) != value}
        for name, value in different.items():
            setattr(row, name, value)
        if different:
            change.kind = "changed"
            _check(row)
            row.save()
    return row


def archive_variant(*, variant: UUID, now: datetime, actor: UUID | None) -> Variant:
    with changes.changing(product=changes.product_of(variant), now=now, actor=actor) as change:
        row = Variant.objects.get(id=variant)
        if row.archived_at is None:
            row.archived_at = now
            row.save(update_fields=["archived_at"])
            change.kind = "changed"
    return row


def insert_variants(product: Product, variants: Sequence[NewVariant]) -> list[Variant]:
    """Inside the transaction that holds the product."""
    first = product.variants.count()
    rows = []
    for position, new in enumerate(variants, start=first):
        row = Variant(
            product=product,
            sku=new.sku.strip(),
            name=new.name,
            options=dict(new.options),
            net_content=new.net_content,
            net_unit=new.net_unit,
            sold_by=new.sold_by,
            position=position,
        )
        _check(row)
        row.save(force_insert=True)
        put_gtins(row, new.gtins)
        for currency, amount in new.prices.items():
            put_price(row, currency=currency, amount=amount, price_quantity=new.price_quantity)
        rows.append(row)
    return rows


def _check(row: Variant) -> None:
    try:
        row.clean_fields(exclude=["product"])
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error
    if row.net_content is not None and (row.net_content <= 0 or not row.net_unit):
        raise Invalid("Net content is more than zero and has a unit.", field="net_content")
    if Variant.objects.filter(sku=row.sku).exclude(id=row.id).exists():
        raise SkuTaken(f"Another variant has the SKU {row.sku}.", field="sku")

"""Variants: what is counted, priced and scanned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError

from catalog.models import Product, Variant
from catalog.services import changes, translations
from catalog.services.changes import NotOneOf, UnknownVariant
from catalog.services.codes import put_gtins
from catalog.services.prices import HIGHEST, must_keep_a_price, put_price
from kernel.errors import Conflict, Invalid

__all__ = [
    "NewVariant",
    "NotOneOf",
    "SkuTaken",
    "UnknownVariant",
    "add_variant",
    "archive_variant",
    "change_variant",
    "insert_variants",
    "restore_variant",
]

CHANGEABLE = frozenset({"sku", "name", "options", "net_content", "net_unit", "sold_by", "position", "reference_cost", "deposit", "translations"})


class SkuTaken(Conflict):
    code = "sku_taken"
    title = "Another variant has this SKU"


@dataclass(frozen=True, kw_only=True)
class NewVariant:
    """`prices`: currency to minor units for `price_quantity` thousandths. `net_content`: thousandths of `net_unit`.
    `reference_cost`: minor units of the company's currency for 1000 thousandths. `deposit`: the variant charged with it."""

    sku: str
    name: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    net_content: int | None = None
    net_unit: str = ""
    sold_by: str = Variant.SoldBy.EACH
    gtins: Sequence[str] = ()
    prices: Mapping[str, int] = field(default_factory=dict)
    price_quantity: int = 1000
    reference_cost: int | None = None
    deposit: Variant | None = None
    translations: Mapping[str, object] = field(default_factory=dict)


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
        if assign(row, fields):
            change.kind = "changed"
    return row


def assign(row: Variant, fields: Mapping[str, object]) -> bool:
    """Inside an open change: sets, checks and saves the fields. Whether anything is different."""
    given = dict(fields)
    if "translations" in given:
        given["translations"] = translations.checked(given["translations"], translations.NAME)
    different = {name: value for name, value in given.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    if different:
        _check(row)
        row.save()
    return bool(different)


def archive_variant(*, variant: UUID, now: datetime, actor: UUID | None) -> Variant:
    """No longer sold, and kept. The last one with a price of an active product stays: LastPrice."""
    with changes.changing(product=changes.product_of(variant), now=now, actor=actor) as change:
        row = Variant.objects.get(id=variant)
        if row.archived_at is None:
            row.archived_at = now
            row.save(update_fields=["archived_at"])
            must_keep_a_price(change.product, field="variant")
            change.kind = "changed"
    return row


def restore_variant(*, variant: UUID, now: datetime, actor: UUID | None) -> Variant:
    """Back among what is sold."""
    with changes.changing(product=changes.product_of(variant), now=now, actor=actor) as change:
        row = Variant.objects.get(id=variant)
        if row.archived_at is not None:
            row.archived_at = None
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
            reference_cost=new.reference_cost,
            deposit=new.deposit,
            translations=dict(new.translations),
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
    row.translations = translations.checked(row.translations, translations.NAME)
    try:
        row.clean_fields(exclude=["product"])
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error
    if row.net_content is not None and (row.net_content <= 0 or not row.net_unit):
        raise Invalid("Net content is more than zero and has a unit.", field="net_content")
    if row.reference_cost is not None and not 0 <= row.reference_cost <= HIGHEST:
        raise Invalid("What it costs is zero or more, and at most ten billion.", field="reference_cost")
    _check_deposit(row)
    if Variant.objects.filter(sku=row.sku).exclude(id=row.id).exists():
        raise SkuTaken(f"Another variant has the SKU {row.sku}.", field="sku")


def _check_deposit(row: Variant) -> None:
    if row.deposit is None:
        return
    if row.deposit_id == row.id:
        raise Invalid("A variant is not its own deposit.", field="deposit")
    # One step, so that a till adds one line and knows the sum.
    if row.deposit.deposit_id is not None or Variant.objects.filter(deposit=row.id).exists():
        raise Invalid("A deposit carries no deposit of its own.", field="deposit")

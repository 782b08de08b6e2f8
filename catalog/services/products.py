"""Products: made, changed, archived. A product with its variants, codes and prices is made whole or not at all."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError

from catalog import markup, names
from catalog.models import Brand, Category, Product, TaxClass
from catalog.services import changes
from catalog.services.changes import NotOneOf, UnknownProduct
from catalog.services.variants import NewVariant, insert_variants
from kernel.errors import Conflict, Invalid, Refused

__all__ = [
    "HandleTaken",
    "NewVariant",
    "NotOneOf",
    "NothingToSell",
    "UnknownProduct",
    "archive_product",
    "change_product",
    "create_product",
]

CHANGEABLE = frozenset({"name", "handle", "description", "brand", "category", "tax_class", "status", "tile", "image_url"})


class HandleTaken(Conflict):
    code = "handle_taken"
    title = "Another product has this handle"


class NothingToSell(Refused):
    code = "product_without_price"
    title = "A product needs a variant with a price before it can be sold"


def create_product(
    *,
    name: str,
    tax_class: TaxClass,
    variants: Sequence[NewVariant],
    now: datetime,
    actor: UUID | None,
    handle: str = "",
    description: str = "",
    brand: Brand | None = None,
    category: Category | None = None,
    status: str = Product.Status.DRAFT,
    tile: str = "",
    image_url: str = "",
) -> Product:
    """`handle` is made from the name when it is not given. Prices are in minor units (see NewVariant)."""
    product = Product(
        name=name.strip(),
        handle=handle or names.handle(name),
        description=description,
        brand=brand,
        category=category,
        tax_class=tax_class,
        status=status,
        tile=tile,
        image_url=image_url,
        created_at=now,
        updated_at=now,
    )
    product.handle = product.handle or f"product-{product.id.hex[-8:]}"
    with changes.written_by(actor):
        _settle(product, now=now)
        product.save(force_insert=True)
        insert_variants(product, variants)
        _must_be_sellable(product)
        changes.record_created(product, now=now)
    return product


def change_product(*, product: UUID, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> Product:
    """Sets the named fields (see CHANGEABLE). Nothing different: nothing written, no event."""
    unknown = sorted(set(fields) - CHANGEABLE)
    if unknown:
        raise NotOneOf(f"{', '.join(unknown)} cannot be changed here.", field=unknown[0])
    with changes.changing(product=product, now=now, actor=actor) as change:
        different = {name: value for name, value in fields.items() if getattr(change.product, name) != value}
        for name, value in different.items():
            setattr(change.product, name, value)
        if different:
            change.kind = "archived" if different.get("status") == Product.Status.ARCHIVED else "changed"
            _settle(change.product, now=now)
            _must_be_sellable(change.product)
    return change.product


def archive_product(*, product: UUID, now: datetime, actor: UUID | None) -> Product:
    """Taken off every shelf and kept: it may have been sold. Set another status to bring it back."""
    return change_product(product=product, fields={"status": Product.Status.ARCHIVED}, now=now, actor=actor)


def _settle(product: Product, *, now: datetime) -> None:
    """What follows from the other fields, then the fields' own rules."""
    product.sort_key = names.sort_key(product.name)
    product.description = markup.cleaned(product.description)
    archived = product.status == Product.Status.ARCHIVED
    product.archived_at = (product.archived_at or now) if archived else None
    try:
        product.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error
    if Product.objects.filter(handle=product.handle).exclude(id=product.id).exists():
        raise HandleTaken(f"Another product has the handle {product.handle}.", field="handle")


def _must_be_sellable(product: Product) -> None:
    if product.status == Product.Status.ACTIVE and not product.variants.filter(archived_at=None, prices__isnull=False).exists():
        raise NothingToSell(field="status")

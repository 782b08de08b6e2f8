"""Products: made, changed, archived. A product with its variants, codes and prices is made whole or not at all."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError

from catalog import markup, names
from catalog.models import Brand, Category, HandleRedirect, LifeCycle, Product, ProductType, TaxClass
from catalog.services import attributes as values
from catalog.services import changes, translations
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

# What create_product may be given beside, and change_product may set.
DETAILS: Final = (
    frozenset({"description", "brand", "category", "type", "attributes", "tags", "status", "life_cycle", "age_limit"})
    | frozenset({"tracks_serials", "tracks_lots", "tile", "image_url", "seo_title", "seo_description", "translations"})
)  # fmt: skip
CHANGEABLE: Final = DETAILS | {"name", "handle", "tax_class"}


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
    type: ProductType | None = None,
    attributes: Mapping[str, object] | None = None,
    tags: Sequence[str] = (),
    status: str = Product.Status.DRAFT,
    life_cycle: str = LifeCycle.ACTIVE,
    tile: str = "",
    image_url: str = "",
    **details: Any,
) -> Product:
    """`handle` is made from the name when it is not given. Prices are in minor units (see NewVariant). `details`: the others of DETAILS."""
    _must_be_among(details, DETAILS)
    product = Product(
        name=name.strip(),
        handle=handle or names.handle(name),
        description=description,
        brand=brand,
        category=category,
        tax_class=tax_class,
        type=type,
        attributes=values.checked(type, attributes or {}),
        tags=names.tags(tags),
        status=status,
        life_cycle=life_cycle,
        tile=tile,
        image_url=image_url,
        created_at=now,
        updated_at=now,
        **details,
    )
    product.handle = product.handle or f"product-{product.id.hex[-8:]}"
    with _one_handle(product.handle), changes.one_holder(), changes.written_by(actor):
        _settle(product, now=now)
        product.save(force_insert=True)
        free_handle(product.handle)
        insert_variants(product, variants)
        _must_be_sellable(product)
        changes.record_created(product, now=now)
    return product


def change_product(*, product: UUID, fields: Mapping[str, object], now: datetime, actor: UUID | None) -> Product:
    """Sets the named fields (see CHANGEABLE). Nothing different: nothing written, no event.

    `attributes` sets those it names and takes those away that it names with None or an empty text; a new `type` drops what it has no
    attribute for. `tags` and `translations` are set as a whole. The address a product had before goes on leading to it.
    """
    _must_be_among(fields, CHANGEABLE)
    with _one_handle(str(fields.get("handle", ""))), changes.changing(product=product, now=now, actor=actor) as change:
        before = change.product.status
        if assign(change.product, fields, now=now):
            change.kind = "archived" if change.product.status == Product.Status.ARCHIVED != before else "changed"
    return change.product


def assign(product: Product, fields: Mapping[str, object], *, now: datetime) -> bool:
    """Inside an open change: sets and checks the fields; the change saves them. Whether anything is different."""
    given = dict(fields)
    if "tags" in given:
        given["tags"] = names.tags(given["tags"])  # type: ignore[arg-type]  # a list of texts
    if "attributes" in given or given.get("type", product.type) != product.type:
        given["attributes"] = _attributes(product, given)
    if "translations" in given:
        given["translations"] = translations.checked(given["translations"])
    different = {name: value for name, value in given.items() if getattr(product, name) != value}
    handle = product.handle
    for name, value in different.items():
        setattr(product, name, value)
    if different:
        _settle(product, now=now)
        _must_be_sellable(product)
    if product.handle != handle:
        free_handle(product.handle)
        HandleRedirect.objects.update_or_create(handle=handle, defaults={"product": product})
    return bool(different)


def free_handle(handle: str) -> None:
    """Somebody has this handle now: whoever had it before is no longer found by it."""
    HandleRedirect.objects.filter(handle=handle).delete()


def _attributes(product: Product, given: Mapping[str, Any]) -> dict[str, Any]:
    rules = values.rules_of(given.get("type", product.type))
    kept = {code: value for code, value in product.attributes.items() if code in rules}
    told = given.get("attributes", {})
    read = values.checked_by(rules, told)
    return {code: value for code in rules if (value := read.get(code) if code in told else kept.get(code)) is not None}


def archive_product(*, product: UUID, now: datetime, actor: UUID | None) -> Product:
    """Taken off every shelf and kept: it may have been sold. Set another status to bring it back."""
    return change_product(product=product, fields={"status": Product.Status.ARCHIVED}, now=now, actor=actor)


def _settle(product: Product, *, now: datetime) -> None:
    """What follows from the other fields, then the fields' own rules."""
    product.sort_key = names.sort_key(product.name)
    product.description = markup.cleaned(product.description)
    product.translations = translations.checked(product.translations)
    archived = product.status == Product.Status.ARCHIVED
    product.archived_at = (product.archived_at or now) if archived else None
    try:
        product.clean_fields()
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=name) from error
    if product.age_limit is not None and not 1 <= product.age_limit <= 99:
        raise Invalid("An age limit is from 1 to 99 years; leave it empty when there is none.", field="age_limit")
    if Product.objects.filter(handle=product.handle).exclude(id=product.id).exists():
        raise _taken(product.handle)


def _taken(handle: str) -> HandleTaken:
    return HandleTaken(f"Another product has the handle {handle}.", field="handle")


@contextmanager
def _one_handle(handle: str) -> Iterator[None]:
    """Two people may take it at once: the database lets one of them."""
    try:
        yield
    except changes.TakenMeanwhile as error:
        if error.field != "handle":
            raise
        raise _taken(handle) from error


def _must_be_sellable(product: Product) -> None:
    if product.status == Product.Status.ACTIVE and not product.variants.filter(archived_at=None, prices__isnull=False).exists():
        raise NothingToSell(field="status")


def _must_be_among(fields: Mapping[str, object], known: frozenset[str]) -> None:
    unknown = sorted(set(fields) - known)
    if unknown:
        raise NotOneOf(f"{', '.join(unknown)} cannot be changed here.", field=unknown[0])

"""A new product made of one there is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from catalog.models import CollectionProduct, HandleRedirect, Price, Product, ProductMedia, Variant
from catalog.services import changes
from catalog.services.attributes import rules_of
from catalog.services.changes import UnknownProduct
from catalog.services.products import create_product
from catalog.services.variants import NewVariant

SAME = ("tax_class", "description", "brand", "category", "type", "attributes", "tags", "life_cycle", "age_limit", "tracks_serials", "tracks_lots")
TEXTS = ("tile", "image_url", "seo_title", "seo_description", "translations")


def duplicate_product(*, product: UUID, now: datetime, actor: UUID | None, name: str = "") -> Product:
    """A draft with the same texts, attributes, pictures, collections and prices; its own handle and SKUs (…-COPY), no codes on the pack,
    nothing said of channels and stores. Archived variants stay behind."""
    with changes.written_by(actor):
        source = Product.objects.select_related("type").filter(id=product).first()
        if source is None:
            raise UnknownProduct(field="product")
        variants = list(source.variants.filter(archived_at=None).order_by("position", "id").prefetch_related("prices"))
        details: dict[str, Any] = {field: getattr(source, field) for field in (*SAME, *TEXTS)}
        # Of attributes that its type has left out since, the source keeps its values; a new product begins without them.
        details["attributes"] = {code: value for code, value in source.attributes.items() if code in rules_of(source.type)}
        made = create_product(
            name=name or f"{source.name[:290]} (copy)",
            handle=_free_handle(source.handle),
            variants=_copies(variants),
            now=now,
            actor=actor,
            **details,
        )
        twins = dict(zip((row.pk for row in variants), made.variants.order_by("position", "id"), strict=True))
        _copy_prices(variants, twins)
        _copy_pictures(source, made, twins)
        _copy_collections(source, made)
    return made


def _copies(variants: list[Variant]) -> list[NewVariant]:
    taken: set[str] = set()
    copies = []
    for row in variants:
        sku = _free_sku(row.sku, taken)
        taken.add(sku)
        copies.append(
            NewVariant(
                sku=sku,
                name=row.name,
                options=row.options,
                net_content=row.net_content,
                net_unit=row.net_unit,
                sold_by=row.sold_by,
                reference_cost=row.reference_cost,
                deposit=row.deposit,
                translations=row.translations,
            )
        )
    return copies


def _free_handle(handle: str) -> str:
    base = handle[:190]
    wanted = {base + _suffix("-copy", number) for number in range(1, 1000)}
    # One that leads elsewhere from an old address is left alone too.
    taken = set(Product.objects.filter(handle__in=wanted).values_list("handle", flat=True))
    taken |= set(HandleRedirect.objects.filter(handle__in=wanted).values_list("handle", flat=True))
    return next(base + _suffix("-copy", number) for number in range(1, 1000) if base + _suffix("-copy", number) not in taken)


def _free_sku(sku: str, taken: set[str]) -> str:
    wanted = [sku[:50] + _suffix("-COPY", number) for number in range(1, 1000)]
    held = set(Variant.objects.filter(sku__in=wanted).values_list("sku", flat=True)) | taken
    return next(one for one in wanted if one not in held)


def _suffix(word: str, number: int) -> str:
    return word if number == 1 else f"{word}-{number}"


def _copy_prices(variants: list[Variant], twins: dict[UUID, Variant]) -> None:
    Price.objects.bulk_create(
        Price(variant=twins[row.pk], currency=price.currency, amount=price.amount, price_quantity=price.price_quantity)
        for row in variants
        for price in row.prices.all()
    )


def _copy_pictures(source: Product, made: Product, twins: dict[UUID, Variant]) -> None:
    shown = [row for row in source.pictures.order_by("position", "id") if row.variant_id is None or row.variant_id in twins]
    ProductMedia.objects.bulk_create(
        ProductMedia(
            product=made, variant=twins[row.variant_id] if row.variant_id else None, media_id=row.media_id, alt=row.alt, position=row.position
        )
        for row in shown
    )


def _copy_collections(source: Product, made: Product) -> None:
    CollectionProduct.objects.bulk_create(
        CollectionProduct(collection_id=row.collection_id, product=made, position=row.position) for row in source.memberships.all()
    )

"""The same done to many products: what can be done is done, and what cannot is named with its reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.models import Product
from catalog.services import changes
from catalog.services.products import archive_product, change_product
from catalog.services.publishing import publish
from kernel.errors import Invalid, Refused

MOST = 500


class TooManyProducts(Invalid):
    code = "too_many_products"
    title = "These are too many products for one go"


@dataclass(frozen=True, kw_only=True)
class Bulk:
    """`unchanged` were so before. `refused`: name of the product and why not."""

    done: int = 0
    unchanged: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


def publish_products(*, products: Sequence[UUID], now: datetime, actor: UUID | None) -> Bulk:
    def one(product: Product) -> bool:
        publish(product=product.id, now=now, actor=None)
        return product.status != Product.Status.ACTIVE

    return _each(products, one, actor=actor)


def archive_products(*, products: Sequence[UUID], now: datetime, actor: UUID | None) -> Bulk:
    def one(product: Product) -> bool:
        archive_product(product=product.id, now=now, actor=None)
        return product.status != Product.Status.ARCHIVED

    return _each(products, one, actor=actor)


def tag_products(*, products: Sequence[UUID], tag: str, now: datetime, actor: UUID | None) -> Bulk:
    """`tag` as people write it; kept in lower case."""
    tag = " ".join(tag.split()).casefold()
    if not tag or len(tag) > 60:
        raise Invalid("A tag has 1 to 60 characters.", field="tag")

    def one(product: Product) -> bool:
        change_product(product=product.id, fields={"tags": sorted({*product.tags, tag})}, now=now, actor=None)
        return tag not in product.tags

    return _each(products, one, actor=actor)


def _each(products: Sequence[UUID], one: Callable[[Product], bool], *, actor: UUID | None) -> Bulk:
    """One transaction, a savepoint a product. In order of their ids, so that two such runs do not wait for each other in a circle."""
    if len(products) > MOST:
        raise TooManyProducts(f"Choose at most {MOST} products at a time; these are {len(products):,}.")
    done, same, refused = 0, 0, []
    with changes.written_by(actor):
        for product in Product.objects.filter(id__in=products).order_by("id"):
            try:
                with transaction.atomic():
                    changed = one(product)
            except Refused as reason:
                refused.append((product.name, reason.message))
            else:
                done, same = done + changed, same + (not changed)
    return Bulk(done=done, unchanged=same, refused=refused)

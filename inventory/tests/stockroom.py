"""Places and goods to move about."""

from dataclasses import dataclass
from uuid import UUID

from catalog.models import Product, TaxClass, Variant
from inventory import services
from org.tests.cast import NOW, Cast, open_shop


@dataclass(frozen=True)
class Stockroom:
    cast: Cast
    northside: UUID
    riverside: UUID
    variants: list[UUID]


def stock_up(*, variants: int = 8) -> Stockroom:
    cast = open_shop()
    places = [services.create_location(code=store.code, name=store.name, store=store).id for store in (cast.northside, cast.riverside)]
    tax = TaxClass.objects.create(code="food", name="Food", rate=70_000)
    product = Product.objects.create(handle="milk", name="Milk", sort_key="milk", tax_class=tax, created_at=NOW, updated_at=NOW)
    made = Variant.objects.bulk_create([Variant(product=product, sku=f"MILK-{n}") for n in range(variants)])
    return Stockroom(cast=cast, northside=places[0], riverside=places[1], variants=[variant.id for variant in made])

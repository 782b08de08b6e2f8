"""What the tests of stock's pages share: places, levels, what a browser sends of a table, a recall."""

from datetime import date
from typing import Any
from uuid import uuid4

from backoffice.tests import shop as house
from catalog.models import Product
from inventory import services
from inventory.models import Level, Location, Recall


def place(shop: house.Shop, code: str = "northside") -> Location:
    return Location.objects.get(code=code)


def level_of(shop: house.Shop, number: int = 0, code: str = "northside") -> Level:
    return Level.objects.get(variant=shop.variants[number].pk, location__code=code)


def rows(*codes: Any, **columns: Any) -> dict[str, Any]:
    """What a browser sends of a table: a list for each column, and a spare row below."""
    names = ("quantity", "cost", "lot", "expires_on", "serials")
    return {"row-code": [*codes, ""]} | {f"row-{name}": [*columns.get(name, [""] * len(codes)), ""] for name in names}


def receipt(shop: house.Shop, *codes: Any, code: str = "northside", **columns: Any) -> dict[str, Any]:
    return {"location": str(place(shop, code).pk), "supplier": "Harbour", "paper": "DN-1", "reference": str(uuid4()), **rows(*codes, **columns)}


def recalled(shop: house.Shop, moment: Any) -> Recall:
    product = Product.objects.get(pk=shop.variants[0].product_id)
    Product.objects.filter(pk=product.pk).update(tracks_lots=True)
    for code in ("northside", "riverside"):
        line = services.ReceiptLine(variant=shop.variants[0].pk, quantity=5000, lot="L1", expires_on=date(2030, 1, 1))
        services.receive(location=place(shop, code).pk, lines=[line], occurred_at=moment, reference=uuid4(), actor=None, now=moment)
    return services.recall(variant=shop.variants[0].pk, code="L1", reason="Glass in it", actor=shop.owner.pk, now=moment)

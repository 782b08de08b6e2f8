"""Where the demo's goods lie: two shop floors and a warehouse, what each does for the shop, and what is kept how."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from catalog import gtin
from catalog import services as catalog
from demo import queries
from inventory import services as inventory
from org.models import Channel

NAMESPACE: Final = UUID("6a1f6c3e-5f0b-4d3e-9c53-2f6f3b7d9e10")
WAREHOUSE: Final = "warehouse"
WEEK: Final = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")} | {"sat": [["09:00", "18:00"]]}
PLACES: Final[dict[str, dict[str, Any]]] = {
    "northside": {
        "street": "12 Harrow Lane", "postal_code": "10115", "city": "Berlin", "country": "DE", "latitude": 52_532_000, "longitude": 13_384_000,
        "hours": WEEK, "offers_pickup": True, "pickup_minutes": 60, "short_sales": "warn",
    },
    "riverside": {
        "street": "3 Quay Street", "postal_code": "10243", "city": "Berlin", "country": "DE", "latitude": 52_511_000, "longitude": 13_437_000,
        "hours": WEEK, "offers_pickup": True, "pickup_minutes": 120,
    },
    WAREHOUSE: {
        "street": "40 Canal Road", "postal_code": "12057", "city": "Berlin", "country": "DE", "latitude": 52_468_000, "longitude": 13_458_000,
        "timezone": "Europe/Berlin", "hours": {day: [["06:00", "22:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}, "ships": True,
    },
}  # fmt: skip
# Pieces: what is kept back from the web, when to order, and up to what.
KEPT: Final = {
    "OATS": (2, 6, 24),
    "OAT-DRINK": (4, 12, 36),
    "ELDERFLOWER": (4, 12, 48),
    "GRANOLA": (2, 6, 18),
    "WATER-SPARKLING": (6, 24, 72),
    "EGGS-6": (4, 10, 40),
}
# What the scales in the fruit aisle print: 21, the number of the goods, the price, a check digit.
SCALES: Final = [{"prefix": "21", "item": 5, "value": 5, "holds": "price"}]
WEIGHED_THERE: Final = {"TOMATO-VINE": "210001400000"}
CASES: Final = {"ELDERFLOWER": ("1200000000035", 24), "OATS": ("1200000000033", 12)}


def furnish(*, counter: Channel, web: Channel, stocked: Iterable[queries.Item], now: datetime) -> None:
    """Once: what people change later stays as they left it."""
    if queries.location(WAREHOUSE) is not None:
        return
    inventory.add_location(code=WAREHOUSE, name="Web warehouse", kind="warehouse", store=None, fields=PLACES[WAREHOUSE], actor=None)
    places = {code: _known(code) for code in PLACES}
    for code in ("northside", "riverside"):
        inventory.change_location(location=places[code], fields=PLACES[code], actor=None)
    inventory.set_sources(location=places[WAREHOUSE], channels=[web.id], priority=10, actor=None)
    inventory.set_sources(location=places["northside"], channels=[counter.id, web.id], priority=50, actor=None)
    inventory.set_sources(location=places["riverside"], channels=[counter.id, web.id], priority=60, actor=None)
    _fill(places[WAREHOUSE], [item for item in stocked if not item.weighed], now)
    variants = {item.sku: item.variant for item in stocked}
    _keep(places["northside"], variants, now)
    _eggs(places["northside"], variants["EGGS-6"], now)


def _known(code: str) -> UUID:
    found = queries.location(code)
    assert found is not None
    return found


def _fill(warehouse: UUID, items: list[queries.Item], now: datetime) -> None:
    """Every second thing that needs no scale: the web promises the rest from the shops."""
    quantities = {item.variant: 48_000 for item in items[::2]}
    reference = uuid5(NAMESPACE, "opening warehouse")
    inventory.open_stock(location=warehouse, quantities=quantities, reference=reference, now=now - timedelta(days=7))


def _keep(northside: UUID, variants: dict[str, UUID], now: datetime) -> None:
    for sku, (safety, point, upto) in KEPT.items():
        inventory.set_policy(location=northside, variant=variants[sku], safety=safety * 1000, reorder_point=point * 1000, reorder_to=upto * 1000)
    for sku, digits in WEIGHED_THERE.items():
        catalog.set_gtins(variant=variants[sku], gtins=[*queries.gtins(sku), digits + str(gtin.check_digit(digits))], now=now, actor=None)
    for sku, (digits, pieces) in CASES.items():
        code = digits + str(gtin.check_digit(digits))
        inventory.set_pack(gtin=code, variant=variants[sku], quantity=pieces * 1000, name=f"Case of {pieces}")


def _eggs(northside: UUID, eggs: UUID, now: datetime) -> None:
    """Kept by lot from yesterday's delivery on: a recall can be tried."""
    catalog.change_product(product=queries.product_of("EGGS-6"), fields={"tracks_lots": True}, now=now, actor=None)
    came = now - timedelta(days=1)
    line = inventory.ReceiptLine(variant=eggs, quantity=30_000, cost=54_00, lot="EGG-0714", expires_on=(now + timedelta(days=18)).date())
    inventory.receive(
        location=northside,
        lines=[line],
        supplier="Harrow Farm",
        paper="DN-2281",
        occurred_at=came,
        reference=uuid5(NAMESPACE, "eggs"),
        actor=None,
        now=now,
    )

"""What the simulator reads: places, goods, sold baskets, promotions and kept baskets, as far as somebody may see them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection

from catalog import search
from catalog.models import Gtin, Promotion, Simulation, Variant
from catalog.pricebook import Place
from orders import queries as orders
from org import settings
from org.access import allows, stores_for
from org.queries import channels, open_stores

Stores = Collection[UUID] | None
MOST_CHOICES: Final = 12
EACH_PRODUCT: Final = 3
MOST_KEPT: Final = 50
LONGEST_GTIN: Final = 14


@dataclass(frozen=True, slots=True)
class Spot:
    """A place that is sold in: a store, or a channel without any."""

    key: str
    code: str
    name: str
    place: Place
    currency: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Item:
    id: UUID
    sku: str
    name: str
    sold_by: str
    product: UUID


@dataclass(frozen=True, slots=True)
class Basket:
    """What was sold: SKUs with thousandths. `left_out`: lines that are no goods of ours, deposits aside, which come by themselves."""

    number: str
    channel: UUID
    store: UUID | None
    lines: tuple[tuple[str, int], ...]
    left_out: int


def stores_of(user: Any) -> Stores:
    """Where somebody may try baskets: in the stores they work in. None: everywhere, the web shops included.

    Every role that sees prices also sees the reports of its stores; prices themselves are the same to see for all of them.
    """
    return stores_for(user, "reports.view") if allows(user, "pricing.view") else frozenset()


def spots(stores: Stores) -> list[Spot]:
    """By name, stores first."""
    shop = ZoneInfo(settings.get("shop.timezone"))
    found = [
        Spot(f"store:{store.code}", store.code, store.name, Place(store.channel_id, store.pk), store.currency, ZoneInfo(store.timezone))
        for store in open_stores(stores=stores)
    ]
    if stores is None:
        webs = sorted((channel for channel in channels() if channel.kind == channel.Kind.WEB), key=lambda channel: channel.name)
        found += [Spot(f"channel:{one.code}", one.code, one.name, Place(one.pk), one.currency, shop) for one in webs]
    return found


def items(codes: Sequence[str]) -> dict[str, Item]:
    """By what was asked for, a SKU or a barcode. Two statements, however many."""
    gtins = {code.zfill(LONGEST_GTIN): code for code in codes if code.isascii() and code.isdecimal() and len(code) <= LONGEST_GTIN}
    coded = dict(Gtin.objects.filter(gtin__in=list(gtins)).values_list("variant_id", "gtin")) if gtins else {}
    rows = _rows("v.sku = any(%(skus)s) or v.id = any(%(ids)s)", {"skus": list(codes), "ids": list(coded)})
    found = {gtins[coded[one.id]]: one for one in rows if one.id in coded}
    return found | {one.sku: one for one in rows if one.sku in codes}


def choices(words: str) -> list[Item]:
    """The best first; of each product no more than a few."""
    products = [product.pk for product in search.best_products(words, first=MOST_CHOICES)]
    if not products:
        return []
    rows = _rows("v.product_id = any(%(products)s) and v.archived_at is null", {"products": products})
    of_product: dict[UUID, list[Item]] = {}
    for one in rows:
        of_product.setdefault(one.product, []).append(one)
    return [one for product in products for one in of_product.get(product, [])[:EACH_PRODUCT]][:MOST_CHOICES]


def _rows(condition: str, values: Mapping[str, Any]) -> list[Item]:
    # The condition is one of the two above; what comes from outside is a parameter.
    statement = f"""select v.id, v.sku, concat_ws(' ', p.name, nullif(v.name, '')), v.sold_by, v.product_id
        from catalog_variant v join catalog_product p on p.id = v.product_id where {condition} order by v.position, v.id"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Item(*row) for row in cursor]


def costs(skus: Collection[str]) -> dict[str, int]:
    """What one piece or kilogram costs the shop, where it is known."""
    found = Variant.objects.filter(sku__in=list(skus)).values_list("sku", "reference_cost")
    return {sku: cost for sku, cost in found if cost is not None}


def promotion(text: str) -> Promotion | None:
    """By its id or its code."""
    try:
        wanted: dict[str, Any] = {"pk": UUID(text)}
    except ValueError:
        wanted = {"code": text}
    return Promotion.objects.filter(**wanted).first()


def promotions(codes: Collection[str]) -> list[Promotion]:
    return list(Promotion.objects.filter(code__in=list(codes))) if codes else []


def sold_basket(user: Any, number: str) -> Basket | None:
    """None where there is none, and where somebody may not see it."""
    if not allows(user, "orders.view"):
        return None
    found = orders.detail(number=number, stores=stores_for(user, "orders.view"))
    if found is None:
        return None
    goods = [line for line in found.lines if line.kind == "goods" and line.sku and line.quantity > 0]
    others = sum(line.kind != "deposit" for line in found.lines) - len(goods)
    lines = tuple((line.sku, line.quantity) for line in goods)
    return Basket(found.order.number, found.order.channel_id, found.order.store_id, lines, others)


@dataclass(frozen=True, slots=True)
class Sold:
    """The goods of one order. `taken`: the SKUs with thousandths."""

    channel: UUID
    store: UUID | None
    at: datetime
    taken: tuple[tuple[str, int], ...]


def last_sold(stores: Stores, *, first: int) -> list[Sold]:
    """The newest orders with goods in them, in two statements."""
    found = orders.page(first=first, stores=stores).items
    lines = orders.lines(orders=[order.id for order in found])
    told = []
    for order in found:
        taken = tuple((line.sku, line.quantity) for line in lines.get(order.id, ()) if line.kind == "goods" and line.sku and line.quantity > 0)
        if taken:
            told.append(Sold(order.channel_id, order.store_id, order.placed_at, taken))
    return told


def kept(stores: Stores) -> list[Simulation]:
    """The newest."""
    rows = Simulation.objects.select_related("channel", "store", "promotion").order_by("-made_at", "-id")
    return list((rows if stores is None else rows.filter(store__in=stores))[:MOST_KEPT])


def kept_one(stores: Stores, number: int) -> Simulation | None:
    rows = Simulation.objects.filter(pk=number)
    return (rows if stores is None else rows.filter(store__in=stores)).first()

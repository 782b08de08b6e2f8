"""A web shop to buy in: tea at 5.00, cups at 3.00, 20 of each in the warehouse and five in Northside; shipping at 4.90, free from 50.00."""

from dataclasses import dataclass
from uuid import UUID

from catalog.models import Product, ProductType, Promotion, Variant
from catalog.tests.test_pricebook import coupon, promotion, tea
from customers import services as customers
from inventory import services as inventory
from inventory.models import Level, Location
from kernel.ids import uuid7
from orders import services
from orders.models import Cart, DeliveryOption, DeliveryRate, Order
from orders.tenders import Tender
from org import settings
from org.tests.cast import NOW, Cast, open_shop

HOME = {"name": "Ada Lovelace", "line1": "Torstraße 1", "postcode": "10119", "city": "Berlin", "country": "DE"}
SHIP = {"kind": "ship", "option": "standard"}


@dataclass(frozen=True)
class WebShop:
    cast: Cast
    tea: Variant
    cup: Variant
    warehouse: UUID
    northside: UUID

    @property
    def channel(self) -> UUID:
        return self.cast.web.id

    def customer(self, **data) -> UUID:
        return customers.create_customer(data={"given_name": "Ada", **data}, actor=None, now=NOW)

    def buyer(self, **data) -> tuple[UUID, UUID]:
        """A customer and where they live."""
        who = self.customer(**data)
        return who, customers.add_address(customer=who, address=HOME, now=NOW)

    def cart(self, *lines, **more):
        """`lines`: SKUs with how many pieces."""
        given = {"lines": [{"sku": sku, "quantity": pieces * 1000} for sku, pieces in lines], **more}
        return services.create_cart(channel=self.channel, given=given, only_offered=True, now=NOW)

    def ready(self, *lines, **more):
        """A cart that can be placed: whose it is and where it goes is said."""
        who, home = self.buyer()
        cart = self.cart(*(lines or [("TEA", 2)]), delivery=SHIP, **more)
        return self.sign_in(cart, who, home)

    def sign_in(self, cart, who, home=None):
        return services.sign_in(id=cart.kept.id, channel=self.channel, version=None, customer=who, ship_to=home, only_offered=True, now=NOW)

    def place(self, cart, *tenders, **more):
        total = more.pop("agreed_total", cart.priced.total)
        paid = tenders or (Tender(kind="transfer", amount=total),)
        asked = {"cart": cart.kept.id, "channel": self.channel, "version": None, "order": uuid7(), "now": NOW, **more}
        return services.place_cart(agreed_total=total, tenders=paid if total else (), **asked)

    def checkout(self, *lines, agreed_total, tenders=None, **more):
        given = {"lines": [{"sku": sku, "quantity": pieces * 1000} for sku, pieces in lines], "delivery": SHIP}
        given |= {name: more.pop(name) for name in ("coupons", "delivery", "lines") if name in more}
        asked = {"channel": self.channel, "order": uuid7(), "now": NOW, **more}
        paid = (Tender(kind="transfer", amount=agreed_total),) if tenders is None else tenders
        return services.checkout(given=given, agreed_total=agreed_total, tenders=paid, **asked)

    def card(self, amount: int) -> str:
        return customers.issue_gift_card(amount=amount, currency="EUR", reference=uuid7(), line=1, actor=None, now=NOW).code


def open_web_shop(*, many: int = 20_000) -> WebShop:
    cast = open_shop()
    settings.put("shop.timezone", "Europe/Berlin")
    goods = [tea("TEA", 500), tea("CUP", 300)]
    warehouse = Location.objects.create(code="main", name="Warehouse", kind="warehouse", ships=True).id
    northside = Location.objects.create(
        code="northside", name="Northside", kind="store", store=cast.northside, offers_pickup=True, ships=False, pickup_minutes=60
    ).id
    for turn, (place, quantity) in enumerate([(warehouse, many), (northside, 5_000)], start=1):
        inventory.set_sources(location=place, channels=[cast.web.id], priority=turn, actor=None)
        if quantity:
            inventory.open_stock(location=place, quantities={one.id: quantity for one in goods}, reference=uuid7(), now=NOW)
    ship = DeliveryOption.objects.create(code="standard", name="Standard", kind="ship", days_least=2, days_most=4)
    collect = DeliveryOption.objects.create(code="collect", name="Collect in store", kind="pickup")
    for option in (ship, collect):
        option.channels.add(cast.web)
    DeliveryRate.objects.create(option=ship, currency="EUR", countries=["DE"], amount=490)
    DeliveryRate.objects.create(option=ship, currency="EUR", countries=["DE"], from_total=5000, amount=0)
    DeliveryRate.objects.create(option=ship, currency="EUR", amount=1490)
    return WebShop(cast=cast, tea=goods[0], cup=goods[1], warehouse=warehouse, northside=northside)


def reserved(place: UUID) -> dict[str, int]:
    rows = Level.objects.filter(location=place).select_related("variant").order_by("variant__sku")
    return {row.variant.sku: row.reserved for row in rows}


def spring(code="SPRING", *, most_uses=None, **fields) -> Promotion:
    """A tenth off everything for whoever shows the coupon."""
    made = promotion("spring", needs_coupon=True, **fields)
    coupon(code, made, most_uses=most_uses)
    return made


def digital(sku="SONG", amount=199) -> Variant:
    """Nobody has any on a shelf."""
    made = tea(sku, amount)
    kind, _ = ProductType.objects.get_or_create(code="digital", defaults={"name": "Digital"})
    Product.objects.filter(variants=made).update(type=kind)
    return made


def cart_of(order: UUID) -> Cart:
    return Cart.objects.get(order=order)


def order_of(standing) -> Order:
    return Order.objects.get(id=standing.id)

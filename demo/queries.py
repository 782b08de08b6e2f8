"""What the demo shop looks up before it adds what is missing."""

from dataclasses import dataclass
from uuid import UUID

from catalog.models import Category, Gtin, Product, ProductType, Promotion, TaxClass, TaxZone, Variant
from customers.models import Address, Customer
from inventory.models import Location
from orders.models import DeliveryOption, Order, OrderLine
from org.access import digest_of_key
from org.models import ApiKey, Channel, Company, Setting, Store, User
from pos.models import Till


@dataclass(frozen=True)
class Item:
    variant: UUID
    sku: str
    weighed: bool


def companies() -> list[str]:
    return list(Company.objects.values_list("code", flat=True))


def company(code: str) -> Company | None:
    return Company.objects.filter(code=code).first()


def channel(code: str) -> Channel | None:
    return Channel.objects.filter(code=code).first()


def store(code: str) -> Store | None:
    return Store.objects.filter(code=code).first()


def location(code: str) -> UUID | None:
    return Location.objects.filter(code=code).values_list("id", flat=True).first()


def user(username: str) -> User | None:
    return User.objects.filter(username=username).first()


def has_key(plain: str) -> bool:
    return ApiKey.objects.filter(digest=digest_of_key(plain)).exists()


def has_setting(name: str) -> bool:
    return Setting.objects.filter(name=name).exists()


def tax_classes() -> set[str]:
    return set(TaxClass.objects.values_list("code", flat=True))


def categories() -> set[str]:
    return set(Category.objects.values_list("code", flat=True))


def items(source: str) -> list[Item]:
    rows = Variant.objects.filter(product__source=source, archived_at=None).order_by("sku").values_list("id", "sku", "sold_by")
    return [Item(variant, sku, sold_by == "weight") for variant, sku, sold_by in rows]


def tills() -> list[Till]:
    return list(Till.objects.select_related("store").order_by("store__code", "number"))


def till(id: UUID) -> Till | None:
    return Till.objects.filter(id=id).first()


def has_product(handle: str) -> bool:
    return Product.objects.filter(handle=handle).exists()


def product_of(sku: str) -> UUID:
    return Variant.objects.values_list("product_id", flat=True).get(sku=sku)


def gtins(sku: str) -> list[str]:
    return list(Gtin.objects.filter(variant__sku=sku).values_list("gtin", flat=True))


def tax_class(code: str) -> TaxClass:
    return TaxClass.objects.get(code=code)


def category(code: str) -> Category:
    return Category.objects.get(code=code)


def product_type(code: str) -> ProductType:
    return ProductType.objects.get(code=code)


def has_product_type(code: str) -> bool:
    return ProductType.objects.filter(code=code).exists()


def variant(sku: str) -> UUID:
    return Variant.objects.values_list("id", flat=True).get(sku=sku)


def person(username: str) -> UUID:
    return User.objects.values_list("id", flat=True).get(username=username)


def has_promotions() -> bool:
    return Promotion.objects.exists()


def has_tax_zone(code: str) -> bool:
    return TaxZone.objects.filter(code=code).exists()


def tax_rates() -> dict[str, int]:
    return dict(TaxClass.objects.values_list("code", "rate"))


def has_customers() -> bool:
    return Customer.objects.exists()


def address_of(customer: UUID) -> UUID | None:
    return Address.objects.filter(customer=customer, default_shipping=True).values_list("id", flat=True).first()


def delivery_options() -> set[str]:
    return set(DeliveryOption.objects.values_list("code", flat=True))


def has_web_orders() -> bool:
    return Order.objects.filter(source=Order.Source.WEB).exists()


def version_of(order: UUID) -> int:
    return Order.objects.values_list("version", flat=True).get(id=order)


def line_of(order: UUID, sku: str) -> int:
    return OrderLine.objects.values_list("id", flat=True).get(order=order, sku=sku)


def store_id(code: str) -> UUID:
    return Store.objects.values_list("id", flat=True).get(code=code)

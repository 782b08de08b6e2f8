"""Offers for the shop of these tests: promotions, prices of a list, a bottle with its deposit."""

from uuid import uuid4

from catalog import search
from catalog import services as catalog
from catalog.models import Coupon, PriceEntry, PriceList, Promotion, Sticker, TaxClass, Variant
from org.tests.cast import NOW


def promotion(code, reward, *, on=None, rule=None, **fields):
    """`on`: {"sku": ["OATS-1"]}; left out it is about everything."""
    rule = {"reward": reward, "selection": {"any": on or {}, "except": {}}, **(rule or {})}
    values = {"name": code.title(), "state": "approved", "made_by": uuid4(), "made_at": NOW, "changed_by": uuid4(), "changed_at": NOW, **fields}
    return Promotion.objects.create(code=code, rule=rule, **values)


def two_for_5(**fields):
    """Oats 1 cost 2.99 each."""
    return promotion("two-for-5", {"kind": "set", "size": 2, "value": 500}, on={"sku": ["OATS-1"]}, receipt_text="2 for 5.00", **fields)


def list_price(sku, amount, *, code="saturday", stores=(), **fields):
    price_list, _new = PriceList.objects.get_or_create(code=code, defaults={"name": code.title(), "currency": "EUR", "created_at": NOW})
    for store in stores:
        price_list.places.get_or_create(store=store)
    return PriceEntry.objects.create(price_list=price_list, variant=Variant.objects.get(sku=sku), amount=amount, live=True, **fields)


def product(sku, amount, **fields):
    more = {name: fields.pop(name) for name in ("category", "status", "tags") if name in fields}
    variant = catalog.NewVariant(sku=sku, prices={"EUR": amount} if amount is not None else {}, **fields)
    tax = TaxClass.objects.get()
    made = catalog.create_product(name=sku.title(), tax_class=tax, variants=[variant], now=NOW, actor=None, **{"status": "active", **more})
    search.rebuild()
    return made.variants.get()


def sticker(code, sku, *, store, **fields):
    values = {"value": 300_000, "pieces": 3, "reason": "Best before", "made_by": uuid4(), "made_at": NOW, **fields}
    return Sticker.objects.create(code=code, variant=Variant.objects.get(sku=sku), store=store, **values)


def coupon(code, promotion, **fields):
    return Coupon.objects.create(code=code, promotion=promotion, made_at=NOW, **fields)

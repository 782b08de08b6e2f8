"""From tables to rules: what catalog.pricing needs to price a basket in one place, read in a constant number of statements.

    place = Place(channel=channel.id, store=store.id)
    rules = book(place=place, now=now)
    lines = items(book=rules, wanted=[Wanted(sku="TEA-100", quantity=2000)], now=now)
    given = facts(book=rules, at=now, coupons=["SPRING"], now=now)
    catalog.pricing.evaluate({"lines": lines, "coupons": ["SPRING"], "charges": []}, rules.compiled, given, milliseconds(now))

docs/pricing.md, "From tables to rules", tells how times, places and precedence are read.
"""

from catalog.pricebook.asking import Reach, reach_of
from catalog.pricebook.books import Book, book
from catalog.pricebook.clocks import Clock, milliseconds
from catalog.pricebook.facts import Customer, coupon_code, facts
from catalog.pricebook.offering import Goods, Look, UnknownGoods, Wanted, goods, items, lined, look, offers
from catalog.pricebook.single import Priced, prices
from catalog.pricebook.standing import Place, Standing, UnknownPlace, standing

__all__ = [
    "Book",
    "Clock",
    "Customer",
    "Goods",
    "Look",
    "Place",
    "Priced",
    "Reach",
    "Standing",
    "UnknownGoods",
    "UnknownPlace",
    "Wanted",
    "book",
    "coupon_code",
    "facts",
    "goods",
    "items",
    "lined",
    "look",
    "milliseconds",
    "offers",
    "prices",
    "reach_of",
    "standing",
]

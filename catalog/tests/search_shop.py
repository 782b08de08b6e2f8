"""A small shop to look for things in: two channels, products made straight in the tables, cards and search entries kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import connection

from catalog import names, search, shelf
from catalog.documents import Sight
from catalog.models import Brand, Category, Gtin, Price, Product, Publication, TaxClass, Variant
from catalog.queries import cursor_of
from org import services
from org.models import Channel

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
_numbers = count(1)


@dataclass
class Shop:
    web: Channel
    stores: Channel
    tax: TaxClass

    @property
    def sight(self):
        return Sight(channel=self.web.id, currency="EUR")

    def add(self, name, *, sku="", gtins=(), price=199, status="active", hidden=False, brand=None, category=None, tags=(), **fields):
        number = next(_numbers)
        product = Product.objects.create(
            name=name,
            handle=f"p{number}",
            sort_key=names.sort_key(name),
            tax_class=self.tax,
            status=status,
            brand=Brand.objects.get_or_create(code=names.handle(brand), defaults={"name": brand})[0] if brand else None,
            category=category,
            tags=sorted(tags),
            created_at=NOW + timedelta(minutes=number),
            updated_at=NOW,
            **fields,
        )
        self.variant(product, sku=sku or f"ZZ{number:05}", gtins=gtins, price=price)
        if hidden:
            Publication.objects.create(product=product, channel=self.web, offered=False)
        self.keep(product)
        return product

    def variant(self, product, *, sku, gtins=(), price=199, **fields):
        variant = Variant.objects.create(product=product, sku=sku, **fields)
        Gtin.objects.bulk_create([Gtin(gtin=gtin.zfill(14), variant=variant) for gtin in gtins])
        if price is not None:
            Price.objects.create(variant=variant, currency="EUR", amount=price)
        return variant

    def keep(self, *products):
        ids = [product.pk for product in products]
        shelf.refresh(products=ids, now=NOW)
        search.refresh(products=ids)

    def ask(self, words="", *, sight=None, **asked):
        """Names found, in order."""
        return self.page(words, sight=sight, **asked)[0]

    def page(self, words="", *, sight=None, first=20, **asked):
        sight = sight or self.sight
        chosen = search.selection(sight=sight, asked=search.Asked(words=words, first=first, **asked), now=NOW)
        with connection.cursor() as cursor:
            cursor.execute(chosen.sql, chosen.params)
            rows = cursor.fetchall()
        known = dict(Product.objects.filter(pk__in=[id for id, _ in rows]).values_list("pk", "name"))
        assert len(rows) <= first + 1
        return [known[id] for id, _ in rows[:first]], cursor_of(rows[first - 1][1]) if len(rows) > first else None, chosen.corrected

    def corrected(self, words):
        return self.page(words)[2]


def open_search_shop() -> Shop:
    company = services.create_company(code="harrow", name="Harrow Lane Foods", currency="EUR")
    web = services.create_channel(company=company, code="web", name="Web shop", kind="web")
    stores = services.create_channel(company=company, code="stores", name="Stores", kind="store")
    for channel in (web, stores):
        shelf.rebuild(channel=channel.id, now=NOW)
    return Shop(web=web, stores=stores, tax=TaxClass.objects.create(code="standard", name="Standard", rate=190_000))


def tree(*codes: str) -> Sequence[Category]:
    """Each below the one before."""
    made: list[Category] = []
    for code in codes:
        made.append(Category.objects.create(code=code, name=code.title(), parent=made[-1] if made else None))
    return made

"""A shop with prices: Northside and Riverside, a web shop, twenty products at 2.00 that cost 1.00; Pia brings prices in, Petra approves."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from catalog import services
from catalog.models import Variant
from org import settings
from org.tests.cast import Cast, hire, open_shop

# Ahead of every clock that runs these: what is planned here has not begun by the database's own time either.
NOW = datetime(2036, 5, 7, 8, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class PriceShop:
    cast: Cast
    pia: object
    petra: object
    variants: list[Variant]
    lists: dict

    def change(self, list_code, prices, *, name="Offers", now=NOW, actor=None, **fields):
        """`prices`: amounts of the first variants, in order."""
        entries = [services.NewEntry(variant=variant.pk, amount=amount, **fields) for variant, amount in zip(self.variants, prices, strict=False)]
        actor = actor or self.pia.pk
        return services.draft_change(price_list=self.lists[list_code].pk, name=name, entries=entries, now=now, actor=actor)

    def submit(self, change, *, now=NOW, actor=None, **options):
        return services.submit_change(change=change.pk, now=now, actor=actor or self.pia.pk, **options)

    def bring_in(self, list_code, prices, *, now=NOW, replace=False, **fields):
        return self.submit(self.change(list_code, prices, now=now, **fields), now=now, replace=replace)


def open_price_shop(count=3) -> PriceShop:
    cast = open_shop()
    settings.put("shop.timezone", "Europe/Berlin")
    tax = services.create_tax_class(code="none", name="Untaxed", rate=0, actor=None)
    for number in range(count):
        new = services.NewVariant(sku=f"SKU-{number}", prices={"EUR": 200}, reference_cost=100)
        services.create_product(name=f"Product {number}", tax_class=tax, variants=[new], status="active", now=NOW, actor=None)
    who = {"now": NOW, "actor": None, "currency": "EUR"}
    lists = {
        "north": services.create_price_list(name="Northside", stores=[cast.northside.pk], **who),
        "both": services.create_price_list(name="Both stores", stores=[cast.northside.pk, cast.riverside.pk], **who),
        "web": services.create_price_list(name="Web", channel=cast.web.pk, **who),
        "all": services.create_price_list(name="Everywhere", **who),
        "staff": services.create_price_list(name="Members", customer_group="members", **who),
    }
    variants = list(Variant.objects.order_by("sku"))
    return PriceShop(cast, hire("pia", "merchandiser"), hire("petra", "pricing_manager"), variants, lists)

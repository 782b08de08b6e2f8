"""The prices of a product: what it costs where, now and to come, what it has cost, and a price for a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from catalog.admin.page.shop import shop_currency
from catalog.admin.page.tab import Part, Step, Tab
from catalog.admin.prices import shown
from catalog.admin.prices.chart import chart
from catalog.admin.prices.forms import ScheduleForm
from catalog.admin.prices.lists import entry_rows
from catalog.admin.prices.scheduling import sold_variants
from catalog.models import Price, PriceEntry, Variant
from catalog.price_history import lowest
from catalog.price_reading import price_history
from catalog.pricebook import Place
from org import queries
from org.access import allows
from org.models import Channel
from org.templatetags.office import moment_text

MOST_ROWS = 200


@dataclass(frozen=True)
class Spot:
    key: str
    title: str
    place: Place
    zone: str


class Prices(Tab):
    key: ClassVar[str] = "prices"
    title: ClassVar[Any] = gettext_lazy("Prices")
    template: ClassVar[str] = "backoffice/product_prices.html"

    def parts(self) -> Sequence[Part]:
        return []

    def steps(self, now: datetime) -> Iterator[Step]:
        yield from ()

    @cached_property
    def variants(self) -> list[Variant]:
        return sold_variants(self.product)

    @cached_property
    def spots(self) -> list[Spot]:
        """Stores first: that is where prices differ."""
        stores = [Spot(store.code, store.name, Place(store.channel_id, store.pk), store.timezone) for store in queries.open_stores()]
        web = Channel.objects.filter(kind=Channel.Kind.WEB).order_by("name")
        return [*stores, *(Spot(f"channel-{one.code}", one.name, Place(one.pk), self.zone) for one in web)]

    @cached_property
    def zone(self) -> str:
        return shown.shop_zone()

    def context(self) -> dict[str, Any]:
        now = timezone.now()
        variant = next((one for one in self.variants if str(one.pk) == self.query.get("variant")), self.variants[0] if self.variants else None)
        spot = next((one for one in self.spots if one.key == self.query.get("place")), self.spots[0] if self.spots else None)
        live = PriceEntry.objects.filter(variant__in=[one.pk for one in self.variants], live=True).filter(Q(ends_at=None) | Q(ends_at__gt=now))
        entries = list(live.select_related("variant__product__tax_class", "change", "price_list").order_by("starts_at", "id")[: MOST_ROWS + 1])
        may_edit = allows(self.user, "pricing.edit")
        return {
            "variants": self.variants,
            "variant": variant,
            "spots": self.spots,
            "spot": spot,
            "base": base_rows(self.variants),
            "rows": entry_rows(entries[:MOST_ROWS], zone=self.zone, now=now),
            "more": len(entries) > MOST_ROWS,
            "now": now,
            "times": shown.zone_words(self.zone),
            "history": told_history(variant, spot, now) if variant and spot else None,
            "may_schedule": may_edit and bool(self.variants),
            "schedule": self.form(variant) if may_edit and variant else None,
        }

    def form(self, variant: Variant) -> ScheduleForm:
        """As it was typed when it came back refused."""
        query = self.query
        typed = {name: query.get(name, "") for name in ("amount", "starts_at", "ends_at")}
        stores = query.getlist("stores") if hasattr(query, "getlist") else []
        initial = {**typed, "variant": str(variant.pk), "stores": stores}
        return ScheduleForm(initial=initial, zone=self.zone, variants=self.variants, currency=shop_currency())


def base_rows(variants: Sequence[Variant]) -> list[dict[str, Any]]:
    names = {variant.pk: variant for variant in variants}
    rows = Price.objects.filter(variant__in=list(names)).order_by("variant__position", "variant_id", "currency")
    return [
        {"variant": names[row.variant_id], "price": shown.amount_words(row.amount, row.price_quantity, row.currency), "currency": row.currency}
        for row in rows
    ]


def told_history(variant: Variant, spot: Spot, now: datetime) -> dict[str, Any]:
    told = price_history(variant=variant.pk, place=spot.place)
    drawn, found = chart(told.periods, now=now), lowest(told.periods, at=now)
    if drawn is not None:
        for label in drawn["labels"]:
            label["words"] = shown.amount_words(label["period"].amount, label["period"].price_quantity, told.currency)
    present = drawn["present"] if drawn else None
    return {
        "chart": drawn,
        "currency": told.currency,
        "now": shown.amount_words(present.amount, present.price_quantity, told.currency) if present else "",
        "lowest": shown.amount_words(found.amount, found.price_quantity, told.currency) if found else "",
        "reduced": moment_text(found.reduced_at, spot.zone) if found and found.reduced_at else "",
        "rows": [
            {
                "price": shown.amount_words(one.amount, one.price_quantity, told.currency),
                "starts": shown.time_words(one.starts_at, spot.zone),
            }
            for one in reversed(told.periods[-12:])
        ],
    }

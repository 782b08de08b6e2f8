"""How prices are told on these pages: amounts, shares, times of the shop's clock, where a list holds."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from catalog import unit_price
from catalog.admin.listing import share_text
from catalog.models import PriceList, Variant
from catalog.pricebook.clocks import first_shown
from org import settings
from org.access import allows
from org.models import User
from org.templatetags.office import moment_text, money_text, quantity_text

NONE = "–"


def shop_zone() -> str:
    return str(settings.get("shop.timezone"))


def zone_words(zone: str) -> str:
    """Store times are told by the shop's clock; every store begins when its own shows them."""
    city = zone.rpartition("/")[2].replace("_", " ")
    return _("store time (here by the clock of %(city)s)") % {"city": city}


def stored(wall: datetime | None, zone: str) -> datetime | None:
    """The instant a store time typed without a zone stands for."""
    return None if wall is None else first_shown(wall.replace(tzinfo=None), ZoneInfo(zone))


def typed(at: datetime | None, zone: str) -> str:
    """As a field for day and clock wants it."""
    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def time_words(at: datetime | None, zone: str, otherwise: Any = NONE) -> str:
    return str(otherwise) if at is None else moment_text(at, zone)


def amount_words(amount: int, price_quantity: int, currency: str) -> str:
    return money_text(amount, currency) + ("" if price_quantity == 1000 else f" / {quantity_text(price_quantity)}")


def change_words(ppm: int | None) -> str:
    if ppm is None:
        return NONE
    return ("+" if ppm > 0 else "") + share_text(ppm)


def share_words(ppm: int | None) -> str:
    return NONE if ppm is None else share_text(ppm)


def from_words(from_quantity: int, sold_by: str) -> str:
    if sold_by == Variant.SoldBy.WEIGHT:
        return "" if from_quantity <= 1 else _("from %(n)s kg") % {"n": quantity_text(from_quantity)}
    return "" if from_quantity <= 1000 else _("from %(n)s pieces") % {"n": quantity_text(from_quantity)}


def unit_words(variant: Variant, amount: int, price_quantity: int, currency: str) -> str:
    told = unit_price.unit_price(
        amount=amount, price_quantity=price_quantity, net_content=variant.net_content, net_unit=variant.net_unit, sold_by=variant.sold_by
    )
    return format_html('{} <span class="muted small">/ {}</span>', money_text(told.amount, currency), told.unit) if told else NONE


def called(variant: Variant) -> str:
    name = variant.product.name
    return f"{name} {variant.name}" if variant.name and variant.name not in name else name


def where_words(row: PriceList) -> str:
    """The stores prefetched."""
    stores = [store.name for store in row.stores.all()]
    if stores:
        return ", ".join(stores) if len(stores) <= 4 else _("%(some)s and %(n)s more") % {"some": ", ".join(stores[:3]), "n": len(stores) - 3}
    if row.store_group is not None:
        return _("Stores of %(name)s") % {"name": row.store_group.name}
    return _("Channel %(name)s") % {"name": row.channel.name} if row.channel is not None else _("Everywhere")


def people(ids: Iterable[UUID | None]) -> Mapping[UUID, str]:
    """Names, in one statement; none when nobody is asked for."""
    wanted = {one for one in ids if one is not None}
    return dict(User.objects.filter(pk__in=wanted).values_list("pk", "name")) if wanted else {}


def must(request: HttpRequest, permission: str) -> None:
    if not allows(request.user, permission):
        raise PermissionDenied

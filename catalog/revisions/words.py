"""Paths and values as people say them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import gtin, markup
from catalog.models import LifeCycle, Product, Variant
from kernel.money import format_amount

NOTHING = "–"
LONGEST = 120

LABELS = {
    "name": gettext_lazy("Name"),
    "handle": gettext_lazy("Web address"),
    "description": gettext_lazy("Description"),
    "brand": gettext_lazy("Brand"),
    "category": gettext_lazy("Category"),
    "type": gettext_lazy("Type"),
    "tax_class": gettext_lazy("Tax class"),
    "status": gettext_lazy("Status"),
    "life_cycle": gettext_lazy("Life cycle"),
    "age_limit": gettext_lazy("Age limit"),
    "tracks_serials": gettext_lazy("Serial numbers"),
    "tracks_lots": gettext_lazy("Lots"),
    "tags": gettext_lazy("Tags"),
    "tile": gettext_lazy("Tile"),
    "image_url": gettext_lazy("Picture's source"),
    "seo_title": gettext_lazy("Search engine title"),
    "seo_description": gettext_lazy("Search engine description"),
    "translations": gettext_lazy("Translations"),
    "pictures": gettext_lazy("Pictures"),
    "collections": gettext_lazy("Collections"),
}
VARIANT_LABELS = {
    "sku": gettext_lazy("SKU"),
    "name": gettext_lazy("Variant name"),
    "options": gettext_lazy("Options"),
    "net_content": gettext_lazy("Net content"),
    "sold_by": gettext_lazy("Sold by"),
    "archived": gettext_lazy("Variant archived"),
    "gtins": gettext_lazy("Barcodes"),
    "reference_cost": gettext_lazy("Cost"),
    "deposit": gettext_lazy("Deposit"),
    "translations": gettext_lazy("Variant translations"),
}


def words(path: str, value: Any, *, currency: str = "EUR") -> tuple[str, str]:
    """What the path is called and what the value says. `currency` is the company's: costs are in it."""
    label, kind, own = _label(path)
    text = NOTHING if value is None or value in ("", [], {}) else _text(kind, value, own or currency)
    return label, text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _label(path: str) -> tuple[str, str, str]:
    """The label, what kind of value it is, and the currency of a price."""
    head, _dot, rest = path.partition(".")
    if head == "variant":
        name, _dot, currency = rest.partition(".")[2].partition(".")
        if currency:
            return _("Price %(currency)s") % {"currency": currency}, "price", currency
        return str(VARIANT_LABELS.get(name, name)), f"variant.{name}", ""
    if head == "attributes":
        return rest.replace("-", " ").replace("_", " ").capitalize(), "attribute", ""
    if head == "publication":
        return _("Offered in %(channel)s") % {"channel": rest}, head, ""
    if head == "range":
        return _("Range in %(store)s") % {"store": rest}, head, ""
    return str(LABELS.get(path, path)), path, ""


def _text(kind: str, value: Any, currency: str) -> str:
    if kind == "price":
        return price_words(value, currency)
    if kind == "variant.reference_cost":
        return format_amount(value, currency)
    if kind == "attribute":
        return _attribute(value)
    speak = SPEAKERS.get(kind, _plain)
    return speak(value)


def price_words(value: Any, currency: str) -> str:
    amount, quantity = value
    text = format_amount(amount, currency)
    return text if quantity == 1000 else f"{text} / {thousandths(quantity)}"


def thousandths(quantity: int) -> str:
    """1500 is "1.5"."""
    sign = "-" if quantity < 0 else ""
    whole, rest = divmod(abs(quantity), 1000)
    return f"{sign}{whole}.{rest:03}".rstrip("0") if rest else f"{sign}{whole}"


def net_content_words(value: Any) -> str:
    return f"{thousandths(value[0])} {value[1]}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return str(value)


def _attribute(value: Any) -> str:
    """Numbers are thousandths, as catalog.models.Attribute tells."""
    if isinstance(value, dict) and "value" in value:
        return f"{thousandths(value['value'])} {value.get('unit', '')}".strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return thousandths(value)
    return _plain(value)


def _publication(value: dict[str, Any]) -> str:
    said = [_("Offered") if value["offered"] else _("Not offered")]
    for name, word in (("starts_at", _("from")), ("ends_at", _("until"))):
        if value.get(name):
            # By the reader's clock, the one the form was filled in by.
            said.append(f"{word} {timezone.localtime(datetime.fromisoformat(value[name])):%Y-%m-%d %H:%M}")
    return " ".join(said)


def _translations(value: dict[str, Any]) -> str:
    return markup.plain(_plain(value))


def _choice(choices: Any) -> Callable[[Any], str]:
    def speak(value: Any) -> str:
        return str(dict(choices).get(value, value))

    return speak


SPEAKERS: dict[str, Callable[[Any], str]] = {
    "description": markup.plain,
    "translations": _translations,
    "status": _choice(Product.Status.choices),
    "life_cycle": _choice(LifeCycle.choices),
    "range": _choice(LifeCycle.choices),
    "variant.sold_by": _choice(Variant.SoldBy.choices),
    "variant.net_content": net_content_words,
    "variant.gtins": lambda codes: ", ".join(gtin.shown(code) for code in codes),
    "publication": _publication,
    "pictures": lambda shown: str(len(shown)),
}

"""What a product still needs before it is published, with a link to each open field.

The anchors are those of the product's page: "name", "description", "tax_class", "attributes.<code>", "pictures", and per variant
"variant.<id>.net_content", "variant.<id>.gtins", "variant.<id>.price", "variant.<id>.reference_cost", "variant.<id>.pictures".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from catalog import gtin
from catalog.models import Media, Product, Publication, Variant
from catalog.services.attributes import rules_of
from kernel.errors import Refused
from org.queries import shop_currency, web_channels

Link = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Item:
    """`blocking`: publishing waits for it. `links`: label and field anchor of everything that is open. `unknown`: what could not be
    looked at; it is neither done nor open."""

    key: str
    title: str
    hint: str
    done: int
    total: int
    blocking: bool
    links: Sequence[Link]
    unknown: int = 0

    @property
    def open(self) -> bool:
        return self.done < self.total


def checklist(product: Product) -> list[Item]:
    """In the order people fill it in. The same number of statements for any number of variants."""
    variants = list(product.variants.filter(archived_at=None).order_by("position", "id").prefetch_related("gtins", "prices"))
    each = [row for row in variants if row.sold_by == Variant.SoldBy.EACH]
    currency = shop_currency()
    items = [
        _texts(product),
        _per_variant("price", _("Price"), "", variants, lambda row: _price(row, currency) is not None, blocking=True),
        _above_cost(product, variants, currency),
        _tax_class(product),
        _attributes(product),
        _per_variant("net_content", _("Net content"), _("for the unit price"), each, lambda row: row.net_content is not None),
        _pictures(product, variants),
        _per_variant("gtins", _("Barcodes, check digit right"), "", each, _has_right_codes),
    ]
    return [item for item in items if item is not None and (item.total or item.unknown)]


def _per_variant(key: str, title: str, hint: str, variants: Sequence[Variant], done: Callable[[Variant], bool], *, blocking: bool = False) -> Item:
    links = [(_label(row), f"variant.{row.pk}.{key}") for row in variants if not done(row)]
    # A product without a variant has nothing to sell, which is what the price is about.
    total = max(len(variants), 1) if key == "price" else len(variants)
    return Item(key=key, title=title, hint=hint, done=len(variants) - len(links), total=total, blocking=blocking, links=links)


def _label(variant: Variant) -> str:
    return variant.name or variant.sku


def _texts(product: Product) -> Item:
    links = [(title, field) for title, field in ((_("Name"), "name"), (_("Description"), "description")) if not getattr(product, field)]
    title = _("Name and description")
    return Item(key="texts", title=title, hint="", done=2 - len(links), total=2, blocking=not product.name, links=links)


def _tax_class(product: Product) -> Item:
    given = product.tax_class_id is not None
    links = [] if given else [(_("Tax class"), "tax_class")]
    return Item(key="tax_class", title=_("Tax class"), hint="", done=int(given), total=1, blocking=True, links=links)


def _attributes(product: Product) -> Item:
    required = [rule for rule in rules_of(product.type).values() if rule.required]
    links = [(rule.name, f"attributes.{rule.code}") for rule in required if product.attributes.get(rule.code) is None]
    title, hint = _("Required attributes"), product.type.name if product.type else ""
    return Item(key="attributes", title=title, hint=hint, done=len(required) - len(links), total=len(required), blocking=True, links=links)


def _pictures(product: Product, variants: Sequence[Variant]) -> Item | None:
    """A picture of the product is one of all its variants. Only a web shop shows them."""
    switched_off = Publication.objects.filter(product=product, offered=False).values_list("channel_id", flat=True)
    if set(web_channels()) <= set(switched_off):
        return None
    shown = set(product.pictures.exclude(media__state=Media.State.FAILED).values_list("variant_id", flat=True))
    has = (lambda row: True) if None in shown else (lambda row: row.pk in shown)
    return _per_variant("pictures", _("Pictures"), _("web only"), variants, has)


def _price(variant: Variant, currency: str) -> tuple[int, int] | None:
    return next(((row.amount, row.price_quantity) for row in variant.prices.all() if row.currency == currency), None)


def _covers_cost(variant: Variant, product: Product, currency: str) -> bool:
    """What is left of the price without its tax is more than the cost; nothing is said where there is no price."""
    price = _price(variant, currency)
    if price is None or variant.reference_cost is None:
        return True
    amount, quantity = price
    # amount / quantity / (1 + rate) > cost / 1000, in whole numbers.
    return amount * 1000 * 1_000_000 > variant.reference_cost * quantity * (1_000_000 + product.tax_class.rate)


def _above_cost(product: Product, variants: Sequence[Variant], currency: str) -> Item:
    """Where no cost is known there is nothing to compare, and the list does not pretend it was."""
    known = [row for row in variants if row.reference_cost is not None]
    made = _per_variant("reference_cost", _("Price above cost"), _("without tax"), known, lambda row: _covers_cost(row, product, currency))
    return replace(made, unknown=len(variants) - len(known))


def _has_right_codes(variant: Variant) -> bool:
    codes = [row.gtin for row in variant.gtins.all()]
    return bool(codes) and all(_is_right(code) for code in codes)


def _is_right(code: str) -> bool:
    try:
        gtin.normalise(code)
    except Refused:
        return False
    return True

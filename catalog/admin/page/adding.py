"""A product that is new: what it is called, where it belongs, and its first variant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils.translation import gettext as _

from catalog import services
from catalog.admin.page import fields
from catalog.admin.page.details import LINKED, named, taxes, tree
from catalog.admin.page.tab import Part
from catalog.models import Brand, Product, ProductType
from kernel.errors import Refused

SHOWN_AT: Mapping[str, str] = {"gtins": "gtin", "amount": "price", "handle": "name", "net_unit": "net_content"}


class Adding(Part):
    linked: ClassVar[Any] = LINKED

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields.update(
            {
                "name": fields.Text(label=_("Name"), max_length=300, required=True),
                "type": fields.Choice(named(ProductType), label=_("Product type"), empty=_("No type")),
                "category": fields.Choice(tree(), label=_("Category"), empty=_("No category")),
                "brand": fields.Choice(named(Brand), label=_("Brand"), empty=_("No brand")),
                "tax_class": fields.Choice(taxes(), label=_("Tax class")),
                "sku": fields.Text(label=_("SKU"), max_length=60, required=True),
                "gtin": fields.Text(label=_("Barcode (GTIN)"), max_length=60, mode="numeric"),
                "price": fields.Amount(label=_("Price, tax included (%(currency)s)") % {"currency": currency}, currency=currency),
                "net_content": fields.Measure(label=_("Net content"), hint=_("For the unit price: 500 g")),
            }
        )

    def made(self, *, now: datetime, actor: UUID) -> Product | None:
        """None when something is to be put right; the fields then say what."""
        if not self.is_valid():
            return None
        given = self.cleaned_data
        content, unit = given["net_content"] or (None, "")
        first = services.NewVariant(
            sku=given["sku"],
            gtins=fields.words(given["gtin"]),
            prices={self.currency: given["price"]} if given["price"] is not None else {},
            net_content=content,
            net_unit=unit,
        )
        sorted_into: dict[str, Any] = {
            name: model.objects.filter(pk=given[name]).first() if given[name] else None for name, model in self.linked.items()
        }
        try:
            return services.create_product(name=given["name"], variants=[first], now=now, actor=actor, **sorted_into)
        except Refused as refused:
            name = SHOWN_AT.get(refused.field, refused.field)
            self.add_error(name if name in self.fields else None, refused.message)
            return None

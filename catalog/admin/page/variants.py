"""Variants: what is counted, priced and scanned; twenty to a page, each a part of the form."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.core.paginator import Paginator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import gtin, services
from catalog.admin.page import fields
from catalog.admin.page.shop import shop_currency
from catalog.admin.page.tab import Part, Step, Tab
from catalog.models import Price, Product, Variant
from kernel.errors import Invalid

A_PAGE = 20
SIZES = frozenset({"size", "content", "weight", "volume", "pack", "größe", "grösse", "inhalt", "taille", "contenance"})
OPTION, PRICE, NEW = "option-", "price-", "new"
PLAIN = ("sku", "name", "sold_by", "reference_cost")
# What a service calls it: where it stands on the page.
SHOWN_AT = {"gtin": "gtins", "net_unit": "net_content", "options": OPTION + "0"}


def live(product: Product) -> Any:
    return product.variants.filter(archived_at=None).order_by("position", "id")


def axes_of(options: Iterable[Mapping[str, str]]) -> list[str]:
    """The names of the options, each once, sizes last. (JSONB keeps no order of its own.)"""
    return sorted(dict.fromkeys(name for one in options for name in one), key=is_size)


def is_size(axis: str) -> bool:
    return axis.casefold() in SIZES


class VariantPart(Part):
    def __init__(self, *args: Any, variant: Variant | None, axes: Sequence[str], currencies: Sequence[str], given: Mapping[str, str], **kwargs: Any):
        self.variant, self.axes = variant, axes
        prefix = str(variant.pk) if variant else NEW
        super().__init__(*args, prefix=prefix, initial=initial(variant, axes, given), **kwargs)
        own = currencies[0]
        self.fields.update(
            {
                "sku": fields.Text(label=_("SKU"), max_length=60, required=variant is not None),
                "name": fields.Text(label=_("Name"), max_length=200, hint=_("What tells it from its siblings: 500 g")),
                **{f"{OPTION}{place}": fields.Text(label=axis, max_length=100) for place, axis in enumerate(axes)},
                "net_content": fields.Measure(label=_("Net content"), hint=_("For the unit price: 500 g")),
                "sold_by": fields.Choice(Variant.SoldBy.choices, label=_("Sold by")),
                "gtins": fields.Text(label=_("Barcodes"), hint=_("Separated by commas"), mode="numeric", max_length=300),
                **{PRICE + code: fields.Amount(label=_("Price %(currency)s") % {"currency": code}, currency=code) for code in currencies},
                "reference_cost": fields.Amount(label=_("Cost %(currency)s") % {"currency": own}, currency=own),
                "deposit": fields.Text(label=_("Deposit"), hint=_("SKU of the deposit"), max_length=60),
            }
        )
        if variant is None:
            self.fields["more"] = fields.Text(label=_("More options"), hint=_("Colour: Red, Size: M"), max_length=300)

    @property
    def title(self) -> str:
        return self.variant.name or self.variant.sku if self.variant else _("New variant")

    def options(self) -> dict[str, str]:
        """As typed, in the order of the axes; what is empty is not an option."""
        typed = {axis: self.cleaned_data[f"{OPTION}{place}"].strip() for place, axis in enumerate(self.axes)}
        for pair in self.cleaned_data.get("more", "").split(","):
            axis, colon, value = pair.partition(":")
            typed |= {axis.strip(): value.strip()} if colon else {}
        kept = {name: value for name, value in self.variant.options.items() if name not in self.axes} if self.variant else {}
        return {name: value for name, value in {**typed, **kept}.items() if name and value}


def initial(variant: Variant | None, axes: Sequence[str], given: Mapping[str, str]) -> dict[str, Any]:
    if variant is None:
        return {"sold_by": Variant.SoldBy.EACH, **{f"{OPTION}{place}": given.get(axis, "") for place, axis in enumerate(axes)}}
    return {
        **{name: getattr(variant, name) for name in PLAIN},
        **{f"{OPTION}{place}": variant.options.get(axis, "") for place, axis in enumerate(axes)},
        **{PRICE + price.currency: price.amount for price in variant.prices.all()},
        "net_content": (variant.net_content, variant.net_unit) if variant.net_content else "",
        "gtins": ", ".join(gtin.shown(code.gtin) for code in variant.gtins.all()),
        "deposit": variant.deposit.sku if variant.deposit else "",
    }


class Variants(Tab):
    key: ClassVar[str] = "variants"
    title: ClassVar[Any] = gettext_lazy("Variants")
    template: ClassVar[str] = "backoffice/product_variants.html"

    @cached_property
    def page(self) -> Any:
        rows = live(self.product).select_related("deposit").prefetch_related("gtins", "prices")
        return Paginator(rows, A_PAGE).get_page(self.query.get("page"))

    @cached_property
    def axes(self) -> list[str]:
        return axes_of(live(self.product).values_list("options", flat=True))

    @cached_property
    def currencies(self) -> list[str]:
        own = shop_currency()
        used = Price.objects.filter(variant__product=self.product).order_by("currency").values_list("currency", flat=True).distinct()
        return [own, *(code for code in used if code != own)]

    @property
    def adding(self) -> bool:
        return "add" in self.query

    def parts(self) -> Sequence[Part]:
        given = {name.removeprefix("option."): value for name, value in self.query.items() if name.startswith("option.")}
        axes = [*self.axes, *(name for name in given if name not in self.axes)]
        rows: list[Variant | None] = [*([None] if self.adding else []), *self.page.object_list]
        return [VariantPart(self.data, variant=row, axes=axes, currencies=self.currencies, given=given) for row in rows]

    def context(self) -> dict[str, Any]:
        archived = self.product.variants.exclude(archived_at=None).order_by("sku")[:100]
        return {"parts": self.bound, "page": self.page, "archived": archived, "adding": self.adding, "currency": self.currencies[0]}

    # Saving

    def steps(self, now: datetime) -> Iterator[Step]:
        for part in self.bound:
            assert isinstance(part, VariantPart)
            changed = self.changed(part)
            if changed:
                yield from self.changing(part, part.variant, changed, now) if part.variant else self.made(part, now)

    def changing(self, part: VariantPart, variant: Variant, changed: set[str], now: datetime) -> Iterator[Step]:
        given = part.cleaned_data
        who: dict[str, Any] = {"now": now, "actor": self.actor}
        wanted = self.wanted(part, changed)
        if wanted:
            yield Step(part, lambda: services.change_variant(variant=variant.pk, fields=self.found(wanted), **who), SHOWN_AT, "sku")
        if "gtins" in changed:
            yield Step(part, lambda: services.set_gtins(variant=variant.pk, gtins=fields.words(given["gtins"]), **who), SHOWN_AT, "gtins")
        for name in sorted(changed):
            if name.startswith(PRICE):
                yield self.priced(part, variant, name.removeprefix(PRICE), now)

    def wanted(self, part: VariantPart, changed: set[str]) -> dict[str, Any]:
        given = part.cleaned_data
        wanted = {name: given[name] for name in (*PLAIN, "deposit") if name in changed}
        if "net_content" in changed:
            wanted["net_content"], wanted["net_unit"] = given["net_content"] or (None, "")
        if any(name.startswith(OPTION) for name in changed):
            wanted["options"] = part.options()
        return wanted

    def found(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """With the deposit's SKU followed to its variant."""
        if not wanted.get("deposit"):
            return {**wanted, "deposit": None} if "deposit" in wanted else wanted
        deposit = Variant.objects.filter(sku=wanted["deposit"].strip()).first()
        if deposit is None:
            raise Invalid(_("There is no variant with the SKU %(sku)s.") % {"sku": wanted["deposit"]}, field="deposit")
        return {**wanted, "deposit": deposit}

    def priced(self, part: VariantPart, variant: Variant, currency: str, now: datetime) -> Step:
        amount, name = part.cleaned_data[PRICE + currency], PRICE + currency
        who: dict[str, Any] = {"variant": variant.pk, "currency": currency, "now": now, "actor": self.actor}
        if amount is None:
            return Step(part, lambda: services.remove_price(**who), otherwise=name)
        size = next((price.price_quantity for price in variant.prices.all() if price.currency == currency), 1000)
        return Step(part, lambda: services.set_price(**who, amount=amount, price_quantity=size), otherwise=name)

    def made(self, part: VariantPart, now: datetime) -> Iterator[Step]:
        yield Step(part, lambda: self.add(part, now), SHOWN_AT, "sku")

    def add(self, part: VariantPart, now: datetime) -> None:
        given = part.cleaned_data
        if not given["sku"]:
            raise Invalid(_("A variant needs a SKU, the number you know it by."), field="sku")
        content, unit = given["net_content"] or (None, "")
        prices = {name.removeprefix(PRICE): amount for name, amount in given.items() if name.startswith(PRICE) and amount is not None}
        deposit = self.found({"deposit": given["deposit"]})["deposit"]
        new = services.NewVariant(
            sku=given["sku"],
            name=given["name"] or ", ".join(part.options().values()),
            options=part.options(),
            net_content=content,
            net_unit=unit,
            sold_by=given["sold_by"],
            gtins=fields.words(given["gtins"]),
            prices=prices,
            reference_cost=given["reference_cost"],
            deposit=deposit,
        )
        services.add_variant(product=self.product.pk, variant=new, now=now, actor=self.actor)

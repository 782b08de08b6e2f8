"""Details: what a product is, what it is sorted into, and the attributes its type asks for."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog import markup, services
from catalog.admin.page import fields
from catalog.admin.page.tab import Part, Step, Tab
from catalog.models import Attribute, Brand, Category, Collection, LifeCycle, Product, ProductType, TaxClass, TypeAttribute
from org.templatetags.office import percent_text

ATTRIBUTE = "attribute-"
DESCRIPTION_HINT = gettext_lazy("Plain text or simple HTML: p, ul, li, b, i, a, h3. The rest is taken out.")
TYPE_HINT = gettext_lazy("Save to see the attributes of another type.")
LINKED: dict[str, Any] = {"brand": Brand, "category": Category, "type": ProductType, "tax_class": TaxClass}


class DetailsPart(Part):
    def __init__(self, *args: Any, product: Product, asked: Sequence[TypeAttribute], **kwargs: Any) -> None:
        super().__init__(*args, initial=initial(product, asked), **kwargs)
        self.fields.update(
            {
                "name": fields.Text(label=_("Name"), max_length=300, required=True),
                "description": fields.LongText(label=_("Description"), rows=8, hint=DESCRIPTION_HINT),
                "brand": fields.Choice(named(Brand), label=_("Brand"), empty=_("No brand")),
                "category": fields.Choice(tree(), label=_("Category"), empty=_("No category")),
                "type": fields.Choice(named(ProductType), label=_("Product type"), empty=_("No type"), hint=TYPE_HINT),
                "tax_class": fields.Choice(taxes(), label=_("Tax class")),
                "tags": fields.Text(label=_("Tags"), hint=_("Separated by commas: vegan, organic"), max_length=1000),
                "life_cycle": fields.Choice(LifeCycle.choices, label=_("Life cycle"), hint=_("In the whole shop; a store may differ, see Overview.")),
                "age_limit": fields.Whole(lowest=1, highest=99, label=_("Age limit"), hint=_("Years a buyer must be. Empty: anybody.")),
                "tracks_serials": fields.Tick(label=_("Each piece has a serial number")),
                "tracks_lots": fields.Tick(label=_("Kept by lot")),
                "collections": fields.Choices(by_hand(), label=_("Collections")),
                **{ATTRIBUTE + row.attribute.code: typed_field(row) for row in asked},
            }
        )


def initial(product: Product, asked: Sequence[TypeAttribute]) -> dict[str, Any]:
    plain = {name: getattr(product, name) for name in ("name", "description", "life_cycle", "age_limit", "tracks_serials", "tracks_lots")}
    linked = {name: str(getattr(product, f"{name}_id") or "") for name in LINKED}
    held = {ATTRIBUTE + row.attribute.code: shown(row.attribute, product.attributes.get(row.attribute.code)) for row in asked}
    collections = list(product.memberships.values_list("collection__code", flat=True))
    return {**plain, **linked, "tags": ", ".join(product.tags), "collections": collections, **held}


def named(model: Any) -> list[tuple[str, str]]:
    return [(str(pk), name) for pk, name in model.objects.order_by("name").values_list("pk", "name")]


def by_hand() -> list[tuple[str, str]]:
    return list(Collection.objects.filter(kind=Collection.Kind.MANUAL).order_by("position", "name").values_list("code", "name"))


def taxes() -> list[tuple[str, str]]:
    return [(str(tax.pk), f"{tax.name} ({percent_text(tax.rate)})") for tax in TaxClass.objects.order_by("name")]


def tree() -> list[tuple[str, str]]:
    """Categories below their parents, each with the way to it: Drinks, Coffee and tea."""
    rows = {row.pk: row for row in Category.objects.order_by("position", "name")}

    def way(row: Category) -> list[str]:
        steps: list[str] = []
        while row is not None and len(steps) < 12:
            steps.insert(0, row.name)
            row = rows.get(row.parent_id)  # type: ignore[assignment, arg-type]
        return steps

    return sorted(((str(pk), ", ".join(way(row))) for pk, row in rows.items()), key=lambda choice: choice[1].casefold())


def typed_field(row: TypeAttribute) -> Any:
    attribute, kind = row.attribute, Attribute.Kind
    label = attribute.name
    if attribute.kind in (kind.CHOICE, kind.MULTI_CHOICE):
        choices = [(choice.code, choice.name) for choice in attribute.choices.all()]
        return fields.Choice(choices, label=label, empty=_("Not said")) if attribute.kind == kind.CHOICE else fields.Choices(choices, label=label)
    if attribute.kind == kind.BOOLEAN:
        return fields.Choice([("yes", _("Yes")), ("no", _("No"))], label=label, empty=_("Not said"))
    if attribute.kind == kind.NUMBER:
        return fields.Number(label=f"{label} ({attribute.unit})" if attribute.unit else label)
    if attribute.kind == kind.MEASUREMENT:
        unit = attribute.unit or "cm"
        return fields.Measure(units=(unit,), free=True, label=label, hint=_("A number and its unit: 12.5 %(unit)s") % {"unit": unit})
    return fields.Day(label=label) if attribute.kind == kind.DATE else fields.Text(label=label, max_length=500)


def shown(attribute: Attribute, value: Any) -> Any:
    """A stored value as its input takes it."""
    if value is None:
        return [] if attribute.kind == Attribute.Kind.MULTI_CHOICE else ""
    if attribute.kind == Attribute.Kind.BOOLEAN:
        return "yes" if value else "no"
    if attribute.kind == Attribute.Kind.MEASUREMENT and isinstance(value, dict):
        return value.get("value", 0), value.get("unit", "")
    return value


def stored(attribute: Attribute, value: Any) -> Any:
    """What somebody typed as the product keeps it; None takes it away."""
    if value in ("", None, []):
        return None
    if attribute.kind == Attribute.Kind.BOOLEAN:
        return value == "yes"
    return {"value": value[0], "unit": value[1]} if attribute.kind == Attribute.Kind.MEASUREMENT else value


class Details(Tab):
    key: ClassVar[str] = "details"
    title: ClassVar[Any] = gettext_lazy("Details")
    template: ClassVar[str] = "backoffice/product_details.html"

    def parts(self) -> Sequence[Part]:
        asked = TypeAttribute.objects.filter(type=self.product.type_id).select_related("attribute")
        self.asked = list(asked.prefetch_related("attribute__choices").order_by("position", "id")) if self.product.type_id else []
        return [DetailsPart(self.data, product=self.product, asked=self.asked)]

    def context(self) -> dict[str, Any]:
        (part,) = self.bound
        asked = [{"field": part[ATTRIBUTE + row.attribute.code], "required": row.required} for row in self.asked]
        return {"form": part, "attributes": asked, "preview": markup.cleaned(str(part["description"].value() or ""))}

    def steps(self, now: datetime) -> Iterator[Step]:
        (part,) = self.bound
        given, changed = part.cleaned_data, self.changed(part)
        wanted = {name: given[name] for name in changed if name != "collections" and not name.startswith(ATTRIBUTE)}
        for name, model in LINKED.items():
            if name in wanted:
                wanted[name] = model.objects.filter(pk=wanted[name]).first() if wanted[name] else None
        if "tags" in wanted:
            wanted["tags"] = fields.words(wanted["tags"])
        if any(name.startswith(ATTRIBUTE) for name in changed):
            wanted["attributes"] = self.attributes(given, changed)
        who: dict[str, Any] = {"product": self.product.pk, "now": now, "actor": self.actor}
        if wanted:
            yield Step(part, lambda: services.change_product(fields=wanted, **who), Renamed())
        if "collections" in changed:
            yield Step(part, lambda: services.set_collections(collections=given["collections"], **who), otherwise="collections")

    def attributes(self, given: dict[str, Any], changed: set[str]) -> dict[str, Any]:
        """Those that were typed over; what was emptied is taken away."""
        typed = [row.attribute for row in self.asked if ATTRIBUTE + row.attribute.code in changed]
        return {attribute.code: stored(attribute, given[ATTRIBUTE + attribute.code]) for attribute in typed}


class Renamed(dict[str, str]):
    """The service names an attribute by its code, with or without "attributes." before it."""

    def get(self, key: str, default: Any = None) -> Any:
        code = key.removeprefix("attributes.")
        return ATTRIBUTE + code if key.startswith("attributes.") else default
